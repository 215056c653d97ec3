"""Two recorders in one rater's folder, or two dials in one recording: refused, or allowed on request and reported."""

import asyncio
import json
import subprocess

import pytest

from commands import sentence, tracedial
from emulation import emulate, record_command, running_record
from tracedial.errors import RecordingError
from tracedial.recording.folder import JOURNAL_NAME, journals
from tracedial.recording.journal import read_journal
from tracedial.recording.rater_lock import RaterLock
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.video import read_video

pytestmark = pytest.mark.real_time("two programs hold one lock, and one of them is killed")


def ids(folder):
    return [
        {record["unique_id"] for record in read_journal(folder / name).records if record["kind"] == "hello"}
        for name in journals(folder)
    ]


def test_of_two_simultaneous_recorders_of_one_rater_the_second_is_refused(tmp_path, short_video):
    with emulate("--count", 2) as emulator:
        first, second = emulator.urls
        runs = [
            subprocess.Popen(
                record_command(tmp_path / "s", short_video, "client", url, "--seconds", 4),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for url in (first, second)
        ]  # fmt: skip
        said = [run.communicate()[1] for run in runs]
    assert sorted(run.returncode for run in runs) == [0, 1], said
    (refused,) = [text for run, text in zip(runs, said, strict=True) if run.returncode]
    assert "client is being recorded into" in refused or "already holds a recording" in refused
    assert "Traceback" not in refused
    assert journals(tmp_path / "s" / "client") == [JOURNAL_NAME]
    assert len(ids(tmp_path / "s" / "client")[0]) == 1


def test_while_one_records_neither_resume_nor_a_group_gets_in_and_other_raters_do(tmp_path, short_video):
    session = tmp_path / "s"
    with emulate("--count", 2) as emulator:
        first, second = emulator.urls
        with running_record(session, short_video, "client", first):
            refused = tracedial("record", session, "--video", short_video, "--dial", f"client={second}", "--resume")
            assert "client is being recorded into" in sentence(refused)
            other = tracedial(
                "record", session, "--video", short_video, "--dial", f"therapist={second}", "--seconds", 1
            )
            assert other.returncode == 0, other.stderr
            group = SessionRecorder(session, [DialChoice("client", second)], read_video(short_video), resume=True)
            with pytest.raises(RecordingError, match="client is being recorded into"):
                group.open()
    assert journals(session / "client") == [JOURNAL_NAME]


def test_a_kill_lets_the_lock_go(tmp_path, short_video):
    with emulate() as emulator, running_record(tmp_path / "s", short_video, "client", emulator.urls[0]) as run:
        lock = RaterLock(tmp_path / "s" / "client")
        with pytest.raises(RecordingError):
            lock.acquire()
        run.kill()
        run.wait()
        lock.acquire()
        lock.release()


def test_a_room_in_which_a_rater_sits_keeps_record_away_and_the_other_way_round(tmp_path, short_video):
    from tracedial.room.sitting import Sitting
    from tracedial.study.rating import Rating
    from tracedial.study.study_file import read_study

    folder = tmp_path / "study"
    for arguments in (
        ("study", "init", folder, "--preset", "alliance"),
        ("study", "add-session", folder, "s1", "--video", short_video, "--raters", "client"),
    ):
        done = tracedial(*arguments)
        assert done.returncode == 0, done.stderr
    study = read_study(folder)
    session = study.session("s1")
    lock = RaterLock(session.folder / "client")

    async def sit(url):
        sitting = Sitting(Rating(study, session, "client"), port=url, video=read_video(short_video), knob_kind="dial")
        try:
            await sitting._begin()
            with pytest.raises(RecordingError, match="client is being recorded into"):
                RaterLock(lock.folder).acquire()
            return sitting.step, sitting.problem
        finally:
            await sitting.close()

    with emulate() as emulator:
        assert asyncio.run(sit(emulator.urls[0])) == ("instructions", "")
        lock.acquire()
        step, problem = asyncio.run(sit(emulator.urls[0]))
        assert step == "failed" and "client is being recorded into" in problem
        lock.release()


def test_going_on_with_another_dial_is_refused_unless_asked_for_and_then_said(tmp_path, short_video):
    session = tmp_path / "s"
    with emulate("--count", 2, "--name", "left", "--name", "right") as emulator:
        first, second = emulator.urls
        with running_record(session, short_video, "client", first):
            pass
        resume = ("record", session, "--video", short_video, "--resume", "--seconds", 6)
        said = sentence(tracedial(*resume, "--dial", f"client={second}"))
        assert "client rated with the dial left (id " in said and "the dial right (id " in said
        assert "--another-dial" in said
        assert journals(session / "client") == [JOURNAL_NAME]
        done = tracedial(*resume, "--dial", f"client={second}", "--another-dial")
        assert done.returncode == 0, done.stderr
        assert "more than one dial: the dial left (id " in done.stdout
        assert "This was permitted (--another-dial)." in done.stdout
        # The dial of the last journal is the one to go on with.
        back = tracedial("record", session, "--video", short_video, "--resume", "--dial", f"client={first}")
        assert "--another-dial" in sentence(back)
    one, two = ids(session / "client")
    assert one != two and len(one) == len(two) == 1
    (header,) = [r for r in read_journal(session / "client" / "journal-2.tdj").records if r["kind"] == "recording"]
    assert header["another_dial"] is True
    report = json.loads((session / "client" / "alignment.json").read_text(encoding="utf-8"))
    assert any("more than one dial" in finding for finding in report["findings"])
    written = tracedial("report", session, "--out", tmp_path / "report")
    assert written.returncode == 0, written.stderr
    assert "more than one dial" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
