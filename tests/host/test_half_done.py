"""Unfinished studies: the existing parts can be used, and the missing parts are reported."""

import csv
import os
import shlex
import sys

import pytest

from films import FORMATS, write_film
from requirements import needs_posix
from studies import change_records, make_study, rate, tracedial_here
from tracedial.recording.journal import encode_line, read_journal
from tracedial.shell import command_line
from tracedial.study.study_file import read_study

pytestmark = pytest.mark.thorough("encodes films and makes whole studies")


@pytest.mark.parametrize("name, codec, pixels, word", FORMATS)
def test_a_study_takes_only_what_browsers_play(tmp_path, name, codec, pixels, word):
    tracedial_here("study", "init", tmp_path / "study")
    film = tmp_path / "my films" / name
    film.parent.mkdir()
    write_film(film, codec, pixels)
    done = tracedial_here("study", "add-session", tmp_path / "study", "s1", "--video", film)
    assert done.code == (1 if word else 0), done.err
    if word:
        line = done.err.split("comes out of it: ")[1]
        assert word in done.err and not (tmp_path / "study" / "sessions" / "s1").exists()
        if sys.platform != "win32":
            words = shlex.split(line)
            assert words[0] == "ffmpeg" and words[2] == f"file:{film}" and words[-1].endswith("a-web.mp4")


def before_begin(path):
    """A journal as a sitting leaves it that was opened and closed before Begin."""
    kept = [r for r in read_journal(path).records if r["kind"] in ("recording", "hello", "sync")]
    path.write_bytes(b"".join(map(encode_line, kept)))


def test_a_sitting_that_was_closed_before_it_began_keeps_nothing_from_being_exported(tmp_path):
    folder = make_study(tmp_path / "study", rated=("client",))
    study = read_study(folder)
    rate(study, "s1", "therapist")
    other = folder / "sessions" / "s1" / "therapist"
    before_begin(other / "journal.tdj")
    for name in ("trace.csv", "alignment.json", "samples.csv", "marks.csv", "segments.tdj", "answers.tdj"):
        (other / name).unlink()
    done = tracedial_here("study", "export", folder)
    assert done.code == 0 and not done.err, done.err
    with (folder / "export" / "traces.csv").open(newline="", encoding="utf-8-sig") as file:
        assert {row["rater"] for row in csv.DictReader(file)} == {"client"}
    assert "nothing yet" in tracedial_here("study", "status", folder).out
    done = tracedial_here("report", folder / "sessions" / "s1", "--set", "core")
    assert done.code == 0, done.err


def test_one_rater_alone_is_aligned_and_reported_and_the_other_is_named(tmp_path):
    folder = make_study(tmp_path / "study", rated=("client",))
    session = folder / "sessions" / "s1"
    done = tracedial_here("align", session)
    assert done.code == 0 and "therapist: no recording yet" in done.out, done.err
    done = tracedial_here("analyze", session)
    assert done.code == 0 and "therapist has rated nothing of s1 yet" in done.out, done.err
    done = tracedial_here("report", session, "--set", "core")
    page = (session / "report" / "report.html").read_text(encoding="utf-8")
    assert done.code == 0 and "therapist has rated nothing" in page
    (session / "client" / "trace.csv").unlink()
    done = tracedial_here("analyze", folder, "--set", "core", "--jobs", 1)
    assert done.code == 0 and "therapist has rated nothing" in done.out, done.err


def test_where_nobody_has_rated_nobody_is_sent_round_in_a_circle(tmp_path):
    session = make_study(tmp_path / "study", rated=()) / "sessions" / "s1"
    for command in ("align", "analyze", "report"):
        done = tracedial_here(command, session)
        assert done.code == 1 and "Nobody has rated" in done.err, done.err


def test_one_raters_damaged_files_do_not_keep_the_others_from_being_exported(tmp_path):
    folder = make_study(tmp_path / "study", sessions=("s1", "s2"))
    change_records(folder / "sessions/s1/client/answers.tdj", lambda record: record | {"text": 5, "places": 5})
    (folder / "sessions" / "s2" / "session.json").write_text("{}")
    done = tracedial_here("study", "export", folder)
    assert done.code == 1 and "answers.tdj" in done.err and "s2/session.json" in done.err.replace("\\", "/")
    with (folder / "export" / "status.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["rater"]: row for row in csv.DictReader(file)}
    assert "answers.tdj" in rows["client"]["problem"] and not rows["therapist"]["problem"]
    assert "therapist" in (folder / "export" / "traces.csv").read_text(encoding="utf-8-sig")
    done = tracedial_here("study", "status", folder)
    assert done.code == 1 and "complete" in done.out and "s2" in done.err


def test_a_recording_into_a_study_goes_where_the_study_finds_it_or_says_how(tmp_path):
    folder = make_study(tmp_path / "my study", rated=())
    video = folder / "video.mp4"
    for place, dial, said in (
        (folder, "client=x", "record into one of its sessions (s1)"),
        (folder / "sessions" / "s9", "client=x", "add it first with"),
        (folder / "sessions" / "s1", "rater", "has no rater 'rater'"),
        (folder / "sessions" / "s1", "client=socket://127.0.0.1:1", "Nothing answers"),
    ):
        before = sorted(folder.rglob("*"))
        done = tracedial_here("record", place, "--video", video, "--dial", dial)
        assert done.code == 1 and said in done.err, done.err
        assert said == "Nothing answers" or sorted(folder.rglob("*")) == before, "nothing half-made"


def test_lines_to_copy_are_quoted(tmp_path, monkeypatch):
    folder = tmp_path / "my study's"
    done = tracedial_here("study", "init", folder)
    assert command_line("tracedial", "study", "add-session", folder) in done.out
    assert command_line("a b", "$x", "it's", "c") == """'a b' '$x' 'it'"'"'s' c"""
    monkeypatch.setattr(sys, "platform", "win32")
    assert (
        command_line("tracedial", "room", r"C:\my study", "a&b", r"C:\x") == r'tracedial room "C:\my study" "a&b" C:\x'
    )


@pytest.mark.parametrize("name", ["x" * 300, "a/" * 2500 + "b"])
def test_a_path_that_is_too_long_is_a_sentence_and_leaves_nothing(tmp_path, name):
    for command in (("study", "init"), ("study", "status"), ("room",), ("analyze",), ("align",)):
        done = tracedial_here(*command, tmp_path / "new" / name)
        assert done.code == 1 and done.err.startswith("tracedial: ") and done.err.count("\n") == 1, done.err
    assert not list(tmp_path.iterdir())


@needs_posix
def test_a_name_in_latin_1_is_a_sentence_and_leaves_nothing(tmp_path):
    name = os.fsdecode(b"S\xe9ance")
    for command in (("study", "init"), ("study", "export"), ("room",), ("report",), ("check", "--json")):
        done = tracedial_here(*command, f"{tmp_path}/{name}")
        assert done.code == 1 and "not written in UTF-8" in done.err, done.err
    assert not list(tmp_path.iterdir())
    make_study(tmp_path / "study", rated=("client",))
    (tmp_path / "study" / name).mkdir()
    for rater in ("a", "b"):
        (tmp_path / "study" / name / f"{rater}{name}.csv").write_text("video_s,rating\n0,1\n1,2\n2,1\n")
    done = tracedial_here("analyze", tmp_path / "study", "--set", "core", "--jobs", 1)
    assert done.code == 0, done.err


def test_a_check_that_is_broken_off_leaves_no_empty_file(tmp_path):
    done = tracedial_here("check", "socket://127.0.0.1:1", "--json", tmp_path / "check.json")
    assert done.code == 1 and not (tmp_path / "check.json").exists()
    (tmp_path / "check.json").write_text("of last week")
    tracedial_here("check", "socket://127.0.0.1:1", "--json", tmp_path / "check.json")
    assert (tmp_path / "check.json").read_text() == "of last week"


@needs_posix
@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_a_studys_folders_and_files_are_their_owners_alone(tmp_path, mask):
    before = os.umask(mask)
    try:
        folder = make_study(tmp_path / "deep" / "study", rated=("client",))
        (folder / "video.mp4").unlink()
        for command in (("report", folder / "sessions" / "s1"), ("analyze", folder), ("study", "export", folder)):
            done = tracedial_here(*command, *(() if command[0] == "study" else ("--set", "core")))
            assert done.code == 0, done.err
    finally:
        os.umask(before)
    made = [tmp_path / "deep", *(tmp_path / "deep").rglob("*")]
    assert len(made) > 40
    assert not [path for path in made if path.stat().st_mode & 0o077]
