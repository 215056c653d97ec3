"""A hub's reset, after which two dials have each other's port: which records are never fetched."""

import tempfile
import threading
from pathlib import Path

from breakage import Figure
from breakage.recorded import lost_records
from tracedial.alignment.align import align
from tracedial.emulation.process import EmulatorProcess
from tracedial.emulation.synthetic import write_video
from tracedial.host_clock import REAL_TIME, wait_until
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.recording.recording import read_recording
from tracedial.timing.player import VirtualPlayer
from tracedial.video import read_video

SWAPS = 3
BETWEEN = 50
"""Samples of each dial between two swaps, at ten a second."""
PATIENCE_S = 30.0


def run() -> list[Figure]:
    """Two emulated dials in real time, one at 20, one at -20, so that a rating tells whose it is."""
    with tempfile.TemporaryDirectory() as name, EmulatorProcess(["--count", "2"]) as emulator:
        folder = Path(name)
        write_video(folder / "v.mp4", 120)
        emulator.command("1: rating 20")
        emulator.command("2: rating -20")
        dials = [DialChoice(rater, url) for rater, url in zip("ab", emulator.urls, strict=True)]
        video = read_video(folder / "v.mp4")
        recorder = SessionRecorder(folder / "s", dials, video, rate_hz=10)
        recorder.open()
        beside = threading.Thread(target=_swap, args=(emulator, recorder))
        beside.start()
        summaries = recorder.run(VirtualPlayer(video, recorder.on_player_event))
        beside.join()
        counts = [lost_records(summary.folder) for summary in summaries]
        wrong = sum(
            sample.rating != rating
            for summary, rating in zip(summaries, (20, -20), strict=True)
            for sample in align(read_recording(summary.folder)).samples
        )
    lost, numbered = (sum(column) for column in zip(*counts, strict=True))
    return [
        Figure(f"records not fetched after {SWAPS} swaps of two ports", f"{lost} of {numbered}", "0", lost == 0),
        Figure("ratings of the other's dial", str(wrong), "0", wrong == 0),
    ]


def _swap(emulator: EmulatorProcess, recorder: SessionRecorder) -> None:
    for turn in range(SWAPS + 1):
        enough = [state.samples + BETWEEN for state in recorder.states]
        wait_until(
            lambda enough=enough: all(s.samples >= n for s, n in zip(recorder.states, enough, strict=True)),
            timeout_s=PATIENCE_S,
            time=REAL_TIME,
        )
        if turn < SWAPS:
            emulator.command("swap")
    recorder.stop()
