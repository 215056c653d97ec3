"""What correlation chance alone gives two traces, told by the signs of their cosines.

A trace is a sum of cosines of 1, 2, 3 … half waves over the session (its discrete cosine transform, whose ends need
not meet). Of a trace without a trend these have amplitudes of its own, which tell how it repeats itself, and signs that
are those of a fair coin. Pearson's r of two traces is the sum of the products of their amplitudes: with the sizes that
they have and fair signs it has a distribution that is known without drawing it. That needs no model of the trace, such
as an AR(1) series; the first few cosines can be left out where both traces have a slow course of their own. Swings of
one period that both traces share are taken out before, and get a fair phase each (`swings.py`).

Arrays have the shape (n_seconds,); `docs/measures.md` has the rates of false positives.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.fair_sums import FairSum
from tracedial.measures.swings import shared_swings

Floats = NDArray[np.float64]

LONGEST_FILLED_S = 60
"""Gaps up to this are filled by a line between their ends, longer ones closed up."""
SLOW_P = 0.1
SLOWER_P = 0.05
LONG_ENOUGH_FOR_QUARTIC_S = 600
FIRST_COSINES = 12
STRETCHES = 4
"""Parts of the session whose variances are compared: two traces that both get livelier correlate more by chance."""
SHORT_STRETCHES = 20
LIVELY_TOGETHER = 0.378
"""The correlation of 20 stretches' logarithms of liveliness that chance exceeds once in twenty times."""
ROUNDING = 1e-18
SLOPE_STEPS = 3
LEVEL = 0.05


@dataclass(frozen=True)
class CosineTest:
    """A correlation `r` beside what chance gives. `p`: two-sided. `n_eff`: how many independent observations would
    scatter as much. `r_needed`: the least |r| of this session that has a p below .05 (1 where none has). `order`: of
    the slow course that was taken out of both traces before, 0 for none but the mean."""

    r: float
    p: float
    n_eff: float
    r_needed: float
    order: int


def common(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Both traces over the seconds that both rated, one after the other: a gap of at most `LONGEST_FILLED_S` is bridged
    by a line in each, a longer one is closed up."""
    both = ~np.isnan(a) & ~np.isnan(b)
    known = np.flatnonzero(both)
    if not len(known):
        return np.array([]), np.array([])
    place = np.arange(len(a))
    steps = np.diff(known)
    keep = both.copy()
    for at in np.flatnonzero((steps > 1) & (steps <= LONGEST_FILLED_S + 1)):
        keep[known[at] : known[at + 1]] = True
    return np.interp(place[keep], known, a[known]), np.interp(place[keep], known, b[known])


def cosines(x: Floats) -> Floats:
    """Amplitudes of the cosines of 0, 1, 2 … half waves, of which the squares add up to those of `x`; along the last
    axis."""
    from scipy.fft import dct

    return np.asarray(dct(x, norm="ortho", axis=-1))


def without_course(x: Floats, order: int) -> Floats:
    """`x` (no NaN) without its least-squares polynomial of an order; 0 takes the mean alone."""
    if order == 0:
        return x - x.mean()
    basis, _ = np.linalg.qr(np.polynomial.legendre.legvander(np.linspace(-1, 1, len(x)), order))
    return x - basis @ (basis.T @ x)


def course_p(x: Floats) -> tuple[float, float]:
    """How often a trace without a trend has so much in its first two cosines, and in its third and fourth, beside those
    after them up to the twelfth (F tests). A line and an arc lie in the first two; `x` has no NaN."""
    from scipy.special import fdtrc

    last = min(FIRST_COSINES, len(x) // 4)
    if last < 6:
        return 1.0, 1.0
    power = cosines(without_course(x, 0))[1 : last + 1] ** 2
    found = []
    for first in (0, 2):
        rest = float(power[first + 2 :].mean())
        above = float(power[first : first + 2].mean())
        if rest <= 1e-12 * above:
            found.append(0.0 if above > 0 else 1.0)
        else:
            found.append(float(fdtrc(2, last - first - 2, above / rest)))
    return found[0], found[1]


def course_order(x: Floats, y: Floats) -> int:
    """Which slow course is taken out of two traces before they are compared: 2 (line and arc) where either trace shows
    one with p < .1, 4 where either shows a quicker one with p < .05 in a session of ten minutes and more, else 0.

    One trace's is enough: where only both were tested, weak arcs of both would pass.
    """
    first, second = zip(course_p(x), course_p(y), strict=True)
    if min(second) < SLOWER_P and len(x) >= LONG_ENOUGH_FOR_QUARTIC_S:
        return 4
    return 2 if min(first) < SLOW_P else 0


def cosine_test(x: Floats, y: Floats, *, order: int = 0, r: float | None = None) -> CosineTest | None:
    """The test of two traces without NaN. `r`: the correlation that is judged (that of `x` and `y` unless given). None
    where a trace is constant or no more than its slow course."""
    if len(x) < order + 4:
        return None
    whole = [float(np.sum((one - one.mean()) ** 2)) for one in (x, y)]
    x, y = without_course(x, order), without_course(y, order)
    powers = [float(one @ one) for one in (x, y)]
    if any(power <= ROUNDING * max(all_, 1e-300) for power, all_ in zip(powers, whole, strict=True)):
        return None
    by_chance = chance_of(x, y, order)
    if by_chance is None:
        return None
    if r is None:
        r = by_chance.r
    tail, spread = by_chance.tail, by_chance.spread
    n_eff = 1 / (tail.variance * spread**2) + 1
    return CosineTest(r, tail.beyond(abs(r) / spread), n_eff, min(tail.quantile(LEVEL) * spread, 1.0), order)


@dataclass(frozen=True)
class Chance:
    """`r` of the cosines after the slow course; chance gives `spread` times a sum of the distribution `tail`."""

    r: float
    tail: FairSum
    spread: float


def chance_of(x: Floats, y: Floats, order: int) -> Chance | None:
    """What chance gives two traces without their course of an order; None where nothing but the course is left."""
    across, down = cosines(x)[order + 1 :], cosines(y)[order + 1 :]
    whole = math.sqrt(float(across @ across) * float(down @ down))
    if whole <= ROUNDING * max(float(np.abs(x).max() * np.abs(y).max()), 1e-300):
        return None
    spread = math.sqrt(liveliness(x, y, across * down / whole))
    swings = shared_swings(x, y)
    if swings.turning:
        across, down = cosines(swings.left_x)[order + 1 :], cosines(swings.left_y)[order + 1 :]
        whole = math.sqrt((float(across @ across) + swings.power_x) * (float(down @ down) + swings.power_y))
    products = across * down / whole
    r = float(np.clip(products.sum() + swings.products / whole, -1.0, 1.0))
    return Chance(r, FairSum(np.sort(np.abs(products))[::-1], [one / whole for one in swings.turning]), spread)


def slope_interval(x: Floats, y: Floats, *, order: int = 0, r: float | None = None) -> tuple[float, float] | None:
    """The interval of the slope of `y` on `x`, without NaN and without their slow course: all slopes that leave a rest
    whose correlation with `x` has a p of .05 and more. It leaves 0 out where the correlation's own p is below (that of
    `r`, if given, as for `cosine_test`). None where no correlation could be told from chance."""
    x, y = without_course(x, order), without_course(y, order)
    across, down = cosines(x)[order + 1 :], cosines(y)[order + 1 :]
    power = float(across @ across)
    slope = float(across @ down) / power
    rest = float(np.sum((down - slope * across) ** 2))
    if rest <= ROUNDING * max(float(down @ down), 1e-300):
        return slope, slope

    def needed(at: float) -> float:
        by_chance = chance_of(x, y - at * x, order)
        return 0.0 if by_chance is None else by_chance.tail.quantile(LEVEL) * by_chance.spread

    if (middle := needed(slope)) >= 1:
        return None
    ends = []
    for side in (-1, 1):
        least = middle
        for _ in range(SLOPE_STEPS):
            if (least := needed(slope + side * math.sqrt(rest / power) * least / math.sqrt(1 - least * least))) >= 1:
                return None
        ends.append(slope + side * math.sqrt(rest / power) * least / math.sqrt(1 - least * least))
    # What remains between the last two steps must not part the interval from the p value.
    by_chance = chance_of(x, y, order)
    told = (
        by_chance is not None
        and abs(by_chance.r if r is None else r) > by_chance.tail.quantile(LEVEL) * by_chance.spread
    )
    if told == (ends[0] <= 0 <= ends[1]):
        nearer = 0 if slope > 0 else 1
        ends[nearer] = math.copysign(1e-9 * math.sqrt(rest / power), slope if told else -slope)
    return ends[0], ends[1]


def liveliness(x: Floats, y: Floats, products: Floats) -> float:
    """By how much the variance of r is larger than with even variances, since both traces are livelier in the same
    parts of the session: mean(v_x v_y) / (mean v_x mean v_y), drawn towards 1 where the traces hold few independent
    observations. v: the variance in each quarter; and, where they go together in twentieths of the session, the mean
    squared step there, whichever says more."""
    n_eff = 1 / float(products @ products)
    v_x, v_y = (np.array([float(np.mean(part**2)) for part in np.array_split(one, STRETCHES)]) for one in (x, y))
    ratio = 1 + (_together(v_x, v_y) - 1) * n_eff / (n_eff + 15)
    if len(x) < 3 * SHORT_STRETCHES:
        return ratio
    v_x, v_y = (
        np.array([float(part.mean()) for part in np.array_split(np.diff(one) ** 2, SHORT_STRETCHES)]) for one in (x, y)
    )
    if min(v_x.max(), v_y.max()) <= 0:
        return ratio
    # A twentieth of the mean keeps stretches without a step from being all that counts.
    logs = [np.log(v + v.mean() / 20) for v in (v_x, v_y)]
    if min(float(np.ptp(one)) for one in logs) <= 1e-9 or float(np.corrcoef(*logs)[0, 1]) <= LIVELY_TOGETHER:
        return ratio
    return max(ratio, 1 + (_together(v_x, v_y) - 1) * n_eff / (n_eff + 25))


def _together(v_x: Floats, v_y: Floats) -> float:
    return float(np.mean(v_x * v_y) / (v_x.mean() * v_y.mean()))
