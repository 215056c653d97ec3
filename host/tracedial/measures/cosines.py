"""What correlation chance alone gives two traces, told by the signs of their cosines.

A trace is a sum of cosines of 1, 2, 3 … half waves over the session (its discrete cosine transform, whose ends need
not meet). Of a trace without a trend these have amplitudes of its own, which tell how it repeats itself, and signs that
are those of a fair coin. Pearson's r of two traces is the sum of the products of their amplitudes: with the sizes that
they have and fair signs it has a distribution that is known without drawing it. That needs no model of the trace, such
as an AR(1) series; the first few cosines can be left out where both traces have a slow course of their own.

Arrays have the shape (n_seconds,); `docs/measures.md` has the rates of false positives.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONGEST_FILLED_S = 60
"""Gaps up to this are filled by a line between their ends, longer ones closed up."""
SLOW_P = 0.1
SLOWER_P = 0.05
LONG_ENOUGH_FOR_QUARTIC_S = 600
FIRST_COSINES = 12
STRETCHES = 4
"""Parts of the session whose variances are compared: two traces that both get livelier correlate more by chance."""
ROUNDING = 1e-18
FEW = 14
DRAWS = 999
SEED = 20231
SHORTEST_S = 60
LEVEL = 0.05
_TERMS = 512
_FROM_SMALL = 30.0


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
    across, down = cosines(x)[order + 1 :], cosines(y)[order + 1 :]
    powers = [float(one @ one) for one in (across, down)]
    if any(power <= ROUNDING * max(all_, 1e-300) for power, all_ in zip(powers, whole, strict=True)):
        return None
    size = math.sqrt(powers[0] * powers[1])
    products = across * down / size
    if r is None:
        r = float(np.clip(products.sum(), -1.0, 1.0))
    spread = math.sqrt(liveliness(x, y, products))
    weights = np.sort(np.abs(products))[::-1]
    n_eff = 1 / (float(weights @ weights) * spread**2) + 1
    tail = SignSum(weights)
    return CosineTest(r, tail.beyond(abs(r) / spread), n_eff, min(tail.quantile(LEVEL) * spread, 1.0), order)


def largest_p(a: Floats, b: Floats, max_lag_s: int) -> float | None:
    """Two-sided p of the largest |r| of a(t) and b(t + lag) for lags up to `max_lag_s` to both sides, by `DRAWS` draws
    of the signs of b's cosines; the seed is fixed.

    All lags are over the same seconds of b. None where fewer than 60 seconds are left for that, or even the least p
    that the session allows is above .05.
    """
    x, y = common(a, b)
    inside = slice(max_lag_s, len(y) - max_lag_s)
    n = len(y) - 2 * max_lag_s
    if n < SHORTEST_S:
        return None
    order = course_order(x, y)
    y = without_course(y[inside], order)
    down = cosines(y)[order + 1 :]
    lagged = np.stack([x[max_lag_s - lag : max_lag_s - lag + n] for lag in range(-max_lag_s, max_lag_s + 1)])
    lagged = np.stack([without_course(one, order) for one in lagged])
    across = cosines(lagged)[:, order + 1 :]
    sizes = np.sqrt((across**2).sum(axis=1) * float(down @ down))
    if not np.all(sizes > 1e-9 * math.sqrt(float(np.sum(a[~np.isnan(a)] ** 2) * np.sum(b[~np.isnan(b)] ** 2)))):
        return None
    products = across * down / sizes[:, None]
    spread = math.sqrt(liveliness(lagged[max_lag_s], y, products[max_lag_s]))
    observed = float(np.abs(products.sum(axis=1)).max()) / spread
    # The cosines that carry the variance; the rest is drawn as one normal variable for each lag.
    power = np.sort((products**2).max(axis=0))[::-1]
    kept = int(np.searchsorted(np.cumsum(power), 0.995 * power.sum())) + 1
    chosen = np.argsort(-(products**2).max(axis=0), kind="stable")[:kept]
    rng = np.random.default_rng(SEED)
    signs = rng.integers(0, 2, (kept, DRAWS), dtype=np.int8).astype(np.float32) * 2 - 1
    drawn = products[:, chosen].astype(np.float32) @ signs
    rest = np.sqrt(np.maximum((products**2).sum(axis=1) - (products[:, chosen] ** 2).sum(axis=1), 0.0))
    drawn += rest[:, None] * rng.normal(size=DRAWS)[None, :]
    largest = np.abs(drawn).max(axis=0)
    p = (1 + int(np.count_nonzero(largest >= observed - 1e-6))) / (DRAWS + 1)
    return None if np.mean(largest >= 0.999 / spread) > LEVEL else float(p)


def liveliness(x: Floats, y: Floats, products: Floats) -> float:
    """By how much the variance of r is larger than with even variances, since both traces are livelier in the same
    parts of the session: mean(v_x v_y) / (mean v_x mean v_y) over its quarters, drawn towards 1 where the traces hold
    few independent observations."""
    v_x, v_y = (np.array([float(np.mean(part**2)) for part in np.array_split(one, STRETCHES)]) for one in (x, y))
    ratio = float(np.mean(v_x * v_y) / (v_x.mean() * v_y.mean()))
    n_eff = 1 / float(products @ products)
    return 1 + (ratio - 1) * n_eff / (n_eff + 15)


class SignSum:
    """The distribution of |Σ ± w_k| for fair, independent signs; `weights` are not below 0, the largest first."""

    def __init__(self, weights: Floats) -> None:
        self._total = float(weights.sum())
        self._sd = math.sqrt(float(weights @ weights))
        self._few = np.sort(_all_sums(weights)) if len(weights) <= FEW else None
        large = weights[weights >= self._sd / _FROM_SMALL]
        rest = weights[len(large) :]
        self._half_period = 9 * self._sd
        number = np.arange(1, _TERMS + 1)
        t = number * math.pi / self._half_period
        damping = np.exp(-float(rest @ rest) * t**2 / 2)
        used = damping > 1e-12
        self._t, number = t[used], number[used]
        # The characteristic function, as the Fourier series of the distribution within half a period.
        self._series = 2 / (number * math.pi) * damping[used] * np.prod(np.cos(np.outer(large, self._t)), axis=0)

    def beyond(self, at_least: float) -> float:
        """P(|Σ ± w_k| ≥ at_least)."""
        if self._few is not None:
            slack = 1e-12 * max(self._total, 1e-300)
            return float(np.mean(self._few >= at_least - slack))
        if at_least > self._total * (1 + 1e-12):
            return 0.0
        if at_least >= self._half_period:
            return 2 * math.exp(-0.5 * (at_least / self._sd) ** 2)
        inside = at_least / self._half_period + float(np.sum(self._series * np.sin(self._t * at_least)))
        return float(np.clip(1 - inside, 0.0, 1.0))

    def quantile(self, level: float) -> float:
        """The least value that is reached with at most `level`; above the largest sum where none is."""
        low, high = 0.0, self._total
        if self.beyond(high) > level:
            return math.inf
        for _ in range(24):
            middle = (low + high) / 2
            low, high = (middle, high) if self.beyond(middle) > level else (low, middle)
        return high


def _all_sums(weights: Floats) -> Floats:
    sums = np.zeros(1)
    for weight in weights:
        sums = np.concatenate([sums - weight, sums + weight])
    return np.abs(sums)
