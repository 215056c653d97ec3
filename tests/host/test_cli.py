import json
import subprocess
import sys

import pytest

from commands import sentence, tracedial, tracedial_here
from tracedial import __version__
from tracedial.cli import COMMANDS


def test_help_is_quick_because_it_imports_nothing_heavy():
    program = (
        "import sys, click\n"
        "from tracedial.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "heavy = {'numpy', 'pandas', 'matplotlib', 'scipy', 'av', 'serial', 'rich', 'asyncio'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name, line in COMMANDS.items():
        assert name in done.stdout and line.split(":")[0][:30] in done.stdout


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name):
    done = tracedial_here(name, "--help")
    assert done.code == 0 and "Usage:" in done.out, done.err


def test_version():
    assert __version__ in tracedial("--version").stdout


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["fly"], "No such command"),
        (["record", "s"], "--video"),
        (["record", "s", "--video", "v", "--rate", "500"], "range"),
        (["record", "s", "--video", "v", "--rate", "100", "--speed", "10"], "more than a dial's 200"),
        (["record", "s", "--video", "v", "--cue", "jump@3"], "is not a cue"),
        (["emulate", "--count", "0"], "range"),
        (["emulate", "--count", "3", "--name", "a", "--name", "b"], "--name is given 2 times for 3 dials"),
        (["analyze"], "PATH"),
        (["analyze", "x.csv", "y.csv", "--jobs", "2"], "--jobs is for a study"),
        (["analyze", "x.csv", "y.csv", "--scale", "0:100"], "3 numbers with a colon"),
        (["analyze", "x.csv", "y.csv", "--scale", "100:0:1"], "LOW below HIGH"),
        (["analyze", "x.csv", "y.csv", "--rescale", "0:100"], "must name the rater"),
        (["analyze", "x.csv", "y.csv", "--lag", "soon"], "must be whole seconds"),
        (["analyze", "x.csv", "y.csv", "--window", "1"], "window_s is 1"),
        (["analyze", "x.csv", "--segment", "0"], "segment_s is 0"),
        (["demo", "--seconds", "5"], "range"),
        (["demo", "--speed", "nan"], "nan"),
        (["emulate", "--jitter", "inf"], "finite"),
        (["emulate", "--tcp", "65535", "--count", "2"], "no 2 TCP ports"),
        (["emulate", "--name", "x" * 40], "at most 28 bytes"),
        (["analyze", "x.csv", "--smooth", "4"], "odd width"),
        (["record", "s", "--video", "v", "--rate", "2.5"], "2.5"),
        (["config", "COM9", "--name", "a\nb"], "can be printed"),
        (["config", "COM9", "--detent", "0=x"], "--detent belongs to a new --scale"),
    ],
)
def test_wrong_usage_is_2_and_says_what(arguments, what):
    done = tracedial_here(*arguments)
    assert done.code == 2, done.err
    assert what in done.err and "Traceback" not in done.err


def test_failures_are_1_and_one_sentence(tmp_path, short_video):
    (tmp_path / "one.csv").write_text("video_s,rating\n0,1\n")
    (tmp_path / "bad.csv").write_text("a,b\n")
    (tmp_path / "k.csv").write_text("time_s,rating\n5,1\n2,1\n")
    (tmp_path / "raters.csv").write_text("video_s,rating\n0,1\n")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "session.json").write_text("[]")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    cases = [
        (["analyze", tmp_path / "one.csv"], "is one trace"),
        (["analyze", tmp_path / "one.csv", tmp_path / "bad.csv"], "must begin with video_s,rating"),
        (["analyze", tmp_path], "is no session folder"),
        (["align", tmp_path / "none"], "is no session folder"),
        (["report", tmp_path / "none.csv"], "There is no"),
        (["record", tmp_path / "s", "--video", tmp_path / "none.mp4"], "cannot be read"),
        (["record", tmp_path / "s", "--video", tmp_path / "one.csv"], "is not a video"),
        (["record", tmp_path / "s", "--video", short_video, "--dial", "a=socket://127.0.0.1:1"], "Nothing answers"),
        (["record", tmp_path / "s", "--video", short_video, "--dial", "../up=x"], "cannot name a rater"),
        (["record", tmp_path / "s", "--video", short_video, "--dial", "a=x", "--dial", "A=y"], "given twice"),
        (["emulate", "--knob", tmp_path / "k.csv", "--tcp", "0"], "goes back in time"),
        (["emulate", "--knob", tmp_path / "none.csv", "--tcp", "0"], "cannot be read"),
        (["demo", "--out", tmp_path / "full"], "not an earlier demo"),
        (["demo", "--out", tmp_path / "one.csv" / "x"], "cannot be written"),
        (
            ["record", tmp_path / "broken", "--video", short_video, "--dial", "a=emulated:"],
            "cannot be read as a session",
        ),
        (
            ["record", tmp_path / "s", "--video", short_video, "--dial", "a=emulated:?knob=none.csv"],
            "none.csv cannot be",
        ),
        (["record", tmp_path / "s", "--video", tmp_path], "is not a file"),
        (["config", "emulated:"], "run `tracedial emulate`"),
        (["analyze", tmp_path / "raters.csv", tmp_path / "one.csv", "--out", tmp_path], "written over"),
    ]
    for arguments, what in cases:
        said = sentence(tracedial_here(*arguments))
        assert said.startswith("tracedial: ") and what in said, (arguments, said)
    assert (tmp_path / "full" / "thesis.txt").exists()
    # As a program: the same sentence and code.
    assert sentence(tracedial("analyze", tmp_path / "one.csv")) == sentence(
        tracedial_here("analyze", tmp_path / "one.csv")
    )


def test_two_csvs_make_json_summary_tables_and_report(tmp_path):
    for name, step in (("client", 7), ("therapist", 11)):
        rows = "".join(f"{s},{(s * step) % 60 - 30}\n" for s in range(300))
        (tmp_path / f"{name}.csv").write_text("video_s,rating\n" + rows)
    paths = (tmp_path / "client.csv", tmp_path / "therapist.csv")
    data = json.loads(tracedial("analyze", *paths, "--json").stdout)
    assert json.loads(tracedial_here("analyze", *paths, "--json").out) == data
    assert [rater["name"] for rater in data["raters"]] == ["client", "therapist"]
    summary = tracedial_here("analyze", *paths, "--out", tmp_path / "tables")
    assert "temporal congruence r = " in summary.out and "therapist and client rated the same" in summary.out
    assert (tmp_path / "tables" / "pairs.csv").exists()
    done = tracedial_here("report", *paths, "--out", tmp_path / "r")
    assert done.code == 0 and (tmp_path / "r" / "report.html").exists()
    parameters = json.loads(tracedial_here("analyze", *paths, "--json", "--segment", "20", "--segments", "2").out)
    assert parameters["parameters"]["segment_s"] == 20
    assert len(parameters["ruptures"]["client"]) == 2


def test_with_no_dial_to_be_found_the_remedy_is_named(monkeypatch, tmp_path):
    import tempfile

    from tracedial.errors import NotADialError
    from tracedial.link import discover

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    with pytest.raises(NotADialError, match="tracedial emulate"):
        discover.the_only_dial()
