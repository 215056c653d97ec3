"""Tables that other programs open, and free text that is printed or exported: the one definition of a safe cell."""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from tracedial.files.whole_file import whole_text_file

FORMULA_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
FOR_SPREADSHEETS = "utf-8-sig"
"""UTF-8 with a byte-order mark; without it some spreadsheets misread letters beyond ASCII."""


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, encoding: str = "utf-8") -> None:
    """Write a table of comma-separated values with `columns` as its first line. Texts become safe cells; numbers stay
    numbers, also `Decimal`, which fixes the digits; None becomes an empty cell. Raises `OSError`."""
    with whole_text_file(path, encoding=encoding) as file:
        writer = csv.writer(_UnixLines(file))
        writer.writerow(columns)
        for row in rows:
            writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])


def safe_cell(text: str) -> str:
    """The text in a form that a spreadsheet shows and does not run. If it begins like a formula, perhaps after blanks
    or line ends, it gets an apostrophe in front, as spreadsheets do it. The journal keeps the text as typed."""
    text = whole_text(text)
    return f"'{text}" if text.lstrip().startswith(FORMULA_SIGNS) or text.startswith(("\t", "\r", "\n")) else text


def digits(value: float, places: int) -> Decimal | None:
    """A number as a cell with `places` decimal places; None (an empty cell) for NaN."""
    return None if value != value else Decimal(f"{value:.{places}f}")


def whole_text(text: str) -> str:
    """The text in a form that UTF-8 can hold: lone surrogates, which JavaScript and file names allow, become a mark."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\x00", "\ufffd")


def terminal_text(text: str) -> str:
    """The text on one line, safe for a terminal: characters that move the cursor or change colours become escapes."""
    return "".join(sign.encode("unicode_escape").decode() if is_control(sign) else sign for sign in whole_text(text))


def is_control(sign: str) -> bool:
    """Whether a character cannot be shown: a control, a line end, or a lone surrogate."""
    return unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")


class _UnixLines:
    """Takes lines from a `csv.writer` that ends them with CR LF, and ends them with LF instead. With CR LF the writer
    quotes cells that contain either character."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line.removesuffix("\r\n") + "\n")
