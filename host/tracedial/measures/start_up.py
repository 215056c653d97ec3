"""Where a rater has come from the place at which the dial stood to the session's own level.

Two raters who both begin at the same place and move to where they belong correlate by that alone; in a short session it
is most of the correlation. What is left out is known from each trace by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.cosines import without_course

Floats = NDArray[np.float64]

AT_FIRST_S = 5
FROM_S, UNTIL_S = 60, 360
"""The part of the session whose level the beginning is held against."""
TOGETHER_SD, ALONE_SD, NEAR_SD = 1.5, 3.0, 0.5
LONGEST_S = 120
LONGEST_SHARE = 0.25


@dataclass(frozen=True)
class StartUp:
    """How far off its level a trace begins, in SD, and in which second it has come there; 0 and 0 where it doesn't."""

    distance_sd: float
    until_s: int


def start_up(rating: Floats) -> StartUp:
    """The beginning of `rating`, shape (n_seconds,): the distance of its first five ratings' mean from that of minutes
    2 to 6, in SD about the slow course of the session after its first minute; and the second in which a mean of five
    seconds comes within half a SD of that level, if that is within two minutes and a quarter of the session."""
    known = np.flatnonzero(~np.isnan(rating))
    if len(known) < 2 * FROM_S:
        return StartUp(0.0, 0)
    values = rating[known]
    level = float(values[FROM_S:UNTIL_S].mean())
    sd = float(without_course(values[FROM_S:], 2).std())
    distance = abs(float(values[:AT_FIRST_S].mean()) - level)
    if sd <= 1e-9 * max(1.0, abs(level)):
        return StartUp(0.0, 0)
    longest = int(min(LONGEST_S, LONGEST_SHARE * len(values)))
    running = np.convolve(values[: longest + AT_FIRST_S], np.ones(AT_FIRST_S) / AT_FIRST_S, mode="valid")
    there = np.flatnonzero(np.abs(running - level) <= NEAR_SD * sd)
    if not len(there):
        return StartUp(0.0, 0)
    return StartUp(distance / sd, int(known[min(int(there[0]) + AT_FIRST_S // 2, longest)]))


def settled_s(starts: Iterable[StartUp]) -> int:
    """From which second on traces are compared: after the start-up of those that begin 1.5 SD off where two or more do,
    since these correlate by it, and of any that begins 3 SD off."""
    starts = list(starts)
    together = [one.until_s for one in starts if one.distance_sd > TOGETHER_SD]
    alone = [one.until_s for one in starts if one.distance_sd > ALONE_SD]
    return max([0, *(together if len(together) > 1 else alone)])
