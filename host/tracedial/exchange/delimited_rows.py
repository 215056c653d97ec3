"""Delimited text as other programs and spreadsheets save it: byte-order marks, encodings, semicolons, tabs, decimal
commas."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracedial.errors import ExchangeError

DELIMITERS = (",", ";", "\t", "|")
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class Rows:
    """A file's rows, each with its number in the file (from 1; blank rows are left out). `notes` are sentences about
    how the file was read."""

    path: Path
    delimiter: str
    rows: list[tuple[int, list[str]]]
    notes: list[str]

    def comma(self, *columns: int, first: int = 0) -> bool:
        """Whether numbers in these columns, from row `first` of the list on, have a decimal comma: the delimiter is not
        a comma, and some cell has one."""
        if self.delimiter == ",":
            return False
        return any("," in cells[at] for _, cells in self.rows[first:] for at in columns if at < len(cells))


def read_rows(path: Path, data: bytes, delimiter: str, is_first: Callable[[list[str]], bool], wanted: str) -> Rows:
    """The rows of a file with the given delimiter. If that is empty, use the delimiter with which one of the first
    twenty rows is the file's heading, according to `is_first`. Raises `ExchangeError` if no row is; `wanted` says what
    was expected."""
    text, notes = _text(path, data)
    for one in (delimiter,) if delimiter else DELIMITERS:
        rows = _split(path, text, one)
        if any(is_first(cells) for _, cells in rows[:20]):
            if one != ",":
                notes.append(f"The cells of the file are separated by {NAMES.get(one, repr(one))}.")
            return Rows(path, one, rows, notes)
    lines = text.splitlines()
    first = f" Its first line is “{lines[0][:120]}”." if lines else " It is empty."
    raise ExchangeError(path, f"{path} has no {wanted}.{first}")


def _text(path: Path, data: bytes) -> tuple[str, list[str]]:
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError as error:
        if b"\x00" in data or encoding != "utf-8":
            raise ExchangeError(path, f"{path} is not a text file ({error.reason}).") from error
        return data.decode("cp1252", "replace"), ["The file is not in UTF-8; its letters were read as Windows-1252."]


def _split(path: Path, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(number, row) for number, row in enumerate(reader, start=1) if any(map(str.strip, row))]
    except csv.Error as error:
        raise ExchangeError(path, f"{path} is not a file of cells ({error}).") from error
