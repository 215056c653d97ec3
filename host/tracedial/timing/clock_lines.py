"""Fits lines through the exchanges of each piece of the host's clock, and joins the pieces."""

import itertools
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tracedial.timing.clock_fit import Floats
from tracedial.timing.clock_region import Region, region_of
from tracedial.timing.clock_steps import Exchanges

WINDOW_S = 45.0
"""Half-width of the line's window."""
KNOT_S = 5.0
RESOLUTION_S = 10e-6
"""The uncertainty that a microsecond tick and a thread's wake-up leave even in the quickest exchange."""
MIN_POINTS = 8
SHORT_SPAN_S = 0.5
GAP_S = 5.0
"""Exchanges farther apart than this are separated by a gap."""


@dataclass(frozen=True)
class Piece:
    """The lines between two steps of the host's clock, and the region they lie in."""

    knots: Floats
    offset: Floats
    region: Region
    drift_first: float
    drift_last: float


def fit_piece(exchanges: Exchanges) -> Piece:
    """The line through the exchanges of one piece at each of its knots, kept within the region."""
    at, round_trip = exchanges.at_s, exchanges.round_trip_s
    excess = round_trip - nearby_minimum(at, round_trip)
    weight = 1.0 / (RESOLUTION_S**2 + excess**2 / 12)
    base = exchanges.own_offset_s[int(np.argmin(round_trip))]
    span = at[-1] - at[0]
    n_knots = max(2, int(np.ceil(span / KNOT_S)) + 1)
    knots = cast(Floats, np.linspace(at[0], at[-1], n_knots)) if span > 0 else at[:1]
    # Where the link was lost there is nothing to fit: a straight line joins the last exchange before the gap to the
    # next.
    lost = np.flatnonzero(np.diff(at) > GAP_S)
    near = np.min(np.abs(knots[:, None] - at[_around(at, knots)]), axis=1) <= GAP_S / 2
    knots = np.unique(np.concatenate([knots[near], at[lost], at[lost + 1]]))
    offset, slope = _local_lines(knots, at, exchanges.own_offset_s - base, weight)
    region = _spacious(region_of(exchanges.intervals, knots), float(round_trip.min()))
    middle, half = (region.high_s + region.low_s) / 2, (region.high_s - region.low_s) / 2
    offset = middle + np.clip(offset + base - middle, -half / 2, half / 2)
    first, last = (float(np.clip(slope[end], region.rate_low[end], region.rate_high[end])) for end in (0, -1))
    return Piece(knots, offset, region, first, last)


def _spacious(region: Region, quickest_s: float) -> Region:
    """The region, widened to at least the quickest round trip. No single exchange can justify a narrower region; it
    would only mean that the dial's rate strays by nearly as much as is allowed."""
    middle, half = (region.high_s + region.low_s) / 2, (region.high_s - region.low_s) / 2
    half = np.maximum(half, quickest_s / 2)
    return Region(middle - half, middle + half, region.rate_low, region.rate_high, region.change)


def join(pieces: list[Piece]) -> tuple[Floats, Floats, Region]:
    """Knots, offsets and region of all pieces. Between two pieces, any offset up to the whole step is possible."""
    knots, offset = [pieces[0].knots], [pieces[0].offset]
    first = pieces[0].region
    low, high, slow, fast = [first.low_s], [first.high_s], [first.rate_low], [first.rate_high]
    for before, after in itertools.pairwise(pieces):
        own = after.region
        whole_low = min(before.region.low_s[-1], own.low_s[0])
        whole_high = max(before.region.high_s[-1], own.high_s[0])
        knots += [np.array([before.knots[-1] + 1e-6, after.knots[0] - 1e-6]), after.knots]
        offset += [np.array([before.offset[-1], after.offset[0]]), after.offset]
        low += [np.array([whole_low, whole_low]), own.low_s]
        high += [np.array([whole_high, whole_high]), own.high_s]
        # The last rate of a piece applies up to the first of the two knots, the first rate of the next piece from the
        # second knot.
        slow += [np.zeros(1), own.rate_low]
        fast += [np.zeros(1), own.rate_high]
    return (
        np.concatenate(knots),
        np.concatenate(offset),
        Region(
            np.concatenate(low),
            np.concatenate(high),
            np.concatenate(slow),
            np.concatenate(fast),
            max(piece.region.change for piece in pieces),
        ),
    )


def _around(at: Floats, times: Floats) -> NDArray[np.int64]:
    """For each time the indices of the exchanges before and after it: shape (n_times, 2)."""
    right = np.searchsorted(at, times)
    return np.column_stack([np.clip(right - 1, 0, len(at) - 1), np.clip(right, 0, len(at) - 1)])


def nearby_minimum(at: Floats, values: Floats) -> Floats:
    """The smallest of `values` within the window around each: a link's speed may change over hours."""
    first = np.searchsorted(at, at - WINDOW_S, side="left")
    last = np.searchsorted(at, at + WINDOW_S, side="right")
    # One more value, since a window may end at the end of the array.
    return np.minimum.reduceat(np.append(values, np.inf), np.column_stack([first, last]).ravel())[::2]


def _local_lines(knots: Floats, at: Floats, offset: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Offset and slope at each knot of the weighted line through the exchanges around it."""
    reach = np.full(len(knots), WINDOW_S)
    first, last = np.searchsorted(at, knots - reach), np.searchsorted(at, knots + reach, side="right")
    for sparse in np.flatnonzero(last - first < MIN_POINTS):
        nearest = min(MIN_POINTS, len(at)) - 1
        distance = np.abs(at - knots[sparse])
        reach[sparse] = np.partition(distance, nearest)[nearest] * 1.001 + 1e-9
    first, last = np.searchsorted(at, knots - reach), np.searchsorted(at, knots + reach, side="right")
    # One row for each knot, as wide as the widest window; entries beyond a row's own window have weight 0.
    widest = int((last - first).max())
    index: NDArray[np.int64] = first[:, None] + np.arange(widest)
    inside = index < last[:, None]
    index = np.minimum(index, len(at) - 1)
    x, y = at[index] - knots[:, None], offset[index]
    w = np.where(inside, weight[index] * (1 - np.minimum(np.abs(x) / reach[:, None], 1.0) ** 3) ** 3, 0.0)
    total = w.sum(axis=1)
    x_mean, y_mean = (w * x).sum(axis=1) / total, (w * y).sum(axis=1) / total
    x_off = x - x_mean[:, None]
    spread = (w * x_off**2).sum(axis=1)
    # Exchanges at one moment give an offset but no drift.
    steep = (at[last - 1] - at[first] >= SHORT_SPAN_S) & (spread > 0)
    slope = np.where(steep, (w * x_off * (y - y_mean[:, None])).sum(axis=1) / np.where(steep, spread, 1.0), 0.0)
    return y_mean - slope * x_mean, slope
