"""Analysis: align, detect and agree for one synthetic dyad of 3,000 s, journals already read, after import."""

import contextlib
import io
import statistics
import tempfile
import time
from pathlib import Path

from tracedial.alignment.align import align
from tracedial.emulation.synthetic import dyad
from tracedial.measures.agreement import congruence, discrepancy
from tracedial.measures.ruptures import find_events
from tracedial.recording.folder import JOURNAL_NAME
from tracedial.recording.journal import JournalWriter
from tracedial.recording.recording import read_recording

SECONDS = 3000
RUNS = 15


def run() -> None:
    """Print the median time of each step and of the whole."""
    with tempfile.TemporaryDirectory() as folder:
        folders = []
        for rater, ratings in dyad(SECONDS, seed=1).items():
            folders.append(Path(folder) / rater)
            folders[-1].mkdir()
            _write_journal(folders[-1], rater, ratings)
        began_s = time.perf_counter()
        recordings = [read_recording(one) for one in folders]
        read_s = time.perf_counter() - began_s
    steps: dict[str, list[float]] = {"align": [], "detect": [], "agree": [], "whole": []}
    for _ in range(RUNS):
        marks = [time.perf_counter()]
        traces = [align(recording).trace for recording in recordings]
        marks.append(time.perf_counter())
        for trace in traces:
            find_events(trace.rating)
        marks.append(time.perf_counter())
        a, b = (trace.rating for trace in traces)
        congruence(a, b)
        discrepancy(a, b, name_a="client", name_b="therapist")
        marks.append(time.perf_counter())
        for name, begin, end in (("align", 0, 1), ("detect", 1, 2), ("agree", 2, 3), ("whole", 0, 3)):
            steps[name].append(marks[end] - marks[begin])
    for name, times in steps.items():
        limit = "      (limit 50)" if name == "whole" else ""
        print(f"  {name:10s}{statistics.median(times) * 1e3:8.1f} ms{limit}")
    print(f"  reading the two journals beforehand: {read_s * 1e3:.0f} ms")


def _write_journal(folder: Path, rater: str, ratings) -> None:
    """A recording as the recorder writes it: exchanges every 0.65 s, a sample a second."""
    video = {"name": "v.mp4", "sha256": "0" * 64, "duration_s": float(SECONDS), "frame_rate_hz": 25.0}
    with contextlib.redirect_stderr(io.StringIO()), JournalWriter(folder / JOURNAL_NAME) as journal:
        journal.append(
            "recording", format=1, rater=rater, synthetic=True, origin_ns=0, wall_clock="", software="bench",
            rate_hz=1.0, video=video, settings={},
        )  # fmt: skip
        journal.append("hello", boot=1, scale={"detents": []}, host_ns=0)
        journal.append("player", event="play", host_ns=10**9, video_s=0.0, speed=1.0)
        for k in range(int(SECONDS / 0.65)):
            sent = int(k * 0.65e9)
            journal.append(
                "sync", boot=1, exchange=k, host_sent_ns=sent, dial_received_us=sent // 1000 + 200 + k % 7,
                dial_sent_us=sent // 1000 + 210 + k % 7, host_received_ns=sent + 400_000 + k % 13 * 1000,
            )  # fmt: skip
        for second, rating in enumerate(ratings):
            t_us = (second + 1) * 10**6
            journal.append(
                "sample", host_ns=t_us * 1000 + 10**6, boot=1, seq=second, t_us=t_us, rating=int(rating),
                mean_milli=int(rating) * 1000, min=int(rating), max=int(rating), n=50, raw=0, flags=0,
            )  # fmt: skip
        journal.append("end", host_ns=(SECONDS + 2) * 10**9)
