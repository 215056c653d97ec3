import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracedial.errors import TraceError
from tracedial.measures.trace import Trace, read_trace, write_trace


def read(tmp_path, text, name="client.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_trace(tmp_path / name)


@given(ratings=st.lists(st.one_of(st.integers(-50, 50).map(float), st.just(np.nan)), min_size=1, max_size=50))
def test_what_is_written_is_read(tmp_path_factory, ratings):
    path = tmp_path_factory.mktemp("t") / "client.csv"
    write_trace(Trace("client", np.array(ratings)), path)
    again = read_trace(path)
    assert again.rater == "client"
    assert np.array_equal(again.rating, ratings, equal_nan=True)


def test_seconds_left_out_and_empty_cells_are_missing(tmp_path):
    trace = read(tmp_path, "video_s,rating\n0,1\n2,\n3,NaN\n5,-2.5\n")
    assert np.array_equal(trace.rating, [1, np.nan, np.nan, np.nan, np.nan, -2.5], equal_nan=True)
    assert trace.missing == 4


def test_other_columns_spaces_blank_lines_and_a_bom_do_no_harm(tmp_path):
    trace = read(tmp_path, "\ufeffvideo_s , rating,note\n0.0, 5 ,x\n\n1.0,6,y\n")
    assert trace.rating.tolist() == [5, 6]


def test_a_trace_is_named_after_its_file_or_its_folder(tmp_path):
    assert read(tmp_path, "video_s,rating\n0,1\n", "therapist.csv").rater == "therapist"
    (tmp_path / "observer").mkdir()
    assert read(tmp_path / "observer", "video_s,rating\n0,1\n", "trace.csv").rater == "observer"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty"),
        ("video_s,rating\n", "no ratings"),
        ("rating,video_s\n1,0\n", "must begin with video_s,rating"),
        ("video_s;rating\n0;1\n", "separated by semicolons"),
        ("video_s,rating\n0,13,5\n", "3 cells, the first line 2"),
        ("video_s,rating\n0,x\n", "Line 2 .*'x' is not a number"),
        ('video_s,rating\n0,"3,5"\n', "with a point, not a comma"),
        ("video_s,rating\n0\n", "Line 2 .* two are needed"),
        ("video_s,rating\n0,1\n0,2\n", "Line 3 .*second 0 comes again"),
        ("video_s,rating\n5,1\n3,2\n", "Line 3 .*second 3 comes after 5"),
        ("video_s,rating\n0.5,1\n", "whole second"),
        ("video_s,rating\n-1,1\n", "whole second"),
        ("video_s,rating\n,1\n", "whole second"),
        ("video_s,rating\n9e9,1\n", "whole second"),
        ("video_s,rating\n0,inf\n", "beyond any scale"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, text, what):
    with pytest.raises(TraceError, match=what) as caught:
        read(tmp_path, text)
    assert "client.csv" in str(caught.value)


def test_a_missing_file_and_a_binary_one_are_sentences(tmp_path):
    with pytest.raises(TraceError, match="cannot be read"):
        read_trace(tmp_path / "none.csv")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(TraceError, match="not a text file"):
        read_trace(tmp_path / "b.csv")


def test_the_flags_of_a_trace_are_read_and_say_what_is_no_rating(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("video_s,rating,flags\n0,0,unmoved\n1,0,unmoved|off_phase\n3,5,off_phase\n", "utf-8")
    trace = read_trace(path)
    assert trace.flags == ["unmoved", "unmoved|off_phase", "", "off_phase"]
    assert trace.unmoved.tolist() == [True, True, False, False]
    assert np.isnan(trace.rated[:3]).all() and trace.rated[3] == 5 and trace.rating[0] == 0
    path.write_text("video_s,rating\n0,0\n", "utf-8")
    assert read_trace(path).flags == [] and not read_trace(path).unmoved.any()
