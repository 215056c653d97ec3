import json
import shutil
import zipfile

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from commands import sentence, tracedial_here
from tracedial.analysis.session_analysis import analyze
from tracedial.analysis.settings import AnalysisSettings
from tracedial.analysis.study_analysis import analyze_study, write_study
from tracedial.analysis.study_jobs import find_jobs, run_job
from tracedial.emulation.synthetic import dyad
from tracedial.errors import AnalysisError
from tracedial.measures.pooling import pool
from tracedial.measures.trace import Trace, write_trace
from tracedial.report.study_report import write_study_report

pytestmark = pytest.mark.thorough("analyzes a study of five dyads, over and over")

SETTINGS = AnalysisSettings()


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """A study of five dyads, as folders of CSVs."""
    study = tmp_path_factory.mktemp("study") / "alliance"
    for number in range(5):
        folder = study / f"dyad-{number}"
        folder.mkdir(parents=True)
        for name, rating in dyad(400, seed=number).items():
            write_trace(Trace(name, rating + (number if name == "client" else 0)), folder / f"{name}.csv")
    return study


@pytest.fixture
def study(made_once, tmp_path):
    shutil.copytree(made_once, tmp_path / "alliance")
    return tmp_path / "alliance"


def test_each_session_is_what_it_is_alone(study, tmp_path):
    found = analyze_study(str(study), SETTINGS, out=tmp_path / "out", jobs=1)
    assert [data["session"] for data in found.sessions] == [f"dyad-{n}" for n in range(5)] and not found.problems
    alone = analyze([study / "dyad-3" / "client.csv", study / "dyad-3" / "therapist.csv"]).as_json()
    assert {**found.sessions[3], "session": None} == alone


def test_two_processes_find_the_same_as_one(study, tmp_path):
    one = analyze_study(str(study), SETTINGS, out=tmp_path / "one", jobs=1)
    two = analyze_study(str(study), SETTINGS, out=tmp_path / "two", jobs=2)
    assert one.as_json() == two.as_json()


def test_what_was_finished_is_not_done_again_and_what_changed_is(study, tmp_path):
    seen = []
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        analyze_study(str(study), SETTINGS, out=out, jobs=1, on_progress=lambda done, total: interrupt_at(2, done))
    finished = sorted(path.name for path in (out / "parts").glob("*.json"))
    assert finished == ["dyad-0.json", "dyad-1.json"]
    found = analyze_study(
        str(study), SETTINGS, out=out, jobs=1, on_progress=lambda done, total: seen.append((done, total))
    )
    assert found.reused == 2 and seen[-1] == (5, 5)
    assert analyze_study(str(study), SETTINGS, out=out, jobs=1).reused == 5
    # Another byte, another setting, a part that was cut: done again.
    path = study / "dyad-2" / "client.csv"
    path.write_text(path.read_text().replace("\n0,", "\n0,1", 1))
    (out / "parts" / "dyad-4.json").write_text('{"key": "x", "resu')
    assert analyze_study(str(study), SETTINGS, out=out, jobs=1).reused == 3
    assert analyze_study(str(study), AnalysisSettings(measures="core"), out=out, jobs=1).reused == 0


def interrupt_at(number, done):
    if done == number:
        raise KeyboardInterrupt


def test_a_session_that_cannot_be_analyzed_is_said_and_stops_no_other(study, tmp_path):
    (study / "dyad-1" / "client.csv").write_text("video_s,rating\n0,5\n0,6\n")
    found = analyze_study(str(study), SETTINGS, out=tmp_path / "out", jobs=1)
    assert len(found.sessions) == 4
    assert "second 0 comes again" in found.problems["dyad-1"] and "tracedial-" not in found.problems["dyad-1"]
    for number in range(5):
        (study / f"dyad-{number}" / "client.csv").write_text("nothing\n")
    with pytest.raises(AnalysisError, match="none of the sessions"):
        analyze_study(str(study), SETTINGS, out=tmp_path / "out", jobs=1)


def test_a_study_elsewhere_is_read_through_fsspec(study, tmp_path):
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        for path in sorted(study.rglob("*.csv")):
            archive.write(path, path.relative_to(study))
    here = analyze_study(str(study), SETTINGS, out=tmp_path / "here", jobs=1)
    there = analyze_study(f"zip://::{tmp_path / 'study.zip'}", SETTINGS, out=tmp_path / "there", jobs=2)
    assert there.sessions == here.sessions
    import fsspec

    memory = fsspec.filesystem("memory")
    for path in study.rglob("*.csv"):
        memory.pipe_file(f"/s/{path.relative_to(study).as_posix()}", path.read_bytes())
    assert analyze_study("memory://s", SETTINGS, out=tmp_path / "m", jobs=1).sessions == here.sessions
    with pytest.raises(AnalysisError, match="cannot be opened"):
        find_jobs("nowhere://x", SETTINGS)


def test_a_recorded_session_is_found_with_all_that_its_analysis_reads(tmp_path):
    folder = tmp_path / "study" / "sessions" / "s1"
    for name, rating in dyad(300, seed=1).items():
        (folder / name).mkdir(parents=True)
        write_trace(Trace(name, rating), folder / name / "trace.csv")
    video = {"name": "v.mp4", "sha256": "0" * 64, "duration_s": 300.0, "frame_rate_hz": 5.0}
    (folder / "session.json").write_text(
        json.dumps({"format": 1, "session": "s1", "video": video, "raters": ["client", "therapist"], "synthetic": True})
    )
    (folder / "report").mkdir()
    (folder / "report" / "traces.csv").write_text("x\n")
    (job,) = find_jobs(str(tmp_path / "study"), SETTINGS)
    assert job.name == "s1" and set(job.files) == {
        "sessions/s1/session.json", "sessions/s1/client/trace.csv", "sessions/s1/therapist/trace.csv"
    }  # fmt: skip
    done = run_job(job)
    assert done.result["synthetic"] and done.result["pairs"][0]["congruence"]["n"] == 300


def test_pooling_is_the_random_effects_model_of_statsmodels():
    effects, variances = [0.1, 0.3, -0.2, 0.5], [0.02, 0.03, 0.01, 0.05]
    found = pool(effects, variances)
    theirs = combine_effects(np.array(effects), np.array(variances), method_re="iterated")
    assert found.value == pytest.approx(theirs.mean_effect_re, abs=1e-12) and found.k == 4
    # k − 1 = 3 degrees of freedom.
    assert found.ci_high - found.value == pytest.approx(3.18244630528 * theirs.sd_eff_w_re_hksj, abs=1e-9)
    alike = pool([0.2, 0.2, 0.2], [0.01, 0.01, 0.01])
    assert alike.ci_high - alike.value > 4 * np.sqrt(0.01 / 3)
    assert pool([0.1], [0.1]).value is None and "at least 2" in pool([0.1], [0.1]).reason


def test_a_study_on_the_command_line_with_its_tables_and_report(study):
    done = tracedial_here("analyze", study)
    assert done.code == 0, done.err
    assert "5 sessions." in done.out and "mean temporal congruence over 5 dyads r = " in done.out
    assert "ruptures were followed by a repair" in done.out
    again = tracedial_here("analyze", study, "--json", "--traces")
    lines = (study / "analysis" / "traces.csv").read_text().splitlines()
    assert len(lines) == 1 + 5 * 2 * 400 and lines[0] == "session,rater,video_s,rating"
    data = json.loads(again.out)
    assert data["n_sessions"] == 5 and len(data["sessions"]) == 5 and data["pairs"][0]["congruence"]["k"] == 5
    assert len((study / "analysis" / "dyads.csv").read_text().splitlines()) == 6
    report = tracedial_here("report", study)
    assert report.code == 0, report.err
    page = (study / "analysis" / "report.html").read_text(encoding="utf-8")
    assert "Hartung and Knapp" in page and "dyad-4" in page and "<svg" in page
    assert (study / "analysis" / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_a_folder_that_is_no_study_is_a_sentence(tmp_path):
    (tmp_path / "x").mkdir()
    assert "is no session folder and no study" in sentence(tracedial_here("analyze", tmp_path))
    assert "No Dask scheduler answers" in sentence(
        tracedial_here("analyze", study_of_one(tmp_path), "--dask", "tcp://127.0.0.1:9")
    )


def study_of_one(folder):
    for name in ("a", "b"):
        (folder / "one").mkdir(exist_ok=True)
        write_trace(Trace(name, np.arange(30.0)), folder / "one" / f"{name}.csv")
    return folder


def test_frames_and_files_have_the_same_rows(study, tmp_path):
    found = analyze_study(str(study), SETTINGS, out=tmp_path / "out", jobs=1)
    write_study(found, tmp_path / "out")
    write_study_report(found, tmp_path / "out")
    for name, frame in found.frames().items():
        lines = (tmp_path / "out" / f"{name}.csv").read_text().strip().splitlines()
        assert len(lines) == (len(frame) + 1 if len(frame) else 0), name


def write_session(folder, raters, video="0" * 64):
    for name in raters:
        (folder / name).mkdir(parents=True, exist_ok=True)
        rating = dyad(300, seed=3)["client" if name == "client" else "therapist"]
        write_trace(Trace(name, rating), folder / name / "trace.csv")
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"name": "v.mp4", "sha256": video, "duration_s": 300.0, "frame_rate_hz": 5.0}
    content = {"format": 1, "session": folder.name, "video": facts, "raters": raters, "synthetic": True}
    (folder / "session.json").write_text(json.dumps(content))


def test_b_minus_a_is_the_same_way_round_in_every_session(tmp_path):
    study = tmp_path / "study"
    write_session(study / "s1", ["client", "therapist"])
    write_session(study / "s2", ["therapist", "client"])
    found = analyze_study(str(study), SETTINGS, out=tmp_path / "out", jobs=1)
    (pair,) = found.pooled()["pairs"]
    assert (pair["a"], pair["b"], pair["discrepancy"]["k"]) == ("client", "therapist", 2)
    one, two = (data["pairs"][0]["discrepancy"] for data in found.sessions)
    assert one["mean"] == two["mean"] < 0 and one["in_words"] == two["in_words"]


def test_sessions_of_no_use_are_said_one_by_one(tmp_path):
    study = tmp_path / "study"
    write_session(study / "good", ["client", "therapist"])
    write_session(study / "nobody", [])
    write_session(study / "numbers", ["client"])
    (study / "numbers" / "session.json").write_text(
        (study / "numbers" / "session.json").read_text().replace('["client"]', "[1]")
    )
    write_session(study / "dial", ["client", "therapist"])
    report = {key: {} for key in ("clocks", "offset_ms", "samples", "findings", "recorded_at", "recorded_with")}
    (study / "dial" / "client" / "alignment.json").write_text(json.dumps({**report, "dial": {"scale": {}}}))
    found = analyze_study(str(study), SETTINGS, out=tmp_path / "out", jobs=1)
    assert [data["session"] for data in found.sessions] == ["good"]
    assert "has no raters" in found.problems["nobody"] and "raters are no names" in found.problems["numbers"]
    assert "alignment.json cannot be read" in found.problems["dial"]


def test_results_and_other_tables_are_no_sessions(study, tmp_path):
    (study / "dyad-0" / "codes.csv").write_text("onset_s,end_s,code\n1,2,x\n")
    out = study / "results"
    for _ in range(2):
        found = analyze_study(str(study), SETTINGS, out=out, jobs=1)
        write_study(found, out)
        assert len(found.sessions) == 5 and not found.problems
        assert "codes.csv" in found.sessions[0]["remarks"][0]


def test_an_odd_sheet_of_codes_ends_a_study_before_it_begins(study, tmp_path):
    assert "cannot be read" in sentence(tracedial_here("analyze", study, "--codes", tmp_path / "none.csv"))
    assert "is not a text file" in sentence(tracedial_here("analyze", study, "--codes", binary(tmp_path)))


def binary(folder):
    (folder / "codes.csv").write_bytes(b"\xff\xfe\x00")
    return folder / "codes.csv"


def test_a_studys_sheet_says_which_session_each_code_belongs_to(study, tmp_path):
    sheet = tmp_path / "codes.csv"
    sheet.write_text("onset_s,end_s,code\n10,40,withdrawal\n", "utf-8")
    with pytest.raises(AnalysisError, match="must say in a column `session`"):
        analyze_study(str(study), AnalysisSettings(codes=sheet), out=tmp_path / "out", jobs=1)
    sheet.write_text("onset_s,end_s,code,session\n10,40,withdrawal,dyad-9\n", "utf-8")
    with pytest.raises(AnalysisError, match="codes of dyad-9, which is no session"):
        analyze_study(str(study), AnalysisSettings(codes=sheet), out=tmp_path / "out", jobs=1)
    sheet.write_text("onset_s,end_s,code,session\n10,40,withdrawal,dyad-0\n50,60,x,dyad-1\n70,80,y,dyad-1\n", "utf-8")
    found = analyze_study(str(study), AnalysisSettings(codes=sheet), out=tmp_path / "out", jobs=1)
    coded = [data["observer"]["client"]["hits"] + data["observer"]["client"]["misses"] for data in found.sessions]
    assert coded == [1, 2, 0, 0, 0] and "has no codes of this session" in found.sessions[2]["remarks"][0]


def test_a_studys_dyads_stand_beside_its_pseudo_dyads(study, tmp_path):
    found = analyze_study(str(study), SETTINGS, out=tmp_path / "out", jobs=1)
    (pair,) = found.as_json()["pairs"]
    assert set(pair["pseudo"]) == {"r", "lagged_r", "events", "level"}
    assert pair["pseudo"]["r"]["exact"] and set(pair["pseudo"]["r"]["ranks"]) == {f"dyad-{n}" for n in range(5)}
    write_study(found, tmp_path / "out")
    assert (tmp_path / "out" / "pseudo.csv").read_text().count("client,therapist") == 4
    again = analyze_study(str(study), SETTINGS, out=tmp_path / "out", jobs=1)
    assert again.reused == 5 and again.as_json()["pairs"] == found.as_json()["pairs"]
    page = write_study_report(found, tmp_path / "out").read_text(encoding="utf-8")
    assert page.index("beside pairings of raters of different dyads") < page.index(
        "mean temporal congruence over 5 dyads"
    )


def test_dyads_without_an_interval_are_pooled_too(study, tmp_path):
    found = analyze_study(str(study), SETTINGS, out=tmp_path / "out", jobs=1)
    for data in found.sessions[:2]:
        data["pairs"][0]["discrepancy"] |= {"ci_low": None, "ci_high": None, "n_eff": None}
    assert found.pooled()["pairs"][0]["discrepancy"]["k"] == 5
