"""The start-up: how long a rater takes to move from the dial's first position to the session's own level.

Two raters who both begin at the same position and move to their levels correlate through that alone; in a short session
it is most of the correlation. The start-up is determined from each trace separately.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.cosines import without_course

Floats = NDArray[np.float64]

AT_FIRST_S = 5
FROM_S, UNTIL_S = 60, 360
"""The beginning is compared with the level of this part of the session."""
TOGETHER_SD, ALONE_SD, NEAR_SD = 1.5, 3.0, 0.5
LONGEST_S = 120
LONGEST_SHARE = 0.25


@dataclass(frozen=True)
class StartUp:
    """How far from its level a trace begins, in SD, and the second in which it reaches that level; 0 and 0 where there
    is no start-up."""

    distance_sd: float
    until_s: int


def start_up(rating: Floats) -> StartUp:
    """The beginning of `rating`, shape (n_seconds,): the distance between the mean of its first five ratings and the
    mean of minutes 2 to 6, in SD about the slow course of the session after its first minute; and the second in which a
    mean over five seconds first comes within half an SD of that level, if that happens within two minutes and within a
    quarter of the session."""
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
    """The second from which traces are compared. If two or more traces begin more than 1.5 SD off, it lies after their
    start-up, because the start-up makes them correlate; it also lies after the start-up of any trace that begins more
    than 3 SD off."""
    starts = list(starts)
    together = [one.until_s for one in starts if one.distance_sd > TOGETHER_SD]
    alone = [one.until_s for one in starts if one.distance_sd > ALONE_SD]
    return max([0, *(together if len(together) > 1 else alone)])
