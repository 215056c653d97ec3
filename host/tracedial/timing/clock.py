"""The dial's clock relative to the host's, from sync exchanges: offset and drift over time, with a bound.

The offset is what must be **added to a dial time to get the host time** of the same instant (seconds):
``host_s = dial_s + offset_s``. It is positive when the host's clock reads more than the dial's.

An exchange gives four timestamps. They define an interval that holds the offset, whatever the link did. All intervals
together, with the limits of a crystal between them, leave a region (`clock_region.py`). The true offset lies in it, so
the bound spans it. The most likely offset within the region is estimated by a line through the exchanges nearby, each
weighted by 1 / (resolution² + excess² / 12), where ``excess`` is its round trip beyond the quickest one nearby (an
error spread evenly over ± excess / 2 has that variance) and by a tricube of the distance in time. On a link with
unequal delays in its two directions this estimate may lie far off, so it is kept within the middle half of the region.
No such method can tell a link that is always slower in one direction from an offset; the bound covers this case.
"""

import math
from collections.abc import Sequence

import numpy as np

from tracedial.errors import ClockError
from tracedial.link.messages import SyncExchange
from tracedial.timing.clock_fit import ClockFit, Floats
from tracedial.timing.clock_lines import fit_piece, join, nearby_minimum
from tracedial.timing.clock_region import Intervals
from tracedial.timing.clock_steps import MIN_EXCHANGES, Exchanges, between_steps

STAMPS_TO_TELL = 16


def fit_clock(exchanges: Sequence[SyncExchange], *, origin_ns: int, tick_us: int = 1) -> ClockFit:
    """Fit the clock of one dial from its exchanges, all of one boot.

    `origin_ns` is the host's monotonic time at which host seconds begin; the dial's stamps are rounded to `tick_us`.
    Exchanges that no link can produce are left out and counted in `impossible`. Raises `ClockError` for exchanges of
    two boots, and where fewer than three possible exchanges are left.
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
    """The step to which a browser rounds its clock (5 µs to some ms, against timing attacks), in µs: all stamps of a
    page are multiples of it. One microsecond where there are too few stamps to tell."""
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
    """`fit_clock` on arrays of shape (n_exchanges,), in seconds and in the order of time. The stamps of the dial or
    page are rounded to `tick_s`: a microsecond on a dial, up to a millisecond in a browser."""
    round_trip = (host_back_s - host_sent_s) - (dial_out_s - dial_in_s)
    possible = (round_trip >= -2 * tick_s) & (dial_out_s >= dial_in_s) & (host_back_s >= host_sent_s)
    if np.count_nonzero(possible) < MIN_EXCHANGES:
        raise ClockError(
            f"{np.count_nonzero(~possible)} of {len(round_trip)} sync exchanges have a negative round trip: "
            "their timestamps do not belong together, and too few others are left."
        )
    intervals = Intervals(
        dial_in_s[possible],
        (host_sent_s - dial_in_s)[possible] - tick_s,
        np.maximum.accumulate(dial_out_s[possible]),
        (host_back_s - dial_out_s)[possible] + tick_s,
    )
    own_offset = (((host_sent_s - dial_in_s) + (host_back_s - dial_out_s)) / 2)[possible]
    exchanges = Exchanges(
        intervals, (dial_in_s + dial_out_s)[possible] / 2, own_offset, np.maximum(round_trip[possible], 0.0)
    )
    exchanges, ranges = between_steps(exchanges)
    pieces = [fit_piece(exchanges.part(first, last)) for first, last in ranges]
    knots, offset, region = join(pieces)
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
        excess_s=exchanges.round_trip_s - nearby_minimum(at, exchanges.round_trip_s),
        round_trip_s=exchanges.round_trip_s,
        steps=len(pieces) - 1,
        impossible=len(round_trip) - len(at),
        rate_change=region.change,
    )
