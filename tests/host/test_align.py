"""Alignment of recordings in which every clock is known: journals written from a simulated dial's events."""

import struct

import numpy as np
import pytest

from dialwire import message
from simulated import SimulatedDial
from tracedial.alignment.align import align, write_alignment
from tracedial.errors import RecordingError
from tracedial.link.messages import Hello, Mark, Sample, Started, SyncExchange
from tracedial.measures.trace import read_trace
from tracedial.recording.folder import JOURNAL_NAME
from tracedial.recording.journal import JournalWriter
from tracedial.recording.recording import read_recording
from tracedial.recording.session import FORMAT, scale_to_json, video_to_json
from tracedial.timing.clock import fit_clock
from tracedial.timing.player import VirtualPlayer, parse_cue
from tracedial.timing.tick_grid import tick_grid
from tracedial.video import Video

KINDS = {Hello: "hello", SyncExchange: "sync", Sample: "sample", Mark: "event", Started: "started"}


def record(
    folder, dial, *, seconds, cues=(), speed=1.0, rate_hz=1, phase=True, reset_at_s=None, on_step=None, rater="client"
):
    """Record a simulated dial against a virtual player on simulated time, and write its journal."""
    from dataclasses import asdict

    video = Video(folder / "v.mp4", seconds, 25.0, 64, 48, "0" * 64)
    told, told_at_ns = [], []

    def set_phase():
        play = next(e for e in reversed(told) if e.kind in ("play", "rate"))
        exchanges = [e for e in dial.of(SyncExchange) if e.boot == dial.client.hello.boot]
        grid = tick_grid(play, fit_clock(exchanges[-25:], origin_ns=0), rate_hz=rate_hz)
        dial.client.start(tick0_us=grid.tick0_us + (0 if phase else 300_000), period_ns=grid.period_ns)

    def on_event(event):
        told.append(event)
        told_at_ns.append(dial.now_us * 1000)
        if event.kind in ("play", "rate"):
            set_phase()

    dial.run(2)
    player = VirtualPlayer(video, on_event, speed=speed, cues=[parse_cue(cue) for cue in cues])
    player.play(dial.now_us * 1000)
    while not player.ended:
        if reset_at_s is not None and player.video_s(dial.now_us * 1000) >= reset_at_s:
            reset_at_s = None
            dial.boot(0x99990001)
            dial.run(1.5)
            set_phase()
        if on_step:
            on_step(dial, player.video_s(dial.now_us * 1000))
        dial.run(0.005)
        player.advance(dial.now_us * 1000)
    dial.run(0.25)
    dial.client.stop()
    dial.run(3)
    header = {
        "format": FORMAT, "rater": rater, "synthetic": True, "origin_ns": 0, "wall_clock": "", "software": "test",
        "rate_hz": rate_hz, "video": video_to_json(video), "settings": {},
    }  # fmt: skip
    with JournalWriter(folder / JOURNAL_NAME) as journal:
        journal.append("recording", **header)
        lines = [
            (at_ns, "player", {"event": e.kind, "host_ns": e.host_ns, "video_s": e.video_s, "speed": e.speed})
            for e, at_ns in zip(told, told_at_ns, strict=True)
        ]
        for event in dial.events:
            if kind := KINDS.get(type(event)):
                fields = asdict(event)
                if isinstance(event, Hello):
                    fields["scale"] = scale_to_json(event.scale)
                lines.append((fields.get("host_ns") or fields["host_received_ns"], kind, fields))
        for _, kind, fields in sorted(lines, key=lambda line: line[0]):
            journal.append(kind, **fields)
        journal.append("end", host_ns=dial.now_us * 1000)
    return align(read_recording(folder))


def staircase(true_s):
    """A knob that stands on another rating in every half second, away from the detents."""
    return 5 + (int(true_s * 2) * 17) % 40


@pytest.mark.parametrize("drift_ppm", [-100.0, 0.0, 100.0])
def test_each_second_has_the_knobs_position_at_that_second(tmp_path, drift_ppm):
    dial = SimulatedDial(drift_ppm=drift_ppm, offset_us=3_000_000)
    dial.rating_at = staircase
    alignment = record(tmp_path, dial, seconds=120.0)
    trace = alignment.trace
    start_us = alignment.stretches[0].host_start_s * 1e6
    assert trace.missing == 0 and len(trace.rating) == 120
    assert np.max(np.abs(trace.offset_s)) < 0.5e-3
    assert np.max(trace.bound_s) < 1e-3
    # The instant itself may fall on an edge of the staircase; a sample may stand on either side of it by its offset.
    for second, rating in enumerate(trace.rating):
        true_s = start_us / 1e6 + second
        assert rating in {staircase(true_s - 1e-3), staircase(true_s + 1e-3)}


def test_the_seconds_mean_and_ends_are_of_the_second_before_it(tmp_path):
    dial = SimulatedDial()
    dial.rating_at = lambda true_s: 40.0 if (true_s - 2.25) % 10 < 5 else 10.0
    trace = record(tmp_path, dial, seconds=30.0).trace
    assert (trace.low[1], trace.high[1], trace.mean[1]) == (40, 40, 40)
    # At second 5 the knob has just been turned down: the second that ends there was spent above.
    assert trace.rating[6] == 10 and trace.high[6] <= 40
    assert trace.n[3] == 50
    assert np.all(trace.low <= trace.mean + 1e-9) and np.all(trace.mean <= trace.high + 1e-9)


def test_pauses_of_a_minute_misfile_nothing(tmp_path):
    dial = SimulatedDial(drift_ppm=60.0)
    dial.rating_at = lambda true_s: 10 + int(true_s) % 30
    alignment = record(tmp_path, dial, seconds=60.0, cues=["pause@10.3:60", "pause@31.8:60", "stall@45:2.7"])
    trace = alignment.trace
    assert trace.missing == 0
    assert np.max(np.abs(trace.offset_s)) < 1e-3
    still = alignment.stretch < 0
    assert np.count_nonzero(still) >= 120
    assert np.all(np.isnan(alignment.video_s[still]))
    assert [second for second, flags in enumerate(trace.flags) if "paused" in flags] == [10, 31, 45]
    for second in range(60):
        (one,) = [s for s in alignment.stretches if s.video_start_s - 1e-6 <= second <= s.video_end_s + 1e-6][:1]
        at_s = float(one.host_s(second))
        assert trace.rating[second] in {10 + int(at_s - 2e-3) % 30, 10 + int(at_s + 2e-3) % 30}


def test_a_seek_back_keeps_the_last_rating_and_says_so(tmp_path):
    dial = SimulatedDial()
    dial.rating_at = lambda true_s: 10.0 if true_s < 20 else 40.0
    trace = record(tmp_path, dial, seconds=30.0, cues=["seek@20:10"]).trace
    assert trace.rating[12] == 40 and "revisited" in trace.flags[12]
    assert trace.rating[5] == 10 and trace.flags[5] == "unmoved"


def test_what_a_seek_ahead_passed_over_is_missing(tmp_path):
    trace = record(tmp_path, SimulatedDial(), seconds=60.0, cues=["seek@10:40"]).trace
    assert np.flatnonzero(np.isnan(trace.rating)).tolist() == list(range(11, 40))


@pytest.mark.parametrize(("speed", "cues"), [(0.5, []), (2.0, []), (1.0, ["rate@10:1.5", "rate@21:0.5"]), (50.0, [])])
def test_at_any_speed_samples_fall_on_whole_seconds(tmp_path, speed, cues):
    alignment = record(tmp_path, SimulatedDial(drift_ppm=-40.0), seconds=40.0, speed=speed, cues=cues)
    assert alignment.trace.missing == 0
    assert np.max(np.abs(alignment.trace.offset_s)) < 1e-3 * max(speed, 1)


def test_ten_a_second_give_the_same_seconds_and_finer_windows(tmp_path):
    dial = SimulatedDial()
    dial.rating_at = staircase
    trace = record(tmp_path, dial, seconds=20.0, rate_hz=10).trace
    assert trace.missing == 0
    assert np.all(trace.n[1:] == 50)
    assert np.all(trace.high[2:] > trace.low[2:])


def test_samples_off_the_seconds_are_kept_with_their_offset_and_flagged(tmp_path):
    trace = record(tmp_path, SimulatedDial(), seconds=10.0, phase=False).trace
    assert trace.offset_s[3] == pytest.approx(0.3, abs=0.01)
    assert "off_phase" in trace.flags[3]


def test_a_reset_is_a_break_with_a_clock_of_its_own(tmp_path):
    dial = SimulatedDial(drift_ppm=80.0, offset_us=10_000_000)
    dial.rating_at = lambda true_s: 10 + int(true_s) % 30
    alignment = record(tmp_path, dial, seconds=60.0, reset_at_s=30.2)
    assert len(alignment.fits) == 2
    assert any("reset once" in finding for finding in alignment.report["findings"])
    # What the dial could not sample while it booted is missing, not made up.
    missing = np.flatnonzero(np.isnan(alignment.trace.rating)).tolist()
    assert missing and set(missing) <= {31, 32, 33}
    assert np.nanmax(np.abs(alignment.trace.offset_s)) < 2e-3


def test_a_clipped_second_is_flagged(tmp_path):
    dial = SimulatedDial()
    dial.dial._config_set(message.CONFIG_CALIBRATION, struct.pack("<HH", 10000, 50000))
    dial.rating_at = lambda true_s: 49.0 if 7 <= true_s < 9 else 0.0
    trace = record(tmp_path, dial, seconds=15.0).trace
    flagged = [second for second, flags in enumerate(trace.flags) if "clipped" in flags]
    assert len(flagged) in (2, 3)


def test_a_second_at_which_the_wire_was_broken_has_no_rating(tmp_path):
    dial = SimulatedDial()
    dial.rating_at = lambda true_s: 30.0

    def break_wire(dial, true_s):
        dial.broken = 5.5 <= true_s < 8.2

    alignment = record(tmp_path, dial, seconds=15.0, on_step=break_wire)
    trace = alignment.trace
    broken = [second for second, flags in enumerate(trace.flags) if "fault" in flags]
    assert 2 <= len(broken) <= 4
    for second in range(len(trace.rating)):
        assert np.isnan(trace.rating[second]) == (second in broken)
    assert trace.n[broken[0]] > 0  # the readings before the wire broke are kept
    assert trace.n[broken[1]] == 0
    assert np.isnan(trace.mean[broken[1]])
    assert any("broken" in finding for finding in alignment.report["findings"])
    assert [one for one in alignment.report["finding_codes"] if one["code"] == "wire_broken"] == [
        {"code": "wire_broken", "values": {"count": len(broken)}}
    ]
    assert len(alignment.report["finding_codes"]) == len(alignment.report["findings"])
    assert alignment.report["samples_without_rating"] == len(broken)
    write_alignment(alignment)
    marks = (alignment.recording.folder / "marks.csv").read_text()
    assert ",fault,1," in marks and ",fault,0," in marks


def test_the_files_beside_the_journal_say_the_same(tmp_path):
    dial = SimulatedDial()
    dial.rating_at = staircase
    alignment = record(tmp_path, dial, seconds=20.0, cues=["pause@5:2"])
    before = (tmp_path / JOURNAL_NAME).read_bytes()
    write_alignment(alignment)
    write_alignment(align(read_recording(tmp_path)))
    assert (tmp_path / JOURNAL_NAME).read_bytes() == before
    assert (tmp_path / "trace.csv").read_text().startswith("video_s,rating,mean,min,max,n,offset_ms,bound_ms,flags\n0,")
    read = read_trace(tmp_path / "trace.csv", "client")
    assert np.array_equal(read.rating, alignment.trace.rating, equal_nan=True)
    assert len((tmp_path / "samples.csv").read_text().splitlines()) == len(alignment.samples) + 1


def test_a_recording_in_which_the_video_never_ran_is_refused(tmp_path):
    with JournalWriter(tmp_path / JOURNAL_NAME) as journal:
        journal.append("recording", format=FORMAT, rater="client", origin_ns=0, video={"duration_s": 10.0})
    with pytest.raises(RecordingError, match="never ran"):
        align(read_recording(tmp_path))


def test_a_journal_without_its_first_line_is_refused(tmp_path):
    with JournalWriter(tmp_path / JOURNAL_NAME) as journal:
        journal.append("end", host_ns=1)
    with pytest.raises(RecordingError, match="lost its first line"):
        read_recording(tmp_path)


def test_a_later_format_is_refused_with_both_numbers(tmp_path):
    with JournalWriter(tmp_path / JOURNAL_NAME) as journal:
        journal.append("recording", format=FORMAT + 1, rater="client")
    with pytest.raises(RecordingError, match=f"format {FORMAT + 1}.*format {FORMAT}"):
        read_recording(tmp_path)
