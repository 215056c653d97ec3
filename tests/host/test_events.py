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


def test_clips_are_two_minutes_and_cut_at_the_end_with_a_word():
    events = find_events(v_shapes(falls=((100, 30), (300, 40), (560, 50))))
    clips = [(rupture.clip, rupture.clip_cut) for rupture in events.ruptures]
    assert clips[0] == ((events.ruptures[0].onset_s, events.ruptures[0].onset_s + 120), False)
    assert clips[2] == ((events.ruptures[2].onset_s, 600), True)


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
