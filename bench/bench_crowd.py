"""Crowd: 64 emulated dials at 10 Hz for 30 s on one host process.

The dials and their emulator run on the same machine; their share of it is not in the host's figure.
"""

import tempfile
import time
from pathlib import Path

from tracedial.emulation.process import EmulatorProcess
from tracedial.emulation.synthetic import write_video
from tracedial.recording.folder import JOURNAL_NAME
from tracedial.recording.journal import read_journal
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.timing.player import VirtualPlayer
from tracedial.video import read_video

DIALS = 64
RATE_HZ = 10.0
SECONDS = 30


def run() -> None:
    """Print what was lost and what the host process cost."""
    with tempfile.TemporaryDirectory() as name, EmulatorProcess(["--count", str(DIALS)]) as emulator:
        folder = Path(name)
        write_video(folder / "v.mp4", SECONDS)
        dials = [DialChoice(f"r{number:02d}", url) for number, url in enumerate(emulator.urls)]
        recorder = SessionRecorder(folder / "s", dials, read_video(folder / "v.mp4"), rate_hz=RATE_HZ)
        recorder.open()
        before_s, began_s = time.process_time(), time.monotonic()
        summaries = recorder.run(VirtualPlayer(read_video(folder / "v.mp4"), recorder.on_player_event))
        share = (time.process_time() - before_s) / (time.monotonic() - began_s)
        samples = sum(summary.samples for summary in summaries)
        lost = sum(summary.missing + summary.gone for summary in summaries)
        records = sum(
            record["kind"] == "sample"
            for dial in dials
            for record in read_journal(folder / "s" / dial.rater / JOURNAL_NAME).records
        )
    least = DIALS * int(RATE_HZ) * SECONDS
    print(f"  samples {samples} (at least {least} expected), in the journals {records}, lost {lost}   (limit 0)")
    print(f"  CPU share of the host process: {share:.0%} of one core")
