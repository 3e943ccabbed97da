"""Checks proofs of Wufei logs and signed manifests, independently of the Rust program."""


class Refused(Exception):
    """Something does not hold; the text says what."""


def demand(condition, why):
    """Refuses unless the condition is true."""
    if not condition:
        raise Refused(why)
