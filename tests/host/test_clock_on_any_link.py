"""The bound holds on any link: one that becomes slow, slow one way, lossy or bunched, and recovers, at any time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from link_model import any_recording, dial_time, irregular
from tracedial.link.messages import SyncExchange
from tracedial.timing.clock import fit_clock, fit_stamps, page_tick_us


def excess_s(fit, dial_of, seconds, *, before_s=0.0):
    """By how much the error goes beyond the bound, at most: 0 or less where it never does."""
    host_s = np.arange(before_s, seconds, 0.25)
    dial_s = dial_of(host_s)
    return float(np.max(np.abs(fit.host_s(dial_s) - host_s) - fit.bound_at(dial_s)))


@settings(max_examples=500)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_error_is_beyond_the_bound_whatever_the_link_does(seed):
    seconds, dial_of, stamps = any_recording(np.random.default_rng(seed))
    fit = fit_stamps(*stamps, origin_ns=0, boot=1)
    assert excess_s(fit, dial_of, seconds + 20, before_s=-10) <= 0
    assert fit.steps == fit.impossible == 0


def slow_from(at_s, *, there_s=0.0, back_s=0.0, jitter_s=0.0, seconds=90.0, seed=1):
    """A link of 1 ms each way that turns slow at `at_s`; returns the dial's clock and the stamps."""
    rng = np.random.default_rng(seed)
    sent = np.concatenate([irregular(rng, 1.2, (0.02, 0.06)), 1.2 + irregular(rng, seconds - 1.2, (0.35, 0.95))])
    slow = sent >= at_s
    received = sent + 1e-3 + slow * (there_s + rng.random(len(sent)) * jitter_s)
    back = received + 1e-3 + slow * (back_s + rng.random(len(sent)) * jitter_s)

    def clock(host_s):
        return dial_time(host_s, drift=80e-6, wander_s=0.0)

    stamps = (sent, np.floor(clock(received) * 1e6) / 1e6, np.floor(clock(received + 5e-5) * 1e6) / 1e6, back + 5e-5)
    return clock, stamps


@pytest.mark.parametrize(
    "slow",
    [
        {"there_s": 0.1, "back_s": 0.1, "jitter_s": 0.1},
        {"back_s": 0.1},
        {"there_s": 0.1},
        {"jitter_s": 0.6},
    ],
    ids=["both ways", "dial to host", "host to dial", "jitter"],
)
@pytest.mark.parametrize("at_s", [2.0, 5.0, 45.0, 85.0])
def test_a_link_that_turns_slow_widens_the_bound(slow, at_s):
    clock, stamps = slow_from(at_s, **slow)
    fit = fit_stamps(*stamps, origin_ns=0, boot=1)
    assert excess_s(fit, clock, 90.0) <= 0
    # It is never worse than what a crystal can have done since the link was quick.
    since_s = np.arange(at_s, 90.0, 1.0)
    assert np.all(fit.bound_at(clock(since_s)) < 2e-3 + 1.5 * 210e-6 * (since_s - at_s) + 1e-3)


def test_the_bound_stays_that_of_the_quick_exchanges_where_they_are():
    clock, stamps = slow_from(60.0, there_s=0.1, jitter_s=0.1)
    fit = fit_stamps(*stamps, origin_ns=0, boot=1)
    assert np.max(fit.bound_at(clock(np.arange(0.0, 60.0)))) < 1.3e-3


def test_a_direction_that_is_slow_at_all_times_is_an_error_within_the_bound():
    clock, stamps = slow_from(-1.0, back_s=0.1)
    fit = fit_stamps(*stamps, origin_ns=0, boot=1)
    host_s = np.arange(0.0, 90.0)
    error_s = fit.host_s(clock(host_s)) - host_s
    # Answers that are always 100 ms late look like a host that is 50 ms ahead: a dial time is placed too late.
    assert np.median(error_s) == pytest.approx(0.05, abs=0.002)
    assert np.all(np.abs(error_s) <= fit.bound_at(clock(host_s)))


@given(drift_ppm=st.floats(-1000, 1000), seed=st.integers(0, 1000))
def test_a_drift_beyond_any_crystals_is_believed_once_it_was_measured(drift_ppm, seed):
    rng = np.random.default_rng(seed)
    sent = irregular(rng, 120.0, (0.35, 0.95))
    clock = 5.0 + sent * (1 + drift_ppm * 1e-6), 5.0 + (sent + 5e-5) * (1 + drift_ppm * 1e-6)
    fit = fit_stamps(sent - 1e-3, *clock, sent + 1.05e-3, origin_ns=0, boot=1)
    host_s = np.arange(0.0, 120.0, 0.5)
    dial_s = 5.0 + host_s * (1 + drift_ppm * 1e-6)
    assert np.all(np.abs(fit.host_s(dial_s) - host_s) <= fit.bound_at(dial_s))
    assert fit.steps == 0


@pytest.mark.parametrize("wrong_s", [-7.0, -0.02, 0.02, 7.0])
@pytest.mark.parametrize("at", [45, 60, 100])
def test_an_exchange_that_alone_contradicts_all_others_is_left_out_and_counted(wrong_s, at):
    clock, stamps = slow_from(1e9)
    sent, received, answered, back = (np.array(one) for one in stamps)
    received[at] += wrong_s
    answered[at] += wrong_s
    order = np.argsort(received, kind="stable")
    fit = fit_stamps(sent[order], received[order], answered[order], back[order], origin_ns=0, boot=1)
    assert (fit.steps, fit.impossible) == (0, 1)
    assert excess_s(fit, clock, 90.0) <= 0
    assert np.max(fit.bound_at(clock(np.arange(0.0, 90.0)))) < 1.5e-3


@pytest.mark.parametrize("wrong_s", [0.0, 5.0, 1e6, 2.0**64 / 1e6])
def test_a_dial_that_ends_with_an_absurd_time_has_a_clock_until_then(wrong_s):
    clock, stamps = slow_from(1e9)
    sent, received, answered, back = (np.array(one) for one in stamps)
    received[-1] += wrong_s
    answered[-1] += wrong_s
    fit = fit_stamps(sent, received, answered, back, origin_ns=0, boot=1)
    assert excess_s(fit, clock, float(sent[-2])) <= 0
    assert np.max(fit.bound_at(clock(np.arange(0.0, sent[-2])))) < 1.5e-3


@pytest.mark.parametrize("tick_us", [5, 100, 1000, 2000, 100_000])
def test_a_browser_that_rounds_its_clock_widens_the_bound_by_as_much(tick_us):
    rng = np.random.default_rng(tick_us)
    sent = irregular(rng, 60.0, (0.3, 0.6))
    arrived, back = sent + 0.4e-3 + rng.exponential(1e-3, len(sent)), 0.4e-3 + rng.exponential(1e-3, len(sent))
    # Down, or to the next, as a browser may.
    stamp_us = (np.floor(arrived * 1e6 / tick_us) + rng.integers(0, 2, len(sent))).astype(int) * tick_us
    made = [
        SyncExchange(1, k, round(sent[k] * 1e9), int(stamp_us[k]), int(stamp_us[k]), round((arrived + back)[k] * 1e9))
        for k in range(len(sent))
    ]
    assert page_tick_us(made) == tick_us
    fit = fit_clock(made, origin_ns=0, tick_us=page_tick_us(made))
    host_s = np.arange(0.0, 60.0, 0.1)
    assert np.all(np.abs(fit.host_s(host_s) - host_s) <= fit.bound_at(host_s))
