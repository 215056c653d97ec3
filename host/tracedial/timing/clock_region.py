"""The possible offsets of a dial's clock: the region that sync exchanges and the physics of crystals leave.

An exchange limits the offset, whatever the link did: the request reached the dial after the host sent it, and the
answer came back after the dial sent it. So at `low_at_s` (dial time of the request's arrival) the offset is at least
`low_s` (host sent minus dial received), and at `high_at_s` it is at most `high_s` (host received minus dial sent).
Between exchanges the offset runs at a rate that stays within `change` of one rate for the whole window, and that rate
is one that a crystal can have.

All functions take arrays in the order of time; offsets and times are in seconds, rates in seconds per second.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MAX_RATE = 200e-6
"""How far a crystal's rate can lie from its nominal rate: a cheap quartz in the cold, with a margin."""
RATE_CHANGE = 10e-6
"""How far a rate may stray within one window: a crystal whose temperature changes by tens of degrees."""
MAX_RATE_CHANGE = 1000e-6
"""No clock changes its rate by more than this. Exchanges that need more cannot come from one running clock: there was a
step."""
WINDOW_S = 600.0
WINDOW_STEP_S = 300.0
LONGEST_GAP_S = 30.0
"""Longer gaps between exchanges count as this long when windows are laid out, so that both sides of each gap lie in one
window."""
RATES = 16
"""How many of the possible rates are tried; between two of them, concavity bounds the envelope."""


@dataclass(frozen=True)
class Intervals:
    """The limits that exchanges set: arrays of shape (n_exchanges,), see the module."""

    low_at_s: Floats
    low_s: Floats
    high_at_s: Floats
    high_s: Floats

    def part(self, first: int, last: int) -> "Intervals":
        """The exchanges from `first` up to and without `last`."""
        own = slice(first, last)
        return Intervals(self.low_at_s[own], self.low_s[own], self.high_at_s[own], self.high_s[own])


@dataclass(frozen=True)
class Region:
    """The possible offsets at knots, arrays of shape (n_knots,), and the possible rates before the first knot, between
    neighbouring knots and after the last: shape (n_knots + 1,). `change` is the largest `RATE_CHANGE` that a window
    needed."""

    low_s: Floats
    high_s: Floats
    rate_low: Floats
    rate_high: Floats
    change: float


def region_of(intervals: Intervals, knots_s: Floats) -> Region:
    """The region at rising knots. Each window narrows it; where two windows contradict each other, the region covers
    both."""
    n = len(knots_s)
    low, high = np.full(n, -np.inf), np.full(n, np.inf)
    rate_low, rate_high = np.full(n + 1, -np.inf), np.full(n + 1, np.inf)
    change = 0.0
    windows = list(_windows(intervals.low_at_s))
    for number, (first, last) in enumerate(windows):
        part = intervals.part(first, last)
        begin = 0 if number == 0 else _index_of(knots_s, part.low_at_s[0])
        end = n if number == len(windows) - 1 else _index_of(knots_s, part.high_at_s[-1], side="right")
        slowest, fastest, needed = possible_rates(part)
        change = max(change, needed)
        lows, highs = _envelope(part, knots_s[begin:end], slowest, fastest, needed)
        own = slice(begin, end)
        low[own], high[own] = _both(low[own], high[own], lows, highs)
        gaps = slice(begin if number == 0 else begin + 1, end + 1 if number == len(windows) - 1 else end)
        rate_low[gaps], rate_high[gaps] = _both(
            rate_low[gaps], rate_high[gaps], np.array(slowest - needed), np.array(fastest + needed)
        )
    return Region(low, high, rate_low, rate_high, change)


def possible_rates(intervals: Intervals) -> tuple[float, float, float]:
    """The slowest and the fastest rate that the exchanges of a window allow, and how far the rate must be allowed to
    stray. Measurements outweigh the limits of crystals."""
    fastest = _steepest(intervals)
    slowest = -_steepest(Intervals(intervals.high_at_s, -intervals.high_s, intervals.low_at_s, -intervals.low_s))
    # Half the distance between the two limits is the least stray that works; twice that leaves room.
    change = max(RATE_CHANGE, slowest - fastest)
    slowest, fastest = slowest - change, fastest + change
    if slowest <= MAX_RATE and fastest >= -MAX_RATE:
        slowest, fastest = max(slowest, -MAX_RATE), min(fastest, MAX_RATE)
    return slowest, fastest, change


def first_contradiction(intervals: Intervals, *, rate: float, slack_s: float) -> int | None:
    """The first exchange that contradicts one before it by more than `slack_s`, for any clock whose rate is at most
    `rate`; None where none does."""
    rise = np.maximum.accumulate(intervals.low_s + rate * intervals.low_at_s) - rate * intervals.low_at_s
    fall = np.minimum.accumulate(intervals.high_s - rate * intervals.high_at_s) + rate * intervals.high_at_s
    wrong = (rise > intervals.high_s + slack_s) | (fall < intervals.low_s - slack_s)
    return int(np.argmax(wrong)) if wrong.any() else None


def _both(low: Floats, high: Floats, other_low: Floats, other_high: Floats) -> tuple[Floats, Floats]:
    """The intersection of two intervals, or the range that covers both where they do not overlap."""
    inner_low, inner_high = np.maximum(low, other_low), np.minimum(high, other_high)
    apart = inner_low > inner_high
    return (
        np.where(apart, np.minimum(low, other_low), inner_low),
        np.where(apart, np.maximum(high, other_high), inner_high),
    )


def _windows(at_s: Floats) -> list[tuple[int, int]]:
    """Ranges of exchanges that overlap by half, on a time axis with long gaps shortened."""
    axis = np.concatenate([[0.0], np.cumsum(np.minimum(np.diff(at_s), LONGEST_GAP_S))])
    starts = np.arange(0.0, max(axis[-1] - WINDOW_STEP_S, 0.0) + 1e-9, WINDOW_STEP_S)
    first = np.searchsorted(axis, starts)
    last = np.searchsorted(axis, starts + WINDOW_S, side="right")
    last[-1] = len(at_s)
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _steepest(intervals: Intervals) -> float:
    """The largest rate at which a straight line can rise from any lower limit to any later upper limit: the smallest
    ratio of two differences, found by Dinkelbach's iteration (Management Science 13, 1967)."""
    low_at, low = intervals.low_at_s - intervals.low_at_s[0], intervals.low_s
    high_at, high = intervals.high_at_s - intervals.low_at_s[0], intervals.high_s
    before = np.asarray(np.searchsorted(low_at, high_at), dtype=np.int64) - 1
    some = before >= 0
    if not some.any():
        return np.inf
    before, high_at, high = before[some], high_at[some], high[some]
    rate = 1.0
    while True:
        rest = low - rate * low_at
        room = high - rate * high_at - np.maximum.accumulate(rest)[before]
        to = int(np.argmin(room))
        if room[to] >= -1e-12:
            return rate
        start = int(np.argmax(rest[: before[to] + 1]))
        lower = float((high[to] - low[start]) / (high_at[to] - low_at[start]))
        if lower >= rate:
            return rate
        rate = lower


def _envelope(
    intervals: Intervals, knots_s: Floats, slowest: float, fastest: float, change: float
) -> tuple[Floats, Floats]:
    """The least and the greatest possible offset at each knot, over all rates of the window."""
    base_s = intervals.low_at_s[0]
    at = knots_s - base_s
    rates = np.linspace(slowest, fastest, RATES)[:, None]
    high = _lowest(intervals.high_at_s - base_s, intervals.high_s, at, rates, change)
    low = _lowest(intervals.low_at_s - base_s, -intervals.low_s, at, -rates, change)
    return -_greatest(low), _greatest(high)


def _lowest(limit_at: Floats, limit: Floats, at: Floats, rates: Floats, change: float) -> Floats:
    """For each rate and knot, the lowest offset that the upper limits allow: shape (n_rates, n_knots)."""
    rise, fall = rates + change, rates - change
    from_left = np.minimum.accumulate(limit - rise * limit_at, axis=1)
    from_right = np.minimum.accumulate((limit - fall * limit_at)[:, ::-1], axis=1)[:, ::-1]
    right = np.searchsorted(limit_at, at)
    left = right - 1
    over_left = from_left[:, np.maximum(left, 0)] + rise * at
    over_right = from_right[:, np.minimum(right, len(limit_at) - 1)] + fall * at
    return np.minimum(np.where(left >= 0, over_left, np.inf), np.where(right < len(limit_at), over_right, np.inf))


def _greatest(values: Floats) -> Floats:
    """An upper bound of the maximum of a concave function known at evenly spaced points, shape (n_points, n_knots).
    Between two points the function lies below the lines through their neighbours on either side."""
    greatest = values.max(axis=0)
    here, there = values[:-1], values[1:]
    # The rise per step to the left of each interval between points, and the fall per step to its right.
    rise = np.vstack([np.full_like(values[:1], np.inf), here[1:] - here[:-1]])
    fall = np.vstack([there[:-1] - there[1:], np.full_like(values[:1], np.inf)])
    with np.errstate(invalid="ignore", divide="ignore"):
        # Where the two lines meet: here + rise t = there + fall (1 - t).
        share = np.clip((there + fall - here) / (rise + fall), 0.0, 1.0)
        meet = np.where(np.isinf(rise), there + np.maximum(fall, 0.0), here + rise * share)
        meet = np.where(np.isinf(fall), here + np.maximum(rise, 0.0), meet)
    # A peak needs a line that rises towards it and a line that falls from it.
    peak = (rise > 0) & (fall > 0)
    return np.maximum(greatest, np.where(peak & np.isfinite(meet), meet, -np.inf).max(axis=0))


def _index_of(times_s: Floats, at_s: float, side: Literal["left", "right"] = "left") -> int:
    """The index at which a time belongs among rising times."""
    return int(np.count_nonzero(times_s < at_s if side == "left" else times_s <= at_s))
