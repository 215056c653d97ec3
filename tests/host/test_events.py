import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracedial.errors import AnalysisError
from tracedial.measures.ruptures import EventSettings, find_events, smoothed
from tracedial.measures.unusual import depth_p


def v_shapes(n=600, level=20.0, falls=((100, 30), (300, 40), (480, 20))):
    """A level trace with V-shaped falls: (second of the nadir, depth), ten seconds down and twenty up."""
    trace = np.full(n, level)
    seconds = np.arange(n)
    for at, depth in falls:
        down = np.clip(1 - (at - seconds) / 10, 0, 1) * (seconds <= at)
        up = np.clip(1 - (seconds - at) / 20, 0, 1) * (seconds > at)
        trace -= depth * (down + up)
    return trace


def brute_force(trace, settings):
    """The rule read aloud: lowest mean first, earliest of equals, none nearer than the separation."""
    chosen = []
    starts = range(settings.trim_start_s, len(trace) - settings.segment_s + 1)
    while len(chosen) < settings.count:
        best = None
        for start in starts:
            part = trace[start : start + settings.segment_s]
            rated = part[~np.isnan(part)]
            if len(rated) / settings.segment_s < settings.min_valid:
                continue
            if any(abs(start - other) < settings.segment_s + settings.separation_s for other in chosen):
                continue
            mean = round(float(rated.mean()), 9)
            if best is None or mean < best[0]:
                best = (mean, start)
        if best is None:
            break
        chosen.append(best[1])
    return chosen


def test_the_three_planted_falls_are_found_in_the_order_of_their_depth():
    events = find_events(v_shapes())
    assert [rupture.rank for rupture in events.ruptures] == [2, 1, 3]
    for rupture, planted_s in zip(events.ruptures, (100, 300, 480), strict=True):
        # The mean that smooths leans towards the slower side of the fall.
        assert 0 <= rupture.nadir_s - planted_s <= 1
        assert rupture.onset_s <= rupture.nadir_s < rupture.end_s == rupture.onset_s + 30
        assert rupture.valid_share == 1.0


def test_each_repair_begins_at_its_nadir_where_the_rise_begins_at_once():
    events = find_events(v_shapes())
    for rupture, repair in zip(events.ruptures, events.repairs, strict=True):
        assert repair.rank == rupture.rank
        assert abs(repair.onset_s - rupture.nadir_s) <= 1
        assert repair.repaired_fraction == pytest.approx(1.0)
        assert repair.reason == ""


def test_a_fall_that_never_rises_again_is_unrepaired_and_says_why():
    trace = np.concatenate([np.full(200, 30.0), np.full(200, -20.0)])
    trace[250] = -21
    events = find_events(trace, EventSettings(count=1))
    (repair,) = events.repairs
    assert repair.onset_s is None and repair.end_s is None and repair.mean is None and repair.clip is None
    assert repair.repaired_fraction == pytest.approx(0.0, abs=0.02)
    assert "before the end of the video" in repair.reason


def test_a_rise_after_the_next_rupture_is_not_this_ones_repair():
    trace = np.full(400, 30.0)
    trace[100:131] = -20.0
    trace[131:200] = -19.5
    trace[200:231] = -30.0
    events = find_events(trace, EventSettings(count=2))
    first, second = events.repairs
    assert first.onset_s is None and "before the next rupture" in first.reason
    assert second.onset_s is not None


def test_a_recovery_before_a_deeper_rupture_is_found():
    trace = v_shapes(falls=((104, 45),), level=20.0)
    trace[400:470] -= np.linspace(0, 65, 70)
    trace[470:500] = -45
    first, second = find_events(trace, EventSettings(count=2)).repairs
    assert abs(first.nadir_s - 104) <= 2 and abs(first.onset_s - 104) <= 2
    assert first.repaired_fraction == pytest.approx(1.0)
    assert second.onset_s is not None


def test_a_repairs_clip_begins_where_the_ruptures_ends():
    trace = np.full(900, 20.0)
    trace[200:260] -= np.linspace(0, 40, 60)
    trace[260:320] = np.linspace(-20, 20, 60)
    (rupture,), (repair,) = (events := find_events(trace, EventSettings(count=1))).ruptures, events.repairs
    assert abs(rupture.begins_s - 200) <= 3 and abs(repair.onset_s - 260) <= 3
    assert rupture.clip == (rupture.begins_s, repair.onset_s) and rupture.clip_cut
    assert repair.clip == (repair.onset_s, repair.onset_s + 120) and not repair.clip_cut
    together = find_events(trace, EventSettings(count=1, clip_pairs="together"))
    one = (rupture.begins_s, repair.onset_s + 120)
    assert together.ruptures[0].clip == together.repairs[0].clip == one and not together.repairs[0].clip_cut


def test_a_rupture_that_is_over_at_once_shares_its_repairs_clip_and_the_video_cuts_with_a_word():
    events = find_events(v_shapes(falls=((100, 30), (300, 40), (560, 50))))
    for rupture, repair in zip(events.ruptures, events.repairs, strict=True):
        assert rupture.clip == repair.clip == (rupture.begins_s, min(repair.onset_s + 120, 600))
        assert rupture.clip_cut == repair.clip_cut == (repair.onset_s + 120 > 600)


def test_a_fall_longer_than_a_clip_leaves_the_lowest_segment_in_it():
    trace = np.full(600, 20.0)
    trace[100:220] -= np.linspace(0, 60, 120)
    trace[220:] = -40
    trace[240] = -41
    (rupture,) = find_events(trace, EventSettings(count=1, clip_s=60)).ruptures
    assert rupture.begins_s < rupture.end_s - 60 == rupture.clip[0]


@given(
    levels=st.lists(st.tuples(st.integers(1, 90), st.integers(-50, 50)), min_size=1, max_size=12),
    missing=st.lists(st.tuples(st.integers(0, 900), st.integers(1, 40)), max_size=3),
    count=st.integers(1, 6),
    segment_s=st.integers(1, 60),
    separation_s=st.integers(0, 60),
    clip_s=st.integers(1, 200),
    pairs=st.sampled_from(["apart", "together"]),
    rule=st.sampled_from(["greedy", "optimal"]),
)
def test_no_second_is_shown_twice_and_every_clip_lies_in_the_video(
    levels, missing, count, segment_s, separation_s, clip_s, pairs, rule
):
    trace = np.concatenate([np.full(length, float(level)) for length, level in levels])
    for at, length in missing:
        trace[at : at + length] = np.nan
    settings = EventSettings(
        rule=rule, count=count, segment_s=segment_s, separation_s=separation_s, clip_s=clip_s, clip_pairs=pairs
    )
    events = find_events(trace, settings)
    shown = [*events.ruptures, *(repair for repair in events.repairs if repair.onset_s is not None)]
    spans = sorted({event.clip for event in shown})
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    assert all(0 <= start < end <= len(trace) for start, end in spans)
    for event in shown:
        start, end = event.clip
        assert end - start >= clip_s or event.clip_cut
    for rupture in events.ruptures:
        assert 0 <= rupture.begins_s <= rupture.nadir_s and rupture.clip[0] < rupture.end_s


def test_two_segments_of_one_trough_are_marked_and_two_ruptures_are_not():
    trace = np.full(900, 20.0)
    trace[100:300] = -20
    trace[190] = -22
    trace[600:640] = -10
    ruptures = sorted(find_events(trace).ruptures, key=lambda rupture: rupture.rank)
    marked = [rupture for rupture in ruptures if rupture.same_trough_as is not None]
    assert {rupture.same_trough_as for rupture in marked} == {1}
    assert all(100 <= rupture.onset_s < 300 for rupture in marked) and marked
    assert any("same trough" in note for note in find_events(trace).notes)
    assert [r.same_trough_as for r in find_events(v_shapes()).ruptures] == [None] * 3


@pytest.mark.parametrize("fall_s", [1, 10, 30, 60])
def test_a_fall_begins_where_it_was_planted(fall_s):
    hits = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        seconds = np.arange(900)
        noise = np.convolve(rng.normal(size=904), np.ones(5) / 5, mode="valid") * 3
        trace = 20 + noise - np.interp(seconds, [400, 400 + fall_s, 400 + fall_s + 60], [0, 30, 0], left=0, right=0)
        (rupture,) = find_events(np.round(trace), EventSettings(count=1)).ruptures
        hits += abs(rupture.begins_s - 400) <= 10
    assert hits >= 18


def test_equals_go_to_the_earliest():
    trace = np.tile(np.concatenate([np.full(40, 10.0), np.full(40, -10.0)]), 4)
    events = find_events(trace, EventSettings(count=2, segment_s=40, separation_s=10))
    assert [(rupture.onset_s, rupture.rank) for rupture in events.ruptures] == [(40, 1), (120, 2)]


def test_a_segment_with_too_few_rated_seconds_is_not_chosen():
    trace = v_shapes()
    trace[290:312] = np.nan
    events = find_events(trace, EventSettings(min_valid=0.9))
    for rupture in events.ruptures:
        assert np.mean(~np.isnan(trace[rupture.onset_s : rupture.end_s])) >= 0.9


@given(
    ratings=st.lists(st.one_of(st.integers(-50, 50), st.just(None)), min_size=1, max_size=120),
    segment_s=st.integers(1, 20),
    separation_s=st.integers(0, 15),
    min_valid=st.sampled_from([0.3, 0.8, 1.0]),
    trim_start_s=st.integers(0, 10),
)
def test_any_trace_gives_what_the_rule_read_aloud_gives(ratings, segment_s, separation_s, min_valid, trim_start_s):
    trace = np.array([np.nan if rating is None else float(rating) for rating in ratings])
    settings = EventSettings(
        segment_s=segment_s, separation_s=separation_s, min_valid=min_valid, trim_start_s=trim_start_s
    )
    events = find_events(trace, settings)
    rated = trace[~np.isnan(trace)]
    expected = brute_force(trace, settings) if len(rated) and np.ptp(rated) else []
    assert [r.onset_s for r in sorted(events.ruptures, key=lambda r: r.rank)] == expected
    assert len(events.repairs) == len(events.ruptures)
    if len(events.ruptures) < settings.count:
        assert events.notes
    for repair in events.repairs:
        assert (repair.onset_s is None) == bool(repair.reason)
        if repair.onset_s is not None:
            assert repair.nadir_s <= repair.onset_s < repair.end_s <= len(trace)


@pytest.mark.parametrize(
    ("trace", "note"),
    [
        (np.full(300, 7.0), "never changes"),
        (np.full(300, np.nan), "Nothing was rated"),
        (np.array([1.0, 2.0]), "Only 0 of 3"),
        (np.array([]), "Nothing was rated"),
    ],
)
def test_traces_with_nothing_to_find_say_so(trace, note):
    events = find_events(trace)
    assert events.ruptures == [] and events.repairs == []
    assert note in events.notes[0]


def test_smoothing_is_a_mean_of_what_is_rated_around():
    trace = np.array([0.0, 3.0, np.nan, 9.0, 0.0])
    assert smoothed(trace, 3)[:2].tolist() == [1.5, 1.5]
    assert np.isnan(smoothed(trace, 3)[2])
    assert smoothed(trace, 1)[3] == 9.0


@pytest.mark.parametrize("wrong", [{"segment_s": 0}, {"count": -1}, {"min_valid": 0.0}, {"rise": 0.0}, {"hold_s": 0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(AnalysisError, match=next(iter(wrong))):
        EventSettings(**wrong)


def test_a_rupture_is_set_beside_noise_of_the_traces_own_kind():
    rng = np.random.default_rng(1)
    calm = np.convolve(rng.normal(size=2039), np.ones(40) / 40, mode="valid") * 20
    deep = calm.copy()
    deep[900:960] -= 40
    (usual,) = depth_p(calm, 30, [find_events(calm).ruptures[0].mean])
    lowest = min(find_events(deep).ruptures, key=lambda rupture: rupture.rank)
    (unusual,) = depth_p(deep, 30, [lowest.mean])
    assert unusual < 0.05 < usual
    assert depth_p(np.full(200, 3.0), 30, [3.0]) == depth_p(calm[:50], 30, [0.0]) == [None]


def test_a_scale_that_cuts_a_trace_above_makes_no_low_unusual():
    clear = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        trace = np.empty(1500)
        last = 0.0
        for second in range(1500):
            trace[second] = last = 0.97 * last + 3.6 * rng.normal()
        trace = np.clip(np.round(8 + trace), -50, 15)
        lowest = min(find_events(trace).ruptures, key=lambda rupture: rupture.rank)
        (p,) = depth_p(trace, 30, [lowest.mean])
        clear += p < 0.05
    assert clear <= 2
