"""Tables for other programs: whatever a cell contains, the table reads back as written and executes nothing."""

import ast
import csv
import io
from decimal import Decimal
from pathlib import Path

import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

import tracedial
from tracedial.files.safe_text import FORMULA_SIGNS, digits, safe_cell, whole_text, write_table

HOST = Path(tracedial.__file__).parent
TEXTS = st.text(st.sampled_from("=+-@\t\r\n\",;' a1＝\x00é🙂\ud83d"), max_size=8) | st.text(max_size=20)
CELLS = TEXTS | st.integers(-1000, 1000) | st.none() | st.floats(-1e6, 1e6) | st.just(digits(-1.25, 3))


def carried_out(cell: str) -> bool:
    return cell.lstrip().startswith(FORMULA_SIGNS)


@given(rows=st.lists(st.tuples(CELLS, CELLS, TEXTS), max_size=4))
@example(rows=[("a\r=1+1", "\r=1+1", "\n@SUM(1)"), (" =1", '"=1', "\t-1")])
def test_a_table_is_read_as_it_was_written_and_no_text_is_a_formula(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("t") / "t.csv"
    write_table(path, ("a", "b", "c"), rows)
    text = path.read_bytes().decode()
    read = list(csv.reader(io.StringIO(text, newline="")))
    written = [[safe_cell(c) if isinstance(c, str) else "" if c is None else str(c) for c in row] for row in rows]
    assert read == [["a", "b", "c"], *written]
    frame = pd.read_csv(path, keep_default_na=False, dtype=str, skip_blank_lines=False)
    assert [list(row) for row in frame.itertuples(index=False)] == written
    # A program that takes any line end for another one's has the same cells.
    assert len(list(csv.reader(io.StringIO(text, newline=None)))) == len(rows) + 1
    for row, cells in zip(rows, read[1:], strict=True):
        for given_cell, cell in zip(row, cells, strict=True):
            if isinstance(given_cell, str):
                assert not carried_out(cell)
                assert cell in (whole_text(given_cell), f"'{whole_text(given_cell)}")
            elif given_cell is not None:
                assert float(cell) == float(given_cell)


def test_numbers_stay_numbers():
    assert digits(-5.0, 3) == Decimal("-5.000") and digits(float("nan"), 3) is None
    assert safe_cell("-5") == "'-5", "a text that somebody typed is no number"


def test_every_table_is_written_by_the_one_writer():
    own = [
        path.name
        for path in HOST.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("writer", "DictWriter", "to_csv")
    ]
    assert own == ["safe_text.py"]
