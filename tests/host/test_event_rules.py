import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracedial.errors import AnalysisError
from tracedial.measures.rupture_rules import change_points, control_chart, individuals_limits
from tracedial.measures.ruptures import EventSettings, find_events
from tracedial.measures.v_shapes import v_shapes

# NIST/SEMATECH e-Handbook, individuals control chart: flow rates of ten batches.
FLOW = np.array([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])


def test_the_individuals_chart_of_nists_flow_rates():
    mean, sigma, lower, upper = individuals_limits(FLOW)
    assert (mean, sigma * 1.128) == pytest.approx((50.81, 1.8778), abs=5e-5)
    assert (upper, lower) == pytest.approx((55.8041, 45.8159), abs=1e-3)


def test_the_chart_is_of_segment_means_and_finds_the_segment_that_is_out():
    rng = np.random.default_rng(1)
    rating = np.repeat(rng.normal(20, 2, 30), 60) + rng.normal(0, 1, 1800)
    rating[600:660] -= 40
    chart = control_chart(rating, segment_s=60)
    assert chart is not None and chart.below == [(600, 660)] and len(chart.means) == 30
    found = find_events(rating, EventSettings(rule="chart", segment_s=60))
    assert [(r.onset_s, r.end_s) for r in found.ruptures] == [(600, 660)]
    assert control_chart(rating[:300], segment_s=60) is None
    assert "found nothing" in find_events(rating[:300], EventSettings(rule="chart", segment_s=60)).notes[0]


def planted(rng, n=1500, at=((300, 20, 40, 25), (900, 40, 60, 18))):
    seconds = np.arange(n)
    noise = np.empty(n)
    last = 0.0
    for second in seconds:
        last = 0.7 * last + rng.normal() * 0.6
        noise[second] = last
    rating = 20 + noise + np.linspace(-5, 5, n)
    for onset, fall, rise, depth in at:
        rating -= np.interp(seconds, [onset, onset + fall, onset + fall + rise], [0, depth, 0], left=0, right=0)
    return np.round(rating)


def test_planted_vs_are_found_where_they_begin_and_end():
    for seed in range(5):
        found = v_shapes(planted(np.random.default_rng(seed)))
        assert len(found) == 2
        for shape, (onset, fall, rise, depth) in zip(found, ((300, 20, 40, 25), (900, 40, 60, 18)), strict=True):
            assert abs(shape.onset_s - onset) <= 6 and abs(shape.nadir_s - onset - fall) <= 6
            assert abs(shape.end_s - onset - fall - rise) <= 12 and shape.returned
            assert shape.depth == pytest.approx(depth, rel=0.2)


def test_a_fall_that_stays_is_no_v_and_neither_is_noise():
    rng = np.random.default_rng(3)
    rating = planted(rng, at=())
    assert v_shapes(rating) == []
    rating[700:] -= 20
    found = find_events(rating, EventSettings(rule="vshape"))
    assert all(not 690 <= rupture.onset_s <= 710 for rupture in found.ruptures)


def test_a_v_survives_gaps_and_leaves_its_repair_to_the_rule_of_repairs():
    rating = planted(np.random.default_rng(7))
    rating[305:309] = np.nan
    found = find_events(rating, EventSettings(rule="vshape", count=2))
    assert [abs(r.onset_s - at) <= 6 for r, at in zip(found.ruptures, (300, 900), strict=True)] == [True, True]
    assert [r.rank for r in found.ruptures] == [1, 2]
    assert all(repair.onset_s is not None for repair in found.repairs)


@given(
    seed=st.integers(0, 10_000), count=st.integers(1, 4), segment_s=st.integers(1, 5), separation_s=st.integers(0, 4)
)
def test_the_optimal_rule_has_the_lowest_sum_there_is(seed, count, segment_s, separation_s):
    rng = np.random.default_rng(seed)
    rating = rng.integers(-9, 10, 22).astype(float)
    rating[rng.random(22) < 0.1] = np.nan
    if np.isnan(rating).all():
        return
    settings = EventSettings(rule="optimal", count=count, segment_s=segment_s, separation_s=separation_s, min_valid=0.6)
    found = sorted(r.onset_s for r in find_events(rating, settings).ruptures)
    reach = segment_s + separation_s
    allowed = [
        t for t in range(22 - segment_s + 1)
        if np.mean(~np.isnan(rating[t : t + segment_s])) >= 0.6 - 1e-12
    ]  # fmt: skip
    means = {t: np.nanmean(rating[t : t + segment_s]) for t in allowed}
    for number in range(count, 0, -1):
        sets = [
            chosen for chosen in itertools.combinations(allowed, number)
            if all(b - a >= reach for a, b in itertools.pairwise(chosen))
        ]  # fmt: skip
        if sets:
            break
    else:
        assert found == []
        return
    lowest = min(sum(means[t] for t in chosen) for chosen in sets)
    assert len(found) == number and all(b - a >= reach for a, b in itertools.pairwise(found))
    assert sum(means[t] for t in found) == pytest.approx(lowest, abs=1e-6)


def test_greedy_and_optimal_can_differ_and_say_which_they_are():
    # The lowest segment stands between two that are together lower than it and any other.
    rating = np.array([9, 2, 2, 1, 2, 2, 9, 9, 9, 9], dtype=float)
    greedy = find_events(rating, EventSettings(count=2, segment_s=1, separation_s=2))
    optimal = find_events(rating, EventSettings(rule="optimal", count=2, segment_s=1, separation_s=2))
    assert [r.onset_s for r in greedy.ruptures] == [0, 3] and [r.onset_s for r in optimal.ruptures] == [1, 4]
    assert "greedy" in EventSettings().as_parameters()["rupture_rule"]
    assert "dynamic programming" in EventSettings(rule="optimal").as_parameters()["rupture_rule"]


def test_change_points_are_the_librarys_and_pass_over_missing_seconds():
    rating = np.concatenate([np.full(100, 10.0), np.full(60, -20.0), np.full(100, 10.0)])
    rating += np.random.default_rng(1).normal(0, 1, 260)
    assert change_points(rating) == [100, 160] == change_points(rating, count=2)
    found = find_events(rating, EventSettings(rule="changepoints", count=1))
    assert [(r.onset_s, r.end_s) for r in found.ruptures] == [(100, 160)]
    rating[[5, 120, 121, 159]] = np.nan
    assert change_points(rating) == [100, 160]
    found = find_events(rating, EventSettings(rule="changepoints", count=1))
    assert [(r.onset_s, r.end_s) for r in found.ruptures] == [(100, 160)]


def test_an_unknown_rule_is_refused():
    with pytest.raises(AnalysisError, match="one of greedy, optimal"):
        EventSettings(rule="deepest")


def ar1(rng, phi, n=1500):
    noise = np.empty(n)
    last = rng.normal()
    for second in range(n):
        noise[second] = last = phi * last + np.sqrt(1 - phi**2) * rng.normal()
    return noise


def held(rng, trace, least_s, most_s):
    out, at = trace.copy(), 0
    while at < len(trace):
        length = int(rng.integers(least_s, most_s))
        out[at : at + length] = trace[at]
        at += length
    return out


def gaps(rng, trace):
    trace = trace.copy()
    for at in rng.integers(0, len(trace) - 30, 6):
        trace[at : at + int(rng.integers(5, 30))] = np.nan
    return trace


NOISES = {
    "quick": lambda rng: 15 + 10 * ar1(rng, 0.8),
    "slow": lambda rng: 15 + 10 * ar1(rng, 0.98),
    "slow signal and noise": lambda rng: 15 + 8 * ar1(rng, 0.97) + 6 * rng.normal(size=1500),
    "few units": lambda rng: 2 * ar1(rng, 0.98),
    "held": lambda rng: held(rng, 15 + 10 * ar1(rng, 0.97), 3, 15),
    "held long, with gaps": lambda rng: gaps(rng, held(rng, 15 + 10 * ar1(rng, 0.95), 20, 60)),
    "cut by the scale's end": lambda rng: np.clip(8 + 15 * ar1(rng, 0.97), -50, 15),
    "trending": lambda rng: 10 * ar1(rng, 0.95) + np.linspace(0, 40, 1500),
}


@pytest.mark.parametrize("kind", NOISES)
def test_noise_of_any_kind_has_at_most_half_a_fall_a_session(kind):
    found = [len(v_shapes(np.round(NOISES[kind](np.random.default_rng(seed))))) for seed in range(6)]
    assert sum(found) <= 3


def test_boxes_and_vs_of_a_held_knob_are_found():
    boxes = vs = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        rating = 20 + 3 * ar1(rng, 0.9)
        for at, length in ((300, 70), (900, 110)):
            rating[at : at + length] -= 25
        boxes += sum(abs(shape.onset_s - at) <= 5 for shape in v_shapes(np.round(rating)) for at in (300, 900))
        rating = held(rng, 20 + 3 * ar1(rng, 0.9) - np.interp(
            np.arange(1500), [300, 340, 420, 900, 940, 1020], [0, 35, 0, 0, 35, 0]), 3, 12)  # fmt: skip
        vs += sum(abs(shape.onset_s - at) <= 10 for shape in v_shapes(np.round(rating)) for at in (300, 900))
    assert boxes >= 7 and vs >= 5


def test_another_scale_has_the_same_falls():
    rating = planted(np.random.default_rng(2))
    one = v_shapes(rating)
    other = v_shapes(0.5 + rating / 100)
    assert len(one) == 2
    assert [shape.onset_s for shape in other] == [shape.onset_s for shape in one]
    assert [shape.depth * 100 for shape in other] == pytest.approx([shape.depth for shape in one])


def test_a_fall_with_an_unrated_minute_is_found_and_one_that_nobody_rated_is_not():
    rating = planted(np.random.default_rng(4), at=((600, 150, 60, 45),))
    rating[645:705] = np.nan
    (shape,) = v_shapes(rating)
    assert abs(shape.onset_s - 600) <= 30 and not np.isnan(rating[shape.nadir_s])
    rating = planted(np.random.default_rng(4), at=((600, 40, 60, 45),))
    rating[603:697] = np.nan
    assert all(shape.end_s < 600 or shape.onset_s > 700 for shape in v_shapes(rating))


@settings(max_examples=25)
@given(
    levels=st.lists(st.tuples(st.integers(1, 300), st.integers(-50, 50)), min_size=1, max_size=8),
    missing=st.lists(st.tuples(st.integers(0, 900), st.integers(1, 200)), max_size=3),
    step=st.sampled_from([1.0, 0.01, 1e-9]),
)
def test_any_levels_gaps_and_scale_give_falls_within_the_trace(levels, missing, step):
    rating = step * np.concatenate([np.full(length, float(level)) for length, level in levels])
    for at, length in missing:
        rating[at : at + length] = np.nan
    for sign in (1, -1):
        found = v_shapes(sign * rating)
        assert all(0 <= one.onset_s < one.nadir_s <= one.end_s < len(rating) and one.depth > 0 for one in found)
        assert all(a.onset_s <= b.onset_s for a, b in itertools.pairwise(found))
