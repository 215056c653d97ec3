import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from tracedial.measures.agreement import congruence, truth_bias
from tracedial.measures.autocorrelation import autocorrelations, effective_n, lag1_autocorrelation, trend_p
from tracedial.measures.chance import chance_of_cosines, shift_p, shifted_r, surrogate_p, surrogate_weights
from tracedial.measures.cosines import cosine_test, course_order, without_course
from tracedial.measures.fair_sums import FairSum
from tracedial.measures.lag import corrected, correlation_at, lag_of
from tracedial.measures.start_up import StartUp, settled_s, start_up

pytestmark = pytest.mark.thorough("simulates as many pairs of raters as a rate needs")


def ar1(rng, n, phi):
    out = np.empty(n)
    last = rng.normal()
    for at in range(n):
        last = phi * last + np.sqrt(1 - phi**2) * rng.normal()
        out[at] = last
    return out


@given(seed=st.integers(0, 1000), n=st.integers(8, 60), gaps=st.floats(0, 0.3))
def test_every_circular_shift_is_the_correlation_that_a_loop_finds(seed, n, gaps):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(-50, 51, (2, n)).astype(float)
    a[rng.random(n) < gaps], b[rng.random(n) < gaps] = np.nan, np.nan
    if np.isnan(a).all() or np.isnan(b).all():
        return
    shifted = shifted_r(a, b, min_shift_s=2)
    for shift in range(n):
        moved = np.roll(b, -shift)
        both = ~np.isnan(a) & ~np.isnan(moved)
        if both.sum() > 2 and np.ptp(a[both]) > 0 and np.ptp(moved[both]) > 0:
            assert shifted.r[shift] == pytest.approx(np.corrcoef(a[both], moved[both])[0, 1], abs=1e-9)
    assert not shifted.allowed[[0, 1, n - 1]].any()


def test_the_p_of_surrogates_is_that_of_many_drawn_ones():
    rng = np.random.default_rng(5)
    for phi in (0.8, 0.97):
        a, b = ar1(rng, 600, phi), ar1(rng, 600, phi)
        r = float(np.corrcoef(a, b)[0, 1])
        spectrum = np.fft.rfft(b - b.mean())
        phases = rng.uniform(0, 2 * np.pi, (20_000, len(spectrum)))
        phases[:, [0, -1]] = np.where(rng.random((20_000, 2)) < 0.5, 0, np.pi)
        drawn = np.fft.irfft(np.abs(spectrum) * np.exp(1j * phases), 600, axis=1)
        centred = a - a.mean()
        among = drawn @ centred / np.sqrt((centred @ centred) * (drawn**2).sum(axis=1))
        for at_least in (r, 0.5 * r, 0.3):
            expected = np.mean(np.abs(among) >= abs(at_least))
            assert surrogate_p(a, b, at_least) == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 20_000))


def test_the_weights_of_surrogates_make_r_again_with_the_traces_own_phases():
    rng = np.random.default_rng(2)
    for n in (200, 201):
        a, b = rng.normal(size=(2, n))
        difference = np.angle(np.fft.rfft(a - a.mean()))[1:] - np.angle(np.fft.rfft(b - b.mean()))[1:]
        again = np.sum(surrogate_weights(a, b) * np.cos(difference))
        assert again == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-9)


def test_the_chance_of_a_sum_of_cosines_is_known_where_it_is_simple():
    # One cosine: P(|cos θ| ≥ x) = 2 arccos(x)/π. Many small ones: a normal variable.
    assert chance_of_cosines(np.array([1.0, 1e-9]), 0.5) == pytest.approx(2 / 3, abs=5e-3)
    many = np.full(2000, 0.01)
    sd = 0.01 * np.sqrt(1000)
    assert chance_of_cosines(many, 1.96 * sd) == pytest.approx(0.05, abs=1e-3)
    assert chance_of_cosines(np.array([0.5, 0.5]), 1.0) == 0.0 and chance_of_cosines(many, 0.0) == 1.0


def test_the_sum_of_fair_signs_is_that_of_many_drawn_ones():
    rng = np.random.default_rng(4)
    for count in (3, 12, 60, 900):
        weights = np.sort(rng.gamma(0.5, size=count))[::-1]
        exact = FairSum(weights)
        drawn = np.abs((rng.integers(0, 2, (40_000, count)) * 2 - 1) @ weights)
        for at_least in np.quantile(drawn, [0.3, 0.8, 0.95, 0.99]) * 0.999:
            assert exact.beyond(float(at_least)) == pytest.approx(np.mean(drawn >= at_least), abs=0.012)
        if count > 3:
            assert exact.beyond(exact.quantile(0.05)) == pytest.approx(0.05, abs=0.01)
    assert FairSum(np.array([1.0, 1.0])).quantile(0.05) == np.inf


def test_the_products_of_cosines_add_up_to_r():
    rng = np.random.default_rng(3)
    a, b = ar1(rng, 301, 0.9), ar1(rng, 301, 0.9)
    test = cosine_test(a, b)
    assert test.r == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-12)
    assert (test.p < 0.05) == (abs(test.r) > test.r_needed)


def test_p_values_of_traces_that_go_together_are_small_and_of_others_not():
    rng = np.random.default_rng(8)
    a = ar1(rng, 2000, 0.9)
    together = congruence(a, a + ar1(rng, 2000, 0.9))
    for name in ("p_cosine", "p_eff", "p_pp", "p_shift", "p_surrogate"):
        assert getattr(together, name) < 0.02, name
    assert together.ci_low < together.r < together.ci_high and together.ci_low > 0.4
    assert together.first_p == "p_cosine" and together.withheld == {}
    assert together.r_needed < 0.3
    apart = congruence(a, ar1(rng, 2000, 0.9))
    assert apart.n_eff_cosine == pytest.approx(apart.n_eff, rel=0.35)


def rate(make, *, n_pairs=300, seed=1):
    """How often two traces that know nothing of each other have a first p below .05."""
    rng = np.random.default_rng(seed)
    below = 0
    for _ in range(n_pairs):
        a, b = make(rng), make(rng)
        first_s = settled_s([start_up(a), start_up(b)])
        found = congruence(a[first_s:], b[first_s:], full=False)
        assert found.first_p is not None
        below += getattr(found, found.first_p) < 0.05
    return below / n_pairs


def arma(rng, n):
    return np.asarray(lfilter([1.0, -0.8], [1.0, -0.98], rng.normal(size=n + 500)))[500:]


def swinging(rng, n):
    return np.asarray(lfilter([1.0], [1.0, -2 * 0.99 * np.cos(2 * np.pi / 60), 0.99**2], rng.normal(size=n + 500)))[
        500:
    ]


def in_steps(rng, n):
    return np.repeat(np.round(10 * ar1(rng, n // 12 + 1, 0.6)), 12)[:n]


def gappy(rng, n):
    x = in_steps(rng, n)
    for at in rng.integers(0, n - 20, n // 200):
        x[at : at + 15] = np.nan
    return x


def from_zero(rng, n):
    return (3 + ar1(rng, n, 0.95)) * (1 - np.exp(-np.arange(n) / 20))


def with_arc(rng, n):
    return ar1(rng, n, 0.95) + 3 * np.linspace(-1, 1, n) ** 2 + np.linspace(0, 2, n)


def growing(rng, n):
    return ar1(rng, n, 0.95) * np.linspace(0.5, 1.5, n)


@pytest.mark.parametrize("n", [300, 1500])
@pytest.mark.parametrize("kind", [arma, swinging, in_steps, gappy, from_zero, with_arc, growing])
def test_the_first_p_holds_its_rate_for_traces_that_know_nothing_of_each_other(kind, n):
    # 300 pairs: .05 ± 3 standard errors of .0126, and a little for what short sessions lack.
    assert 0.012 <= rate(lambda rng: kind(rng, n)) <= 0.1


def test_a_p_for_ar1_series_is_given_for_such_alone():
    rng = np.random.default_rng(1)
    assert congruence(ar1(rng, 2000, 0.9), ar1(rng, 2000, 0.9)).p_eff is not None
    other = congruence(arma(rng, 2000), arma(rng, 2000))
    assert other.p_eff is None and "no AR(1) series" in other.withheld["p_eff"] and other.first_p is not None
    steps = congruence(in_steps(rng, 2000), in_steps(rng, 2000))
    assert steps.p_eff is None and steps.n_eff is not None


def test_two_traces_that_both_drift_get_the_p_without_their_course_and_it_is_said():
    rng = np.random.default_rng(4)
    line = np.linspace(0, 8, 2000)
    result = congruence(ar1(rng, 2000, 0.9) + line, ar1(rng, 2000, 0.9) + line)
    assert result.r > 0.7 and result.p_naive < 1e-9
    assert {"p_cosine", "p_pp", "p_shift", "p_surrogate", "ci_low"} <= set(result.withheld)
    assert result.p_surrogate is None and result.ci_low is None and result.ci_high is None
    assert abs(result.r_detrended) < 0.3 and result.p_detrended > 0.01
    assert result.first_p == "p_detrended" and result.reason is None and result.course_order == 2


def test_lines_alone_leave_nothing_to_correlate():
    result = congruence(np.arange(200.0), 5 - np.arange(200.0))
    assert result.r == -1.0 and result.first_p is None and "nothing is left" in result.reason


@pytest.mark.parametrize("size", [0.5, 2.0])
def test_a_coupled_pair_that_rises_is_still_told_from_chance(size):
    rng = np.random.default_rng(6)
    a = ar1(rng, 2900, 0.95)
    b = 0.75 * a + np.sqrt(1 - 0.75**2) * ar1(rng, 2900, 0.95)
    line = np.linspace(0, size, 2900)
    result = congruence(a + line, b + line)
    assert getattr(result, result.first_p) < 0.001


def test_a_slow_course_is_seen_in_one_trace_already():
    rng = np.random.default_rng(7)
    plain, bent = ar1(rng, 2000, 0.9), ar1(rng, 2000, 0.9) + 4 * np.linspace(-1, 1, 2000) ** 2
    assert course_order(plain, bent) == course_order(bent, plain) == 2
    waves = ar1(rng, 2000, 0.9) + 2 * np.cos(np.linspace(0, 4 * np.pi, 2000))
    assert course_order(plain, waves) == 4
    assert np.abs(without_course(np.linspace(3, 9, 100), 1)).max() < 1e-12


def test_a_start_up_is_the_way_from_where_the_dial_stood():
    rng = np.random.default_rng(2)
    begun = start_up(from_zero(rng, 900) * 10)
    assert begun.distance_sd > 1.5 and 20 <= begun.until_s <= 100
    late = start_up(np.concatenate([np.full(10, np.nan), from_zero(rng, 900)]))
    assert late.until_s > 20
    for odd in (np.full(500, 3.0), np.full(500, np.nan), np.arange(20.0)):
        assert start_up(odd) == StartUp(0.0, 0)
    # What one alone does makes no correlation, unless it is far off.
    assert settled_s([StartUp(2.0, 40), StartUp(1.0, 70)]) == 0
    assert settled_s([StartUp(2.0, 40), StartUp(1.6, 70)]) == 70
    assert settled_s([StartUp(3.5, 40), StartUp(0.0, 0)]) == 40


def test_a_trend_is_told_from_a_slow_wandering():
    rng = np.random.default_rng(6)
    wandering = ar1(rng, 2000, 0.99)
    assert trend_p(wandering) > 0.01
    assert trend_p(wandering + np.linspace(0, 12, 2000)) < 0.01
    assert trend_p(np.arange(100.0)) == 0.0


def test_autocorrelations_are_the_usual_ones_and_gaps_do_not_bend_them():
    rng = np.random.default_rng(3)
    x = ar1(rng, 5000, 0.9)
    centred = x - x.mean()
    expected = [float(centred[: len(x) - lag] @ centred[lag:]) / float(centred @ centred) for lag in range(20)]
    assert autocorrelations(x, 19) == pytest.approx(expected, abs=1e-9)
    x[rng.random(5000) < 0.2] = np.nan
    assert autocorrelations(x, 10)[10] == pytest.approx(expected[10], abs=0.05)


def test_both_effective_ns_agree_for_an_ar1_series():
    rng = np.random.default_rng(7)
    sizes = effective_n(ar1(rng, 20_000, 0.9), ar1(rng, 20_000, 0.9))
    assert sizes.bretherton == pytest.approx(20_000 * 0.19 / 1.81, rel=0.1)
    assert sizes.pyper_peterman == pytest.approx(sizes.bretherton, rel=0.15)


def test_truth_and_bias_of_known_traces():
    c = np.random.default_rng(1).normal(20, 5, 100)
    assert truth_bias(c, c - 10) == pytest.approx((-10, 1))
    assert truth_bias(c, 0.5 * (c - c.mean()) + c.mean() + 4) == pytest.approx((4, 0.5))


def test_a_lag_of_three_seconds_says_that_b_follows_a():
    rng = np.random.default_rng(1)
    a = ar1(rng, 900, 0.9)
    b = np.concatenate([rng.normal(size=3), a[:-3]])
    found = lag_of(a, b, name_a="client", name_b="therapist")
    assert found.best_s == 3 and found.r == pytest.approx(1.0) and found.p < 0.05
    assert found.definition == "positive: therapist follows client by so many seconds"
    turned = lag_of(b, a, name_a="therapist", name_b="client")
    assert turned.best_s == -3 and turned.r == pytest.approx(1.0)
    assert correlation_at(a, corrected(b, 3), 0) == pytest.approx(1.0)
    assert dict(found.curve)[0] == pytest.approx(found.r_zero)


def test_the_best_of_many_lags_is_no_finding_among_independent_traces():
    rng = np.random.default_rng(2)
    ps = [lag_of(ar1(rng, 900, 0.9), ar1(rng, 900, 0.9), name_a="a", name_b="b").p for _ in range(120)]
    known = [p for p in ps if p is not None]
    assert len(known) > 100 and sum(p < 0.05 for p in known) / len(known) < 0.12


def test_a_correction_moves_ratings_earlier_and_leaves_the_end_missing():
    x = np.arange(6.0)
    assert corrected(x, 2)[:4].tolist() == [2, 3, 4, 5] and np.isnan(corrected(x, 2)[4:]).all()
    assert corrected(x, -1)[1:].tolist() == [0, 1, 2, 3, 4] and np.isnan(corrected(x, -1)[0])
    assert np.isnan(corrected(x, 9)).all() and (corrected(x, 0) == x).all()


def test_short_sessions_have_no_shifts_to_compare_with():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 90))
    assert not shifted_r(a, b).allowed.any()
    assert shift_p(0.5, shifted_r(a, b)) is None
    result = congruence(a, b)
    assert result.p_shift is None and "too short" in result.withheld["p_shift"] and result.p_surrogate is not None


def test_a_few_missing_seconds_hardly_touch_the_lag_1_autocorrelation():
    rng = np.random.default_rng(9)
    x = ar1(rng, 300, 0.98) * 15
    whole = lag1_autocorrelation(x)
    for _ in range(50):
        gappy = x.copy()
        gappy[rng.integers(0, 300, 15)] = np.nan
        # Of the seconds that repeat one another: 1 - r1 is what the effective N rests on.
        assert 1 - lag1_autocorrelation(gappy) == pytest.approx(1 - whole, rel=0.35)
