import json

import numpy as np
import pytest

from tracedial.analysis import analyze, write_tables
from tracedial.analysis_settings import AnalysisSettings
from tracedial.errors import AnalysisError, RecordingError
from tracedial.report import write_report
from tracedial.synthetic import dyad
from tracedial.trace import Trace, write_trace


@pytest.fixture
def csvs(tmp_path):
    def write(**ratings):
        paths = []
        for name, values in ratings.items():
            paths.append(tmp_path / f"{name}.csv")
            write_trace(Trace(name, np.asarray(values, dtype=float)), paths[-1])
        return paths

    return write


def test_the_contract_of_the_json(csvs):
    data = analyze(csvs(**dyad(600, seed=1))).as_json()
    json.dumps(data, allow_nan=False)
    assert [rater["name"] for rater in data["raters"]] == ["client", "therapist"]
    assert set(data["raters"][0]) >= {"name", "n", "mean", "sd", "missing"}
    (pair,) = data["pairs"]
    assert (pair["a"], pair["b"]) == ("client", "therapist")
    assert set(pair["congruence"]) >= {"r", "n", "p_naive", "n_eff", "p_eff"}
    assert set(pair["discrepancy"]) >= {"mean", "sd", "definition"}
    assert pair["congruence"]["r"] == pytest.approx(-0.05, abs=0.02)
    assert pair["discrepancy"]["mean"] == pytest.approx(-18.6, abs=0.5)
    for rater in ("client", "therapist"):
        for event in data["ruptures"][rater] + data["repairs"][rater]:
            assert set(event) >= {"onset_s", "end_s", "nadir_s", "mean", "rank", "clip"}
        assert set(data["ruptures"][rater][0]["clip"]) == {"start_s", "end_s", "cut"}
    assert data["parameters"]["segment_s"] == 30 and "rupture_rule" in data["parameters"]
    assert "tracedial" in data["software"]


def test_three_raters_make_three_pairs(csvs):
    values = dyad(300, seed=2)
    data = analyze(csvs(**values, observer=values["client"] - 3)).as_json()
    assert [(pair["a"], pair["b"]) for pair in data["pairs"]] == [
        ("client", "therapist"), ("client", "observer"), ("therapist", "observer"),
    ]  # fmt: skip
    assert data["pairs"][1]["discrepancy"]["mean"] == pytest.approx(-3.0)


@pytest.mark.parametrize(
    "values",
    [np.full(100, 4.0), np.full(100, np.nan), np.array([1.0, 2.0]), np.array([5.0])],
    ids=["constant", "all missing", "two points", "one point"],
)
def test_odd_traces_give_null_with_a_reason_and_a_report(csvs, tmp_path, values):
    analysis = analyze(csvs(a=values, b=np.arange(len(values)) * 1.0))
    data = analysis.as_json()
    assert data["pairs"][0]["congruence"]["r"] is None
    assert data["pairs"][0]["congruence"]["reason"]
    path = write_report(analysis, tmp_path / "report")
    assert "No temporal congruence" in path.read_text(encoding="utf-8")


def test_traces_of_unequal_length_are_refused_unless_asked_and_then_it_is_said(csvs):
    paths = csvs(a=np.arange(100.0), b=np.arange(90.0))
    with pytest.raises(AnalysisError, match=r"a ends at second 99, b ends at second 89.*--common"):
        analyze(paths)
    data = analyze(paths, AnalysisSettings(common_only=True)).as_json()
    assert data["parameters"]["seconds_cut_for_common"] == {"a": 10}
    assert data["raters"][0]["n"] == 90


def test_wrong_paths_are_sentences(tmp_path, csvs):
    (one,) = csvs(a=np.arange(10.0))
    with pytest.raises(AnalysisError, match="is one trace"):
        analyze([one])
    with pytest.raises(AnalysisError, match="There is no"):
        analyze([tmp_path / "nothing"])
    with pytest.raises(AnalysisError, match="is a folder"):
        analyze([one, tmp_path])
    with pytest.raises(RecordingError, match="no session folder"):
        analyze([tmp_path])
    with pytest.raises(AnalysisError, match="Two traces are named a"):
        analyze([one, one])


def test_the_tables_hold_what_the_json_holds(csvs, tmp_path):
    analysis = analyze(csvs(**dyad(600, seed=3)))
    write_tables(analysis, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "analysis.json").read_text(encoding="utf-8")) == analysis.as_json()
    rows = (tmp_path / "out" / "traces.csv").read_text().splitlines()
    assert rows[0] == "video_s,rater,rating" and len(rows) == 1 + 2 * 600
    events = (tmp_path / "out" / "events.csv").read_text().splitlines()
    assert len(events) == 1 + 2 * 3 * 2
    assert "congruence_p_eff" in (tmp_path / "out" / "pairs.csv").read_text()


def test_the_report_stands_alone(csvs, tmp_path):
    paths = csvs(**dyad(600, seed=4))
    text = write_report(analyze(paths), tmp_path / "r").read_text(encoding="utf-8")
    assert "<svg" in text and "src=" not in text and 'href="http' not in text
    for word in ("r = −.0", "effective N", "therapist rated 18.", "rupture_rule", "Provenance"):
        assert word in text
    assert (tmp_path / "r" / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "r" / "figure.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_names_are_escaped_in_the_report(csvs, tmp_path):
    paths = csvs(**{"a<b>&c": np.arange(100.0), "d": np.arange(100.0) % 7})
    text = write_report(analyze(paths), tmp_path / "r").read_text(encoding="utf-8")
    assert "a<b>" not in text and "a&lt;b&gt;&amp;c" in text


def test_colours_differ_in_grey():
    from tracedial.figure import COLOURS

    def grey(colour):
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    assert grey(COLOURS[1]) - grey(COLOURS[0]) > 0.2
