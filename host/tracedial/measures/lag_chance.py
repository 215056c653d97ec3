"""How large the largest correlation over several lags is by chance, from random signs of cosines and random phases of
the swings that both traces share."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.cosines import (
    LEVEL,
    common,
    cosines,
    course_order,
    liveliness,
    without_course,
)
from tracedial.measures.swings import shared_swings, swing_of

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

DRAWS = 999
SEED = 20231
SHORTEST_S = 60


@dataclass(frozen=True)
class LargestTest:
    """`p`: two-sided, of the largest |r| over several lags. `r_needed`: chance reaches this largest |r| once in twenty
    times; an |r| at the best lag must exceed it."""

    p: float
    r_needed: float


def largest_test(a: Floats, b: Floats, lags_s: range, *, r: float | None = None) -> LargestTest | None:
    """Compare the largest |r| of a(t) and b(t + lag) over `lags_s` with `DRAWS` draws of the signs (or phases) of b's
    cosines; the seed is fixed. `r`: the value to test, by default that largest |r|.

    All lags use the same seconds of b. None where fewer than 60 such seconds are left, or where even the smallest p
    that the session allows is above .05.
    """
    x, y = common(a, b)
    before, after = max(lags_s[-1], 0), max(-lags_s[0], 0)
    n = len(y) - before - after
    if n < SHORTEST_S:
        return None
    order = course_order(x, y)
    y = without_course(y[before : before + n], order)
    lagged = np.stack([without_course(x[before - lag : before - lag + n], order) for lag in lags_s])
    at_middle = min(range(len(lags_s)), key=lambda at: abs(lags_s[at]))
    middle = lagged[at_middle]
    # As for the p of r: only the cosines after the slow course.
    across, down = cosines(lagged)[:, order + 1 :], cosines(y)[order + 1 :]
    sizes = np.sqrt((across**2).sum(axis=1) * float(down @ down))
    if not np.all(sizes > 1e-9 * math.sqrt(float(np.sum(a[~np.isnan(a)] ** 2) * np.sum(b[~np.isnan(b)] ** 2)))):
        return None
    products = across * down / sizes[:, None]
    spread = math.sqrt(liveliness(middle, y, products[at_middle]))
    observed = float(np.abs(products.sum(axis=1)).max()) if r is None else abs(r)
    turning: list[Complexes] = []
    for frequency in shared_swings(middle, y).frequencies:
        of_y, of_lagged = swing_of(y, frequency), [swing_of(one, frequency) for one in lagged]
        turning.append(np.stack([one.turned_against(of_y, n) for one in of_lagged]) / sizes[:, None])
        y = y - of_y.values(n)
        lagged = lagged - np.stack([one.values(n) for one in of_lagged])
    if turning:
        products = cosines(lagged)[:, order + 1 :] * cosines(y)[order + 1 :] / sizes[:, None]
    largest = _largest_drawn(products, turning) * spread
    p = (1 + int(np.count_nonzero(largest >= observed - 1e-6))) / (DRAWS + 1)
    # The smallest |r| with a p below the level.
    needed = float(np.sort(largest)[-int(LEVEL * (DRAWS + 1)) + 1]) + 1e-6
    return None if needed >= 0.999 else LargestTest(p, needed)


def _largest_drawn(products: Floats, turning: list[Complexes]) -> Floats:
    """The largest |Σ ± products + Σ Re(turning e^{ihθ})| over the lags, `products` of shape (lags, k), each of
    `turning` (lags, overtones), for random signs and phases; shape (DRAWS,)."""
    # The signs of the cosines that carry the variance are drawn; the rest is drawn as one normal variable for each lag.
    size = (products**2).max(axis=0)
    kept = int(np.searchsorted(np.cumsum(np.sort(size)[::-1]), 0.995 * size.sum())) + 1
    chosen = np.argsort(-size, kind="stable")[:kept]
    rng = np.random.default_rng(SEED)
    rest = np.maximum((products**2).sum(axis=1) - (products[:, chosen] ** 2).sum(axis=1), 0.0)
    signs = rng.integers(0, 2, (len(chosen), DRAWS), dtype=np.int8).astype(np.float32) * 2 - 1
    drawn = products[:, chosen].astype(np.float32) @ signs
    drawn = drawn + np.sqrt(rest)[:, None] * rng.normal(size=DRAWS)[None, :]
    for one in turning:
        theta = 2 * np.pi * rng.random(DRAWS)
        drawn = drawn + (one @ np.exp(1j * np.outer(np.arange(1, one.shape[1] + 1), theta))).real
    return np.asarray(np.abs(drawn).max(axis=0), dtype=np.float64)
