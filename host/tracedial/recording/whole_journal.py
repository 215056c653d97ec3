"""Writes a journal with all its records at once, not as they arrive."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tracedial.files.whole_file import write_whole
from tracedial.recording.journal_lines import COPY_AFTER, PLACE, TWICE, encode_line
from tracedial.recording.record_kinds import Kind


def write_whole_journal(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Write a journal of these records (`kind` first), numbered and copied as `JournalWriter` does. The file is written
    whole or not at all. Raises `OSError`."""
    last = {Kind.PLAYER: 0, Kind.FRAMES: 0}
    lines: list[bytes] = []
    copies: list[tuple[int, bytes]] = []
    for number, record in enumerate(records, start=1):
        while copies and copies[0][0] < number:
            lines.append(copies.pop(0)[1])
        line = encode_line({**record, PLACE: [number, last[Kind.PLAYER], last[Kind.FRAMES]]})
        lines.append(line)
        if record["kind"] in last:
            last[record["kind"]] = number
        if record["kind"] in TWICE:
            copies.append((number + COPY_AFTER, line))
    write_whole(path, b"".join([*lines, *(line for _, line in copies)]))
