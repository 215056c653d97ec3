"""An Excel workbook: a sheet for each table, and one that explains the columns."""

import contextlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from tracedial.exchange.contents import Source
from tracedial.exchange.delimited import codebook
from tracedial.exchange.libraries import library
from tracedial.exchange.long_texts import with_long_texts_split
from tracedial.exchange.tables import TEXT, Column, long_tables, wide_table
from tracedial.files.safe_text import FORMULA_SIGNS, is_control, whole_text

MOST_ROWS = 1_048_576
"""Excel's limit of rows in a sheet, including the first line."""
MOST_UNITS = 32_767
"""Excel's limit on a cell's text, in UTF-16 code units."""


def write(source: Source, folder: Path) -> list[str]:
    """Write `ratings.xlsx`. A text that begins like a formula is stored as text and stays text when it is edited.
    Raises `OSError`."""
    book = library("openpyxl").Workbook(write_only=True)
    sheets = _Sheets(book)
    tables = [*long_tables(source), wide_table(source)]
    try:
        for table in tables:
            columns, blocks = with_long_texts_split(table, most=MOST_UNITS, length=_units)
            rows = (row for block in blocks for row in zip(*(block[c.name] for c in columns), strict=True))
            sheets.add(table.name, columns, rows)
        said = [Column(name, name) for name in ("table", "column", "meaning", "values")]
        sheets.add("columns", said, codebook(source, tables))
        book.save(folder / "ratings.xlsx")
    except OSError:
        _let_go(book)
        raise
    return sheets.notes


def _let_go(book: Any) -> None:
    """Close the library's half-written sheets. Otherwise they would fail again when Python deletes them, and print a
    traceback."""
    for sheet in book.worksheets:
        for stream in (sheet._rows, getattr(sheet._writer, "xf", None)):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()


class _Sheets:
    """Adds sheets to a workbook; `notes` are sentences about what had to be changed."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._cell = library("openpyxl.cell").WriteOnlyCell
        self._replaced = 0
        self._full: list[str] = []

    @property
    def notes(self) -> list[str]:
        said = [f"xlsx: the table {name} goes on in further sheets, since a sheet ends there." for name in self._full]
        if self._replaced:
            said.append(f"xlsx: {self._replaced} texts hold control characters, which a workbook cannot: a mark stands "
                        "in their place.")  # fmt: skip
        return said

    def add(self, name: str, columns: list[Column], rows: Iterable[tuple[Any, ...]]) -> None:
        """Add a table in as many sheets as it needs."""
        texts = [column.kind == TEXT for column in columns]
        sheet, at, number = None, MOST_ROWS, 0
        for row in chain([None], rows):
            if at == MOST_ROWS:
                number, at = number + 1, 1
                sheet = self._book.create_sheet(name if number == 1 else f"{name} {number}")
                sheet.append([column.name for column in columns])
                self._full += [name] if number == 2 else []
            if row is not None and sheet is not None:
                sheet.append([self._text(sheet, v) if text else v for v, text in zip(row, texts, strict=True)])
                at += 1

    def _text(self, sheet: Any, text: str) -> Any:
        # In a workbook, lines end with LF only.
        text = whole_text(text).replace("\r\n", "\n").replace("\r", "\n")
        fit = "".join(_shown(sign) for sign in text)
        self._replaced += fit != text
        if not fit.lstrip().startswith(FORMULA_SIGNS):
            return fit
        cell = self._cell(sheet, value=fit)
        cell.data_type, cell.quotePrefix = "s", True
        return cell


def _shown(sign: str) -> str:
    """A character in a form that a workbook can hold."""
    return "\ufffd" if (is_control(sign) and sign not in "\t\n\u2028\u2029") or sign in "\ufffe\uffff" else sign


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
