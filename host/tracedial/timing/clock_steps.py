"""Splits sync exchanges at steps of the host's clock: a sleeping computer stops its clock while the dial's runs on."""

from dataclasses import dataclass

import numpy as np

from tracedial.timing.clock_fit import Floats
from tracedial.timing.clock_region import MAX_RATE, MAX_RATE_CHANGE, Intervals, first_contradiction

MIN_EXCHANGES = 3
STEP_S = 1e-3
"""A step is a change of the offset that exceeds, by more than this, what exchanges and a drifting clock explain."""


@dataclass(frozen=True)
class Exchanges:
    """Exchanges as intervals and as points: middle of the dial's stamps, offset there, round trip."""

    intervals: Intervals
    at_s: Floats
    own_offset_s: Floats
    round_trip_s: Floats

    def part(self, first: int, last: int) -> "Exchanges":
        """The exchanges from `first` (included) to `last` (excluded)."""
        own = slice(first, last)
        return Exchanges(
            self.intervals.part(first, last), self.at_s[own], self.own_offset_s[own], self.round_trip_s[own]
        )

    def without(self, index: int) -> "Exchanges":
        """All exchanges except one."""
        one = self.intervals
        return Exchanges(
            Intervals(*(np.delete(values, index) for values in (one.low_at_s, one.low_s, one.high_at_s, one.high_s))),
            *(np.delete(values, index) for values in (self.at_s, self.own_offset_s, self.round_trip_s)),
        )


def between_steps(exchanges: Exchanges) -> tuple[Exchanges, list[tuple[int, int]]]:
    """The ranges of exchanges in which the host's clock ran: a sleeping computer stops its clock while the dial's runs
    on.

    If the exchanges before and after a single exchange agree with each other and contradict it, there is no step: the
    exchange is left out.
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


def _first_jump(exchanges: Exchanges) -> int | None:
    """The first exchange with an offset farther from the previous one than their round trips and a crystal's drift
    explain."""
    jumps = np.abs(np.diff(exchanges.own_offset_s)) > (
        (exchanges.round_trip_s[1:] + exchanges.round_trip_s[:-1]) / 2 + MAX_RATE * np.diff(exchanges.at_s) + STEP_S
    )
    return int(np.argmax(jumps)) + 1 if jumps.any() else None


def _agrees_without(exchanges: Exchanges, first: int, odd: int) -> bool:
    """Whether the exchanges right after `odd` agree with those from `first` up to it."""
    behind = range(odd + 1, min(odd + 1 + MIN_EXCHANGES, len(exchanges.at_s)))
    if len(behind) < MIN_EXCHANGES:
        return False
    kept = [*range(first, odd), *behind]
    one = exchanges.intervals
    without = Intervals(one.low_at_s[kept], one.low_s[kept], one.high_at_s[kept], one.high_s[kept])
    return first_contradiction(without, rate=MAX_RATE + MAX_RATE_CHANGE, slack_s=STEP_S) is None
