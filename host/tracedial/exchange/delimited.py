"""CSV, long and wide, for any program."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracedial.exchange.contents import Source
from tracedial.exchange.tables import Table, long_tables, other_tables, wide_table
from tracedial.files.safe_text import FOR_SPREADSHEETS, write_table


def write_long(source: Source, folder: Path) -> list[str]:
    """Tidy tables for programs: `ratings.csv` has a row for each rater and second."""
    return write_tables(source, long_tables(source), folder, encoding="utf-8")


def write_wide(source: Source, folder: Path) -> list[str]:
    """For spreadsheets: `ratings_wide.csv` has a row for each second and a column for each rater."""
    return write_tables(source, [wide_table(source), *other_tables(source)], folder, encoding=FOR_SPREADSHEETS)


def write_tables(source: Source, tables: list[Table], folder: Path, *, encoding: str) -> list[str]:
    """Write each table as a CSV, and `columns.csv`, which explains their columns. Raises `OSError`."""
    for table in tables:
        names = [column.name for column in table.columns]
        write_table(folder / f"{table.name}.csv", names, _rows(table), encoding=encoding)
    said = codebook(source, tables)
    write_table(folder / "columns.csv", ("table", "column", "meaning", "values"), said, encoding=encoding)
    return []


def codebook(source: Source, tables: list[Table]) -> Iterator[tuple[str, str, str, str]]:
    """A line for each column of each table: its meaning and the labels of its values. Call it after the tables were
    read."""
    labels = "; ".join(f"{at:g} = {label}" for at, label in sorted(source.value_labels.items()))
    for table in tables:
        for column in table.columns:
            yield table.name, column.name, column.label, labels if column.rated else ""


def _rows(table: Table) -> Iterator[tuple[Any, ...]]:
    for block in table.blocks():
        yield from zip(*(block[column.name] for column in table.columns), strict=True)
