"""As much of protobuf's wire format as the messages of a row proof need."""

from . import demand


def _varint(data, at):
    value = 0
    for position in range(10):
        demand(at < len(data), "cut off")
        byte = data[at]
        at += 1
        demand(position < 9 or byte <= 1, "a number longer than 64 bits")
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return value, at
    demand(False, "a number longer than 64 bits")
    return None


def fields(data, known):
    """The fields of a message by number: {number: [values]}. `known` maps numbers to their wire types."""
    found, at = {}, 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        demand(0 < number < 2**29, "no field")
        if wire == 0:
            value, at = _varint(data, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
            value, at = data[at:at + length], at + length
        elif wire == 2:
            length, at = _varint(data, at)
            value, at = data[at:at + length], at + length
        else:
            demand(False, "a group")
        demand(at <= len(data), "cut off")
        if number in known:
            demand(wire == known[number], "another wire type")
            found.setdefault(number, []).append(value)
    return found


def text(data):
    """A string."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        demand(False, "not UTF-8")
        return None
