"""Pauses, speeds, links that break and dials that reset, in a simulated time: the recording is exact."""

import numpy as np
import pytest

from requirements import needs_micropython
from simulated_recording import dial, record, stands
from tracedial.emulation.emulated_link import LinkConditions
from tracedial.errors import EmulatorError
from tracedial.recording.folder import journals
from tracedial.recording.journal import read_journal
from tracedial.timing.player import Cue

pytestmark = pytest.mark.thorough("records whole sessions with the real firmware in simulated time")


def of_kind(folder, *kinds):
    (name,) = journals(folder)
    return [record for record in read_journal(folder / name).records if record["kind"] in kinds]


def test_each_second_has_what_the_knob_stood_on(tmp_path):
    script, ratings = stands(301)
    (summary,), (alignment,) = record(tmp_path, dial(script=script, drift_ppm=40.0), end_s=300)
    assert summary.complete
    assert alignment.trace.rating[:301].tolist() == ratings
    assert np.abs(alignment.trace.offset_s[:301]).max() < 1e-3


@pytest.mark.parametrize("interpreter", [pytest.param("micropython", marks=needs_micropython), "cpython"])
def test_the_same_seed_gives_the_same_recording(tmp_path, interpreter):
    script, _ = stands(60)
    heard = []
    for name, seed in (("first", 5), ("again", 5), ("other", 6)):
        (summary,), _ = record(tmp_path / name, dial(script=script), end_s=40, seed=seed, interpreter=interpreter)
        kinds = ("hello", "sync", "sample", "event", "started", "player", "link", "end")
        heard.append(of_kind(summary.folder, *kinds))
    assert heard[0] == heard[1]
    assert heard[0] != heard[2]


def test_the_ticks_stay_on_the_seconds_of_a_long_video(tmp_path):
    _, (alignment,) = record(tmp_path, dial(drift_ppm=40.0), end_s=3600, speed=4.0)
    offset_s = alignment.trace.offset_s[~np.isnan(alignment.trace.rating)]
    assert len(offset_s) == 3600
    assert np.abs(offset_s).max() < 2e-3


def test_two_dials_through_pauses_seek_and_speeds(tmp_path):
    script, ratings = stands(60)
    link = LinkConditions(latency_s=1e-3, jitter_s=0.4e-3)
    wrong = {"wander_ms": 2.0, "wander_period_s": 30.0, "script": script, "link": link}
    summaries, alignments = record(
        tmp_path, dial("a", drift_ppm=100.0, clock_offset_s=1060.0, **wrong), dial("b", drift_ppm=-100.0, **wrong),
        cues=[Cue(5.3, "pause", 1.5), Cue(9.4, "seek", 29.6), Cue(33.3, "rate", 2), Cue(38.2, "stall", 0.7)],
        end_s=42.4,
    )  # fmt: skip
    seen = [*range(10), *range(30, 43)]
    for summary, alignment in zip(summaries, alignments, strict=True):
        assert summary.complete
        assert np.flatnonzero(~np.isnan(alignment.trace.rating)).tolist() == seen
        assert alignment.trace.rating[seen].tolist() == [ratings[second] for second in seen]
        assert alignment.report["samples_while_video_stood_still"] > 0


def test_what_a_bad_link_loses_is_sent_again_and_no_value_is_wrong(tmp_path):
    script, ratings = stands(121)
    link = LinkConditions(3e-3, 5e-3, loss=2e-3, corrupt=2e-3)
    (summary,), (alignment,) = record(tmp_path, dial(script=script, link=link), end_s=120, rate_hz=20.0)
    (end,) = of_kind(summary.folder, "end")
    assert end["recovered"] > 0 and end["missing"] == 0 and end["bad_frames"] > 0
    seqs = sorted(record["seq"] for record in of_kind(summary.folder, "sample", "event"))
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert alignment.trace.rating[:121].tolist() == ratings


@pytest.mark.parametrize("speed", [2, 20])
def test_a_bad_link_at_speed_leaves_no_false_second(tmp_path, speed):
    script, ratings = stands(61)
    settings = dial(script=script, link=LinkConditions(loss=2e-3))
    (summary,), (alignment,) = record(tmp_path, settings, end_s=60, speed=speed)
    assert summary.complete
    assert alignment.trace.rating[:61].tolist() == ratings


def test_a_link_cut_for_half_a_minute_is_filled_and_said(tmp_path):
    script, ratings = stands(38)
    acts = [(3.0, "simulated", "cut"), (33.0, "simulated", "restore")]
    (summary,), (alignment,) = record(tmp_path, dial(script=script), end_s=37.4, acts=acts)
    assert summary.complete and summary.recovered >= 28 and summary.link_losses == 1
    assert alignment.trace.rating[:38].tolist() == ratings
    flagged = [second for second, flags in enumerate(alignment.trace.flags) if "resent" in flags]
    assert len(flagged) >= 28
    assert any("link was lost once" in finding for finding in alignment.report["findings"])


def test_a_dial_reset_in_between_is_a_break_and_never_joined(tmp_path):
    settings = dial(clock_offset_s=500.0)
    (summary,), (alignment,) = record(tmp_path, settings, end_s=16.4, acts=[(6.0, "simulated", "reboot")])
    assert summary.breaks == 1
    assert len(alignment.fits) == 2
    assert any("reset once" in finding for finding in alignment.report["findings"])
    rated = ~np.isnan(alignment.trace.rating[:17])
    assert rated[:5].all() and rated[-3:].all() and not rated.all()
    starts = [fit.offset_s[0] for fit in alignment.fits.values()]
    assert starts[1] - starts[0] > 5


def test_a_dial_that_stays_away_does_not_hold_up_the_end(tmp_path):
    summaries, alignments = record(tmp_path, dial("a"), dial("b"), end_s=4.4, acts=[(2.0, "b", "cut")])
    assert [summary.complete for summary in summaries] == [True, False]
    assert np.flatnonzero(~np.isnan(alignments[0].trace.rating)).tolist() == [0, 1, 2, 3, 4]
    assert any("before the dial had sent all its records" in finding for finding in alignments[1].report["findings"])


def test_a_dial_that_dies_is_a_sentence(tmp_path):
    with pytest.raises(EmulatorError, match=r"(?s)simulated has ended by itself: .*ValueError"):
        record(tmp_path, dial(), end_s=30, acts=[(3.0, "simulated", "raw no-number")])
