"""Inclusion and consistency proofs, by the algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2."""

import hashlib

from . import demand


def leaf(data):
    """Hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def included(hash_, index, size, path, root):
    """Demands that the leaf with this hash is number `index` of the tree."""
    demand(index < size, "the entry is not in the tree")
    fn, sn, found = index, size - 1, hash_
    for sibling in path:
        demand(sn != 0, "the path is too long")
        if fn & 1 or fn == sn:
            found = _node(sibling, found)
            if not fn & 1:
                while fn and not fn & 1:
                    fn, sn = fn >> 1, sn >> 1
        else:
            found = _node(found, sibling)
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0, "the path is too short")
    demand(found == root, "the path leads to another root")


def consistent(first, first_root, second, second_root, path):
    """Demands that the first tree is a prefix of the second."""
    demand(first <= second, "the log was cut")
    if first == second:
        demand(not path and first_root == second_root, "two roots of one size")
        return
    if first == 0:
        demand(not path and first_root == hashlib.sha256().digest(), "an empty tree has one root")
        return
    path = list(path)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    demand(path, "the proof is too short")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for sibling in path[1:]:
        demand(sn != 0, "the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = _node(sibling, fr), _node(sibling, sr)
            if not fn & 1:
                while fn and not fn & 1:
                    fn, sn = fn >> 1, sn >> 1
        else:
            sr = _node(sr, sibling)
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0, "the proof is too short")
    demand(fr == first_root and sr == second_root, "the proof leads to other roots")
