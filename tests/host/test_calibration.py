"""Calibration and self-test: readings in, ends and verdicts out, and nonsense refused in plain words."""

import numpy as np
import pytest

from dialwire import message
from dialwire.scale import ALLIANCE
from tracedial.dial_setup.calibration import CalibrationError, StillReading, calibrate, still_reading
from tracedial.dial_setup.selftest import check_clock, check_knob, check_noise, check_ticks, check_travel
from tracedial.link.messages import Sample, Started
from tracedial.timing.clock import fit_stamps


def sample(raw=30000, *, seq=0, rating=0, low=None, high=None, flags=0, t_us=0):
    low, high = rating if low is None else low, rating if high is None else high
    return Sample(0, 1, seq, t_us, rating, rating * 1000, low, high, 1, raw, flags)


def held(raw, noise=20, n=75, seed=1):
    rng = np.random.default_rng(seed)
    return [sample(int(value)) for value in np.clip(rng.normal(raw, noise, n), 0, 65535)]


def test_a_knob_held_still_is_read_by_its_median():
    reading = still_reading([*held(30000), sample(60000)])
    assert abs(reading.raw - 30000) < 10


@pytest.mark.parametrize(
    ("samples", "what"),
    [
        (held(30000)[:5], "still"),
        ([*held(30000), sample(30000, flags=message.FLAG_FAULT)], "wire"),
        ([sample(20000 + 40 * n) for n in range(75)], "still"),
    ],
)
def test_a_knob_that_cannot_be_read_is_told(samples, what):
    with pytest.raises(CalibrationError) as caught:
        still_reading(samples)
    assert caught.value.what == what


def test_the_ends_lie_a_little_inside_so_that_the_knob_reaches_them():
    found = calibrate(StillReading(1000, 10), StillReading(61000, 10), StillReading(31500, 10), ALLIANCE)
    assert (found.raw_low, found.raw_high) == (1300, 60700)
    assert not found.reversed
    assert found.centre_error_share == pytest.approx(0.5 / 60)


def test_a_knob_wired_the_other_way_is_turned_round():
    found = calibrate(StillReading(61000, 10), StillReading(1000, 10), StillReading(31000, 10), ALLIANCE)
    assert found.reversed and (found.raw_low, found.raw_high) == (60700, 1300)


@pytest.mark.parametrize(
    ("low", "high", "centre", "noise", "what"),
    [
        (30000, 37000, 33000, 10, "ends"),
        (1000, 61000, 31000, 200, "noise"),
        (1000, 61000, 9000, 10, "centre"),
        (61000, 1000, 9000, 10, "centre"),
    ],
)
def test_nonsense_is_refused(low, high, centre, noise, what):
    readings = [StillReading(raw, noise) for raw in (low, high, centre)]
    with pytest.raises(CalibrationError) as caught:
        calibrate(*readings, ALLIANCE)
    assert caught.value.what == what


def verdicts(checks):
    return {check.name: check.passed for check in checks}


def test_a_steady_knob_passes_and_a_noisy_one_fails():
    steady = check_noise(held(30000, 20), span_counts=65535, scale=ALLIANCE)
    assert all(verdicts(steady).values())
    noisy = check_noise(held(30000, 400), span_counts=-65535, scale=ALLIANCE)
    assert not verdicts(noisy)["noise of a still knob"]
    # A floating wire's readings are no noise of the knob.
    broken = [*held(30000), sample(raw=65000, flags=message.FLAG_FAULT)]
    assert verdicts(check_noise(broken, span_counts=65535, scale=ALLIANCE))["noise of a still knob"]
    assert verdicts(check_noise(broken[-1:], span_counts=65535, scale=ALLIANCE)) == {"noise of a still knob": None}
    assert verdicts(check_knob(broken)) == {"wires hold": False}
    assert verdicts(check_knob(held(30000))) == {"wires hold": True}
    assert not verdicts(check_knob([sample(flags=message.FLAG_UNHOMED)]))["homed"]
    flickering = [sample(rating=n % 2, seq=n) for n in range(100)]
    assert not verdicts(check_noise(flickering, span_counts=65535, scale=ALLIANCE))["ratings of a still knob"]


def sweep(skip=(), back=0):
    ratings = [rating for rating in range(-50, 51) if rating not in skip]
    out = []
    for rating in ratings:
        out += [rating] * 3
        if back and rating == 10:
            out += [10 - back] * 3
    return [sample(rating=rating, seq=n) for n, rating in enumerate(out)]


def test_a_turn_through_the_whole_scale_passes():
    assert all(verdicts(check_travel(sweep(), scale=ALLIANCE)).values())
    # A hand that passes a rating or two beside a detent is no dead zone.
    assert all(verdicts(check_travel(sweep(skip=(-49, 1, 2)), scale=ALLIANCE)).values())


def test_dead_zones_reversals_jumps_and_short_travel_are_found():
    dead = check_travel(sweep(skip=range(12, 16)), scale=ALLIANCE)
    assert not verdicts(dead)["dead zones"] and "12 to 15" in str(dead)
    assert not verdicts(check_travel(sweep(back=3), scale=ALLIANCE))["monotony"]
    assert not verdicts(check_travel(sweep(skip=range(20, 30)), scale=ALLIANCE))["jumps of the wiper"]
    assert not verdicts(check_travel(sweep(skip=range(45, 51)), scale=ALLIANCE))["travel"]
    assert verdicts(check_travel([], scale=ALLIANCE)) == {"travel": False}


def test_late_and_missing_ticks_are_found():
    started = Started(0, 1, 1, 0, 1_000_000, 20_000_000)

    def ticks(late_us, skip=()):
        return [sample(seq=n, t_us=1_000_000 + 20_000 * n + late_us) for n in range(200) if n not in skip]

    assert all(verdicts(check_ticks(ticks(400), started)).values())
    assert not verdicts(check_ticks(ticks(1400), started))["tick jitter, 99 %"]
    assert not verdicts(check_ticks(ticks(-1400), started))["tick jitter, 99 %"]
    assert not verdicts(check_ticks(ticks(0, skip=(7,)), started))["ticks"]


@pytest.mark.parametrize(("drift_ppm", "seconds", "passed"), [(40, 60, True), (900, 60, False), (900, 1, None)])
def test_a_drift_counts_only_as_far_as_it_is_known(drift_ppm, seconds, passed):
    sent = np.arange(0.0, seconds, seconds / 60)
    dial = (sent + 0.001) * (1 + drift_ppm * 1e-6)
    checks = check_clock(fit_stamps(sent, dial, dial + 1e-5, sent + 0.002, origin_ns=0, boot=1))
    assert verdicts(checks)["clock drift"] is passed
    assert verdicts(checks)["sync round trip"]
