"""From a scripted knob through the real firmware, a link, a journal and three clocks to a trace."""

import json

import numpy as np
import pytest

from commands import tracedial
from emulation import read_rows, write_script
from tracedial.alignment.align import align
from tracedial.emulation.synthetic import dyad
from tracedial.recording.recording import read_recording

pytestmark = pytest.mark.real_time("the command records as users run it; exact times are in test_simulated_line.py")


def steps(seconds):
    """A knob that jumps at every half second, so that each whole second is far from any movement. No detent is near."""
    rows, rating = [], 5
    for half in range(2 * seconds):
        at = half + 0.5
        rows += [(at, rating)]
        rating = 5 + (half * 7) % 40
        rows += [(at, rating)]
    return [(0, 5), *rows]


def scripted(second):
    """What `steps` has the knob on at a whole second."""
    return 5 if second == 0 else 5 + ((second - 1) * 7) % 40


def test_two_dials_with_pauses_seek_and_speeds(tmp_path, short_video):
    script = write_script(tmp_path / "knob.csv", steps(60))
    session = tmp_path / "session"
    options = "&drift-ppm={}&clock-offset={}&wander=2&wander-period=30&latency=1&jitter=0.4"
    done = tracedial(
        "record", session, "--video", short_video,
        "--dial", "client=emulated:?knob=" + str(script) + options.format(100, 1060),
        "--dial", "therapist=emulated:?knob=" + str(script) + options.format(-100, 0),
        "--cue", "pause@5.3:1.5", "--cue", "seek@9.4:29.6", "--cue", "rate@33.3:2", "--cue", "stall@38.2:0.7",
        "--seconds", 42.4,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    # In real time a busy machine may leave seconds out; what is there is right. Exact in test_simulated_line.py.
    seen = [*range(10), *range(30, 43)]
    for rater in ("client", "therapist"):
        alignment = align(read_recording(session / rater))
        trace = alignment.trace
        rated = np.flatnonzero(~np.isnan(trace.rating)).tolist()
        assert set(rated) <= set(seen) and len(rated) > len(seen) / 2
        assert trace.offset_s is not None
        for second in rated:
            if abs(trace.offset_s[second]) < 0.3:
                assert abs(trace.rating[second] - scripted(second)) <= 1, (rater, second)
        report = json.loads((session / rater / "alignment.json").read_text(encoding="utf-8"))
        assert report["records_missing"] == 0
        assert report["samples_while_video_stood_still"] > 0
        assert report["dial"]["interpreter"].startswith("micropython")


def test_the_same_on_cpython(tmp_path, short_video):
    script = write_script(tmp_path / "knob.csv", steps(10))
    port = f"emulated:?knob={script}&interpreter=cpython"
    done = tracedial("record", tmp_path / "s", "--video", short_video, "--dial", f"client={port}", "--seconds", 5)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = read_rows(tmp_path / "s" / "client" / "trace.csv")[:6]
    rated = [(second, row) for second, row in enumerate(rows) if row["rating"] and abs(float(row["offset_ms"])) < 300]
    assert rated and all(abs(float(row["rating"]) - scripted(second)) <= 1 for second, row in rated)
    report = json.loads((tmp_path / "s" / "client" / "alignment.json").read_text(encoding="utf-8"))
    assert report["dial"]["interpreter"].startswith("cpython")


def test_the_demo_has_the_articles_figures_from_what_was_recorded(tmp_path):
    done = tracedial("demo", "--out", tmp_path / "demo", "--seconds", 600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SYNTHETIC" in done.stdout and "report.html" in done.stdout
    data = json.loads((tmp_path / "demo" / "report" / "analysis.json").read_text(encoding="utf-8"))
    assert data["synthetic"] is True
    (pair,) = data["pairs"]
    assert pair["congruence"]["r"] == pytest.approx(-0.05, abs=0.02)
    assert pair["discrepancy"]["mean"] == pytest.approx(-18.6, abs=0.5)
    assert pair["discrepancy"]["sd"] == pytest.approx(13.2, abs=0.5)
    assert [len(data["ruptures"][rater]) for rater in ("client", "therapist")] == [3, 3]
    # What was recorded is what the knob stood on, each second of it.
    for rater, ratings in dyad(600, seed=1).items():
        assert [float(row["rating"]) for row in read_rows(tmp_path / "demo" / rater / "trace.csv")] == ratings.tolist()
    html = (tmp_path / "demo" / "report" / "report.html").read_text(encoding="utf-8")
    assert html.count("SYNTHETIC") >= 2
    again = tracedial("analyze", tmp_path / "demo", "--json")
    assert json.loads(again.stdout)["pairs"] == data["pairs"]
    figure = (tmp_path / "demo" / "report" / "figure.svg").read_text(encoding="utf-8")
    assert "SYNTHETIC" in figure and "Weakest Possible" in figure


def test_the_demo_is_the_same_each_time(tmp_path):
    tables = []
    for name in ("first", "again"):
        done = tracedial("demo", "--out", tmp_path / name, "--seconds", 120, "--seed", 3)
        assert done.returncode == 0, done.stdout + done.stderr
        tables.append([(tmp_path / name / rater / "trace.csv").read_bytes() for rater in ("client", "therapist")])
    assert tables[0] == tables[1]
