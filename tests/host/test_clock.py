import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link_model import dial_time, exchanges, irregular
from tracedial.errors import ClockError
from tracedial.link.messages import SyncExchange
from tracedial.link.pulses import BURST_INTERVAL_S, SYNC_INTERVAL_S
from tracedial.timing.clock import fit_clock, fit_stamps
from tracedial.timing.clock_fit import ClockFit


def fit_of(seed, seconds=600.0, **clock) -> ClockFit:
    rng = np.random.default_rng(seed)
    stamps = exchanges(rng, irregular(rng, seconds, SYNC_INTERVAL_S), **clock)
    return fit_stamps(*stamps, origin_ns=0, boot=1)


def error_s(fit, seconds, **clock):
    host_s = np.arange(1.0, seconds, 1.0)
    return fit.host_s(dial_time(host_s, **clock)) - host_s


def test_the_offset_is_what_is_added_to_dial_time_to_get_host_time():
    # The dial was switched on 40 s before the host's origin: it reads 40 s more.
    fit = fit_of(1, start_s=40.0, drift=0.0, wander_s=0.0)
    assert fit.offset_s == pytest.approx(-40.0, abs=1e-3)
    assert float(fit.host_s(50.0)) == pytest.approx(10.0, abs=1e-3)
    assert float(fit.dial_s(10.0)) == pytest.approx(50.0, abs=1e-3)


def test_drift_is_positive_where_the_host_gains_on_the_dial():
    assert fit_of(2, drift=-80e-6, wander_s=0.0).drift_ppm == pytest.approx(80, abs=0.5)
    assert fit_of(2, drift=80e-6, wander_s=0.0).drift_ppm == pytest.approx(-80, abs=0.5)


@pytest.mark.parametrize("seed", range(5))
def test_an_hour_of_a_swinging_clock_is_mapped_within_a_tenth_of_a_millisecond(seed):
    fit = fit_of(seed, 3600.0)
    error = np.abs(error_s(fit, 3600.0))
    assert np.quantile(error, 0.99) < 0.1e-3
    assert error.max() < 0.18e-3


@given(
    seed=st.integers(0, 10_000),
    drift=st.floats(-200e-6, 200e-6),
    start_s=st.floats(0, 90_000),
    seconds=st.sampled_from([5.0, 40.0, 300.0]),
)
def test_no_error_is_ever_beyond_the_stated_bound(seed, drift, start_s, seconds):
    clock = {"drift": drift, "start_s": start_s, "wander_s": 2e-3}
    fit = fit_of(seed, seconds, **clock)
    host_s = np.linspace(-2.0, seconds + 2.0, 400)
    dial_s = dial_time(host_s, **clock)
    assert np.all(np.abs(fit.host_s(dial_s) - host_s) <= fit.bound_at(dial_s))


@given(seed=st.integers(0, 1000), drift=st.floats(-200e-6, 200e-6))
def test_both_directions_are_each_others_reverse(seed, drift):
    fit = fit_of(seed, 200.0, drift=drift)
    host_s = np.linspace(-20.0, 300.0, 500)
    assert fit.host_s(fit.dial_s(host_s)) == pytest.approx(host_s, abs=1e-9)


def test_late_exchanges_do_not_move_the_fit():
    rng = np.random.default_rng(7)
    sent, received, answered, back = exchanges(rng, irregular(rng, 300.0, SYNC_INTERVAL_S), wander_s=0.0)
    clean = fit_stamps(sent, received, answered, back, origin_ns=0, boot=1)
    late = back.copy()
    late[::3] += 0.05
    spoilt = fit_stamps(sent, received, answered, late, origin_ns=0, boot=1)
    at = np.linspace(1010, 1290, 50)
    assert np.max(np.abs(clean.host_s(at) - spoilt.host_s(at))) < 30e-6


def test_two_boots_are_never_fitted_together():
    made = [
        SyncExchange(boot, k, k * 10**9, k * 10**6, k * 10**6, k * 10**9 + 10**6) for k, boot in enumerate([1, 1, 2])
    ]
    with pytest.raises(ClockError, match="2 boots"):
        fit_clock(made, origin_ns=0)


def test_too_few_exchanges_are_refused():
    made = [SyncExchange(1, k, k * 10**9, k * 10**6, k * 10**6, k * 10**9 + 10**6) for k in range(2)]
    with pytest.raises(ClockError, match="2 sync exchanges"):
        fit_clock(made, origin_ns=0)


def test_three_exchanges_of_one_moment_make_an_offset_with_an_honest_bound():
    made = [SyncExchange(1, k, k * 10**6, 500 + k * 1000, 500 + k * 1000, k * 10**6 + 10**6) for k in range(3)]
    fit = fit_clock(made, origin_ns=0)
    assert float(fit.host_s(0.001)) == pytest.approx(0.001, abs=1e-6)
    # A minute on, nothing is known of the drift: 200 ppm of a minute are in the bound.
    assert float(fit.bound_at(60.0)) > 0.01


def test_exchanges_that_took_less_than_no_time_are_left_out_and_counted():
    wrong = [SyncExchange(1, k, k * 10**9, k * 10**6, k * 10**6 + 5000, k * 10**9 + 10**6) for k in range(5)]
    with pytest.raises(ClockError, match="negative round trip"):
        fit_clock(wrong, origin_ns=0)
    right = [SyncExchange(1, k, k * 10**9, k * 10**6, k * 10**6 + 50, k * 10**9 + 10**6) for k in range(5, 25)]
    fit = fit_clock(wrong + right, origin_ns=0)
    assert fit.impossible == 5 and len(fit.residual_s) == 20


@pytest.mark.parametrize("gap_s", [30.0, 90.0, 300.0, 900.0])
@pytest.mark.parametrize("drift", [-100e-6, 50e-6])
def test_a_link_lost_for_long_leaves_no_error_beyond_the_bound(gap_s, drift):
    rng = np.random.default_rng(int(gap_s))
    sent = irregular(rng, 200.0, SYNC_INTERVAL_S)
    burst = 200.0 + gap_s + irregular(rng, 1.2, BURST_INTERVAL_S)
    later = 202.0 + gap_s + irregular(rng, 60.0, SYNC_INTERVAL_S)
    clock = {"drift": drift, "wander_s": 0.5e-3}
    fit = fit_stamps(*exchanges(rng, np.concatenate([sent, burst, later]), **clock), origin_ns=0, boot=1)
    host_s = np.arange(0.0, 260.0 + gap_s, 0.5)
    dial_s = dial_time(host_s, **clock)
    error = np.abs(fit.host_s(dial_s) - host_s)
    assert np.all(error <= fit.bound_at(dial_s))
    assert error.max() < 1.5e-3


@pytest.mark.parametrize("asleep_s", [0.05, 30.0, 4000.0])
def test_a_computer_that_was_asleep_is_a_step_and_not_a_smear(asleep_s):
    rng = np.random.default_rng(8)
    sent, received, answered, back = exchanges(rng, irregular(rng, 300.0, SYNC_INTERVAL_S), wander_s=0.0)
    late = sent > 150.0
    fit = fit_stamps(sent, received + late * asleep_s, answered + late * asleep_s, back, origin_ns=0, boot=1)
    assert fit.steps == 1
    host_s = np.concatenate([np.arange(1.0, 148.0), np.arange(152.0, 299.0)])
    dial_s = dial_time(host_s, wander_s=0.0) + (host_s > 150.0) * asleep_s
    error = np.abs(fit.host_s(dial_s) - host_s)
    assert error.max() < 0.2e-3
    assert np.all(error <= fit.bound_at(dial_s))
    # What the dial measured while the computer slept has no host time: the bound says how wide that is.
    assert fit.bound_at(dial_time(150.0, wander_s=0.0) + asleep_s / 2) >= asleep_s / 2
