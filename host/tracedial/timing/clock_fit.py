"""A fitted clock: converts dial times to host times and back, with a bound on the error.

The offset is what must be **added to a dial time to get the host time** of the same instant (seconds):
``host_s = dial_s + offset_s``. It is positive when the host's clock reads more than the dial's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BLOCK = 1 << 16


@dataclass(frozen=True)
class ClockFit:
    """The fitted clock of one boot of one dial.

    `knot_dial_s`, `offset_s`, `low_s`, `high_s`: arrays of shape (n_knots,); between knots the offset is a straight
    line, and the true offset lies between `low_s` and `high_s`. `rate_low`, `rate_high`: shape (n_knots + 1,), how fast
    the true offset can change before the first knot, between neighbouring knots and after the last knot (s/s).

    `residual_s`, `excess_s`, `round_trip_s`: arrays of shape (n_exchanges,), each exchange's own offset minus the
    fitted one, its round trip beyond the quickest one nearby, and its round trip. `steps`: how often the host's clock
    stood still (a computer asleep); `impossible`: exchanges left out because their round trip is negative or they
    contradict all others. `rate_change`: how far the dial's rate was allowed to stray from one rate for ten minutes
    (s/s).
    """

    boot: int
    origin_ns: int
    knot_dial_s: Floats
    offset_s: Floats
    low_s: Floats
    high_s: Floats
    rate_low: Floats
    rate_high: Floats
    drift_first: float
    drift_last: float
    residual_s: Floats
    excess_s: Floats
    round_trip_s: Floats
    steps: int
    impossible: int
    rate_change: float

    def host_s(self, dial_s: Floats | float) -> Floats:
        """Host time (seconds since `origin_ns`) of dial times (seconds since boot)."""
        return _in_blocks(lambda block_s: block_s + self._offset_at(block_s), np.asarray(dial_s, dtype=float))

    def dial_s(self, host_s: Floats | float) -> Floats:
        """Dial time (seconds since boot) of host times: the inverse of `host_s`."""
        host_s = np.asarray(host_s, dtype=float)
        dial_s = host_s - np.interp(host_s, self.knot_dial_s + self.offset_s, self.offset_s)
        for _ in range(3):
            dial_s = host_s - self._offset_at(dial_s)
        return dial_s

    def bound_at(self, dial_s: Floats | float) -> Floats:
        """The largest possible error of `host_s` at these dial times, in seconds, if the dial's rate stays within the
        limits in `clock_region.py`."""
        return _in_blocks(self._bound_at, np.asarray(dial_s, dtype=float))

    def _bound_at(self, dial_s: Floats) -> Floats:
        knots, offset_s = self.knot_dial_s, self._offset_at(dial_s)
        right = np.searchsorted(knots, dial_s, side="right")
        after, before = np.clip(right, 0, len(knots) - 1), np.clip(right - 1, 0, len(knots) - 1)
        since_s, until_s = dial_s - knots[before], knots[after] - dial_s
        slow, fast = self.rate_low[right], self.rate_high[right]
        # Before the first knot and after the last, both neighbours are the same knot and give the same value.
        high = np.minimum(
            self.high_s[before] + np.where(since_s >= 0, fast, slow) * since_s,
            self.high_s[after] - np.where(until_s >= 0, slow, fast) * until_s,
        )
        low = np.maximum(
            self.low_s[before] + np.where(since_s >= 0, slow, fast) * since_s,
            self.low_s[after] - np.where(until_s >= 0, fast, slow) * until_s,
        )
        return np.maximum(np.maximum(high - offset_s, offset_s - low), 0.0)

    @property
    def bound_s(self) -> Floats:
        """The bound at each knot: shape (n_knots,)."""
        return np.maximum(self.high_s - self.offset_s, self.offset_s - self.low_s)

    @property
    def drift_ppm(self) -> float:
        """How fast the host's clock gains on the dial's over the whole fit, in parts per million (positive: the dial is
        slow)."""
        span_s = self.knot_dial_s[-1] - self.knot_dial_s[0]
        return float((self.offset_s[-1] - self.offset_s[0]) / span_s * 1e6) if span_s > 0 else 0.0

    def rate_at_end(self) -> float:
        """Dial seconds per host second, as measured at the end of the fit."""
        return 1.0 / (1.0 + self.drift_last)

    def _offset_at(self, dial_s: Floats) -> Floats:
        inside = np.interp(dial_s, self.knot_dial_s, self.offset_s)
        before = np.minimum(dial_s - self.knot_dial_s[0], 0.0) * self.drift_first
        after = np.maximum(dial_s - self.knot_dial_s[-1], 0.0) * self.drift_last
        return inside + before + after


def _in_blocks(function: Callable[[Floats], Floats], values: Floats) -> Floats:
    """Apply a function to values block by block, so that its intermediate arrays stay small for any number of
    values."""
    if values.size <= BLOCK:
        return function(values)
    return np.concatenate([function(values[at : at + BLOCK]) for at in range(0, len(values), BLOCK)])


def drift_words(drift_ppm: float) -> str:
    """How fast a dial's clock runs relative to the host's, in words instead of a sign."""
    return f"dial {abs(drift_ppm):.1f} ppm {'slow' if drift_ppm > 0 else 'fast'}"
