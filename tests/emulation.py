"""Emulated dials for tests, in a separate process, and recordings of them."""

import csv
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from tracedial.alignment.align import align
from tracedial.emulation.process import EmulatorProcess
from tracedial.host_clock import REAL_TIME, wait_until
from tracedial.recording.folder import journals
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.recording.recording import read_recording
from tracedial.timing.player import VirtualPlayer
from tracedial.video import read_video


def emulate(*arguments: object) -> EmulatorProcess:
    return EmulatorProcess([str(argument) for argument in arguments])


def write_script(path: Path, rows) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("time_s", "rating"), *rows])
    return path


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def wait_for(condition, *, timeout_s=120.0) -> None:
    """Wait for what happens in real time, as long as a busy machine may take for it."""
    assert wait_until(condition, timeout_s=timeout_s, time=REAL_TIME), "it did not happen"


def record(folder, video, emulator, *, seconds, rate_hz=1.0, during=lambda recorder: None):
    """Record all dials of an emulator in this process; `during` runs beside it."""
    raters = [f"rater{number}" for number in range(1, len(emulator.urls) + 1)]
    dials = [DialChoice(rater, url) for rater, url in zip(raters, emulator.urls, strict=True)]
    recorder = SessionRecorder(folder, dials, read_video(video), rate_hz=rate_hz)
    recorder.open()
    beside = threading.Thread(target=during, args=(recorder,))
    beside.start()
    player = VirtualPlayer(recorder.video, recorder.on_player_event, end_s=seconds)
    summaries = recorder.run(player)
    beside.join()
    return summaries, [align(read_recording(folder / rater)) for rater in raters]


def record_command(session: Path, video: Path, rater: str, url: str, *more: object) -> list[str]:
    return [
        sys.executable, "-m", "tracedial", "record", str(session), "--video", str(video), "--dial", f"{rater}={url}",
        *map(str, more),
    ]  # fmt: skip


@contextmanager
def running_record(session: Path, video: Path, rater: str, url: str, *more: object):
    """`record` in a process of its own, from its first sample on; killed at the end."""
    run = subprocess.Popen(
        record_command(session, video, rater, url, *more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        folder = session / rater
        before = len(journals(folder))
        while not _has_samples(folder, before):
            assert run.poll() is None
            time.sleep(0.02)
        yield run
    finally:
        run.kill()
        run.wait()


def _has_samples(folder: Path, from_part: int) -> bool:
    """Whether a part has samples of the video: a dial that a killed recorder left ticking sends some before."""
    return any(_after_play(folder / name) for name in journals(folder)[from_part:])


def _after_play(journal: Path) -> bool:
    _, played, rest = journal.read_bytes().partition(b'"kind":"player"')
    return bool(played) and b'"kind":"sample"' in rest
