"""Tables for other programs, read back with the libraries that their users have: every value and every label."""

import json
import math

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pandas.io.stata import StataReader

from exports import SCALE, VIDEO, made_rating, made_source, sources, written
from tracedial.exchange.contents import Dyad
from tracedial.exchange.long_texts import split
from tracedial.exchange.tables import RATINGS, TEXT, long_tables, wide_names, wide_table
from tracedial.files.safe_text import safe_cell, whole_text

FEW = settings(max_examples=8, deadline=None)
LONG = made_source(
    Dyad("s", VIDEO, False, [made_rating("s", "client", [1, math.nan], ["🙂" * 20000, "=" + "x" * 40000])])
)


def rows_of(table):
    return [row for block in table.blocks() for row in zip(*(block[c.name] for c in table.columns), strict=True)]


def same(a, b):
    """Whether two cells hold the same: numbers by value, a missing one as any kind of nothing."""
    nothing = [cell is None or (isinstance(cell, float) and math.isnan(cell)) or cell is pd.NA for cell in (a, b)]
    return all(nothing) if any(nothing) else a == b


def assert_same(frame, wanted):
    read = [list(row) for row in frame.itertuples(index=False)]
    assert len(read) == len(wanted)
    for got, row in zip(read, wanted, strict=True):
        for a, b in zip(got, row, strict=True):
            assert same(a, b), (a, b)


@FEW
@given(sources())
def test_csv_is_read_by_pandas_as_it_was(tmp_path_factory, source):
    folder = written(source, "csv", tmp_path_factory.mktemp("o"))
    for table in long_tables(source):
        texts = {column.name: str for column in table.columns if column.kind == TEXT}
        frame = pd.read_csv(folder / f"{table.name}.csv", dtype=texts, keep_default_na=False,
                            na_values={c.name: [""] for c in table.columns if c.kind != TEXT})  # fmt: skip
        wanted = [[safe_cell(v) if isinstance(v, str) else v for v in row] for row in rows_of(table)]
        assert list(frame.columns) == [column.name for column in table.columns]
        assert_same(frame, wanted)


@FEW
@given(sources())
def test_wide_csv_has_a_column_for_each_rater(tmp_path_factory, source):
    folder = written(source, "wide", tmp_path_factory.mktemp("o"))
    frame = pd.read_csv(folder / "ratings_wide.csv")
    assert_same(frame, rows_of(wide_table(source)))
    for dyad in source.made:
        own = frame[frame.dyad == dyad.name]
        for one in dyad.ratings:
            column = own[wide_names(source.raters)[one.rater]].to_numpy(float)
            np.testing.assert_array_equal(column[: len(one.trace.rating)], one.trace.rated)
            assert np.isnan(column[len(one.trace.rating) :]).all()


@FEW
@given(sources())
def test_parquet_is_read_by_arrow_as_it_was(tmp_path_factory, source):
    folder = written(source, "parquet", tmp_path_factory.mktemp("o"))
    for table in [*long_tables(source), wide_table(source)]:
        read = pq.read_table(folder / f"{table.name}.parquet")
        wanted = [[whole_text(v) if isinstance(v, str) else v for v in row] for row in rows_of(table)]
        assert [list(row.values()) for row in read.to_pylist()] == wanted
        assert [read.schema.field(c.name).metadata[b"label"].decode() for c in table.columns] == [
            c.label for c in table.columns
        ]
        labels = json.loads(pq.read_metadata(folder / f"{table.name}.parquet").metadata[b"value_labels"])
        assert {float(at): label for at, label in labels.items()} == source.value_labels


@FEW
@given(sources())
@example(LONG)
def test_a_workbook_is_read_by_openpyxl_as_it_was_and_holds_no_formula(tmp_path_factory, source):
    folder = written(source, "xlsx", tmp_path_factory.mktemp("o"))
    book = openpyxl.load_workbook(folder / "ratings.xlsx")
    for table in [*long_tables(source), wide_table(source)]:
        header, *rows = list(book[table.name].values)
        frame = [dict(zip(header, row, strict=True)) for row in rows]
        for got, row in zip(frame, rows_of(table), strict=True):
            for column, value in zip(table.columns, row, strict=True):
                cell = got[column.name]
                if column.kind == TEXT:
                    parts = [cell or "", *(got.get(f"{column.name}_{n}") or "" for n in (2, 3, 4))]
                    assert "".join(parts) == as_a_workbook_has_it(value)
                else:
                    assert same(cell, value)
        for row in book[table.name].iter_rows():
            assert all(cell.data_type != "f" for cell in row)
            assert all(cell.quotePrefix for cell in row if str(cell.value).lstrip().startswith(("=", "+", "@")))
    assert {row[1]: row[2] for row in list(book["columns"].values)[1:] if row[0] == "ratings"} == {
        column.name: column.label for column in RATINGS
    }


def as_a_workbook_has_it(text):
    text = whole_text(text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join("\ufffd" if (ord(s) < 32 and s not in "\t\n") or 0x7F <= ord(s) < 0xA0 or s in "\ufffe\uffff" else s
                   for s in text)  # fmt: skip


@FEW
@given(sources())
@example(LONG)
def test_spss_is_read_by_pyreadstat_as_it_was_with_all_labels(tmp_path_factory, source):
    folder = written(source, "sav", tmp_path_factory.mktemp("o"))
    for table in [*long_tables(source), wide_table(source)]:
        frame, meta = pyreadstat.read_sav(folder / f"{table.name}.sav")
        assert_texts_and_numbers(frame, table, strip=True)
        for column in table.columns:
            assert meta.column_names_to_labels[column.name] == column.label
            labels = source.value_labels if column.rated else {}
            assert meta.variable_value_labels.get(column.name, {}) == labels


@FEW
@given(sources())
@example(LONG)
def test_stata_is_read_by_two_libraries_as_it_was_with_all_labels(tmp_path_factory, source):
    folder = written(source, "dta", tmp_path_factory.mktemp("o"))
    for table in [*long_tables(source), wide_table(source)]:
        path = folder / f"{table.name}.dta"
        assert_texts_and_numbers(pd.read_stata(path, convert_categoricals=False), table)
        with StataReader(path) as reader:
            assert {c.name: c.label for c in table.columns}.items() <= reader.variable_labels().items()
            labels = reader.value_labels()
        if table.name == "ratings" and source.value_labels:
            assert labels["rating"] == source.value_labels


def assert_texts_and_numbers(frame, table, *, strip=False):
    wanted = rows_of(table)
    assert len(frame) == len(wanted)
    for got, row in zip(frame.to_dict("records"), wanted, strict=True):
        for column, value in zip(table.columns, row, strict=True):
            if column.kind != TEXT:
                assert same(got[column.name], value), column.name
                continue
            read = "".join(str(got.get(name, "")) for name in (column.name, *(f"{column.name}_{n}" for n in (2, 3, 4))))
            value = whole_text(value)
            # SPSS fills its texts up with blanks.
            assert (read.rstrip(" ") == value.rstrip(" ")) if strip else read == value


@given(text=st.text(max_size=60), most=st.integers(8, 40))
def test_a_text_is_split_and_not_cut(text, most):
    text = whole_text(text)
    parts = split(text, most=most, length=lambda part: len(part.encode()))
    assert "".join(parts) == text and all(len(part.encode()) <= most for part in parts)


def test_columns_of_raters_are_told_apart_and_fit_stata():
    names = wide_names(["client-1", "client_1", "x" * 40, "x" * 39 + "y"])
    assert len({name.lower() for name in names.values()}) == 4
    assert all(len(name) <= 32 and name.isidentifier() for name in names.values())


def test_an_unmoved_second_is_no_rating_and_its_position_is_there(tmp_path):
    source = made_source(Dyad("s", VIDEO, False, [made_rating("s", "client", [3, 3, 4], unmoved=2)]))
    frame = pd.read_csv(written(source, "csv", tmp_path) / "ratings.csv")
    assert frame.rating.isna().tolist() == [True, True, False] and frame.position.tolist() == [3, 3, 4]


def test_scales_with_other_words_give_no_labels(tmp_path):
    other = type(SCALE)(-50, 50, 1, {0.0: "Indifferent"})
    one, two = made_rating("s", "client", [1]), made_rating("s", "therapist", [1], scale=other)
    source = made_source(Dyad("s", VIDEO, False, [one, two]))
    _, meta = pyreadstat.read_sav(written(source, "sav", tmp_path) / "ratings.sav")
    assert source.value_labels == {} == meta.variable_value_labels


@pytest.mark.parametrize("name", ["csv", "wide", "parquet", "xlsx", "sav", "dta"])
def test_nobody_with_answers_and_nothing_rated_still_makes_whole_tables(tmp_path, name):
    source = made_source(Dyad("s", VIDEO, False, [made_rating("s", "client", [math.nan, math.nan])]))
    assert any(written(source, name, tmp_path).iterdir())
