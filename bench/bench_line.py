"""Knob to trace: a scripted knob on the emulated dial in real time, two dials, 60 s, pauses and a seek.

The rating is compared at whole seconds away from any movement; the time of each scripted jump is read back from samples
taken 100 times a second. The emulator, its two dials and the recorder share this machine's cores.
"""

import csv
import tempfile
from pathlib import Path

import numpy as np

from tracedial.alignment.align import align
from tracedial.cli.recording_run import EmulatedRater
from tracedial.emulation.process import EmulatorProcess
from tracedial.emulation.synthetic import write_video
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.recording.recording import read_recording
from tracedial.timing.player import VirtualPlayer, parse_cue
from tracedial.video import read_video

SECONDS = 60


def run() -> None:
    """Print the errors of rating and time at 1 Hz and 100 Hz."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_video(folder / "v.mp4", SECONDS)
        rows = [(0.0, 5.0)]
        for half in range(2 * SECONDS):
            # Half-way between two samples of a hundred a second, so that no jump races with the reading of the knob.
            rows += [(half + 0.505, rows[-1][1]), (half + 0.505, 5.0 + (half * 7) % 40)]
        with (folder / "knob.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("time_s", "rating"), *rows])
        for rate_hz in (1.0, 100.0):
            _measure(folder, rows, rate_hz)


def _measure(folder: Path, rows: list[tuple[float, float]], rate_hz: float) -> None:
    session = folder / f"at-{rate_hz:g}"
    arguments = ["--count", "2", "--knob", str(folder / "knob.csv"), "--drift-ppm", "100", "--drift-ppm", "-100"]
    with EmulatorProcess([*arguments, "--clock-offset", "1050"]) as emulator:
        dials = [DialChoice(name, url) for name, url in zip("ab", emulator.urls, strict=True)]
        watcher = EmulatedRater(emulator)
        recorder = SessionRecorder(
            session, dials, read_video(folder / "v.mp4"), rate_hz=rate_hz, listeners=[watcher.on_player_event]
        )
        recorder.open()
        cues = [parse_cue(cue) for cue in ("pause@10.2:3", "pause@25.7:1", "seek@40.25:30.25")]
        recorder.run(VirtualPlayer(read_video(folder / "v.mp4"), recorder.on_player_event, cues=cues))
    alignments = [align(read_recording(session / dial.rater)) for dial in dials]
    if rate_hz == 1.0:
        rating = np.concatenate([a.trace.rating - _scripted(rows, np.arange(SECONDS)) for a in alignments])
        offset = np.concatenate([a.trace.offset_s for a in alignments if a.trace.offset_s is not None])
        print(f"  |recorded − scripted|, 1 Hz: worst {np.nanmax(np.abs(rating)):.0f} scale units   (limit 1)")
        print(
            f"  sample minus whole second, 1 Hz: median {np.nanmedian(offset) * 1e3:+.2f} ms, "
            f"p99 of size {np.nanquantile(np.abs(offset), 0.99) * 1e3:.2f} ms, missing {int(np.isnan(rating).sum())}"
        )
        return
    error = np.concatenate([_jump_errors(a, rows) for a in alignments])
    half_step_s = 0.5 / rate_hz
    print(
        f"  time of {len(error)} scripted jumps in video time: median {np.median(error) * 1e3:+.2f} ms, p99 of size "
        f"{np.quantile(np.abs(error), 0.99) * 1e3:.2f} ms, worst {np.abs(error).max() * 1e3:.2f} ms   (limit 20; "
        f"samples are {2e3 * half_step_s:.0f} ms apart)"
    )


def _scripted(rows: list[tuple[float, float]], seconds: np.ndarray) -> np.ndarray:
    """The script's rating at times that are no jump."""
    times, ratings = np.array(rows).T
    return ratings[np.searchsorted(times, seconds, side="right") - 1]


def _jump_errors(alignment, rows: list[tuple[float, float]]) -> np.ndarray:
    """Where each jump lies between the last sample before it and the first after, minus where the script has it."""
    errors = []
    jumps = np.array([time_s for time_s, _ in rows[1::2]])
    rating = np.array([sample.rating for sample in alignment.samples])
    for number, one in enumerate(alignment.stretches):
        own = np.flatnonzero(alignment.stretch == number)
        video_s, values = alignment.video_s[own], rating[own]
        for at in np.flatnonzero(np.abs(np.diff(values)) > 3):
            middle = (video_s[at] + video_s[at + 1]) / 2
            if one.video_start_s + 0.05 < middle < one.video_end_s - 0.05:
                errors.append(middle - jumps[np.argmin(np.abs(jumps - middle))])
    return np.array(errors)
