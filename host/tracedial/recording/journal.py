"""Reading a journal, whatever state it is in: the whole records in order, and a list of what is not whole.

Damaged, lost, doubled or misplaced lines are never glossed over: each is reported.
"""

from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import JournalError
from tracedial.files.shape import is_list
from tracedial.recording.journal_lines import PLACE, decode_line, encode_line, is_checksum, restored
from tracedial.recording.journal_order import LINE, Gap, Gathered, JournalContent, in_order
from tracedial.recording.journal_writer import JournalWriter
from tracedial.recording.samples import FIELDS, FORMS, NOT_IN_FORM, START, numbers_of, rows_of

__all__ = ["Gap", "JournalContent", "JournalWriter", "encode_line", "read_journal", "restored"]

BLOCK_BYTES = 1 << 22
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
BLANK = "blank lines were put in"
LINE_ENDS = "its lines end as Windows ends them (CR LF)"
MARKED = "it begins with an editor's byte-order mark"
MAX_KEPT = 1000
"""The bytes of at most this many damaged lines are kept, in case somebody can use them."""


def read_journal(path: Path, *, samples_apart: bool = False) -> JournalContent:
    """Read a journal. With `samples_apart` its samples are in `JournalContent.samples` and not among the records, which
    a journal of hours needs. Raises `JournalError` only if the file cannot be opened or holds a number that no sample
    can have."""
    reader = _Reader(samples_apart=samples_apart)
    try:
        with path.open("rb") as file:
            reader.read(file)
    except OSError as error:
        raise JournalError(path, f"The journal {path} cannot be read: {error.strerror}.") from error
    except OverflowError as error:
        raise JournalError(path, f"The journal {path} cannot be read: {error}.") from error
    return in_order(reader.gathered)


class _Reader:
    """Goes through a journal block by block."""

    def __init__(self, *, samples_apart: bool) -> None:
        self.gathered = Gathered(samples_apart)
        self._n_lines = 0
        self._n_rows = 0

    def read(self, file: BinaryIO) -> None:
        """Read the whole file."""
        rest = file.read(BLOCK_BYTES)
        if rest.startswith(UTF_16_MARKS):
            rest = (rest + file.read()).decode("utf-16", "replace").encode()
            self._edited("it was saved as UTF-16")
        elif rest.startswith(BYTE_ORDER_MARK):
            rest = rest.removeprefix(BYTE_ORDER_MARK)
            self._edited(MARKED)
        while block := file.read(BLOCK_BYTES):
            *lines, rest = (rest).split(b"\n")
            self._take(lines)
            rest += block
        *lines, rest = rest.split(b"\n")
        # A cut exactly before the line's end leaves a whole record.
        if rest and self._decoded(rest) is not None:
            lines.append(rest)
            rest = b""
        self._take(lines)
        self.gathered.cut_bytes = len(rest)

    def _take(self, lines: list[bytes]) -> None:
        """Take whole lines."""
        apart = self.gathered.samples_apart
        bodies: dict[bytes, list[bytes]] = {form: [] for form in FORMS}
        places: dict[bytes, list[int]] = {form: [] for form in FORMS}
        others: list[tuple[int, ...]] = []
        for at, line in enumerate(lines, start=self._n_lines + 1):
            body = line[9:]
            if apart and body.startswith(START):
                form = body.translate(None, NOT_IN_FORM)
                if form in FORMS and line[8:9] == b" " and is_checksum(line[:8], body):
                    bodies[form].append(body)
                    places[form].append(at)
                    continue
            record = self._decoded(line)
            if record is not None:
                others.append(self._noted(at, record))
            elif line.strip():
                self.gathered.damaged_lines.append(at)
                if len(self.gathered.damaged) < MAX_KEPT:
                    self.gathered.damaged[at] = line
            else:
                self._edited(BLANK)
        self._n_lines += len(lines)
        table = [np.array(others, dtype=LINE)]
        table += [self._samples(form, bodies[form], places[form]) for form in FORMS if bodies[form]]
        block = np.concatenate(table)
        self.gathered.table.append(block[np.argsort(block["at"], kind="stable")])

    def _samples(self, form: bytes, bodies: list[bytes], places: list[int]) -> NDArray[Any]:
        """Take samples of one form; returns their lines' part of the table."""
        numbers = numbers_of(bodies, form)
        lines = np.zeros(len(bodies), LINE)
        lines["at"] = places
        lines["ref"] = -1 - np.arange(self._n_rows, self._n_rows + len(bodies))
        for column, name in zip(numbers.T[len(FIELDS) :], ("number", "player", "frames"), strict=False):
            lines[name] = column
        self._take_rows(rows_of(numbers))
        return lines

    def _take_rows(self, rows: NDArray[Any]) -> None:
        self.gathered.rows.append(rows)
        self._n_rows += len(rows)

    def _noted(self, at: int, record: dict[str, Any]) -> tuple[int, ...]:
        """Keep a record; returns its line of the table."""
        place = record.pop(PLACE, None)
        number, player, frames = cast(list[int], place) if is_list(place) and len(place) == 3 else (0, 0, 0)
        if self.gathered.samples_apart and record["kind"] == "sample":
            try:
                row = rows_of(np.array([[record[name] for name in FIELDS]], dtype=np.int64))
            except (KeyError, TypeError, ValueError):
                # It stays a record, and code that looks for samples will find that it is not one.
                pass
            else:
                self._take_rows(row)
                return at, number, player, frames, -self._n_rows
        self.gathered.records.append(record)
        return at, number, player, frames, len(self.gathered.records) - 1

    def _decoded(self, line: bytes) -> dict[str, Any] | None:
        record = decode_line(line)
        if record is None and line.endswith(b"\r"):
            record = decode_line(line[:-1])
            if record is not None:
                self._edited(LINE_ENDS)
        return record

    def _edited(self, what: str) -> None:
        if what not in self.gathered.edited:
            self.gathered.edited.append(what)
