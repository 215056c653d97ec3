"""The dial's clock against the host's, from sync exchanges: offset and drift over time, with a bound.

The offset is what must be **added to a dial time to get the host time** of the same instant (seconds):
``host_s = dial_s + offset_s``. It is positive when the host's clock reads more than the dial's.

An exchange gives four timestamps, and with them an interval that holds the offset whatever the link did. All intervals
together, and what a crystal can do between them, leave a region (`clock_region.py`): the truth lies in it, so the bound
spans it. Where in the region the truth most likely lies is an estimate: a line through the exchanges around it, each
weighted by 1 / (resolution² + excess² / 12), where ``excess`` is its round trip beyond the quickest one nearby (an
error spread evenly over ± excess / 2 has that variance) and by a tricube of the distance in time. On a link whose
directions differ this estimate may lie far off; it is therefore kept within the middle half of the region. A link that
is slower in one direction at all times cannot be told from an offset by any such method; the bound holds it.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import ClockError
from tracedial.link.messages import SyncExchange
from tracedial.timing.clock_region import MAX_RATE, MAX_RATE_CHANGE, Intervals, Region, first_contradiction, region_of

Floats = NDArray[np.float64]

WINDOW_S = 45.0
"""Half-width of the line's window."""
KNOT_S = 5.0
RESOLUTION_S = 10e-6
"""What a microsecond tick and a thread's wake-up leave even in the quickest exchange."""
MIN_EXCHANGES = 3
MIN_POINTS = 8
STAMPS_TO_TELL = 16
SHORT_SPAN_S = 0.5
GAP_S = 5.0
"""Exchanges farther apart than this have a gap between them."""
BLOCK = 1 << 16
STEP_S = 1e-3
"""What an offset must change by, beyond what exchanges and a drifting clock explain, to be a step."""


@dataclass(frozen=True)
class ClockFit:
    """The fitted clock of one boot of one dial.

    `knot_dial_s`, `offset_s`, `low_s`, `high_s`: arrays of shape (n_knots,); between knots the offset is a straight
    line, and the true one lies between `low_s` and `high_s`. `rate_low`, `rate_high`: shape (n_knots + 1,), how fast
    the true offset can change before the first knot, between neighbours and after the last (s/s).

    `residual_s`, `excess_s`, `round_trip_s`: arrays of shape (n_exchanges,), each exchange's own offset minus the
    fitted one, its round trip beyond the quickest one nearby, and the round trip. `steps`: how often the host's clock
    stood still (a computer asleep); `impossible`: exchanges left out because they took less than no time, or contradict
    all others. `rate_change`: by how much the dial's rate was allowed to stray from one rate for ten minutes (s/s).
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
        """The most that `host_s` can be wrong there, in seconds, for a dial whose rate keeps to what `clock_region.py`
        states."""
        return _in_blocks(self._bound_at, np.asarray(dial_s, dtype=float))

    def _bound_at(self, dial_s: Floats) -> Floats:
        knots, offset_s = self.knot_dial_s, self._offset_at(dial_s)
        right = np.searchsorted(knots, dial_s, side="right")
        after, before = np.clip(right, 0, len(knots) - 1), np.clip(right - 1, 0, len(knots) - 1)
        since_s, until_s = dial_s - knots[before], knots[after] - dial_s
        slow, fast = self.rate_low[right], self.rate_high[right]
        # Before the first knot and behind the last both neighbours are the same, and say the same.
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
        """Dial seconds in a host second, as measured at the end of the fit."""
        return 1.0 / (1.0 + self.drift_last)

    def _offset_at(self, dial_s: Floats) -> Floats:
        inside = np.interp(dial_s, self.knot_dial_s, self.offset_s)
        before = np.minimum(dial_s - self.knot_dial_s[0], 0.0) * self.drift_first
        after = np.maximum(dial_s - self.knot_dial_s[-1], 0.0) * self.drift_last
        return inside + before + after


def _in_blocks(function: Callable[[Floats], Floats], values: Floats) -> Floats:
    """A function of each value, so that its intermediate arrays stay small however many there are."""
    if values.size <= BLOCK:
        return function(values)
    return np.concatenate([function(values[at : at + BLOCK]) for at in range(0, len(values), BLOCK)])


def fit_clock(exchanges: Sequence[SyncExchange], *, origin_ns: int, tick_us: int = 1) -> ClockFit:
    """Fit the clock of one dial from its exchanges, all of one boot.

    `origin_ns` is the host's monotonic time that host seconds are counted from, `tick_us` what the dial's stamps are
    rounded to. Exchanges that no link can make are left out and counted. Raises `ClockError` for exchanges of two
    boots, and where fewer than three are left.
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
    sent, dial_in, dial_out, back = (
        np.array([getattr(exchange, name) for exchange in ordered], dtype=float)
        for name in ("host_sent_ns", "dial_received_us", "dial_sent_us", "host_received_ns")
    )
    return fit_stamps(
        (sent - origin_ns) / 1e9,
        dial_in / 1e6,
        dial_out / 1e6,
        (back - origin_ns) / 1e9,
        origin_ns=origin_ns,
        boot=boots.pop(),
        tick_s=tick_us / 1e6,
    )


def page_tick_us(exchanges: Sequence[SyncExchange]) -> int:
    """What a browser rounds its clock to (5 µs to some ms, against attacks by timing), in µs: what all of a page's
    stamps are multiples of. A microsecond where there are too few to say."""
    stamps = {stamp for exchange in exchanges for stamp in (exchange.dial_received_us, exchange.dial_sent_us)}
    return max(math.gcd(*stamps), 1) if len(stamps) >= STAMPS_TO_TELL else 1


def fit_stamps(
    host_sent_s: Floats,
    dial_in_s: Floats,
    dial_out_s: Floats,
    host_back_s: Floats,
    *,
    origin_ns: int,
    boot: int,
    tick_s: float = 1e-6,
) -> ClockFit:
    """`fit_clock` on arrays of shape (n_exchanges,), in seconds and in the order of time. `tick_s` is what the dial's
    stamps are rounded to: a microsecond on a dial, up to a millisecond in a browser."""
    round_trip = (host_back_s - host_sent_s) - (dial_out_s - dial_in_s)
    possible = (round_trip >= -2 * tick_s) & (dial_out_s >= dial_in_s) & (host_back_s >= host_sent_s)
    if np.count_nonzero(possible) < MIN_EXCHANGES:
        raise ClockError(
            f"{np.count_nonzero(~possible)} of {len(round_trip)} sync exchanges took less than no time: their "
            "timestamps are not of one exchange, and too few are left."
        )
    intervals = Intervals(
        dial_in_s[possible],
        (host_sent_s - dial_in_s)[possible] - tick_s,
        np.maximum.accumulate(dial_out_s[possible]),
        (host_back_s - dial_out_s)[possible] + tick_s,
    )
    own_offset = (((host_sent_s - dial_in_s) + (host_back_s - dial_out_s)) / 2)[possible]
    exchanges = _Exchanges(
        intervals, (dial_in_s + dial_out_s)[possible] / 2, own_offset, np.maximum(round_trip[possible], 0.0)
    )
    exchanges, ranges = _between_steps(exchanges)
    pieces = [_fit_piece(exchanges.part(first, last)) for first, last in ranges]
    knots, offset, region = _join(pieces)
    at, own_offset = exchanges.at_s, exchanges.own_offset_s
    return ClockFit(
        boot=boot,
        origin_ns=origin_ns,
        knot_dial_s=knots,
        offset_s=offset,
        low_s=region.low_s,
        high_s=region.high_s,
        rate_low=region.rate_low,
        rate_high=region.rate_high,
        drift_first=pieces[0].drift_first,
        drift_last=pieces[-1].drift_last,
        residual_s=own_offset - np.interp(at, knots, offset),
        excess_s=exchanges.round_trip_s - _nearby_minimum(at, exchanges.round_trip_s),
        round_trip_s=exchanges.round_trip_s,
        steps=len(pieces) - 1,
        impossible=len(round_trip) - len(at),
        rate_change=region.change,
    )


@dataclass(frozen=True)
class _Exchanges:
    """Exchanges as intervals and as points: middle of the dial's stamps, offset there, round trip."""

    intervals: Intervals
    at_s: Floats
    own_offset_s: Floats
    round_trip_s: Floats

    def part(self, first: int, last: int) -> "_Exchanges":
        own = slice(first, last)
        return _Exchanges(
            self.intervals.part(first, last), self.at_s[own], self.own_offset_s[own], self.round_trip_s[own]
        )

    def without(self, index: int) -> "_Exchanges":
        one = self.intervals
        return _Exchanges(
            Intervals(*(np.delete(values, index) for values in (one.low_at_s, one.low_s, one.high_at_s, one.high_s))),
            *(np.delete(values, index) for values in (self.at_s, self.own_offset_s, self.round_trip_s)),
        )


@dataclass(frozen=True)
class _Piece:
    """The lines between two steps of the host's clock, and the region they lie in."""

    knots: Floats
    offset: Floats
    region: Region
    drift_first: float
    drift_last: float


def _between_steps(exchanges: _Exchanges) -> tuple[_Exchanges, list[tuple[int, int]]]:
    """The ranges of exchanges in which the host's clock ran: a computer that slept stops it while the dial's goes on.

    An exchange that alone contradicts those before it and those after it, which agree, is none, and is left out.
    """
    ranges: list[tuple[int, int]] = []
    first = 0
    while first < len(exchanges.at_s):
        rest = exchanges.intervals.part(first, len(exchanges.at_s))
        found = [
            at
            for at in (
                _first_jump(exchanges.part(first, len(exchanges.at_s))),
                first_contradiction(rest, rate=MAX_RATE + MAX_RATE_CHANGE, slack_s=STEP_S),
            )
            if at is not None
        ]
        if not found:
            ranges.append((first, len(exchanges.at_s)))
            break
        odd = first + min(found)
        if _agrees_without(exchanges, first, odd):
            exchanges = exchanges.without(odd)
            continue
        ranges.append((first, odd))
        first = odd
    return exchanges, ranges


def _first_jump(exchanges: _Exchanges) -> int | None:
    """The first exchange whose offset is farther from that of the one before than their round trips and a crystal's
    drift explain."""
    jumps = np.abs(np.diff(exchanges.own_offset_s)) > (
        (exchanges.round_trip_s[1:] + exchanges.round_trip_s[:-1]) / 2 + MAX_RATE * np.diff(exchanges.at_s) + STEP_S
    )
    return int(np.argmax(jumps)) + 1 if jumps.any() else None


def _agrees_without(exchanges: _Exchanges, first: int, odd: int) -> bool:
    """Whether the exchanges right behind `odd` agree with those from `first` to it."""
    behind = range(odd + 1, min(odd + 1 + MIN_EXCHANGES, len(exchanges.at_s)))
    if len(behind) < MIN_EXCHANGES:
        return False
    kept = [*range(first, odd), *behind]
    one = exchanges.intervals
    without = Intervals(one.low_at_s[kept], one.low_s[kept], one.high_at_s[kept], one.high_s[kept])
    return first_contradiction(without, rate=MAX_RATE + MAX_RATE_CHANGE, slack_s=STEP_S) is None


def _fit_piece(exchanges: _Exchanges) -> _Piece:
    at, round_trip = exchanges.at_s, exchanges.round_trip_s
    excess = round_trip - _nearby_minimum(at, round_trip)
    weight = 1.0 / (RESOLUTION_S**2 + excess**2 / 12)
    base = exchanges.own_offset_s[int(np.argmin(round_trip))]
    span = at[-1] - at[0]
    knots = np.linspace(at[0], at[-1], max(2, int(np.ceil(span / KNOT_S)) + 1)) if span > 0 else at[:1]
    # Where the link was lost there is nothing to fit: one straight line leads from the last exchange to the next.
    lost = np.flatnonzero(np.diff(at) > GAP_S)
    near = np.min(np.abs(knots[:, None] - at[_around(at, knots)]), axis=1) <= GAP_S / 2
    knots = np.unique(np.concatenate([knots[near], at[lost], at[lost + 1]]))
    offset, slope = _local_lines(knots, at, exchanges.own_offset_s - base, weight)
    region = _spacious(region_of(exchanges.intervals, knots), float(round_trip.min()))
    middle, half = (region.high_s + region.low_s) / 2, (region.high_s - region.low_s) / 2
    offset = middle + np.clip(offset + base - middle, -half / 2, half / 2)
    first, last = (float(np.clip(slope[end], region.rate_low[end], region.rate_high[end])) for end in (0, -1))
    return _Piece(knots, offset, region, first, last)


def _spacious(region: Region, quickest_s: float) -> Region:
    """The region, nowhere narrower than the quickest round trip: narrower than what no exchange has told, it would only
    say that the dial's rate strays by nearly as much as is allowed."""
    middle, half = (region.high_s + region.low_s) / 2, (region.high_s - region.low_s) / 2
    half = np.maximum(half, quickest_s / 2)
    return Region(middle - half, middle + half, region.rate_low, region.rate_high, region.change)


def _join(pieces: list[_Piece]) -> tuple[Floats, Floats, Region]:
    """Knots, offsets and region of all pieces. Between two of them anything up to the whole step is possible."""
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
        # The last rate of a piece leads to the first of the two knots, the first of the next from the second.
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
    first, last = np.searchsorted(at, knots - reach), np.searchsorted(at, knots + reach, side="right")
    for sparse in np.flatnonzero(last - first < MIN_POINTS):
        nearest = min(MIN_POINTS, len(at)) - 1
        distance = np.abs(at - knots[sparse])
        reach[sparse] = np.partition(distance, nearest)[nearest] * 1.001 + 1e-9
    first, last = np.searchsorted(at, knots - reach), np.searchsorted(at, knots + reach, side="right")
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
