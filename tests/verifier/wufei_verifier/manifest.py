"""Strict JSON, its canonical form, and the signed manifests of a report and its page."""

import hashlib
import json

from . import Refused, demand
from .notes import hexadecimal, open_note

LARGEST = 2**53 - 1
CELL, SECTION = ' data-cell="', '<section id="'
OPEN, CLOSE = '<pre id="manifest">', "</pre>"


def _once(pairs):
    names = [name for name, _ in pairs]
    demand(len(set(names)) == len(names), "a member stands twice")
    return dict(pairs)


def _whole(digits):
    demand(digits != "-0" and abs(int(digits)) <= LARGEST, "a number that is not exact everywhere")
    return int(digits)


def _refuse(what):
    raise Refused(f"{what} is no exact number")


def parse(text):
    """A JSON document with one reading."""
    try:
        value = json.loads(
            text, object_pairs_hook=_once, parse_int=_whole, parse_float=_refuse, parse_constant=_refuse
        )
        canonical(value).encode()
    except (ValueError, RecursionError) as error:
        raise Refused(f"not JSON: {error}") from error
    return value


def canonical(value):
    """Members in order, no white space."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sha256(text):
    return hashlib.sha256(text.encode()).digest()


def _read(note, key, first):
    """The lines of a manifest behind its head, and the head's fields."""
    lines = open_note(note, key).split("\n")
    demand(lines[0] == first and lines[-1] == "", "not this kind of manifest")
    return lines[1:-1]


def _field(lines, name):
    demand(lines and lines[0].startswith(name + " "), f"no {name}")
    return lines.pop(0)[len(name) + 1:]


def _digests(lines, words):
    """Parts and figures, each (digest, name, ...)."""
    parts, figures = [], []
    for line in lines:
        found = line.split(" ")
        if found[0] == "part" and len(found) == 3 and not figures:
            parts.append((hexadecimal(found[1]), found[2]))
        elif found[0] == "figure" and len(found) == words:
            figures.append((hexadecimal(found[1]), *found[2:]))
        else:
            raise Refused(f"{line!r} is no line of a manifest")
    return parts, figures


def _at(value, place):
    """What stands at a JSON pointer, and its parent and last step; None where nothing stands."""
    parent, last = None, None
    for step in place.split("/")[1:]:
        parent, last = value, step
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None, parent, last, False
    return value, parent, last, True


def check_report(text, key):
    """Demands that a report's JSON is as its manifest says."""
    report = parse(text)
    demand(isinstance(report, dict) and isinstance(report.get("manifest"), str), "no manifest")
    lines = _read(report["manifest"], key, "wufei.report-manifest/v1")
    name = _field(lines, "name")
    parts, figures = _digests(lines, 4)
    demand(report.get("name") == name, "another report")
    for digest, cell, place in figures:
        demand(_sha256(canonical(_at(report, place)[0])) == digest, f"figure {cell}")
    for _, _, place in figures:
        _, parent, last, there = _at(report, place)
        if there and isinstance(parent, dict):
            del parent[last]
        elif there:
            parent[int(last)] = None
    found = [(_sha256(canonical(value)), member) for member, value in report.items() if member != "manifest"]
    for part in parts:
        demand(part in found, f"part {part[1]}")
    demand({member for _, member in found} == {member for _, member in parts}, "a part that was not signed")


def _figures(section):
    """The figures of a section, and what is left of it."""
    figures, left, rest = [], "", section
    at = 0
    while (at := rest.find(CELL, at)) >= 0:
        tag = rest.rfind("<", 0, at)
        name = (rest[tag + 1:at].split() or [""])[0] if tag >= 0 else ""
        start = rest.find(">", at) + 1
        quote = rest.find('"', at + len(CELL))
        if tag < 0 or quote < 0:
            break
        if not name or ">" in rest[tag:at]:
            at += len(CELL)
            continue
        end = rest.find(f"</{name}>", start) if start else -1
        if end < 0:
            break
        figures.append((rest[at + len(CELL):quote], rest[start:end]))
        left += rest[:start]
        rest, at = rest[end:], 0
    return figures, left + rest


def check_page(page, key):
    """Demands that a page is as its manifest says."""
    before, opened, rest = page.partition(OPEN)
    inner, closed, after = rest.partition(CLOSE)
    demand(opened and closed and inner, "no manifest")
    note = inner.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    lines = _read(note, key, "wufei.page-manifest/v1")
    _field(lines, "name")
    hexadecimal(_field(lines, "report"))
    parts, figures = _digests(lines, 3)
    found_parts, found_figures = [], {}
    for number, section in enumerate((before + OPEN + CLOSE + after).split(SECTION)):
        name = section.partition('"')[0] if number else "head"
        inside, left = _figures((SECTION if number else "") + section)
        found_parts.append((_sha256(left), name))
        for cell, text in inside:
            found_figures[cell] = found_figures[cell] + "\n" + text if cell in found_figures else text
    for digest, cell in figures:
        demand(_sha256(found_figures.get(cell, "")) == digest, f"figure {cell}")
    demand(set(found_figures) == {cell for _, cell in figures}, "a figure that was not signed")
    for part in parts:
        demand(part in found_parts, f"part {part[1]}")
    demand({name for _, name in found_parts} == {name for _, name in parts}, "a part that was not signed")
