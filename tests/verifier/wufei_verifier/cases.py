"""The kinds of cases. Bytes that need not be text are base64."""

import base64
import hashlib

from . import Refused, demand, ed25519, manifest, merkle, proto, sm2
from .notes import Key, decimal, from_base64, hexadecimal, open_checkpoint

MOST_HASHES = 64


def _text(encoded):
    return proto.text(base64.b64decode(encoded))


def _proof_file(file):
    """Index, path and checkpoint of a C2SP tlog-proof file."""
    head, blank, checkpoint = file.partition("\n\n")
    demand(blank, "no checkpoint")
    lines = head.split("\n")
    demand(lines.pop(0) == "c2sp.org/tlog-proof@v1", "not a tlog-proof")
    if lines and lines[0].startswith("extra"):
        line = lines.pop(0)
        demand(line.startswith("extra ") and from_base64(line[6:]), "not an extra line")
    demand(lines and lines[0].startswith("index "), "no index")
    index = decimal(lines.pop(0)[6:])
    demand(len(lines) <= MOST_HASHES, "too many hashes")
    path = [from_base64(line) for line in lines]
    demand(all(len(found) == 32 for found in path), "a hash has 32 bytes")
    return index, path, checkpoint


def receipt(case):
    """A tlog-proof file (`file`) about the entry `leaf`, under `key`."""
    index, path, checkpoint = _proof_file(_text(case["file"]))
    size, root = open_checkpoint(checkpoint, Key(case["key"]))
    merkle.included(merkle.leaf(base64.b64decode(case["leaf"])), index, size, path, root)


def row(case):
    """A serialized GetRowProofResponse (`proof`) about row `position` of the entry `index`, under `key`."""
    shown = proto.fields(base64.b64decode(case["proof"]), {1: 0, 2: 0, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2})
    last = lambda number, default: shown.get(number, [default])[-1]
    index, position, data, salt = last(1, 0), last(2, 0) & 0xFFFFFFFF, last(3, b""), last(4, b"")
    leaf, file = last(6, b""), [proto.text(file) for file in shown.get(7, [b""])][-1]
    demand((index, position) == (case["index"], case["position"]), "another row")
    texts, packed = (2, 3, 5, 6, 7, 10), {1: 0, 4: 2, 8: 2, 9: 2, 11: 2, 12: 2, 13: 0, 14: 0, 15: 2}
    envelope = proto.fields(leaf, packed | dict.fromkeys(texts, 2))
    root, count = envelope.get(12, [b""])[-1], envelope.get(13, [0])[-1] & 0xFFFFFFFF
    demand(len(salt) == 32 and len(root) == 32, "32 bytes")
    hashes = shown.get(5, [])
    demand(all(len(found) == 32 for found in hashes), "a hash has 32 bytes")
    hash_ = hashlib.sha256(b"\x00" + salt + data).digest()
    merkle.included(hash_, position, count, hashes, root)
    found, path, checkpoint = _proof_file(file)
    demand(found == index, "a proof about another entry")
    size, tree = open_checkpoint(checkpoint, Key(case["key"]))
    merkle.included(merkle.leaf(leaf), index, size, path, tree)


def consistency(case):
    """Two signed checkpoints (`old`, `new`) and the hashes between them, a line each, under `key`."""
    key = Key(case["key"])
    old, new = (open_checkpoint(_text(case[part]), key) for part in ("old", "new"))
    lines = _text(case["hashes"])
    path = [hexadecimal(line) for line in lines.split("\n")] if lines else []
    merkle.consistent(*old, *new, path)


def request(case):
    """A `signature` of `algorithm` over `method` and `request`, by the public key `public`."""
    message = b"\n".join([b"wufei-request/v1", case["method"].encode(), base64.b64decode(case["request"])])
    suite = {"ed25519": ed25519, "sm2-sm3": sm2}[case["algorithm"]]
    public = from_base64(case["public"])
    demand(suite.is_key(public), "not a sound key")
    demand(suite.verifies(public, message, base64.b64decode(case["signature"])), "the signature does not fit")


def report(case):
    """A report's JSON (`file`) with its manifest, under `key`."""
    manifest.check_report(_text(case["file"]), Key(case["key"]))


def page(case):
    """A page (`file`) with its manifest, under `key`."""
    manifest.check_page(_text(case["file"]), Key(case["key"]))


KINDS = {check.__name__: check for check in (receipt, row, consistency, request, report, page)}


def verdict(case):
    """`ok`, or `no` and why."""
    try:
        KINDS[case["kind"]](case)
    except Refused as why:
        return f"no {why}"
    return "ok"
