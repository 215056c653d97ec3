"""P values and intervals under null models that a reviewer might propose; traces are synthetic."""

import numpy as np
import pytest
from scipy.signal import lfilter

from tracedial.measures.agreement import congruence, discrepancy
from tracedial.measures.coincidence import overlap
from tracedial.measures.cosines import common, cosine_test, course_order, slope_interval
from tracedial.measures.event_chance import drawn_traces, overlap_by_chance
from tracedial.measures.lag import corrected, lag_of
from tracedial.measures.lag_chance import largest_test
from tracedial.measures.long_memory import looks_long
from tracedial.measures.reliability import reliability
from tracedial.measures.ruptures import find_events

pytestmark = pytest.mark.thorough("simulates as many pairs of raters as a rate needs")


def ar1(rng, n, phi):
    return np.asarray(lfilter([1.0], [1.0, -phi], rng.normal(size=n + 500) * np.sqrt(1 - phi**2)))[500:]


def rate_of_first_p(make, pairs):
    rng = np.random.default_rng(4)
    found = []
    for _ in range(pairs):
        result = congruence(make(rng), make(rng), full=False)
        assert result.first_p is not None
        found.append(getattr(result, result.first_p))
    return np.mean(np.array(found) < 0.05)


def test_two_swings_of_one_period_are_one_observation():
    second = np.arange(300)

    def make(rng):
        return ar1(rng, 300, 0.9) + 1.5 * np.sin(2 * np.pi * second / 60 + rng.uniform(0, 2 * np.pi))

    assert rate_of_first_p(make, 150) < 0.11


def test_bursts_in_the_same_places_do_not_pass_for_agreement():
    place = np.linspace(0, 1, 600)
    lively = np.where(((place > 0.2) & (place < 0.3)) | ((place > 0.7) & (place < 0.8)), 3.0, 1.0)
    assert rate_of_first_p(lambda rng: lively * ar1(rng, 600, 0.95), 150) < 0.1


@pytest.mark.parametrize("r", [0.0, 0.2, -0.4, 0.9])
def test_a_slope_leaves_0_out_where_the_correlation_is_told_from_chance(r):
    rng = np.random.default_rng(3)
    for _ in range(12):
        a = ar1(rng, 500, 0.9)
        b = 3 * (r * a + np.sqrt(1 - r * r) * ar1(rng, 500, 0.9))
        for at in (60, 240, 380):
            b[at : at + 20] = np.nan
        result = congruence(a, b)
        t = result.truth_bias
        ends = (t.b1_detrended_low, t.b1_detrended_high) if result.course_order else (t.b1_low, t.b1_high)
        of_r = (
            (result.ci_detrended_low, result.ci_detrended_high)
            if result.course_order
            else (result.ci_low, result.ci_high)
        )
        below = getattr(result, result.first_p) < 0.05
        assert below == (not ends[0] <= 0 <= ends[1]) == (not of_r[0] <= 0 <= of_r[1])
        slope = t.b1_detrended if result.course_order else t.b1
        assert ends[0] < slope < ends[1]


def test_a_slope_beyond_its_interval_leaves_a_rest_that_goes_with_the_trace():
    rng = np.random.default_rng(8)
    a = ar1(rng, 600, 0.95)
    b = 0.5 * a + ar1(rng, 600, 0.95)
    interval = slope_interval(a, b)
    assert interval is not None
    low, high = interval
    for end, outward in ((low, -1), (high, 1)):
        assert cosine_test(a, b - (end + 0.15 * outward) * a).p < 0.05
        assert cosine_test(a, b - (end - 0.15 * outward) * a).p > 0.05


def test_a_lag_that_was_chosen_is_paid_for():
    rng = np.random.default_rng(12)
    below_given = below_chosen = 0
    for _ in range(60):
        a, b = ar1(rng, 600, 0.9), ar1(rng, 600, 0.9)
        lag_s = lag_of(a, b, name_a="a", name_b="b").best_s
        moved = corrected(b, lag_s)
        searched = range(-10 - lag_s, 11 - lag_s)
        given, chosen = congruence(a, moved), congruence(a, moved, chosen_of_s=searched)
        p = getattr(chosen, chosen.first_p)
        assert chosen.first_p == given.first_p and p >= getattr(given, given.first_p) - 0.01
        of_r = (chosen.ci_low, chosen.ci_high)
        if chosen.course_order:
            of_r = (chosen.ci_detrended_low, chosen.ci_detrended_high)
        assert (p < 0.05) == (not of_r[0] <= 0 <= of_r[1])
        assert chosen.p_surrogate is None and "lag" in chosen.withheld["p_surrogate"]
        assert chosen.truth_bias.b1_low is None
        below_given += getattr(given, given.first_p) < 0.05
        below_chosen += p < 0.05
    assert below_chosen <= 8 < below_given + 4


def test_the_largest_of_one_lag_is_that_of_r_itself():
    rng = np.random.default_rng(2)
    a, b = ar1(rng, 900, 0.9), ar1(rng, 900, 0.9)
    x, y = common(a, b)
    test = cosine_test(x, y, order=course_order(x, y))
    assert largest_test(a, b, range(1)).p == pytest.approx(test.p, abs=0.05)


def test_a_rater_s_own_course_is_not_coincidence():
    rng = np.random.default_rng(6)
    place = np.linspace(0, 1, 900)
    fall = np.where(place > 0.6, -(place - 0.6) / 0.4 * 3, 0.0)
    by_course, by_shifts = [], []
    for _ in range(80):
        traces = [ar1(rng, 900, 0.95) + fall for _ in range(2)]
        events = [[(r.onset_s, r.end_s) for r in find_events(one).ruptures] for one in traces]
        by_course.append(overlap(*events, n_seconds=900, ratings=tuple(traces)).p)
        by_shifts.append(overlap(*events, n_seconds=900).p)
    assert np.mean(np.array(by_course) < 0.05) <= 0.11 < np.mean(np.array(by_shifts) < 0.05)


def test_events_that_coincide_in_quiet_traces_are_beyond_chance():
    rng = np.random.default_rng(7)
    dips = np.zeros(2900)
    for at in (400, 1200, 2300):
        dips[at : at + 30] = -6
    traces = tuple(dips + ar1(rng, 2900, 0.8) for _ in range(2))
    events = [(400, 430), (1200, 1230), (2300, 2330)]
    found = overlap(events, events, n_seconds=2900, ratings=traces)
    assert found.overlap == 1 and found.p < 0.02 and found.overlap_chance < 0.1


def test_flat_traces_do_not_coincide_by_the_choice_of_the_first_second():
    # Both lie at the lowest rating but for two short rises: the rule chooses the first of many equal segments.
    a, b = np.full(1200, -50.0), np.full(1200, -50.0)
    a[500:560], b[800:850] = 10.0, 20.0
    a[900:930], b[300:350] = 5.0, 15.0
    events = [[(r.onset_s, r.end_s) for r in find_events(one).ruptures] for one in (a, b)]
    found = overlap(*events, n_seconds=1200, ratings=(a, b))
    assert found.overlap > 0.3 and (found.p is None or found.p > 0.05)


def test_unrated_seconds_hold_no_event():
    rng = np.random.default_rng(1)
    a, b = ar1(rng, 600, 0.9), ar1(rng, 600, 0.9)
    b[100:200] = np.nan
    found = overlap([(110, 140), (300, 330)], [(120, 150), (400, 430)], n_seconds=600, ratings=(a, b))
    assert found.overlap == 0 and found.p > 0.5
    assert overlap_by_chance([(110, 140)], [(120, 150)], (a, b)) is None
    nothing = overlap([(110, 140)], [(120, 150)], n_seconds=600, ratings=(a, b))
    assert nothing.overlap is None and nothing.p is None and "no second" in nothing.reason


def test_drawn_traces_have_the_trace_s_course_and_its_ratings():
    rng = np.random.default_rng(5)
    trace = np.clip(np.round(10 * ar1(rng, 600, 0.95) + np.linspace(-20, 20, 600)), -15, 50)
    drawn = drawn_traces(trace, 50, rng)
    assert set(np.unique(drawn)) <= set(np.unique(trace))
    assert np.mean(drawn == -15) == pytest.approx(np.mean(trace == -15), abs=0.08)
    assert np.all(drawn[:, :150].mean(axis=1) < drawn[:, 450:].mean(axis=1))


def test_long_memory_is_marked_and_what_forgets_is_not():
    rng = np.random.default_rng(9)
    lags = np.arange(1, 12000)
    weights = np.concatenate([[1.0], np.cumprod((lags - 1 + 0.4) / lags)])
    long = np.convolve(rng.normal(size=14900), weights, mode="full")[12000:14900]
    assert looks_long(long)
    assert discrepancy(np.zeros(2900), long, name_a="a", name_b="b").caution
    for other in (ar1(rng, 2900, 0.98), rng.normal(size=2900), np.sin(np.arange(2900) / 5) + 0.1 * ar1(rng, 2900, 0.9)):
        assert not looks_long(other)
    assert not looks_long(long[:200]) and not looks_long(np.zeros(2900))


def test_intervals_of_agreement_hold_what_short_slow_sessions_leave_open():
    rng = np.random.default_rng(10)
    held = []
    for _ in range(80):
        a = ar1(rng, 600, 0.98)
        b = 0.5 * a + np.sqrt(0.75) * ar1(rng, 600, 0.98)
        found = reliability(np.stack([a, b], axis=1), options=None).estimates
        held.append([found[name].ci_low <= 0.5 <= found[name].ci_high for name in ("icc_a_1", "ccc", "alpha")])
    assert np.all(np.mean(held, axis=0) >= 0.88)


def test_intervals_of_agreement_do_not_hang_on_the_unit_and_hold_the_value():
    rng = np.random.default_rng(11)
    table = ar1(rng, 900, 0.9)[:, None] + np.stack([ar1(rng, 900, 0.9) for _ in range(3)], axis=1)
    table[100:140, 1] = np.nan
    found = reliability(table, options=None).estimates
    scaled = reliability(7 * table + 20, options=None).estimates
    for name, one in found.items():
        if one.ci_low is None:
            continue
        assert one.ci_low <= one.value <= one.ci_high <= 1
        assert (scaled[name].ci_low, scaled[name].ci_high) == pytest.approx((one.ci_low, one.ci_high), abs=1e-6)
    assert found["icc_a_1"].ci_low is not None and found["alpha"].ci_low is not None
