"""The dial's clock against the host's, from sync exchanges: offset and drift over time, with a bound.

The offset is what must be **added to a dial time to get the host time** of the same instant (seconds):
``host_s = dial_s + offset_s``. It is positive when the host's clock reads more than the dial's.

An exchange gives four timestamps. Half its round trip bounds the error of its own offset whatever the link did, and
the quicker it was, the less its two legs can have differed. So all exchanges are used, each by its quickness: the
offset at a time is a line fitted through the exchanges around it, weighted by 1 / (resolution² + excess² / 12), where
``excess`` is the round trip beyond the quickest one nearby (an error spread evenly over ± excess / 2 has that
variance) and by a tricube of the distance in time. A link whose two directions differ constantly cannot be told from
an offset by any such method; that is why the bound holds half a round trip.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import ClockError
from tracedial.link.client import SyncExchange

Floats = NDArray[np.float64]

WINDOW_S = 45.0
"""Half-width of the line's window."""
KNOT_S = 10.0
RESOLUTION_S = 10e-6
"""What a microsecond tick and a thread's wake-up leave even in the quickest exchange."""
MIN_EXCHANGES = 3
MIN_POINTS = 8
SLOPE_CHANGE = 10e-6
"""How fast a dial's drift may leave the fitted line (s/s): what the bound allows away from an exchange."""
UNKNOWN_DRIFT = 200e-6
"""How wrong a clock may run whose drift has not been measured: a quartz in the cold, and to spare."""
SHORT_SPAN_S = 0.5
GAP_S = 5.0
"""Exchanges farther apart than this have a gap between them."""
STEP_S = 1e-3
"""What an offset must change by, beyond what two exchanges and a drifting clock explain, to be a step."""


@dataclass(frozen=True)
class ClockFit:
    """The fitted clock of one boot of one dial.

    `knot_dial_s`, `offset_s`, `bound_s`: arrays of shape (n_knots,); between knots the offset is a straight line.
    `residual_s`, `excess_s`: arrays of shape (n_exchanges,), each exchange's own offset minus the fitted one, and its
    round trip beyond the quickest one nearby. `steps`: how often the host's clock stood still (a computer asleep);
    `impossible`: exchanges left out because they took less than no time.
    """

    boot: int
    origin_ns: int
    knot_dial_s: Floats
    offset_s: Floats
    bound_s: Floats
    drift_first: float
    drift_last: float
    residual_s: Floats
    excess_s: Floats
    round_trip_s: Floats
    steps: int
    impossible: int

    def host_s(self, dial_s: Floats | float) -> Floats:
        """Host time (seconds since `origin_ns`) of dial times (seconds since boot)."""
        dial_s = np.asarray(dial_s, dtype=float)
        return dial_s + self._offset_at(dial_s)

    def dial_s(self, host_s: Floats | float) -> Floats:
        """Dial time (seconds since boot) of host times: the inverse of `host_s`."""
        host_s = np.asarray(host_s, dtype=float)
        dial_s = host_s - np.interp(host_s, self.knot_dial_s + self.offset_s, self.offset_s)
        for _ in range(3):
            dial_s = host_s - self._offset_at(dial_s)
        return dial_s

    def bound_at(self, dial_s: Floats | float) -> Floats:
        """The most that `host_s` can be wrong there, in seconds, as long as the drift keeps within `SLOPE_CHANGE`."""
        dial_s = np.asarray(dial_s, dtype=float)
        knots = self.knot_dial_s
        right = np.searchsorted(knots, dial_s)
        left = np.clip(right - 1, 0, len(knots) - 1)
        right = np.clip(right, 0, len(knots) - 1)
        inside = np.minimum(
            self.bound_s[left] + SLOPE_CHANGE * np.abs(dial_s - knots[left]),
            self.bound_s[right] + SLOPE_CHANGE * np.abs(knots[right] - dial_s),
        )
        outside = np.maximum(np.maximum(knots[0] - dial_s, dial_s - knots[-1]), 0.0)
        return inside + outside * self._slope_doubt()

    @property
    def drift_ppm(self) -> float:
        """How fast the host's clock gains on the dial's over the whole fit, in parts per million (positive: the dial is
        slow)."""
        span_s = self.knot_dial_s[-1] - self.knot_dial_s[0]
        return float((self.offset_s[-1] - self.offset_s[0]) / span_s * 1e6) if span_s > 0 else 0.0

    def rate_at_end(self) -> float:
        """Dial seconds in a host second, as measured at the end of the fit."""
        return 1.0 / (1.0 + self.drift_last)

    def _slope_doubt(self) -> float:
        span_s = self.knot_dial_s[-1] - self.knot_dial_s[0]
        if span_s < SHORT_SPAN_S:
            return UNKNOWN_DRIFT
        return SLOPE_CHANGE + min(UNKNOWN_DRIFT, float(np.min(self.bound_s)) / span_s)

    def _offset_at(self, dial_s: Floats) -> Floats:
        inside = np.interp(dial_s, self.knot_dial_s, self.offset_s)
        before = np.minimum(dial_s - self.knot_dial_s[0], 0.0) * self.drift_first
        after = np.maximum(dial_s - self.knot_dial_s[-1], 0.0) * self.drift_last
        return inside + before + after


def fit_clock(exchanges: Sequence[SyncExchange], *, origin_ns: int) -> ClockFit:
    """Fit the clock of one dial from its exchanges, all of one boot.

    `origin_ns` is the host's monotonic time that host seconds are counted from. Raises `ClockError` for exchanges of
    two boots, for fewer than three, and for one that took less than no time.
    """
    boots = {exchange.boot for exchange in exchanges}
    if len(boots) > 1:
        raise ClockError(
            f"Sync exchanges of {len(boots)} boots of the dial cannot share one clock: a reset starts its time anew."
        )
    if len(exchanges) < MIN_EXCHANGES:
        raise ClockError(
            f"{len(exchanges)} sync exchanges are too few to fit a clock: at least {MIN_EXCHANGES} are needed."
        )
    ordered = sorted(exchanges, key=lambda exchange: exchange.dial_received_us)
    sent = np.array([exchange.host_sent_ns - origin_ns for exchange in ordered]) / 1e9
    back = np.array([exchange.host_received_ns - origin_ns for exchange in ordered]) / 1e9
    dial_in = np.array([exchange.dial_received_us for exchange in ordered]) / 1e6
    dial_out = np.array([exchange.dial_sent_us for exchange in ordered]) / 1e6
    return fit_stamps(sent, dial_in, dial_out, back, origin_ns=origin_ns, boot=boots.pop())


def fit_stamps(
    host_sent_s: Floats, dial_in_s: Floats, dial_out_s: Floats, host_back_s: Floats, *, origin_ns: int, boot: int
) -> ClockFit:
    """`fit_clock` on arrays of shape (n_exchanges,), in seconds and in the order of time."""
    round_trip = (host_back_s - host_sent_s) - (dial_out_s - dial_in_s)
    # A tick of a microsecond is cut off, not rounded, at both of the dial's stamps.
    possible = round_trip >= -2e-6
    if np.count_nonzero(possible) < MIN_EXCHANGES:
        raise ClockError(
            f"{np.count_nonzero(~possible)} of {len(round_trip)} sync exchanges took less than no time: their "
            "timestamps are not of one exchange, and too few are left."
        )
    round_trip = round_trip[possible]
    own_offset = (((host_sent_s - dial_in_s) + (host_back_s - dial_out_s)) / 2)[possible]
    at = ((dial_in_s + dial_out_s) / 2)[possible]
    # A computer that slept: its clock stood still while the dial's went on. Each side of the step has its own lines.
    jumps = np.flatnonzero(
        np.abs(np.diff(own_offset)) > (round_trip[1:] + round_trip[:-1]) / 2 + UNKNOWN_DRIFT * np.diff(at) + STEP_S
    )
    edges = [0, *(jumps + 1).tolist(), len(at)]
    pieces = [_fit_piece(at[a:b], own_offset[a:b], round_trip[a:b]) for a, b in itertools.pairwise(edges) if b - a > 0]
    knots, offset, bound = _join(pieces)
    residual = own_offset - np.interp(at, knots, offset)
    return ClockFit(
        boot=boot,
        origin_ns=origin_ns,
        knot_dial_s=knots,
        offset_s=offset,
        bound_s=bound,
        drift_first=pieces[0].drift_first,
        drift_last=pieces[-1].drift_last,
        residual_s=residual,
        excess_s=np.concatenate([piece.excess for piece in pieces]),
        round_trip_s=round_trip,
        steps=len(pieces) - 1,
        impossible=int(np.count_nonzero(~possible)),
    )


@dataclass(frozen=True)
class _Piece:
    """The lines between two steps of the host's clock."""

    knots: Floats
    offset: Floats
    bound: Floats
    excess: Floats
    drift_first: float
    drift_last: float


def _fit_piece(at: Floats, own_offset: Floats, round_trip: Floats) -> _Piece:
    excess = round_trip - _nearby_minimum(at, round_trip)
    weight = 1.0 / (RESOLUTION_S**2 + excess**2 / 12)
    base = own_offset[int(np.argmin(round_trip))]
    span = at[-1] - at[0]
    knots = np.linspace(at[0], at[-1], max(2, int(np.ceil(span / KNOT_S)) + 1)) if span > 0 else at[:1]
    # Where the link was lost there is nothing to fit: one straight line leads from the last exchange to the next.
    lost = np.flatnonzero(np.diff(at) > GAP_S)
    near = np.min(np.abs(knots[:, None] - at[_around(at, knots)]), axis=1) <= GAP_S / 2
    knots = np.unique(np.concatenate([knots[near], at[lost], at[lost + 1]]))
    offset, slope = _local_lines(knots, at, own_offset - base, weight)
    offset += base
    residual = own_offset - np.interp(at, knots, offset)
    bound = _lowest_cone(knots, at, np.abs(residual) + np.maximum(round_trip, 0.0) / 2)
    return _Piece(knots, offset, bound, excess, float(slope[0]), float(slope[-1]))


def _join(pieces: list[_Piece]) -> tuple[Floats, Floats, Floats]:
    """Knots, offsets and bounds of all pieces. Between two of them anything up to the whole step may be wrong."""
    knots, offset, bound = ([part] for part in (pieces[0].knots, pieces[0].offset, pieces[0].bound))
    for before, after in itertools.pairwise(pieces):
        step = abs(float(after.offset[0] - before.offset[-1])) + float(before.bound[-1] + after.bound[0])
        knots += [np.array([before.knots[-1] + 1e-6, after.knots[0] - 1e-6]), after.knots]
        offset += [np.array([before.offset[-1], after.offset[0]]), after.offset]
        bound += [np.array([step, step]), after.bound]
    return np.concatenate(knots), np.concatenate(offset), np.concatenate(bound)


def _around(at: Floats, times: Floats) -> NDArray[np.int64]:
    """For each time the indices of the exchanges before and after it: shape (n_times, 2)."""
    right = np.searchsorted(at, times)
    return np.column_stack([np.clip(right - 1, 0, len(at) - 1), np.clip(right, 0, len(at) - 1)])


def drift_words(drift_ppm: float) -> str:
    """How a dial's clock runs beside the host's, in words instead of a sign."""
    return f"dial {abs(drift_ppm):.1f} ppm {'slow' if drift_ppm > 0 else 'fast'}"


def _nearby_minimum(at: Floats, values: Floats) -> Floats:
    """The least of `values` within the window around each: a link's speed may change with the hours."""
    first = np.searchsorted(at, at - WINDOW_S, side="left")
    last = np.searchsorted(at, at + WINDOW_S, side="right")
    # One more value, since a window may end at the end of the array.
    return np.minimum.reduceat(np.append(values, np.inf), np.column_stack([first, last]).ravel())[::2]


def _local_lines(knots: Floats, at: Floats, offset: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Offset and slope at each knot of the weighted line through the exchanges around it."""
    reach = np.full(len(knots), WINDOW_S)
    first, last = np.searchsorted(at, knots - reach), np.searchsorted(at, knots + reach)
    for sparse in np.flatnonzero(last - first < MIN_POINTS):
        nearest = min(MIN_POINTS, len(at)) - 1
        distance = np.abs(at - knots[sparse])
        reach[sparse] = np.partition(distance, nearest)[nearest] * 1.001 + 1e-9
    first, last = np.searchsorted(at, knots - reach), np.searchsorted(at, knots + reach)
    # One row a knot, as wide as the widest window; what lies behind a row's own window weighs nothing.
    index = first[:, None] + np.arange((last - first).max())
    inside = index < last[:, None]
    index = np.minimum(index, len(at) - 1)
    x, y = at[index] - knots[:, None], offset[index]
    w = np.where(inside, weight[index] * (1 - np.minimum(np.abs(x) / reach[:, None], 1.0) ** 3) ** 3, 0.0)
    total = w.sum(axis=1)
    x_mean, y_mean = (w * x).sum(axis=1) / total, (w * y).sum(axis=1) / total
    x_off = x - x_mean[:, None]
    spread = (w * x_off**2).sum(axis=1)
    # Exchanges of one moment tell an offset, but no drift.
    steep = (at[last - 1] - at[first] >= SHORT_SPAN_S) & (spread > 0)
    slope = np.where(steep, (w * x_off * (y - y_mean[:, None])).sum(axis=1) / np.where(steep, spread, 1.0), 0.0)
    return y_mean - slope * x_mean, slope


def _lowest_cone(knots: Floats, at: Floats, height: Floats) -> Floats:
    """At each knot the least of ``height + SLOPE_CHANGE * distance`` over all exchanges."""
    from_left = np.minimum.accumulate(height - SLOPE_CHANGE * at) + SLOPE_CHANGE * at
    from_right = np.minimum.accumulate((height + SLOPE_CHANGE * at)[::-1])[::-1] - SLOPE_CHANGE * at
    right = np.searchsorted(at, knots)
    left = np.clip(right - 1, 0, len(at) - 1)
    right = np.clip(right, 0, len(at) - 1)
    return np.minimum(
        from_left[left] + SLOPE_CHANGE * np.abs(knots - at[left]),
        from_right[right] + SLOPE_CHANGE * np.abs(knots - at[right]),
    )
