"""Kills in mid-recording: how many records of the dial are missing from what is left."""

import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from breakage import Figure

KILLS = 10
RATE_HZ = 10


def run() -> list[Figure]:
    """Kill `record` at random instants; the records that came before must be there, in a journal that aligns."""
    from emulation import emulate, running_record
    from tracedial.alignment.align import align
    from tracedial.emulation.synthetic import write_video
    from tracedial.recording.recording import read_recording

    if sys.platform == "win32":
        return []
    rng = random.Random(1)
    came = missing = early = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_video(folder / "v.mp4", 30)
        with emulate() as emulator:
            for number in range(KILLS):
                session = folder / str(number)
                with running_record(
                    session, folder / "v.mp4", "client", emulator.urls[0], "--rate", str(RATE_HZ)
                ) as process:
                    time.sleep(rng.uniform(0.0, 1.5))
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                recording = read_recording(session / "client")
                if not recording.player:
                    # Killed before the video ran: a sample that is there all the same could be placed nowhere.
                    early += 1
                    missing += len(recording.samples)
                    continue
                alignment = align(recording)
                came += len(recording.samples) + len(recording.marks)
                missing += alignment.report["records_missing"]
    what = f"{KILLS} kills ({early} before the video ran), records missing before the last"
    return [Figure(what, f"{missing} of {came}", "0", missing == 0 and came > 0)]
