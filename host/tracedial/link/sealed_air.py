"""A `ble:` port: the connection, with its proof of identity and its encryption."""

from tracedial.link.air_stream import AirStream
from tracedial.link.introductions import read_introductions
from tracedial.link.sealed_stream import SealedStream


def open_air(port: str) -> SealedStream:
    """Open a dial's link over the air. Raises `LinkError` with a sentence that says why it failed."""
    known = read_introductions()
    raw = AirStream(port, known)
    try:
        return SealedStream(port, raw, known)
    except BaseException:
        raw.close()
        raise
