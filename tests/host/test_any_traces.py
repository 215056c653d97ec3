"""Any traces and settings give numbers or a reason in words; no traceback, no NaN in the JSON."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracedial.analysis.session_analysis import analyze
from tracedial.analysis.settings import AnalysisSettings, RatingScale
from tracedial.cli.analyze import say_analysis
from tracedial.errors import AnalysisError
from tracedial.measures.ruptures import RULES, EventSettings
from tracedial.measures.trace import Trace, write_trace
from tracedial.report.session_report import write_report

pytestmark = pytest.mark.thorough("analyzes fifty raters and any traces, and writes their reports")

SHAPES = ("constant", "nearly constant", "missing", "unmoved", "partly unmoved", "line", "ties", "huge", "tiny", "walk",
          "disjoint", "one rated", "other step", "steps")  # fmt: skip


def trace(shape, n, rng, number):
    """A trace of a kind, its seconds by itself or `unmoved`."""
    flags = [""] * n
    rating = np.round(20 * np.sin(np.arange(n) / 7 + number) + rng.normal(0, 5, n))
    match shape:
        case "constant":
            rating = np.full(n, float(number % 5) * 7 - 14)
        case "nearly constant":
            rating = np.full(n, 3.0)
            rating[n // 2] = 3.0 + 1e-7
        case "missing":
            rating = np.full(n, np.nan)
        case "unmoved":
            rating, flags = np.zeros(n), ["unmoved"] * n
        case "partly unmoved":
            flags = ["unmoved|paused"] * (n // 3) + [""] * (n - n // 3)
        case "line":
            rating = np.arange(n) * (-1.0) ** number
        case "ties":
            rating = np.round(rating / 20) * 20
        case "huge":
            rating = rating * 1e4
        case "tiny":
            rating = rating * 1e-9
        case "walk":
            rating = np.cumsum(rng.normal(size=n))
        case "disjoint":
            rating[np.arange(n) % 3 != number % 3] = np.nan
        case "one rated":
            rating[np.arange(n) != n // 2] = np.nan
        case "other step":
            rating = np.round(rating / 5) / 2
        case _:
            rating = np.repeat(rng.integers(-50, 51, n // 20 + 1), 20)[:n].astype(float)
    return Trace(f"r{number}", rating, flags=flags)


def analyzed(folder: Path, shapes, n, seed, wanted):
    rng = np.random.default_rng(seed)
    paths = []
    for number, shape in enumerate(shapes):
        paths.append(folder / f"r{number}.csv")
        write_trace(trace(shape, n, rng, number), paths[-1])
    return analyze(paths, wanted)


def check(analysis):
    """No NaN anywhere, and a reason beside each number that is not there."""
    data = analysis.as_json()
    json.dumps(data, allow_nan=False)
    for pair in data["pairs"]:
        c, d = pair["congruence"], pair["discrepancy"]
        assert c["r"] is not None or c["reason"]
        assert c["first_p"] is not None or c["reason"]
        assert d["mean"] is not None or d["reason"]
        assert d["ci_low"] is not None or d["reason"]
        if pair["lag"]:
            assert pair["lag"]["p"] is not None or pair["lag"]["reason"]
        if pair["events"]:
            assert pair["events"]["p"] is not None or pair["events"]["reason"]
    for name, one in data["reliability"].items():
        if isinstance(one, dict):
            assert one["value"] is not None or one["reason"], name
            assert one["ci_low"] is not None or one["reason"], name
    for rater in data["raters"]:
        assert data["ruptures"][rater["name"]] or data["notes"][rater["name"]] or rater["n"] > 0
    return data


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shapes=st.lists(st.sampled_from(SHAPES), min_size=2, max_size=4),
    n=st.sampled_from([1, 2, 3, 7, 40, 130, 400]),
    seed=st.integers(0, 99),
    rule=st.sampled_from(list(RULES)),
    measures=st.sampled_from(["core", "full"]),
    trim=st.sampled_from([0, 5, 1000]),
    keep=st.booleans(),
    lag=st.sampled_from([None, 3, -60, "estimate"]),
    alpha=st.sampled_from(["interval", "ordinal", "ratio", "nominal"]),
    count=st.sampled_from([0, 1, 3, 50]),
    segment=st.sampled_from([1, 30, 500]),
    max_lag=st.sampled_from([0, 10, 600]),
)
def test_any_traces_end_with_numbers_or_reasons(
    tmp_path, capsys, shapes, n, seed, rule, measures, trim, keep, lag, alpha, count, segment, max_lag
):
    wanted = AnalysisSettings(
        events=EventSettings(rule=rule, count=count, segment_s=segment), measures=measures, trim_agreement_s=trim,
        keep_unmoved=keep, lags={} if lag is None else {"*": lag}, alpha_level=alpha, max_lag_s=max_lag,
    )  # fmt: skip
    try:
        analysis = analyzed(tmp_path, shapes, n, seed, wanted)
    except AnalysisError as error:
        assert str(error).endswith("."), error
        return
    check(analysis)
    say_analysis(analysis)
    assert "nan" not in capsys.readouterr().out.lower().split()


@pytest.mark.parametrize(
    ("shapes", "n"),
    [(["unmoved"] * 12, 60), (["constant", "constant"], 300), (["missing", "line"], 2), (["walk"] * 3 + ["huge"], 200),
     (["one rated", "disjoint"], 90), (["nearly constant", "tiny"], 400), (["line"], 50)],
    ids=["a live group that never moved", "constant but different", "nothing in common", "off the scale",
         "hardly rated", "hardly anything changes", "one rater"],
)  # fmt: skip
def test_reports_of_odd_traces_are_written(tmp_path, shapes, n):
    if len(shapes) == 1:
        shapes = [*shapes, "missing"]
    analysis = analyzed(tmp_path, shapes, n, 1, AnalysisSettings())
    check(analysis)
    assert write_report(analysis, tmp_path / "report").is_file()


def test_fifty_raters_are_compared(tmp_path):
    data = check(analyzed(tmp_path, ["steps"] * 50, 60, 2, AnalysisSettings(measures="core")))
    assert len(data["pairs"]) == 50 * 49 / 2


def test_unmoved_seconds_are_no_ratings_unless_asked_for(tmp_path):
    rng = np.random.default_rng(3)
    moved = {name: np.round(rng.normal(20, 8, 300)) for name in ("a", "b")}
    paths = []
    for name, rating in moved.items():
        rating[:100] = -50
        paths.append(tmp_path / f"{name}.csv")
        write_trace(Trace(name, rating, flags=["unmoved"] * 100 + [""] * 200), paths[-1])
    data = analyze(paths).as_json()
    assert data["pairs"][0]["congruence"]["n"] == 200 and abs(data["pairs"][0]["congruence"]["r"]) < 0.3
    assert [rater["unmoved"] for rater in data["raters"]] == [100, 100]
    assert all(rupture["onset_s"] >= 100 for rupture in data["ruptures"]["a"])
    assert any("100 seconds of a, before the dial was first moved at second 100" in text for text in data["remarks"])
    assert analyze(paths).tables()["mean"][0]["mean"] is None
    kept = analyze(paths, AnalysisSettings(keep_unmoved=True)).as_json()
    assert kept["pairs"][0]["congruence"]["n"] == 300 and kept["pairs"][0]["congruence"]["r"] > 0.8
    assert kept["parameters"]["keep_unmoved"] and not kept["remarks"]


def test_a_dial_that_never_moved_gave_no_ratings(tmp_path):
    data = check(analyzed(tmp_path, ["unmoved", "walk"], 200, 1, AnalysisSettings()))
    assert any(text.startswith("No ratings of r0: the dial never moved") for text in data["remarks"])
    assert data["raters"][0]["n"] == 0 and data["ruptures"]["r0"] == []


def test_a_scale_with_another_step_changes_nothing_but_the_rise(tmp_path):
    fine = AnalysisSettings(scale=RatingScale(-5, 5, 0.1, "given"))
    data = check(analyzed(tmp_path, ["other step", "other step"], 400, 4, fine))
    assert data["reliability"]["rwg"]["value"] is not None


def test_the_report_of_fifty_raters_has_few_pages(tmp_path):
    rng = np.random.default_rng(5)
    paths = []
    for number in range(50):
        paths.append(tmp_path / f"rater-{number:02d}.csv")
        write_trace(Trace("x", np.round(20 * np.sin(np.arange(200) / 60) + rng.normal(0, 8, 200))), paths[-1])
    page = write_report(analyze(paths), tmp_path / "report").read_text(encoding="utf-8")
    assert "1,225 pairs of 50 raters" in page and page.count("<figure") == 2
    pages = (tmp_path / "report" / "report.pdf").read_bytes().count(b"/Type /Page\n")
    assert 1 <= pages <= 10
    assert (tmp_path / "report" / "pairs.csv").read_text().count("\n") == 1 + 1225
