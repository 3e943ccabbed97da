"""C2SP signed notes, verifier keys and checkpoints."""

import base64
import hashlib
import re

from . import Refused, demand, ed25519, sm2

SM2_TYPE = b"\xffwufei.sm2-sm3"
MOST_SIGNATURES = 64


def from_base64(text):
    """Bytes of standard base64 in its only form."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused("not base64") from error
    demand(base64.b64encode(decoded).decode() == text, "base64 in another form")
    return decoded


def decimal(text):
    """A number below 2^64 without sign and leading zeros."""
    demand(re.fullmatch(r"0|[1-9][0-9]{0,19}", text) and int(text) < 2**64, f"{text!r} is no number")
    return int(text)


def hexadecimal(text):
    """A hash as 64 lower-case digits."""
    demand(re.fullmatch(r"[0-9a-f]{64}", text), "not 64 lower-case hexadecimal digits")
    return bytes.fromhex(text)


def _is_name(name):
    return bool(name) and "+" not in name and not any(c.isspace() or _is_control(c) for c in name)


def _is_control(c):
    return ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F


class Key:
    """A verifier key: name, id, type, public key."""

    def __init__(self, text):
        parts = text.split("+", 2)
        demand(len(parts) == 3, "a key has three parts")
        self.name, digits, typed = parts[0], parts[1], from_base64(parts[2])
        demand(_is_name(self.name), "not a key name")
        self.id = hashlib.sha256(self.name.encode() + b"\n" + typed).digest()[:4]
        demand(self.id.hex() == digits, "the id is of another key")
        if typed[:1] == b"\x01":
            self.suite, self.public = ed25519, typed[1:]
        elif typed.startswith(SM2_TYPE):
            self.suite, self.public = sm2, typed[len(SM2_TYPE):]
        else:
            raise Refused("unknown type of key")
        demand(self.suite.is_key(self.public), "not a sound key")


def open_note(note, key):
    """The signed text of a note."""
    demand(not any(ord(c) < 0x20 and c != "\n" for c in note), "control characters")
    text, blank, rest = note.rpartition("\n\n")
    demand(blank and rest, "no signatures")
    text += "\n"
    demand(rest.endswith("\n"), "cut off")
    lines = rest[:-1].split("\n")
    demand(len(lines) <= MOST_SIGNATURES, "too many signatures")
    known = 0
    parsed = [_signature(line) for line in lines]
    for name, key_id, signature in parsed:
        if (name, key_id) == (key.name, key.id):
            demand(key.suite.verifies(key.public, text.encode(), signature), "the signature does not fit")
            known += 1
    demand(known, "not signed by the key")
    return text


def _signature(line):
    demand(line.startswith("— "), "not a signature line")
    name, space, encoded = line[2:].partition(" ")
    demand(space, "not a signature line")
    decoded = from_base64(encoded)
    demand(_is_name(name) and len(decoded) > 4, "not a signature line")
    return name, decoded[:4], decoded[4:]


def open_checkpoint(note, key):
    """Size and root of a signed checkpoint of the log that the key is named after."""
    lines = open_note(note, key).split("\n")
    demand(len(lines) == 4 and lines[3] == "" and lines[0], "a checkpoint has three lines")
    demand(lines[0] == key.name, "a checkpoint of another log")
    size, root = decimal(lines[1]), from_base64(lines[2])
    demand(len(root) == 32, "a root has 32 bytes")
    demand(size or root == hashlib.sha256().digest(), "an empty tree has one root")
    return size, root
