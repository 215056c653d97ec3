"""`record --resume` after a kill at any moment: it continues where the journals end, or says in a sentence why not."""

import json
import math
from dataclasses import replace

import pytest

from commands import sentence, tracedial
from emulation import emulate, read_rows, running_record
from tracedial.emulation.synthetic import write_video
from tracedial.errors import RecordingError
from tracedial.recording.folder import JOURNAL_NAME, journals
from tracedial.recording.journal import encode_line, read_journal
from tracedial.recording.resume import Begun, read_begun

pytestmark = pytest.mark.real_time("programs are killed while they record")


def resume(session, video, url, *more, rater="client"):
    return tracedial("record", session, "--video", video, "--dial", f"{rater}={url}", "--resume", *more)


def test_what_a_kill_broke_off_goes_on_at_the_second_reached(tmp_path, short_video):
    session = tmp_path / "s"
    folder = session / "client"
    with emulate() as emulator:
        (url,) = emulator.urls
        for _ in range(2):
            more = ("--resume",) if journals(folder) else ("--rate", 10)
            with running_record(session, short_video, "client", url, *more):
                pass
        done = resume(session, short_video, url, "--seconds", 7)
    assert done.returncode == 0, done.stderr
    assert journals(folder) == [JOURNAL_NAME, "journal-2.tdj", "journal-3.tdj"]
    parts = [read_journal(folder / name).records for name in journals(folder)]
    assert [part[0]["rate_hz"] for part in parts] == [10, 10, 10]
    plays = [next(r for r in part if r["kind"] == "player") for part in parts]
    assert plays[0]["video_s"] == 0
    for part, before in zip(plays[1:], plays, strict=False):
        assert part["video_s"] == math.floor(part["video_s"]) >= before["video_s"]
    assert f"Goes on at second {plays[2]['video_s']:g} of the video" in done.stderr
    rows = read_rows(folder / "trace.csv")
    assert all(row["rating"] != "" for row in rows[:7])
    assert "resumed 2 times" in done.stdout


def test_a_recording_that_ctrl_c_ended_goes_on_and_one_that_reached_the_end_does_not(tmp_path):
    write_video(tmp_path / "v.mp4", 4)
    session = tmp_path / "s"
    with emulate() as emulator:
        (url,) = emulator.urls
        first = tracedial("record", session, "--video", tmp_path / "v.mp4", "--dial", f"client={url}", "--seconds", 2)
        assert first.returncode == 0, first.stderr
        done = resume(session, tmp_path / "v.mp4", url)
        assert done.returncode == 0, done.stderr
        assert "Goes on at second 2 of the video" in done.stderr
        assert "there is nothing to go on with" in sentence(resume(session, tmp_path / "v.mp4", url))
    assert [row["rating"] != "" for row in read_rows(session / "client" / "trace.csv")] == [True] * 4


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory, short_video):
    """The lines of a journal that a kill broke off, and the dial that it was made with, still running."""
    session = tmp_path_factory.mktemp("broken") / "s"
    with emulate("--seed", 7) as emulator:
        with running_record(session, short_video, "client", emulator.urls[0]):
            pass
        yield (session / "client" / JOURNAL_NAME).read_bytes().splitlines(keepends=True), emulator.urls[0]


@pytest.mark.parametrize("kept", ["nothing", "half a line", "the first line", "no player line", "a cut last line"])
def test_a_kill_at_any_moment_can_be_gone_on_with(tmp_path, short_video, broken_off, kept):
    lines, url = broken_off
    before_play = next(at for at, line in enumerate(lines) if b'"kind":"player"' in line)
    data = {
        "nothing": b"",
        "half a line": lines[0][:40],
        "the first line": lines[0],
        "no player line": b"".join(lines[:before_play]),
        "a cut last line": b"".join(lines)[:-5],
    }[kept]
    folder = tmp_path / "s" / "client"
    folder.mkdir(parents=True)
    (folder / JOURNAL_NAME).write_bytes(data)
    done = resume(tmp_path / "s", short_video, url, "--seconds", 3)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert (folder / JOURNAL_NAME).read_bytes() == data
    assert journals(folder) == [JOURNAL_NAME, "journal-2.tdj"]
    rows = read_rows(folder / "trace.csv")
    assert rows[0]["rating"] != "" or kept == "a cut last line"
    assert rows[2]["rating"] != ""


def test_what_cannot_be_gone_on_with_is_a_sentence_and_changes_nothing(tmp_path, short_video, broken_off):
    lines, url = broken_off
    session = tmp_path / "s"
    assert "leave out --resume" in sentence(resume(session, short_video, url))
    folder = session / "client"
    folder.mkdir(parents=True)
    (folder / JOURNAL_NAME).write_bytes(b"".join(lines))
    write_video(tmp_path / "other.mp4", 5)
    assert "goes on with the video that it began with" in sentence(resume(session, tmp_path / "other.mp4", url))
    assert "was recorded at 1 samples a second" in sentence(resume(session, short_video, url, "--rate", 5))
    assert "belongs to --resume" in sentence(
        tracedial("record", session, "--video", short_video, "--dial", f"client={url}", "--another-dial"), code=2
    )
    assert "already holds a recording of client" in sentence(
        tracedial("record", session, "--video", short_video, "--dial", f"client={url}")
    )
    hello = next(json.loads(line[9:]) for line in lines if b'"kind":"hello"' in line)
    for scale, what in (
        ({**hello["scale"], "high": 60}, "on a scale from -50 to 60 in steps of 1"),
        ({**hello["scale"], "detents": []}, "with other labels"),
    ):
        changed = [encode_line({**hello, "scale": scale}) if b'"kind":"hello"' in line else line for line in lines]
        (folder / JOURNAL_NAME).write_bytes(b"".join(changed))
        assert what in sentence(resume(session, short_video, url))
    assert journals(folder) == [JOURNAL_NAME]
    assert "cannot name a rater" in sentence(resume(session, short_video, url, rater="../up"))


def test_a_dial_without_an_id_is_never_taken_for_the_same(tmp_path, simulated):
    simulated.run(0.2)
    hello = replace(simulated.client.hello, unique_id="")
    begun = Begun(tmp_path / "client", dials={"": "plain"})
    with pytest.raises(RecordingError, match=r"the dial plain \(without an id\) so far.*--another-dial"):
        begun.check_dial(hello, another_dial=False)
    begun.check_dial(hello, another_dial=True)


def test_the_last_dial_stands_last_also_where_an_earlier_one_came_back(tmp_path):
    for number, unique_id in enumerate(("aa", "bb", "aa"), start=1):
        name = JOURNAL_NAME if number == 1 else f"journal-{number}.tdj"
        (tmp_path / name).write_bytes(encode_line({"kind": "hello", "unique_id": unique_id, "name": unique_id}))
    assert list(read_begun(tmp_path).dials) == ["bb", "aa"]
