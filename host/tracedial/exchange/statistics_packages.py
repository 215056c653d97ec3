"""SPSS (`.sav`) and Stata (`.dta`): tables whose files include the labels of columns and values."""

import errno
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tracedial.exchange.contents import Source
from tracedial.exchange.libraries import library
from tracedial.exchange.long_texts import with_long_texts_split
from tracedial.exchange.tables import TEXT, WHOLE, Block, Column, long_tables, wide_table
from tracedial.files.safe_text import whole_text

PART_ROWS = 3_000_000
"""These files are built in memory, so a larger table continues in another file."""
SPSS_BYTES = 32_767
STATA_LABEL = 80
"""Most characters of a label in Stata."""

Writer = Callable[[Source, Any, list[Column], Path, str], None]


def write_spss(source: Source, folder: Path) -> list[str]:
    """Write a `.sav` for each table. Raises `OSError`."""
    return _write(source, folder, ".sav", SPSS_BYTES, _write_sav)


def write_stata(source: Source, folder: Path) -> list[str]:
    """Write a `.dta` for each table. Raises `OSError`."""
    return _write(source, folder, ".dta", 1 << 30, _write_dta)


def _write(source: Source, folder: Path, ending: str, most_bytes: int, write_one: Writer) -> list[str]:
    notes = []
    for table in [*long_tables(source), wide_table(source)]:
        columns, blocks = with_long_texts_split(table, most=most_bytes, length=lambda text: len(text.encode()))
        number = 0
        for number, part in enumerate(_parts(blocks, columns), start=1):
            name = table.name if number == 1 else f"{table.name}_{number}"
            write_one(source, _frame(part, columns), columns, folder / f"{name}{ending}", table.label)
        if number > 1:
            notes.append(f"{ending[1:]}: the table {table.name} is in {number} files, of {PART_ROWS} rows at most "
                         "(but for whole dyads): put them together in your program.")  # fmt: skip
    return notes


def _parts(blocks: Iterable[Block], columns: list[Column]) -> Iterator[Block]:
    """Join blocks into parts of little more than `PART_ROWS` rows; at least one part."""
    part: Block = {column.name: [] for column in columns}
    for block in blocks:
        for name, cells in part.items():
            cells += block[name]
        if len(part[columns[0].name]) >= PART_ROWS:
            yield part
            part = {column.name: [] for column in columns}
    yield part


def _frame(part: Block, columns: list[Column]) -> Any:
    pandas = library("pandas")
    made = {}
    for column in columns:
        cells = part[column.name]
        if column.kind == TEXT:
            made[column.name] = pandas.Series([whole_text(text) for text in cells], dtype=object)
        elif column.kind == WHOLE and None not in cells and cells:
            made[column.name] = pandas.Series(cells, dtype="int32")
        else:
            made[column.name] = pandas.Series(cells, dtype="float64")
    return pandas.DataFrame(made)


def _write_sav(source: Source, frame: Any, columns: list[Column], path: Path, label: str) -> None:
    labels, spss = source.value_labels, library("pyreadstat")
    try:
        spss.write_sav(
            frame, str(path), file_label=label[:64], column_labels=[column.label for column in columns],
            variable_value_labels={column.name: labels for column in columns if column.rated and labels},
            variable_measure={column.name: "nominal" if column.kind == TEXT else "scale" for column in columns},
        )  # fmt: skip
    except spss.ReadstatError as error:
        # The library does not say why the system refused the data; usually the disk is full.
        raise OSError(errno.EIO, f"{error}: is the disk full?", str(path)) from error


def _write_dta(source: Source, frame: Any, columns: list[Column], path: Path, label: str) -> None:
    # Stata can label only whole numbers.
    labels = {int(at): text for at, text in source.value_labels.items() if float(at).is_integer()}
    texts = [column.name for column in columns if column.kind == TEXT]
    long = [name for name in texts if frame[name].map(lambda text: len(text.encode())).max() > 2045]
    write = partial(
        frame.to_stata, path, write_index=False, version=118, data_label=label[:STATA_LABEL], convert_strl=long,
        variable_labels={column.name: column.label[:STATA_LABEL] for column in columns},
    )  # fmt: skip
    write(value_labels={column.name: labels for column in columns if column.rated and labels} or None)
