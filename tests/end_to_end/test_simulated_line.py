"""The real firmware in processes of its own and the real recorder, in one simulated time."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from requirements import needs_micropython
from tracedial.align import align
from tracedial.emulated_link import LinkConditions
from tracedial.emulated_settings import DialSettings
from tracedial.errors import EmulatorError
from tracedial.journal import read_journal
from tracedial.player import VirtualPlayer
from tracedial.recorder import DialChoice, SessionRecorder
from tracedial.recording import journals, read_recording
from tracedial.session_run import EmulatedRater
from tracedial.simulated_line import SimulatedLine
from tracedial.video import Video

HOUR_S = 3600
VIDEO = Video(Path("none.mp4"), float(HOUR_S), frame_rate_hz=5.0, width=320, height=180, sha256="0" * 64)
USB = LinkConditions(latency_s=0.3e-3, jitter_s=0.1e-3)
SCRIPT = tuple((second + part, 5.0 + second * 7 % 40) for second in range(1200) for part in (-0.4, 0.4))


def record(folder, *, end_s, speed=1.0, rate_hz=1.0, seed=1, link=USB, interpreter="auto", meanwhile=None):
    """Record one dial on a simulated line; returns its folder."""
    with SimulatedLine(seed=seed, interpreter=interpreter) as line:
        port = line.add(DialSettings("simulated", "51", drift_ppm=40.0, script=SCRIPT, link=link))
        rater = EmulatedRater(line.dials[port], line.time)
        recorder = SessionRecorder(
            folder=folder, dials=[DialChoice("rater", port)], video=VIDEO, rate_hz=rate_hz, synthetic=True,
            listeners=[rater.on_player_event], open_port=line.open_port, time=line.time, rng=line.rng,
        )  # fmt: skip
        recorder.open()
        player = VirtualPlayer(VIDEO, recorder.on_player_event, speed=speed, end_s=end_s)
        (summary,) = recorder.run(player, (lambda: meanwhile(line.dials[port])) if meanwhile else (lambda: None))
    assert summary.complete
    return summary.folder


def of_kind(folder, *kinds):
    (name,) = journals(folder)
    return [record for record in read_journal(folder / name).records if record["kind"] in kinds]


def test_each_second_has_what_the_knob_stood_on(tmp_path):
    folder = record(tmp_path / "s", end_s=300)
    trace = align(read_recording(folder)).trace
    assert trace.rating[:301].tolist() == [5 + second * 7 % 40 for second in range(301)]
    assert np.abs(trace.offset_s[:301]).max() < 1e-3


@pytest.mark.parametrize("interpreter", [pytest.param("micropython", marks=needs_micropython), "cpython"])
def test_the_same_seed_gives_the_same_recording(tmp_path, interpreter):
    kinds = ("hello", "sync", "sample", "event", "started", "player", "link", "end")
    first, again, other = (
        of_kind(record(tmp_path / name, end_s=60, seed=seed, interpreter=interpreter), *kinds)
        for name, seed in (("first", 5), ("again", 5), ("other", 6))
    )
    assert first == again
    assert first != other


def test_the_ticks_stay_on_the_seconds_of_a_long_video(tmp_path):
    trace = align(read_recording(record(tmp_path / "s", end_s=HOUR_S, speed=4.0))).trace
    offset_s = trace.offset_s[~np.isnan(trace.rating)]
    assert len(offset_s) == HOUR_S
    assert np.abs(offset_s).max() < 2e-3


def test_what_a_bad_link_loses_is_sent_again(tmp_path):
    folder = record(tmp_path / "s", end_s=120, rate_hz=20.0, link=LinkConditions(3e-3, 5e-3, loss=2e-3, corrupt=2e-3))
    (end,) = of_kind(folder, "end")
    assert end["recovered"] > 0 and end["missing"] == 0
    seqs = sorted(record["seq"] for record in of_kind(folder, "sample", "event"))
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_a_dial_that_dies_is_a_sentence(tmp_path):
    turns = itertools.count()

    def break_it(dial):
        if next(turns) == 500:
            dial.command("raw no-number")

    with pytest.raises(EmulatorError, match=r"(?s)simulated has ended by itself: .*ValueError"):
        record(tmp_path / "s", end_s=30, meanwhile=break_it)
