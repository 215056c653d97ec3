import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracedial.agreement import congruence, truth_bias
from tracedial.autocorrelation import autocorrelations, effective_n, lag1_autocorrelation, trend_p
from tracedial.bootstrap import block_sums, interval, resample
from tracedial.chance import chance_of_cosines, shift_p, shifted_r, surrogate_p, surrogate_weights
from tracedial.lag import corrected, correlation_at, lag_of


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


def test_p_values_of_traces_that_go_together_are_small_and_of_others_not():
    rng = np.random.default_rng(8)
    a = ar1(rng, 2000, 0.9)
    together = congruence(a, a + ar1(rng, 2000, 0.9))
    for name in ("p_eff", "p_pp", "p_shift", "p_surrogate"):
        assert getattr(together, name) < 0.02, name
    assert together.ci_low < together.r < together.ci_high and together.ci_low > 0.4
    assert together.first_p == "p_eff" and together.withheld == {}


def test_a_knob_that_is_held_still_leaves_the_lag_1_method_out_and_says_so():
    rng = np.random.default_rng(1)
    a, b = (np.repeat(rng.integers(-40, 40, 100), 30).astype(float) for _ in range(2))
    b = np.roll(b, 13)
    result = congruence(a, b)
    assert result.p_eff is None and "held still" in result.withheld["p_eff"]
    assert result.n_eff is not None and result.p_surrogate is not None and result.first_p == "p_surrogate"


def test_two_traces_that_both_drift_get_no_p_but_are_looked_at_without_their_lines():
    rng = np.random.default_rng(4)
    line = np.linspace(0, 8, 2000)
    result = congruence(ar1(rng, 2000, 0.9) + line, ar1(rng, 2000, 0.9) + line)
    assert result.r > 0.7 and result.p_naive < 1e-9
    assert {"p_eff", "p_pp", "p_shift", "p_surrogate"} <= set(result.withheld) and result.p_surrogate is None
    assert abs(result.r_detrended) < 0.3 and result.p_detrended > 0.01
    assert result.first_p is None and "rise or fall over the whole session" in result.reason


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


def test_block_sums_are_the_sums_of_circular_blocks():
    columns = np.arange(10.0).reshape(5, 2)
    expected = [[sum(columns[(at + k) % 5, c] for k in range(3)) for c in range(2)] for at in range(5)]
    assert block_sums(columns, 3) == pytest.approx(np.array(expected))
    drawn, blocks = resample(columns, 2, draws=50)
    assert drawn.shape == (50, 2) and blocks == 3
    again, _ = resample(columns, 2, draws=50)
    assert (drawn == again).all()


def test_an_interval_needs_a_few_blocks():
    assert interval(0.0, np.zeros(10), 2) is None
    assert interval(0.0, np.full(10, np.nan), 9) is None


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
