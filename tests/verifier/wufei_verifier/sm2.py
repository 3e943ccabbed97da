"""SM2 signatures with SM3 (GB/T 32918.2, curve of GB/T 32918.5), with the default user id."""

from cryptography.hazmat.primitives import hashes

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
USER = b"1234567812345678"


def _sm3(*parts):
    digest = hashes.Hash(hashes.SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def _add(a, b):
    if a is None or b is None:
        return b if a is None else a
    (x1, y1), (x2, y2) = a, b
    if x1 == x2:
        if (y1 + y2) % P == 0:
            return None
        slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) % P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P) % P
    x = (slope * slope - x1 - x2) % P
    return (x, (slope * (x1 - x) - y1) % P)


def _times(number, point):
    result = None
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def _point(public):
    """The point 0x04, x, y (SEC 1), or None."""
    if len(public) != 65 or public[0] != 4:
        return None
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    on_curve = x < P and y < P and (y * y - x * x * x - A * x - B) % P == 0
    return (x, y) if on_curve else None


def is_key(public):
    """Whether these bytes are a point of the curve in its only form."""
    return _point(public) is not None


def verifies(public, message, signature):
    """Whether r, s is this key's signature over the message (GB/T 32918.2, section 7.1)."""
    point = _point(public)
    if point is None or len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < N and 0 < s < N):
        return False
    coordinates = b"".join(number.to_bytes(32, "big") for number in (A, B, *G, *point))
    za = _sm3((len(USER) * 8).to_bytes(2, "big"), USER, coordinates)
    digest = int.from_bytes(_sm3(za, message), "big")
    t = (r + s) % N
    if t == 0:
        return False
    found = _add(_times(s, G), _times(t, point))
    return found is not None and (digest + found[0]) % N == r
