"""A dial's advertisement to everybody: that a dial is there, and the name by which a person finds it."""

SERVICE = "7d1a0001-5c0e-4f6b-9b3d-d1a1c0ffee01"
"""The service of a dial. Its characteristics carry the bytes of the wire, one each way."""
TO_DIAL = "7d1a0002-5c0e-4f6b-9b3d-d1a1c0ffee01"
"""Written by the host, with or without a response."""
TO_HOST = "7d1a0003-5c0e-4f6b-9b3d-d1a1c0ffee01"
"""Notifies the host."""

DEFAULT_MTU = 23
ATT_BYTES = 3
"""A notification or a write carries this many bytes less than the MTU."""

MAX_NAME_BYTES = 8
"""The room that 31 bytes of advertisement leave besides the flags and the service."""

_FLAGS = b"\x02\x01\x06"
_SERVICES_128 = 0x07
_SHORT_NAME = 0x08
_WHOLE_NAME = 0x09


def short_name(name):
    """The name as it is advertised: whole if it fits in `MAX_NAME_BYTES`, else its beginning and its end, which are
    where names differ."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    half = MAX_NAME_BYTES >> 1
    begin, end = name, name
    while len(begin.encode()) > half:
        begin = begin[:-1]
    while len(end.encode()) > half:
        end = end[1:]
    return begin + end


def uuid_bytes(uuid):
    """The 16 bytes of a UUID in the order sent over the air, last byte first."""
    digits = uuid.replace("-", "")
    return bytes([int(digits[at : at + 2], 16) for at in range(30, -2, -2)])


def advertisement(name):
    """The advertisement: flags, the service, the name; 31 bytes at most, so that no scan response is needed."""
    short = short_name(name).encode()
    kind = _WHOLE_NAME if short == name.encode() else _SHORT_NAME
    return _FLAGS + bytes((17, _SERVICES_128)) + uuid_bytes(SERVICE) + bytes((len(short) + 1, kind)) + short
