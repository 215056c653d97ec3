import itertools
import json

import numpy as np
import pytest

from tracedial.analysis.result_files import write_tables
from tracedial.analysis.session_analysis import analyze
from tracedial.analysis.settings import AnalysisSettings, RatingScale
from tracedial.emulation.synthetic import dyad
from tracedial.errors import AnalysisError, RecordingError
from tracedial.measures.ruptures import EventSettings
from tracedial.measures.trace import Trace, write_trace
from tracedial.recording.session import LIVE
from tracedial.report.methods import methods_of, methods_words
from tracedial.report.session_report import write_report


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
    from tracedial.report.figure import COLOURS

    def grey(colour):
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    assert grey(COLOURS[1]) - grey(COLOURS[0]) > 0.2


def test_the_full_set_adds_to_the_contract_and_the_core_leaves_it_null(csvs):
    paths = csvs(**dyad(900, seed=1))
    full = analyze(paths).as_json()
    (pair,) = full["pairs"]
    assert set(pair["congruence"]) >= {"p_shift", "p_surrogate", "ci_low", "ci_high", "r_diff", "truth_bias", "p_pp"}
    assert set(pair["congruence"]["truth_bias"]) >= {"b0", "b1"}
    assert pair["congruence"]["truth_bias"]["b0"] == pytest.approx(pair["discrepancy"]["mean"])
    assert set(pair["discrepancy"]) >= {"ci_low", "ci_high", "loa_low", "loa_high"}
    assert pair["discrepancy"]["ci_low"] < pair["discrepancy"]["mean"] < pair["discrepancy"]["ci_high"]
    assert set(pair["lag"]) >= {"best_s", "r", "p"} and set(pair["events"]) >= {"overlap", "p"}
    assert [peak["rank"] for peak in full["peaks"]["client"]].count(1) == 1
    assert full["peaks"]["client"][0]["mean"] > max(r["mean"] for r in full["ruptures"]["client"])
    assert len(pair["windows"]) == 14 and pair["windows"][1]["start_s"] == 60
    for name in ("icc_1_1", "icc_a_1", "icc_c_1", "icc_1_k", "icc_a_k", "icc_c_k", "ccc", "alpha", "rwg"):
        assert set(full["reliability"][name]) >= {"value", "ci_low", "ci_high"}
        assert full["reliability"][name]["value"] is not None, name
    core = analyze(paths, AnalysisSettings(measures="core")).as_json()
    (pair,) = core["pairs"]
    assert pair["congruence"]["r"] == full["pairs"][0]["congruence"]["r"]
    assert pair["congruence"]["p_eff"] == full["pairs"][0]["congruence"]["p_eff"]
    assert pair["congruence"]["p_shift"] is None and pair["lag"] is None and pair["events"] is None
    assert (
        core["reliability"]["icc_a_1"]["textbook_low"] is not None and core["reliability"]["icc_a_1"]["ci_low"] is None
    )


def test_ratings_beyond_the_scale_are_said_and_rescaled_only_when_asked(csvs):
    values = dyad(600, seed=1)
    paths = csvs(client=values["client"], therapist=values["therapist"] + 50)
    data = analyze(paths).as_json()
    assert "therapist go from" in data["remarks"][0] and "--rescale therapist=LOW:HIGH" in data["remarks"][0]
    assert data["reliability"]["rwg"]["value"] is None and data["parameters"]["rescaled"] == {}
    asked = analyze(paths, AnalysisSettings(rescale={"therapist": (0, 100)})).as_json()
    assert asked["remarks"] == [] and asked["parameters"]["rescaled"] == {"therapist": [0, 100]}
    whole = analyze(csvs(**values)).as_json()
    assert asked["pairs"][0]["discrepancy"]["mean"] == pytest.approx(whole["pairs"][0]["discrepancy"]["mean"])
    other = analyze(paths, AnalysisSettings(scale=RatingScale(-50, 150, 1, "given"))).as_json()
    assert other["remarks"] == [] and other["reliability"]["rwg"]["value"] is not None


def test_a_lag_is_taken_out_only_when_asked_and_stands_in_the_output(csvs):
    values = dyad(600, seed=1)["client"]
    paths = csvs(a=values, b=np.concatenate([values[:1].repeat(4), values[:-4]]))
    plain = analyze(paths).as_json()
    assert plain["pairs"][0]["lag"]["best_s"] == 4 and plain["parameters"]["lag_corrections"] == []
    for lags, source in (({"b": 4}, "given"), ({"b": "estimate"}, "estimated, behind a")):
        data = analyze(paths, AnalysisSettings(lags=lags)).as_json()
        assert data["pairs"][0]["congruence"]["r"] == pytest.approx(1.0)
        assert data["parameters"]["lag_corrections"] == [{"rater": "b", "lag_s": 4, "source": source}]
        assert data["raters"][1]["missing"] == 4
    with pytest.raises(AnalysisError, match="no practice task"):
        analyze(paths, AnalysisSettings(lags={"*": "practice"}))
    with pytest.raises(AnalysisError, match="names c, but the raters are a, b"):
        analyze(paths, AnalysisSettings(lags={"c": 1}))


def test_the_first_seconds_are_left_out_of_agreement_only_when_asked(csvs):
    values = dyad(600, seed=1)
    data = analyze(csvs(**values), AnalysisSettings(trim_agreement_s=8)).as_json()
    assert data["pairs"][0]["congruence"]["n"] == 592 and data["raters"][0]["n"] == 600
    assert data["parameters"]["trim_agreement_s"] == 8


def test_traces_of_different_videos_are_refused(tmp_path):
    paths = []
    for number in (1, 2):
        folder = tmp_path / f"s{number}" / f"rater{number}"
        folder.mkdir(parents=True)
        content = {"format": 1, "session": f"s{number}", "video": {"name": "v", "sha256": str(number) * 64},
                   "raters": [f"rater{number}"], "synthetic": True}  # fmt: skip
        (folder.parent / "session.json").write_text(json.dumps(content))
        paths.append(folder / "trace.csv")
        write_trace(Trace("x", np.arange(30.0)), paths[-1])
    with pytest.raises(AnalysisError, match="different videos"):
        analyze(paths)


def test_results_are_tidy_frames_with_their_parameters(csvs, tmp_path):
    analysis = analyze(csvs(**dyad(300, seed=2)))
    frames = analysis.frames()
    assert list(frames["pairs"]["a"]) == ["client"] and "congruence_truth_bias_b1" in frames["pairs"].columns
    assert len(frames["traces"]) == 600 and list(frames["mean"].columns) == ["video_s", "mean", "sd", "n"]
    assert len(frames["lags"]) == 21 and frames["events"].attrs["parameters"]["segment_s"] == 30
    write_tables(analysis, tmp_path / "out")
    for name, frame in frames.items():
        assert len((tmp_path / "out" / f"{name}.csv").read_text().splitlines()) == len(frame) + 1


def test_the_report_says_the_honest_p_first_in_page_and_pdf(csvs, tmp_path):
    path = write_report(analyze(csvs(**dyad(900, seed=1))), tmp_path / "report")
    page = path.read_text(encoding="utf-8")
    sentence = page[page.index("no more than chance may give") :]
    assert sentence.index("effective N") < sentence.index("could have told") < sentence.index("Taken as if each second")
    assert "Bland and Altman" in page and "Müller" in page and "bootstrap" not in page
    pdf = (tmp_path / "report" / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-") and len(pdf) > 50_000
    assert (tmp_path / "report" / "pair-1.svg").exists()


def test_trimming_reaches_every_measure_and_leaves_no_gap(csvs):
    values = dyad(900, seed=1)
    plain = analyze(csvs(**values)).as_json()["pairs"][0]
    (trimmed,) = analyze(csvs(**values), AnalysisSettings(trim_agreement_s=300)).as_json()["pairs"]
    (alone,) = analyze(csvs(**{name: rating[300:] for name, rating in values.items()})).as_json()["pairs"]
    for name in ("r", "n", "p_surrogate", "p_shift", "n_eff", "ci_low"):
        assert trimmed["congruence"][name] == pytest.approx(alone["congruence"][name]), name
    assert trimmed["events"]["kappa"] != plain["events"]["kappa"]
    assert trimmed["windows"][0]["start_s"] == 300 and trimmed["lag"]["r"] == pytest.approx(alone["lag"]["r"])


def test_a_lag_is_estimated_behind_the_first_rater_as_corrected(csvs):
    values = dyad(600, seed=1)["client"]
    paths = csvs(
        a=np.concatenate([values[:1].repeat(2), values[:-2]]), b=np.concatenate([values[:1].repeat(5), values[:-5]])
    )
    data = analyze(paths, AnalysisSettings(lags={"a": 2, "b": "estimate"})).as_json()
    assert [one["lag_s"] for one in data["parameters"]["lag_corrections"]] == [2, 5]
    assert data["pairs"][0]["lag"]["best_s"] == 0


def test_a_rise_is_two_steps_of_the_scale(csvs):
    values = {name: rating / 100 + 0.5 for name, rating in dyad(900, seed=1).items()}
    data = analyze(csvs(**values), AnalysisSettings(scale=RatingScale(0, 1, 0.01, "given"))).as_json()
    assert data["parameters"]["rise_used"]["client"] < 0.1
    assert any(repair["onset_s"] is not None for repair in data["repairs"]["client"])


def test_raters_against_one_another_have_no_agreement_and_no_interval_upside_down(csvs):
    a = dyad(900, seed=1)["client"]
    data = analyze(csvs(a=a, b=-a + 0.1 * np.sin(np.arange(900)))).as_json()["reliability"]
    for name, one in data.items():
        if isinstance(one, dict) and one["ci_low"] is not None:
            assert one["ci_low"] <= one["ci_high"], name
            assert one["value"] <= 1, name


def test_codes_beyond_the_last_second_are_remarked(csvs, tmp_path):
    (tmp_path / "codes.csv").write_text("onset_s,end_s,code\n5000,5100,x\n")
    data = analyze(csvs(**dyad(300, seed=1)), AnalysisSettings(codes=tmp_path / "codes.csv")).as_json()
    assert data["observer"]["client"]["misses"] == 1 and "begin after the last second" in data["remarks"][0]


@pytest.mark.thorough("analyzes many traces by every rule")
@pytest.mark.parametrize(
    "settings",
    [
        {"rule": "vshape", "drop_sd": 0.1, "return_share": 0.1, "count": 20},
        {"rule": "chart", "segment_s": 20}, {"rise": 1e-10}, {"rule": "optimal"},
    ],
)  # fmt: skip
def test_every_rule_ends_well_on_many_traces(csvs, settings):
    for seed in range(6):
        data = analyze(csvs(**dyad(700, seed=seed)), AnalysisSettings(events=EventSettings(**settings), max_lag_s=0))
        found = data.as_json()
        for rater in ("client", "therapist"):
            stretches = sorted((r["onset_s"], r["end_s"]) for r in found["ruptures"][rater])
            assert all(end <= onset for (_, end), (onset, _) in itertools.pairwise(stretches))


@pytest.mark.parametrize("rule", ["greedy", "optimal", "vshape", "chart", "changepoints"])
def test_the_methods_name_the_rules_own_parameters(csvs, rule):
    data = analyze(csvs(**dyad(300, seed=1)), AnalysisSettings(events=EventSettings(rule=rule, drop_sd=0.7)))
    text = methods_words(methods_of(data))
    assert ("0.7 SD" in text) == (rule == "vshape") and ("30 s apart" in text) == (rule in ("greedy", "optimal"))
    assert "_s" not in text.replace("p_s", "")


@pytest.mark.parametrize(
    "fields",
    [
        {"scale": RatingScale(0, 1, 1e-300, "given")}, {"scale": RatingScale(-1e308, 1e308, 1, "given")},
        {"rescale": {"a": (0, 1e-320)}}, {"max_lag_s": 20_000_000}, {"alpha_level": "deep"}, {"measures": "all"},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(fields):
    with pytest.raises(AnalysisError):
        AnalysisSettings(**fields)


def test_a_live_group_gets_its_report(tmp_path):
    for name, rating in dyad(300, seed=1).items():
        (tmp_path / "g" / name).mkdir(parents=True)
        write_trace(Trace(name, rating), tmp_path / "g" / name / "trace.csv")
    content = {"format": 1, "session": "g", "video": LIVE, "raters": ["client", "therapist"], "synthetic": True}
    (tmp_path / "g" / "session.json").write_text(json.dumps(content))
    page = write_report(analyze([tmp_path / "g"]), tmp_path / "report").read_text(encoding="utf-8")
    assert "none: live" in page
