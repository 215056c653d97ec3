"""Links that break, dials that reset, killed programs, full disks: nothing is invented and everything is reported."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

import simulated_recording
from commands import tracedial, tracedial_here
from emulation import emulate, read_rows, record, wait_for
from requirements import needs_posix
from tracedial.alignment.align import align
from tracedial.emulation.emulated_link import LinkConditions
from tracedial.errors import LinkError
from tracedial.recording.folder import JOURNAL_NAME, journals
from tracedial.recording.journal import read_journal
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.recording.recording import read_recording
from tracedial.timing.player import VirtualPlayer
from tracedial.video import read_video

pytestmark = pytest.mark.real_time("programs are killed, interrupted and kept from the disk while they record")


def test_a_link_that_is_cut_is_filled_and_said(tmp_path, short_video):
    def cut(recorder):
        (state,) = recorder.states
        wait_for(lambda: state.samples >= 3)
        emulator.command("cut")
        wait_for(lambda: not state.link_up)
        emulator.command("restore")
        wait_for(lambda: state.link_up)
        recorder.stop()

    with emulate() as emulator:
        (summary,), (alignment,) = record(tmp_path / "s", short_video, emulator, seconds=60, during=cut)
    assert summary.complete and summary.missing == 0 and summary.link_losses == 1
    assert any("link was lost once" in finding for finding in alignment.report["findings"])


def test_a_dial_reset_in_between_is_a_break_and_never_joined(tmp_path, short_video):
    def reset(recorder):
        (state,) = recorder.states
        wait_for(lambda: state.samples >= 5)
        emulator.command("reboot")
        wait_for(lambda: state.breaks == 1)
        before = state.samples
        wait_for(lambda: state.samples >= before + 3)
        recorder.stop()

    with emulate("--clock-offset", 500) as emulator:
        (summary,), (alignment,) = record(tmp_path / "s", short_video, emulator, seconds=60, during=reset)
    assert summary.breaks == 1
    assert len(alignment.fits) == 2
    assert any("reset once" in finding for finding in alignment.report["findings"])
    starts = [fit.offset_s[0] for fit in alignment.fits.values()]
    assert starts[1] - starts[0] > 4


RECORD_AND_TELL = """
import os, sys
from pathlib import Path
from tracedial.link.client import Sample
from tracedial.timing.player import VirtualPlayer
from tracedial.recording.recorder import DialChoice, SessionRecorder
from tracedial.video import Video

def tell(rater, event):
    if isinstance(event, Sample):
        os.write(1, b"%d\\n" % event.seq)

folder, url = sys.argv[1:]
# Longer than any machine takes to come to the kill.
video = Video(Path("none.mp4"), 3600.0, frame_rate_hz=5.0, width=320, height=180, sha256="0" * 64)
recorder = SessionRecorder(Path(folder), [DialChoice("client", url)], video, rate_hz=10, observers=[tell])
recorder.open()
recorder.run(VirtualPlayer(recorder.video, recorder.on_player_event))
"""
"""A recorder that says the number of each sample before it is in the journal."""


@needs_posix
def test_killed_at_random_instants_the_recording_opens_and_lacks_nothing_that_came_in(tmp_path):
    rng = random.Random(1)
    rounds, at_once = 10, 5
    for one_round in range(rounds):
        with emulate("--count", at_once) as emulator:
            runs = []
            for number, url in enumerate(emulator.urls):
                session = tmp_path / f"{one_round}-{number}"
                command = [sys.executable, "-c", RECORD_AND_TELL, str(session), url]
                runs.append((session, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)))
            for _, run in runs:
                assert run.stdout is not None and run.stdout.readline()
            for _, run in sorted(runs, key=lambda _: rng.random()):
                time.sleep(rng.uniform(0.0, 0.5))
                run.send_signal(signal.SIGKILL)
            for session, run in runs:
                out, _ = run.communicate()
                check_killed(session, [int(line) for line in out.split()])


def check_killed(session, came_in):
    done = tracedial_here("align", session)
    assert done.code == 0, done.out + done.err
    assert "did not end properly" in done.out
    recording = read_recording(session / "client")
    seqs = sorted(sample.seq for sample in recording.samples)
    # The one that was being written when the process died may be missing.
    assert set(came_in[:-1]) <= set(seqs)
    numbered = {mark.seq for mark in recording.marks} | set(seqs)
    assert numbered == set(range(seqs[-1] + 1))


def full_from_now_on(short_video, session, emulator, room_bytes):
    """A recording whose files may not grow beyond `room_bytes`, and which has come to its end and waits."""
    import resource

    run = subprocess.Popen(
        [sys.executable, "-m", "tracedial", "record", str(session), "--video", str(short_video), "--dial",
         f"client={emulator.urls[0]}", "--seconds", "4", "--rate", "20"],
        # Where it may have begun to save records, which would lie in the checkout.
        cwd=session.parent,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, resource.RLIM_INFINITY)),  # noqa: PLW1509
    )  # fmt: skip
    said = ""
    assert run.stderr
    while "The recording is over and waits" not in " ".join(said.split()):
        line = run.stderr.readline()
        assert line, said
        said += line
    assert "The disk is full" in said
    return run


@needs_posix
def test_a_disk_that_is_full_at_the_end_is_waited_for(tmp_path, short_video):
    import resource

    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux gives another process room again")
    with emulate() as emulator:
        run = full_from_now_on(short_video, tmp_path / "s", emulator, 12_000)
        resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        out, err = run.communicate()
    assert run.returncode == 0, out + err
    recording = read_recording(tmp_path / "s" / "client")
    assert recording.end and recording.end["complete"] and recording.findings == []
    assert {sample.seq for sample in recording.samples} | {mark.seq for mark in recording.marks} == set(
        range(recording.end["next_seq"])
    )


@needs_posix
def test_a_disk_that_stays_full_costs_nothing_that_was_written_and_ends_in_a_sentence(tmp_path, short_video):
    with emulate() as emulator:
        run = full_from_now_on(short_video, tmp_path / "s", emulator, 12_000)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate()
    # No file of this process may grow: there is no other place either.
    assert run.returncode == 1 and "Traceback" not in err, out + err
    assert "records could not be written there or anywhere else. All earlier records are in" in " ".join(err.split())
    content = read_journal(tmp_path / "s" / "client" / JOURNAL_NAME)
    assert content.damaged_lines == [] and len(content.records) > 30
    aligned = tracedial_here("align", tmp_path / "s")
    assert aligned.code == 0, aligned.err
    assert "did not end properly" in aligned.out


def test_a_recording_goes_on_where_it_may_when_the_disk_is_full(tmp_path, short_video):
    class Full:
        def __init__(self, file):
            self.file = file

        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

        def __getattr__(self, name):
            return getattr(self.file, name)

    def fill():
        journal = recorder.raters[0].journal
        journal._file = Full(journal._file)

    with emulate() as emulator:
        recorder = SessionRecorder(
            tmp_path / "s", [DialChoice("client", emulator.urls[0])], read_video(short_video), rate_hz=10,
            spill=tmp_path / "elsewhere",
        )  # fmt: skip
        recorder.open()
        fill()
        (summary,) = recorder.run(VirtualPlayer(recorder.video, recorder.on_player_event, end_s=3.4))
    assert summary.folder == tmp_path / "elsewhere" / "s" / "client" and summary.complete
    assert (summary.folder.parent / "session.json").is_file()
    alignment = align(read_recording(summary.folder))
    assert alignment.trace.missing == 56 and alignment.report["records_missing"] == 0
    assert any("the recording goes on in" in finding for finding in alignment.report["findings"])


@needs_posix
def test_a_session_deleted_while_it_is_recorded_is_there_again(tmp_path, short_video):
    def delete(recorder):
        wait_for(lambda: recorder.states[0].samples >= 1)
        shutil.rmtree(tmp_path / "s")

    with emulate() as emulator:
        (summary,), (alignment,) = record(tmp_path / "s", short_video, emulator, seconds=4.4, during=delete)
    assert summary.complete and alignment.trace.missing == 55
    assert any("was deleted while it was written" in finding for finding in alignment.report["findings"])
    assert (tmp_path / "s" / "session.json").is_file()


@needs_posix
def test_ctrl_c_in_a_terminal_ends_an_emulated_dial_last(tmp_path, short_video):
    command = [
        sys.executable, "-m", "tracedial", "record", str(tmp_path / "s"), "--video", str(short_video),
        "--dial", "client=emulated:",
    ]  # fmt: skip
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    journal = tmp_path / "s" / "client" / JOURNAL_NAME
    while not (journal.exists() and journal.read_bytes().count(b'"kind":"sample"') >= 3):
        assert run.poll() is None
        time.sleep(0.05)
    # A terminal sends it to the whole group.
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate()
    assert run.returncode == 0, out + err
    assert read_recording(tmp_path / "s" / "client").end["complete"] is True


def test_a_start_that_fails_leaves_nothing_in_the_way(tmp_path):
    """In simulated time: a dial whose answers take 3 s each way is not waited for, and the folder stays free."""
    slow = simulated_recording.dial(link=LinkConditions(latency_s=3.0))
    with pytest.raises(LinkError, match=r"it is not a Tracedial dial|answers too few sync pulses"):
        simulated_recording.record(tmp_path / "s", slow, end_s=2)
    assert journals(tmp_path / "s" / slow.name) == []
    (summary,), _ = simulated_recording.record(tmp_path / "s", simulated_recording.dial(), end_s=2)
    assert summary.complete


def test_a_synthetic_session_stays_labelled(tmp_path, short_video):
    from tracedial.recording.session import read_session, write_session

    video = read_video(short_video)
    write_session(tmp_path, video, ["made-up"], synthetic=True)
    write_session(tmp_path, video, ["real"], synthetic=False)
    session = read_session(tmp_path)
    assert session.synthetic and session.raters == ["made-up", "real"]


@needs_posix
def test_ctrl_c_ends_cleanly_and_aligns(tmp_path, short_video):
    with emulate() as emulator:
        command = [
            sys.executable, "-m", "tracedial", "record", str(tmp_path / "s"), "--video", str(short_video),
            "--dial", f"client={emulator.urls[0]}",
        ]  # fmt: skip
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        journal = tmp_path / "s" / "client" / JOURNAL_NAME
        while not (journal.exists() and journal.read_bytes().count(b'"kind":"sample"') >= 3):
            assert run.poll() is None
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate()
    assert run.returncode == 0, out + err
    assert "Traceback" not in err and "0 missing" in out
    assert read_recording(tmp_path / "s" / "client").end["complete"] is True
    assert read_rows(tmp_path / "s" / "client" / "trace.csv")[1]["rating"] != ""


def test_a_journal_cut_anywhere_still_aligns_or_says_why_not(tmp_path):
    simulated_recording.record(tmp_path / "s", simulated_recording.dial(), end_s=4.4)
    whole = (tmp_path / "s" / "simulated" / JOURNAL_NAME).read_bytes()
    cut = tmp_path / "cut"
    cut.mkdir()
    from tracedial.errors import TracedialError

    rng = random.Random(2)
    rated = []
    lengths = sorted({*rng.sample(range(len(whole)), 300), *range(200), len(whole)})
    for length in lengths:
        (cut / JOURNAL_NAME).write_bytes(whole[:length])
        try:
            alignment = align(read_recording(cut))
        except TracedialError as error:
            assert str(error).endswith(".") or "…" in str(error)
            rated.append(0)
            continue
        rated.append(len(alignment.trace.rating) - alignment.trace.missing)
        if length < len(whole):
            assert alignment.report["findings"]
    assert rated == sorted(rated) and rated[0] == 0 and rated[-1] == 5


def test_a_folder_is_never_recorded_over(tmp_path, short_video):
    with emulate() as emulator:
        arguments = ("record", tmp_path / "s", "--video", short_video, "--dial", f"client={emulator.urls[0]}",
                     "--seconds", 1)  # fmt: skip
        assert tracedial(*arguments).returncode == 0
        before = (tmp_path / "s" / "client" / JOURNAL_NAME).read_bytes()
        again = tracedial(*arguments)
    assert again.returncode == 1 and "already holds a recording of client" in again.stderr
    assert (tmp_path / "s" / "client" / JOURNAL_NAME).read_bytes() == before


def test_another_video_is_refused_for_the_same_session(tmp_path, short_video):
    from tracedial.emulation.synthetic import write_video

    write_video(tmp_path / "other.mp4", 5)
    with emulate("--count", 2) as emulator:
        first = tracedial("record", tmp_path / "s", "--video", short_video, "--dial", f"client={emulator.urls[0]}",
                          "--seconds", 1)  # fmt: skip
        assert first.returncode == 0, first.stderr
        done = tracedial("record", tmp_path / "s", "--video", tmp_path / "other.mp4", "--dial",
                         f"therapist={emulator.urls[1]}")  # fmt: skip
    assert done.returncode == 1
    assert "session.mp4" in done.stderr and "other.mp4" in done.stderr
