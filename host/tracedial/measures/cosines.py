"""How large a correlation two traces have by chance alone, from the signs of their cosines.

A trace is a sum of cosines of 1, 2, 3 … half waves over the session (its discrete cosine transform, which does not
require the trace's two ends to meet). In a trace without a trend, the sizes of these cosines describe its
autocorrelation, and their signs are random like a fair coin's. Pearson's r of two traces is the sum of the products of
their amplitudes. Given the sizes and fair signs, its distribution is known without drawing it. This needs no model of
the trace, such as an AR(1) series. The first few cosines can be left out where both traces have a slow course of their
own. Swings of one period that both traces share are removed first; each gets a fair phase (`swings.py`).

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
"""Gaps up to this length are filled by a line between their ends; longer gaps are closed up."""
SLOW_P = 0.1
SLOWER_P = 0.05
LONG_ENOUGH_FOR_QUARTIC_S = 600
FIRST_COSINES = 12
STRETCHES = 4
"""The session is divided into this many parts and their variances are compared: two traces that both become livelier in
the same part correlate more by chance."""
SHORT_STRETCHES = 20
LIVELY_TOGETHER = 0.378
"""The log liveliness of two traces over 20 stretches correlates above this once in twenty times by chance."""
ROUNDING = 1e-18
SLOPE_STEPS = 3
LEVEL = 0.05


@dataclass(frozen=True)
class CosineTest:
    """A correlation `r` compared with chance. `p`: two-sided. `n_eff`: the number of independent observations whose r
    would scatter as much by chance. `r_needed`: the smallest |r| that has a p below .05 in this session (1 where none
    has). `order`: the order of the slow course that was removed from both traces first; 0 if only the mean was."""

    r: float
    p: float
    n_eff: float
    r_needed: float
    order: int


def common(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Both traces over the seconds that both rated, joined together: a gap of at most `LONGEST_FILLED_S` is bridged by
    a line in each trace, a longer one is closed up."""
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
    """Amplitudes of the cosines of 0, 1, 2 … half waves, along the last axis. Their squares add up to those of `x`."""
    from scipy.fft import dct

    return np.asarray(dct(x, norm="ortho", axis=-1))


def without_course(x: Floats, order: int) -> Floats:
    """`x` (no NaN) minus its least-squares polynomial of this order; order 0 subtracts only the mean."""
    if order == 0:
        return x - x.mean()
    basis, _ = np.linalg.qr(np.polynomial.legendre.legvander(np.linspace(-1, 1, len(x)), order))
    return x - basis @ (basis.T @ x)


def course_p(x: Floats) -> tuple[float, float]:
    """Two p values (F tests): how often a trace without a trend has as much variance in its first two cosines, and in
    its third and fourth, compared with the cosines after them up to the twelfth. A line and an arc lie in the first
    two; `x` has no NaN."""
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
    """The order of the slow course to remove from two traces before comparing them: 2 (line and arc) where either trace
    shows one with p < .1, 4 where either shows a quicker one with p < .05 in a session of ten minutes or more, else 0.

    A course in one trace is enough: if both had to show one, weak arcs in both traces would slip through.
    """
    first, second = zip(course_p(x), course_p(y), strict=True)
    if min(second) < SLOWER_P and len(x) >= LONG_ENOUGH_FOR_QUARTIC_S:
        return 4
    return 2 if min(first) < SLOW_P else 0


def cosine_test(x: Floats, y: Floats, *, order: int = 0, r: float | None = None) -> CosineTest | None:
    """Test the correlation of two traces without NaN. `r`: the correlation to test (by default that of `x` and `y`).
    None where a trace is constant or consists of its slow course alone."""
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
    return CosineTest(r, tail.beyond(abs(r) / spread), n_eff, min(by_chance.needed(), 1.0), order)


@dataclass(frozen=True)
class Chance:
    """`r`: the correlation from the cosines after the slow course. By chance it is `spread` times a sum with the
    distribution `tail`."""

    r: float
    tail: FairSum
    spread: float

    def needed(self) -> float:
        """The smallest |r| that has a p below `LEVEL`; above 1 where none has."""
        return self.tail.quantile(LEVEL) * self.spread


def chance_of(x: Floats, y: Floats, order: int) -> Chance | None:
    """The chance distribution for two traces without their slow course of this order; None where a trace is nothing but
    its course."""
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
    """The interval of the slope of `y` on `x`, without NaN and without their slow course: all slopes that leave
    residuals whose correlation with `x` has a p of .05 or more. It excludes 0 where the p of the correlation itself is
    below .05 (that of `r`, if given, as for `cosine_test`). None where no correlation could be told from chance."""
    x, y = without_course(x, order), without_course(y, order)
    across, down = cosines(x)[order + 1 :], cosines(y)[order + 1 :]
    power = float(across @ across)
    slope = float(across @ down) / power
    rest = float(np.sum((down - slope * across) ** 2))
    if rest <= ROUNDING * max(float(down @ down), 1e-300):
        return slope, slope

    def needed(at: float) -> float:
        by_chance = chance_of(x, y - at * x, order)
        return 0.0 if by_chance is None else by_chance.needed()

    if (middle := needed(slope)) >= 1:
        return None
    ends = []
    for side in (-1, 1):
        least = middle
        for _ in range(SLOPE_STEPS):
            if (least := needed(slope + side * math.sqrt(rest / power) * least / math.sqrt(1 - least * least))) >= 1:
                return None
        ends.append(slope + side * math.sqrt(rest / power) * least / math.sqrt(1 - least * least))
    # The remaining distance between the last two steps must not make the interval disagree with the p value.
    by_chance = chance_of(x, y, order)
    told = by_chance is not None and abs(by_chance.r if r is None else r) > by_chance.needed()
    if told == (ends[0] <= 0 <= ends[1]):
        nearer = 0 if slope > 0 else 1
        ends[nearer] = math.copysign(1e-9 * math.sqrt(rest / power), slope if told else -slope)
    return ends[0], ends[1]


def liveliness(x: Floats, y: Floats, products: Floats) -> float:
    """The factor by which the variance of r exceeds that for even variances, because both traces are livelier in the
    same parts of the session: mean(v_x v_y) / (mean v_x mean v_y), shrunk towards 1 where the traces hold few
    independent observations. v: the variance in each quarter of the session; or, if these correlate over twentieths of
    the session, the mean squared step in each twentieth. The larger factor counts."""
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
    # Adding a twentieth of the mean keeps stretches without a step from dominating.
    logs = [np.log(v + v.mean() / 20) for v in (v_x, v_y)]
    if min(float(np.ptp(one)) for one in logs) <= 1e-9 or float(np.corrcoef(*logs)[0, 1]) <= LIVELY_TOGETHER:
        return ratio
    return max(ratio, 1 + (_together(v_x, v_y) - 1) * n_eff / (n_eff + 25))


def _together(v_x: Floats, v_y: Floats) -> float:
    return float(np.mean(v_x * v_y) / (v_x.mean() * v_y.mean()))
