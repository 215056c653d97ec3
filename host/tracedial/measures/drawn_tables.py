"""Intervals of ICCs, CCC and α by drawn tables: the spreads and levels of the raters that fit a session.

In ten minutes of slow ratings these measures are far from normally distributed about their true values, so an interval
from their slope at the estimate would be wrong. Instead, their components are drawn (a fiducial distribution). The
raters' covariances come from a Wishart distribution with as many degrees of freedom as the session has independent
observations. The distance of the raters' levels comes from the confidence distribution of a distance, which has a
probability of 0 equal to the p value of no distance. The degrees of freedom follow from how the traces' power is
distributed over their cosines.
"""

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.cosines import STRETCHES, cosines
from tracedial.measures.low_frequency import reach_of_mean

Floats = NDArray[np.float64]

DRAWS = 400
SEED = 20237
LEVEL = 0.95
TOO_MANY = 8.0
"""The estimate of the degrees of freedom is too large where they are few; it is corrected to df²/(df + this). Set by
trial (`bench/bench_chance.py`)."""
FEWEST_DF = 3.0
TO_NORMAL = 1.959964
_GRID = 200


def drawn_intervals(table: Floats) -> dict[str, tuple[float, float]] | None:
    """The 95 % intervals of the six ICCs (`icc_1_1` …), `ccc` and `alpha` of a table without NaN, shape (n_seconds, k).

    None where the session has too few independent observations for so many raters, or a rater never changes.
    """
    n, k = table.shape
    means = table.mean(axis=0)
    centred = table - means
    covariance = centred.T @ centred / n
    spread = np.diag(covariance)
    if n < 12 or float(spread.min()) <= 1e-18 * max(float(np.abs(table).max()), 1e-150) ** 2:
        return None
    df = degrees_of_freedom(centred)
    if df < k + 2 and k > 2:
        return None
    scale = np.sqrt(spread)
    correlations = covariance / np.outer(scale, scale)
    # Identical raters give a singular matrix, which has no Cholesky root.
    root = np.linalg.cholesky(correlations + 1e-10 * np.eye(k))
    rng = np.random.default_rng(SEED)
    turned = root @ np.swapaxes(np.linalg.inv(_wishart_roots(max(df, FEWEST_DF), k, rng)), 1, 2)
    drawn = (turned @ np.swapaxes(turned, 1, 2)) * max(df, FEWEST_DF) * np.outer(scale, scale)
    apart = _level_distances(centred, means, rng)
    if apart is None:
        return None
    found = _measures(drawn, apart, k)
    ends = {}
    for name, values in found.items():
        known = values[np.isfinite(values)]
        if len(known) < 0.9 * DRAWS:
            continue
        low, high = np.quantile(known, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
        ends[name] = (float(low), float(high))
    return ends


def degrees_of_freedom(centred: Floats) -> float:
    """The number of independent observations behind the raters' variances and covariances: (Σ P)² (k + 2) / (k Σ P²),
    where P is the raters' common power at each cosine. It is corrected for the bias of that estimate, and reduced where
    all raters are livelier in the same quarters."""
    k = centred.shape[1]
    amplitudes = cosines(centred.T).T[1:]
    power = np.einsum("ni,ij,nj->n", amplitudes, np.linalg.pinv(amplitudes.T @ amplitudes), amplitudes)
    df = float(power.sum() ** 2 * (k + 2) / (k * (power**2).sum()))
    variances = np.stack([(part**2).mean(axis=0) for part in np.array_split(centred, STRETCHES)])
    together = float(np.mean((variances / variances.mean(axis=0)).mean(axis=1) ** 2))
    df /= 1 + (together - 1) * df / (df + 15)
    return df * df / (df + TOO_MANY)


def _wishart_roots(df: float, k: int, rng: np.random.Generator) -> Floats:
    """Lower triangular roots of random Wishart matrices (Bartlett's decomposition), shape (DRAWS, k, k)."""
    roots = np.zeros((DRAWS, k, k))
    below = np.tril_indices(k, -1)
    roots[:, below[0], below[1]] = rng.normal(size=(DRAWS, len(below[0])))
    for at in range(k):
        roots[:, at, at] = np.sqrt(rng.chisquare(df - at, size=DRAWS))
    return roots


def _level_distances(centred: Floats, means: Floats, rng: np.random.Generator) -> Floats | None:
    """Draws of the sum of squares of the raters' levels about their mean, shape (DRAWS,)."""
    k = len(means)
    contrasts = centred - centred.mean(axis=1, keepdims=True)
    reaches = [reach_of_mean(contrasts[:, at]) for at in range(k)]
    # The level of a rater who never differs from the mean of all raters has no uncertainty.
    noise = sum((reach / TO_NORMAL) ** 2 for reach in reaches if reach is not None) / (k - 1)
    apart = float(((means - means.mean()) ** 2).sum())
    if noise <= 1e-18 * max(apart, 1e-150):
        return np.full(DRAWS, apart)
    from scipy.special import chndtr

    ratio = apart / noise
    grid = np.linspace(0, (np.sqrt(ratio) + 6) ** 2, _GRID) if ratio < 1e6 else np.array([ratio])
    # P(a distance as large or larger) for each possible true distance: it rises from the p value at a distance of 0.
    reached = 1 - chndtr(ratio, k - 1, grid)
    drawn = np.interp(rng.random(DRAWS), reached, grid)
    return np.asarray(drawn * noise)


def _measures(covariance: Floats, apart: Floats, k: int) -> dict[str, Floats]:
    """The measures for given covariances of the raters, shape (m, k, k), and squared distances of their levels."""
    own = np.trace(covariance, axis1=1, axis2=2)
    whole = covariance.sum(axis=(1, 2))
    between = whole / k
    rest = (own - between) / (k - 1)
    within = rest + apart / (k - 1)
    levels = apart / (k - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        below_1 = between + (k - 1) * rest + k * levels
        return {
            "icc_1_1": (between - within) / (between + (k - 1) * within),
            "icc_a_1": (between - rest) / below_1,
            "icc_c_1": (between - rest) / (between + (k - 1) * rest),
            "icc_1_k": (between - within) / between,
            "icc_a_k": (between - rest) / (between + levels),
            "icc_c_k": (between - rest) / between,
            "ccc": (whole - own) / ((k - 1) * own + k * apart),
            "alpha": 1 - within / ((own + apart) / k),
        }
