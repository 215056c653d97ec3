"""Periods that two traces share: one swing counts as one observation, wherever its waves end; traces are synthetic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from tracedial.measures.cosines import cosine_test
from tracedial.measures.fair_sums import FairSum
from tracedial.measures.lag_chance import largest_test
from tracedial.measures.swings import shared_swings

pytestmark = pytest.mark.thorough("simulates as many pairs of raters as a rate needs")


def ar1(rng, n, phi):
    return np.asarray(lfilter([1.0], [1.0, -phi], rng.normal(size=n + 500) * np.sqrt(1 - phi**2)))[500:]


def swinging(rng, n, *periods_s, wave=np.sin):
    second = np.arange(n)
    return ar1(rng, n, 0.9) + sum(
        1.5 * wave(2 * np.pi * second / period_s + rng.uniform(0, 2 * np.pi)) for period_s in periods_s
    )


def square(angle):
    return np.sign(np.sin(angle))


@pytest.mark.parametrize(
    ("n", "periods_s", "wave"),
    [(450, (60,), np.sin), (300, (45,), np.sin), (450, (200,), np.sin), (600, (37, 60), np.sin), (1500, (60,), square)],
)
def test_shared_seasons_do_not_pass_for_agreement_where_they_end_off_a_wave(n, periods_s, wave):
    rng = np.random.default_rng(5)
    below = 0
    for _ in range(120):
        a, b = (swinging(rng, n, *periods_s, wave=wave) for _ in range(2))
        test = cosine_test(a, b)
        assert test is not None
        below += test.p < 0.05
    assert below / 120 < 0.11


def test_the_best_lag_of_shared_seasons_is_no_finding():
    rng = np.random.default_rng(6)
    found = [largest_test(swinging(rng, 450, 60), swinging(rng, 450, 60), range(-10, 11)) for _ in range(60)]
    assert np.mean([test is not None and test.p < 0.05 for test in found]) < 0.13


def test_slow_traces_have_no_swing():
    rng = np.random.default_rng(7)
    pairs = [(ar1(rng, 600, phi), ar1(rng, 600, phi)) for phi in (0.9, 0.98, 0.99) for _ in range(20)]
    assert np.mean([len(shared_swings(a, b).frequencies) > 0 for a, b in pairs]) < 0.2


@settings(deadline=None, max_examples=25)
@given(n=st.integers(450, 1200), period_s=st.floats(20, 60), seed=st.integers(0, 1000))
def test_a_swing_and_what_is_left_are_the_trace_again(n, period_s, seed):
    rng = np.random.default_rng(seed)
    a, b = swinging(rng, n, period_s), swinging(rng, n, period_s)
    a, b = a - a.mean(), b - b.mean()
    swings = shared_swings(a, b)
    assert abs(swings.frequencies[0] * period_s - 1) < 0.1
    assert float((a - swings.left_x) @ (b - swings.left_y)) == pytest.approx(
        swings.products, abs=0.08 * float(np.sqrt((a @ a) * (b @ b)))
    )
    assert float(swings.left_x @ swings.left_x) + swings.power_x == pytest.approx(float(a @ a), rel=0.05)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 40), st.integers(1, 5), st.floats(0.05, 3))
def test_the_sum_of_fair_signs_and_phases_is_that_of_many_drawn_ones(seed, signs, overtones, size):
    rng = np.random.default_rng(seed)
    weights = np.sort(rng.gamma(0.5, size=signs))[::-1]
    turning = [size * (rng.normal(size=overtones) + 1j * rng.normal(size=overtones)) for _ in range(2)]
    exact = FairSum(weights, turning)
    drawn = (rng.integers(0, 2, (20_000, signs)) * 2 - 1) @ weights
    for one in turning:
        theta = 2 * np.pi * rng.random(20_000)
        drawn = drawn + (np.exp(1j * np.outer(theta, np.arange(1, overtones + 1))) @ one).real
    for at_least in np.quantile(np.abs(drawn), [0.3, 0.8, 0.95]):
        assert exact.beyond(float(at_least)) == pytest.approx(np.mean(np.abs(drawn) >= at_least), abs=0.025)
