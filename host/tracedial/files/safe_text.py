"""Tables that other programs open, and free text on its way out: the one definition of a safe cell."""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from tracedial.files.whole_file import whole_text_file

FORMULA_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
FOR_SPREADSHEETS = "utf-8-sig"
"""UTF-8 with its mark, without which some spreadsheets take a table's letters for another alphabet's."""


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, encoding: str = "utf-8") -> None:
    """Write a table of comma-separated values: `columns` is its first line. Texts become safe cells, numbers (also
    `Decimal`, for a number with its digits chosen) stay numbers, None is an empty cell. Raises `OSError`."""
    with whole_text_file(path, encoding=encoding) as file:
        writer = csv.writer(_UnixLines(file))
        writer.writerow(columns)
        for row in rows:
            writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])


def safe_cell(text: str) -> str:
    """A text that a spreadsheet shows and does not carry out: one that begins like a formula, perhaps after blanks or
    line ends, gets an apostrophe before it, as the spreadsheets themselves write it. The journal keeps what was typed.
    """
    text = whole_text(text)
    return f"'{text}" if text.lstrip().startswith(FORMULA_SIGNS) or text.startswith(("\t", "\r", "\n")) else text


def digits(value: float, places: int) -> Decimal | None:
    """A number with that many decimal places as a cell; None (an empty cell) for NaN."""
    return None if value != value else Decimal(f"{value:.{places}f}")


def whole_text(text: str) -> str:
    """A text as UTF-8 can hold it: halves of characters, which JavaScript and file names allow, become a mark."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\x00", "\ufffd")


def terminal_text(text: str) -> str:
    """A text as a terminal can show it, on one line: what would move its cursor or paint is shown as an escape."""
    return "".join(sign.encode("unicode_escape").decode() if is_control(sign) else sign for sign in whole_text(text))


def is_control(sign: str) -> bool:
    """Whether a character is none that can be shown: a control, the end of a line, half of another character."""
    return unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")


class _UnixLines:
    """Takes the lines of a `csv.writer` that ends them with CR LF, so that it quotes cells that hold either of the two,
    and ends them with LF."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line.removesuffix("\r\n") + "\n")
