"""A journal's line: `crc32 json` and a newline, the checksum in eight hex digits over the JSON's bytes.

Since format 2 each line states its place: its last field, `line`, holds the line's own number (from 1), the number of
the last earlier line that reports the player, and the number of the last earlier line with frames (0: none yet). So a
reader can detect lines that are lost, doubled or out of place, and whether a lost line said where the video was.
"""

import json
from binascii import crc32
from typing import Any

from tracedial.files.shape import is_table
from tracedial.recording.record_kinds import Kind

PLACE = "line"
TWICE = (Kind.RECORDING, Kind.PLAYER)
"""Lines of these kinds are written twice, the second time some lines later. Without the `RECORDING` line the rest means
nothing; without a `PLAYER` line what follows would be placed at a wrong second of the video."""
COPY_AFTER = 8
"""The copy is written this many lines later."""


def encode_line(record: dict[str, Any]) -> bytes:
    """A record as its line."""
    body = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return b"%08x " % crc32(body) + body + b"\n"


def decode_line(line: bytes) -> dict[str, Any] | None:
    """The record of a line without its newline, None for a damaged one."""
    body = line[9:]
    if line[8:9] != b" " or not is_checksum(line[:8], body):
        return None
    try:
        record = json.loads(body)
    except ValueError:
        return None
    return record if is_table(record) and "kind" in record else None


def is_checksum(digits: bytes, body: bytes) -> bool:
    """Whether eight hex digits are a body's checksum."""
    try:
        return int(digits, 16) == crc32(body)
    except ValueError:
        return False


def restored(line: bytes) -> dict[str, Any] | None:
    """The record of a line in which one byte was changed; None if the change cannot be identified.

    A checksum of 32 bits identifies which byte among a few hundred was changed, and its original value. If two changes
    would fit, none is made.
    """
    body = line[9:]
    if len(line) < 10:
        return None
    candidates = [line[:9] + body[:at] + bytes([value]) + body[at + 1 :] for at, value in _mends(line[:8], body)]
    # The changed byte may be in the checksum itself.
    own = b"%08x" % crc32(body)
    if sum(a != b for a, b in zip(own, line[:8], strict=True)) == 1 or own == line[:8]:
        candidates.append(own + b" " + body)
    found = [record for one in candidates if (record := decode_line(one)) is not None]
    return found[0] if len(found) == 1 else None


def _mends(digits: bytes, body: bytes) -> list[tuple[int, int]]:
    """Each place in a body, with the byte value there that makes the body match the checksum."""
    try:
        wanted = int(digits, 16) ^ crc32(body)
    except ValueError:
        return []
    # A CRC is linear: the effect of a changed byte depends only on the change and its place.
    changes = [_TABLE[change] for change in range(256)]
    mends: list[tuple[int, int]] = []
    for at in range(len(body) - 1, -1, -1):
        mends += [(at, body[at] ^ change) for change in range(1, 256) if changes[change] == wanted]
        changes = [(value >> 8) ^ _TABLE[value & 0xFF] for value in changes]
    return mends


def _table() -> list[int]:
    table: list[int] = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()
