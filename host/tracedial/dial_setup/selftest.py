"""A dial's self-test: what it measures, the limits, and whether the dial passes. Pure: samples in, checks out."""

import itertools
from dataclasses import asdict, dataclass

import numpy as np

from dialwire import message
from dialwire.scale import Scale
from tracedial.link.messages import Sample, Started, Status
from tracedial.timing.clock_fit import ClockFit, drift_words

TICK_LIMIT_MS = 1.0
NOISE_LIMIT_STEPS = 0.2
BOUND_LIMIT_MS = 5.0
ROUND_TRIP_LIMIT_MS = 20.0
DRIFT_LIMIT_PPM = 200.0
FREE_LIMIT_BYTES = 40_000
DEAD_RUN = 3
"""At least this many neighbouring ratings must be missing from a slow turn to count as a dead zone."""
JUMP_SHARE = 0.05
"""Share of the travel: if two readings 20 ms apart differ by this much, the wiper lost its track; no hand turns that
fast."""


@dataclass(frozen=True)
class Check:
    """One line of the self-test. If nothing could be measured, `passed` is None and `measured` says why."""

    name: str
    measured: str
    limit: str
    passed: bool | None
    value: float | None = None
    unit: str = ""

    def to_json(self) -> dict[str, object]:
        """The check in the form of the JSON file."""
        return asdict(self)


def check_noise(samples: list[Sample], *, span_counts: int, scale: Scale) -> list[Check]:
    """Check a knob that is held still: the readings' noise in steps of the scale, and ratings that changed.

    `span_counts`: raw counts from the lowest rating to the highest.
    """
    samples = [sample for sample in samples if not sample.flags & message.NO_RATING]
    if not samples:
        return [Check("noise of a still knob", "the knob gave no ratings", f"at most {NOISE_LIMIT_STEPS}", None)]
    if not span_counts:
        said = "both ends of the calibration read the same: `tracedial calibrate`"
        return [Check("noise of a still knob", said, f"at most {NOISE_LIMIT_STEPS}", False)]
    step = abs(span_counts) / (scale.positions - 1)
    noise_steps = float(np.std([sample.raw for sample in samples])) / step
    changes = sum(sample.max != sample.min for sample in samples)
    changes += sum(after.rating != before.rating for before, after in itertools.pairwise(samples))
    return [
        Check(
            name="noise of a still knob",
            measured=f"{noise_steps:.3f} of a step",
            limit=f"at most {NOISE_LIMIT_STEPS}",
            passed=noise_steps <= NOISE_LIMIT_STEPS,
            value=noise_steps,
            unit="step",
        ),
        Check(
            name="ratings of a still knob",
            measured=f"{changes} changes",
            limit="none",
            passed=changes == 0,
            value=changes,
            unit="changes",
        ),
    ]


def check_knob(samples: list[Sample]) -> list[Check]:
    """Check whether the knob gave a rating at every sample, at rest and while it was turned."""
    broken = sum(bool(sample.flags & message.FLAG_FAULT) for sample in samples)
    unhomed = sum(bool(sample.flags & message.FLAG_UNHOMED) for sample in samples)
    checks = [
        Check(
            name="wires hold",
            measured=f"{broken} of {len(samples)} samples faulty",
            limit="none",
            passed=broken == 0,
            value=broken,
            unit="samples",
        ),
    ]
    if unhomed:
        said = f"{unhomed} of {len(samples)} samples before: set the knob to its zero, hold the button"
        checks.append(Check(name="homed", measured=said, limit="none", passed=False, value=unhomed, unit="samples"))
    return checks


def check_travel(samples: list[Sample], *, scale: Scale) -> list[Check]:
    """Check a slow turn from the lowest mark to the highest: whether all ratings came, in order, without jumps."""
    turn = [sample for sample in samples if not sample.flags & message.NO_RATING]
    if len(turn) < 20:
        said = f"only {len(turn)} ratings: turn for about ten seconds"
        return [
            Check(name="travel", measured=said, limit="the whole scale", passed=False, value=len(turn), unit="ratings")
        ]
    ratings = np.array([sample.rating for sample in turn])
    seen: set[int] = set()
    for sample in turn:
        seen.update(range(sample.min, sample.max + 1, scale.step))
    low, high = int(ratings.min()), int(ratings.max())
    reached = low == scale.low and high == scale.high
    lost = _runs_of(
        [rating for rating in range(scale.low, scale.high + 1, scale.step) if rating not in seen], scale.step
    )
    # Between two readings a hand may skip one or two ratings.
    lost = [run for run in lost if len(run) >= DEAD_RUN]
    back = int(np.max(np.maximum.accumulate(ratings) - ratings))
    span = (scale.high - scale.low) / scale.step
    jumps = int(np.count_nonzero(np.abs(np.diff(ratings)) / scale.step > max(JUMP_SHARE * span, 2)))
    dead = "none" if not lost else "no ratings from " + ", ".join(f"{run[0]} to {run[-1]}" for run in lost[:4])
    return [
        Check("travel", f"{low} to {high}", f"{scale.low} to {scale.high}", reached),
        Check(name="dead zones", measured=dead, limit="none", passed=not lost, value=len(lost), unit="zones"),
        Check(
            name="monotony",
            measured=f"went back by {back}",
            limit=f"at most {scale.step}",
            passed=back <= scale.step,
            value=back,
            unit="rating",
        ),
        Check(
            name="jumps of the wiper", measured=str(jumps), limit="none", passed=jumps == 0, value=jumps, unit="jumps"
        ),
    ]


def check_ticks(samples: list[Sample], started: Started) -> list[Check]:
    """Check how far the samples lie from the ticks set for the dial, by its own clock, and whether all arrived."""
    since_us = np.array([sample.t_us - started.first_tick_us for sample in samples], dtype=float)
    period_us = started.period_ns / 1000
    ticks = np.round(since_us / period_us)
    p99_ms = float(np.quantile(np.abs(since_us - ticks * period_us), 0.99)) / 1e3
    lost = int(ticks[-1] - ticks[0] + 1 - len(ticks))
    return [
        Check(
            name="tick jitter, 99 %",
            measured=f"{p99_ms:.2f} ms",
            limit=f"at most {TICK_LIMIT_MS} ms",
            passed=p99_ms <= TICK_LIMIT_MS,
            value=p99_ms,
            unit="ms",
        ),
        Check(
            name="ticks",
            measured=f"{lost} of {len(ticks) + lost} left out",
            limit="none",
            passed=lost == 0,
            value=lost,
            unit="ticks",
        ),
    ]


def check_clock(fit: ClockFit) -> list[Check]:
    """Check the round trip of sync exchanges, the bound of the fitted clock, and the drift with its uncertainty."""
    trip_ms = float(fit.round_trip_s.min()) * 1e3
    bound_ms = float(np.max(fit.bound_s)) * 1e3
    seconds = float(np.ptp(fit.knot_dial_s))
    # Either end of the fitted line may be wrong by its bound.
    doubt_ppm = 2e6 * float(np.min(fit.bound_s)) / seconds if seconds else float("inf")
    known = doubt_ppm <= DRIFT_LIMIT_PPM
    return [
        Check(
            name="sync round trip",
            measured=f"{trip_ms:.2f} ms at best",
            limit=f"at most {ROUND_TRIP_LIMIT_MS:.0f} ms",
            passed=trip_ms <= ROUND_TRIP_LIMIT_MS,
            value=trip_ms,
            unit="ms",
        ),
        Check(
            name="clock known within",
            measured=f"±{bound_ms:.2f} ms",
            limit=f"at most {BOUND_LIMIT_MS:.0f} ms",
            passed=bound_ms <= BOUND_LIMIT_MS,
            value=bound_ms,
            unit="ms",
        ),
        Check(
            name="clock drift",
            measured=f"{drift_words(fit.drift_ppm)}, ±{doubt_ppm:.0f} ppm, over {seconds:.0f} s",
            limit=f"within ±{DRIFT_LIMIT_PPM:.0f} ppm",
            passed=abs(fit.drift_ppm) - doubt_ppm <= DRIFT_LIMIT_PPM if known else None,
            value=fit.drift_ppm,
            unit="ppm",
        ),
    ]


def check_memory(status: Status) -> Check:
    """Check how much memory the dial has left."""
    if not status.free_bytes:
        return Check("memory", "the dial does not say", f"at least {FREE_LIMIT_BYTES} bytes", None)
    enough = status.free_bytes >= FREE_LIMIT_BYTES
    return Check(
        name="memory",
        measured=f"{status.free_bytes} bytes free",
        limit=f"at least {FREE_LIMIT_BYTES} bytes",
        passed=enough,
        value=status.free_bytes,
        unit="byte",
    )


def _runs_of(ratings: list[int], step: int) -> list[list[int]]:
    """Group neighbouring ratings into runs."""
    runs: list[list[int]] = []
    for rating in ratings:
        if runs and rating - runs[-1][-1] == step:
            runs[-1].append(rating)
        else:
            runs.append([rating])
    return runs
