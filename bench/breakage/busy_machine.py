"""A recording in simulated time beside eight busy processes: the same to the byte, each second exact."""

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from breakage import Figure
from tracedial.alignment.align import align_folder, write_alignment
from tracedial.cli.demo import demo_dial
from tracedial.cli.recording_run import SessionPlan, record_session
from tracedial.emulation.simulated_line import SimulatedLine
from tracedial.emulation.synthetic import dyad, write_knob_script, write_video
from tracedial.recording.rater_recording import DialChoice
from tracedial.video import Video, read_video

BUSY = 8
RUNS = 3
SECONDS = 180


def run() -> list[Figure]:
    """Record the demo's dyad several times and compare."""
    ratings = dyad(SECONDS, seed=1)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        write_video(folder / "v.mp4", SECONDS)
        video = read_video(folder / "v.mp4")
        for _ in range(BUSY):
            busy = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(busy.kill)
        runs = [_record(folder / str(number), video, ratings) for number in range(RUNS)]
    wanted = np.concatenate(list(ratings.values()))
    missing = sum(int(np.isnan(rating).sum()) for rating, _ in runs)
    wrong = sum(int((rating[~np.isnan(rating)] != wanted[~np.isnan(rating)]).sum()) for rating, _ in runs)
    other = sum(tables != runs[0][1] for _, tables in runs)
    of = f"of {RUNS * len(wanted):,}"
    return [
        Figure(f"seconds without a rating, {BUSY} busy processes beside", f"{missing} {of}", "0", missing == 0),
        Figure("seconds with another rating than the knob stood on", f"{wrong} {of}", "0", wrong == 0),
        Figure("recordings whose traces are not the first one's", f"{other} of {RUNS}", "0", other == 0),
    ]


def _record(folder: Path, video: Video, ratings: dict[str, np.ndarray]) -> tuple[np.ndarray, list[bytes]]:
    """The ratings of both, one behind the other, and the bytes of their traces."""
    folder.mkdir()
    with SimulatedLine(seed=1) as line:
        dials = []
        for number, (name, values) in enumerate(ratings.items()):
            script = folder / f"{name}-knob.csv"
            write_knob_script(script, values)
            dials.append(DialChoice(name, line.add(demo_dial(name, number, script))))
        summaries = record_session(SessionPlan(folder, dials, video, speed=4.0, synthetic=True), line)
    traces, tables = [], []
    for summary in summaries:
        alignment = align_folder(summary.folder)
        write_alignment(alignment)
        traces.append(alignment.trace.rating)
        tables.append((summary.folder / "trace.csv").read_bytes())
    return np.concatenate(traces), tables
