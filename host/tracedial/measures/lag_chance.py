"""How large the largest correlation over several lags is by chance, by drawn signs of cosines, or drawn phases."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.cosines import (
    LEVEL,
    ONE_PERIOD,
    at_one_period,
    common,
    cosines,
    course_order,
    liveliness,
    without_course,
)

Floats = NDArray[np.float64]

DRAWS = 999
SEED = 20231
SHORTEST_S = 60


@dataclass(frozen=True)
class LargestTest:
    """`p`: two-sided, of the largest |r| of several lags; `r_needed`: the largest |r| that chance gives once in twenty
    times, which any |r| at the best lag must exceed."""

    p: float
    r_needed: float


def largest_test(a: Floats, b: Floats, lags_s: range, *, r: float | None = None) -> LargestTest | None:
    """The largest |r| of a(t) and b(t + lag) over `lags_s` beside `DRAWS` draws of the signs (or phases) of b's
    cosines; the seed is fixed. `r`: what is judged, that largest |r| unless given.

    All lags are over the same seconds of b. None where fewer than 60 seconds are left for that, or even the least p
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
    middle = lagged[min(range(len(lags_s)), key=lambda at: abs(lags_s[at]))]
    narrow = at_one_period(middle, y) > ONE_PERIOD
    if narrow:
        across, down = np.conj(np.fft.rfft(lagged)[:, 1:]), np.fft.rfft(y)[1:]
    else:
        across, down = cosines(lagged)[:, order + 1 :], cosines(y)[order + 1 :]
    sizes = np.sqrt((np.abs(across) ** 2).sum(axis=1) * float((np.abs(down) ** 2).sum()))
    if not np.all(sizes > 1e-9 * math.sqrt(float(np.sum(a[~np.isnan(a)] ** 2) * np.sum(b[~np.isnan(b)] ** 2)))):
        return None
    products = across * down / sizes[:, None]
    own = cosines(middle)[order + 1 :] * cosines(y)[order + 1 :]
    own /= math.sqrt(float(middle @ middle) * float(y @ y))
    spread = math.sqrt(liveliness(middle, y, own))
    observed = float(np.abs(products.sum(axis=1).real).max()) if r is None else abs(r)
    largest = _largest_drawn(products) * spread
    p = (1 + int(np.count_nonzero(largest >= observed - 1e-6))) / (DRAWS + 1)
    # The least that has a p below the level.
    needed = float(np.sort(largest)[-int(LEVEL * (DRAWS + 1)) + 1]) + 1e-6
    return None if needed >= 0.999 else LargestTest(p, needed)


def _largest_drawn(products: NDArray[Any]) -> Floats:
    """The largest |Σ products · turn| over the lags, products of shape (lags, k), for drawn signs, or drawn phases
    where the products are complex; shape (DRAWS,)."""
    # The cosines that carry the variance; the rest is drawn as one normal variable for each lag.
    size = (np.abs(products) ** 2).max(axis=0)
    kept = int(np.searchsorted(np.cumsum(np.sort(size)[::-1]), 0.995 * size.sum())) + 1
    chosen = np.argsort(-size, kind="stable")[:kept]
    rng = np.random.default_rng(SEED)
    rest = np.maximum((np.abs(products) ** 2).sum(axis=1) - (np.abs(products[:, chosen]) ** 2).sum(axis=1), 0.0)
    if np.iscomplexobj(products):
        turns = np.exp(2j * np.pi * rng.random((kept, DRAWS))).astype(np.complex64)
        drawn = (products[:, chosen].astype(np.complex64) @ turns).real
        rest /= 2
    else:
        signs = rng.integers(0, 2, (kept, DRAWS), dtype=np.int8).astype(np.float32) * 2 - 1
        drawn = products[:, chosen].astype(np.float32) @ signs
    drawn = drawn + np.sqrt(rest)[:, None] * rng.normal(size=DRAWS)[None, :]
    return np.asarray(np.abs(drawn).max(axis=0), dtype=np.float64)
