"""Intervals for means of traces, and for measures that follow from means, from the slowest cosines of the trace.

The slow movements of an autocorrelated trace show how far its mean may lie from the truth. They are the sizes of its
first cosines (0.5, 1, 1.5 … waves over the session). If all are about equal, the mean is worth as many observations as
there are such cosines. If the slowest are the largest, the trace has not had time to return to its mean, and the mean
is less certain than the cosines alone say. A family of processes covers both cases, from one that returns within a
thousandth of the session to one that takes half of it; each is weighted by its likelihood, and the interval is that of
the mixture of Student's t distributions. After Müller & Watson (2008, Econometrica 76; 2017, Low-frequency
econometrics), with our own family and weights, set by trial (`bench/bench_chance.py` prints how often the intervals
cover the truth).
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVEL = 0.95
COSINES = 20
LEAST_SECONDS = 12
SPEEDS = (*np.geomspace(2, 1000, 14).tolist(), math.inf)
"""How many times a process returns to its mean within the session."""
WEIGHT_OF_WHITE = 2.0
_GRID = 240


def reach_of_mean(series: Floats, *, level: float = LEVEL) -> float | None:
    """How far the interval of the mean of `series`, shape (n_seconds,), reaches to each side; NaN are skipped. None for
    fewer than twelve seconds or a series that never changes."""
    known = series[~np.isnan(series)]
    n = len(known)
    if n < LEAST_SECONDS:
        return None
    count = min(COSINES, n // 3)
    from scipy.fft import dct

    size = float(np.abs(known).max())
    amplitudes = np.asarray(dct(known - known.mean(), norm="ortho"))[1 : count + 1]
    if float(amplitudes @ amplitudes) <= 1e-24 * max(size, 1e-300) ** 2 * n:
        return None
    inverses, log_determinants, of_mean = _processes(count)
    squares = np.einsum("i,pij,j->p", amplitudes, inverses, amplitudes)
    logs = 0.5 * log_determinants - 0.5 * count * np.log(squares)
    weights = np.exp(logs - logs.max())
    weights[-1] *= WEIGHT_OF_WHITE
    sds = np.sqrt(squares / count * of_mean)
    return _quantile(weights / weights.sum(), sds, count, 1 - level) / math.sqrt(n)


def independent_n(series: Floats, reach: float, *, level: float = LEVEL) -> float:
    """The number of independent observations that would give the mean of `series` an interval of this reach."""
    from scipy.special import ndtri

    variance = float(np.nanvar(series))
    n = int(np.count_nonzero(~np.isnan(series)))
    return float(min(variance / (reach / float(ndtri(0.5 + level / 2))) ** 2, n))


def interval_of(
    value: float,
    columns: Floats,
    measure: Callable[[Floats], Floats],
    *,
    to_even: Callable[[Floats], Floats] = lambda x: x,
    back: Callable[[Floats], Floats] = lambda x: x,
) -> tuple[float, float] | None:
    """The interval of a measure that is a function of the means of `columns`, shape (n_seconds, m), from its slope
    there.

    `measure` takes an array of shape (k, m) of means and gives k values; `to_even` transforms to a scale on which the
    measure scatters evenly, `back` transforms back. None where an interval cannot be computed.
    """
    means = columns.mean(axis=0)
    spread = columns.std(axis=0)
    steps = np.where(spread > 0, 1e-4 * spread, 1.0)
    around = np.vstack([means + np.diag(steps), means - np.diag(steps)])
    with np.errstate(invalid="ignore", divide="ignore"):
        even = to_even(measure(around))
        centre = float(to_even(np.array([value]))[0])
    slopes = np.where(spread > 0, (even[: len(means)] - even[len(means) :]) / (2 * steps), 0.0)
    if not np.isfinite(slopes).all() or not math.isfinite(centre):
        return None
    reach = reach_of_mean((columns - means) @ slopes)
    if reach is None:
        return None
    low, high = back(np.array([centre - reach, centre + reach]))
    return float(low), float(high)


def fisher_z(r: Floats) -> Floats:
    """Fisher's z, inverse hyperbolic tangent, of correlations kept just inside ±1."""
    return np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))


@lru_cache(maxsize=COSINES)
def _processes(count: int) -> tuple[Floats, Floats, Floats]:
    """For each of `SPEEDS` the inverse covariance of the first `count` cosines, the log of its determinant, and the
    variance of the mean."""
    from scipy.fft import dct

    waves = np.asarray(dct(np.eye(_GRID), norm="ortho", axis=0))[: count + 1]
    apart = np.abs(np.subtract.outer(np.arange(_GRID), np.arange(_GRID))) / _GRID
    inverses = np.stack([np.eye(count)] * len(SPEEDS))
    of_mean = np.ones(len(SPEEDS))
    for at, speed in enumerate(SPEEDS[:-1]):
        step = math.exp(-speed / _GRID)
        covariance = waves @ (np.exp(-speed * apart) * (1 - step) / (1 + step)) @ waves.T
        inverses[at] = np.linalg.inv(covariance[1:, 1:])
        of_mean[at] = covariance[0, 0]
    return inverses, np.asarray(np.linalg.slogdet(inverses)[1]), of_mean


def _quantile(weights: Floats, sds: Floats, df: int, beyond: float) -> float:
    """The absolute value that a mixture of t distributions with these SDs exceeds with probability `beyond`."""
    from scipy.special import stdtr, stdtrit

    low, high = 0.0, float(-stdtrit(df, beyond / 2)) * float(sds.max())
    for _ in range(26):
        middle = (low + high) / 2
        if float(np.sum(weights * 2 * stdtr(df, -middle / sds))) > beyond:
            low = middle
        else:
            high = middle
    return high
