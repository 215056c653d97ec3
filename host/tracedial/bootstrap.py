"""Intervals for measures of autocorrelated traces: the circular block bootstrap.

Whole blocks of neighbouring seconds are drawn, so that what repeats from second to second stays together. The interval
rests on the bootstrap's standard error with Student's t for the number of blocks, on a scale where the measure
scatters evenly (Fisher's z for correlations): percentiles are too narrow when only a few dozen blocks fit
(`bench/bench_chance.py` prints how often the intervals hold the truth).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 2000
SEED = 20231
LEVEL = 0.95
MIN_BLOCKS = 3


def block_length(n: int, n_eff: float) -> int:
    """sqrt(N τ) seconds with τ = N / N_eff, the seconds that one observation is worth; at most a third of N."""
    return int(np.clip(round(np.sqrt(n * n / max(n_eff, 1.0))), 1, max(n // MIN_BLOCKS, 1)))


def block_sums(columns: Floats, length: int) -> Floats:
    """Sums over every circular block of `length` rows; `columns` and the result have the shape (n_seconds, m)."""
    n = len(columns)
    running = np.concatenate(
        [np.zeros((1, columns.shape[1])), np.cumsum(np.vstack([columns, columns[:length]]), axis=0)]
    )
    return running[length : length + n] - running[:n]


def resample(columns: Floats, length: int, *, draws: int = DRAWS, seed: int = SEED) -> tuple[Floats, int]:
    """Sums of `columns` (n_seconds, m) over each of `draws` bootstrap samples, shape (draws, m), and the number of
    blocks in each."""
    n = len(columns)
    sums = block_sums(columns, length)
    blocks = -(-n // length)
    starts = np.random.default_rng(seed).integers(0, n, (blocks, draws))
    total = np.zeros((draws, columns.shape[1]))
    for start in starts:
        total += sums[start]
    return total, blocks


def interval(
    value: float,
    replicates: Floats,
    blocks: int,
    *,
    to_even: Callable[[Floats], Floats] = lambda x: x,
    back: Callable[[Floats], Floats] = lambda x: x,
) -> tuple[float, float] | None:
    """The interval of `value` from bootstrap `replicates`, on the scale that `to_even` leads to and `back` from.

    None where fewer than three blocks fit or the replicates are no numbers.
    """
    from scipy.special import stdtrit

    with np.errstate(invalid="ignore", divide="ignore"):
        even = to_even(replicates)
    even = even[np.isfinite(even)]
    if blocks < MIN_BLOCKS or len(even) < len(replicates) / 2:
        return None
    error = float(even.std(ddof=1)) * np.sqrt(blocks / (blocks - 1))
    reach = float(stdtrit(blocks - 1, 0.5 + LEVEL / 2)) * error
    centre = float(to_even(np.array([value]))[0])
    if not np.isfinite(centre):
        return None
    low, high = back(np.array([centre - reach, centre + reach]))
    return float(low), float(high)


def fisher_z(r: Floats) -> Floats:
    """Fisher's z, inverse hyperbolic tangent, of correlations kept just inside ±1."""
    return np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
