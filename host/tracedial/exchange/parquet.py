"""Parquet: for R (arrow), Python and databases, when CSVs become large."""

import json
from pathlib import Path

from tracedial.exchange.contents import Source
from tracedial.exchange.libraries import library
from tracedial.exchange.tables import NUMBER, TEXT, WHOLE, Table, long_tables, wide_table
from tracedial.files.safe_text import whole_text


def write(source: Source, folder: Path) -> list[str]:
    """Write each table as a file with a row group for each dyad; the columns carry their labels. Raises `OSError`."""
    for table in [*long_tables(source), wide_table(source)]:
        _write_table(source, table, folder / f"{table.name}.parquet")
    return []


def _write_table(source: Source, table: Table, path: Path) -> None:
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    types = {TEXT: arrow.string(), NUMBER: arrow.float64(), WHOLE: arrow.int64()}
    schema = arrow.schema(
        [arrow.field(c.name, types[c.kind], metadata={"label": c.label}) for c in table.columns],
        metadata={"label": table.label},
    )
    with parquet.ParquetWriter(str(path), schema) as writer:
        for block in table.blocks():
            columns = [
                arrow.array([whole_text(text) for text in block[c.name]] if c.kind == TEXT else block[c.name],
                            type=types[c.kind])
                for c in table.columns
            ]  # fmt: skip
            if len(columns[0]):
                writer.write_table(arrow.Table.from_arrays(columns, schema=schema))
        labels = {f"{at:g}": label for at, label in source.value_labels.items()}
        writer.add_key_value_metadata({"value_labels": json.dumps(labels, ensure_ascii=False)})
