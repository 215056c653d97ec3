"""Alternative rules for ruptures, besides the lowest segments: a control chart of segment means, and change points.

Each takes a trace of shape (n_seconds,) with NaN where nothing was rated, and gives stretches of whole seconds.
`docs/measures.md` has their definitions and sources; none comes from the article.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import AnalysisError

Floats = NDArray[np.float64]

MAD_TO_SD = 1.4826
INDIVIDUALS_D2 = 1.128
"""The mean range of two normal observations, in SD. Dividing a mean moving range by it gives an SD."""


@dataclass(frozen=True)
class ControlChart:
    """An individuals chart of segment means. `mean`, `sigma` (mean moving range / 1.128), limits mean ± 3 sigma;
    `means`: of the segments that begin at `starts_s`, NaN for segments with too few ratings; `below`: the segments
    under the lower limit.
    """

    mean: float
    sigma: float
    lower: float
    upper: float
    starts_s: list[int]
    means: list[float]
    below: list[tuple[int, int]]


def individuals_limits(values: Floats) -> tuple[float, float, float, float]:
    """Mean, sigma, lower and upper limit of an individuals (X–mR) chart for values without NaN: x̄ ± 3 mR̄/1.128."""
    mean = float(values.mean())
    sigma = float(np.abs(np.diff(values)).mean()) / INDIVIDUALS_D2
    return mean, sigma, mean - 3 * sigma, mean + 3 * sigma


def control_chart(rating: Floats, *, segment_s: int = 60, min_valid: float = 0.8) -> ControlChart | None:
    """Chart the means of neighbouring segments. Single seconds must not be charted: they are autocorrelated, so most of
    a trace that is in control would lie outside their limits. None for fewer than eight segments."""
    n_segments = len(rating) // segment_s
    blocks = rating[: n_segments * segment_s].reshape(n_segments, segment_s)
    known = np.count_nonzero(~np.isnan(blocks), axis=1) >= min_valid * segment_s
    if known.sum() < 8:
        return None
    means = np.full(n_segments, np.nan)
    means[known] = np.nanmean(blocks[known], axis=1)
    mean, sigma, lower, upper = individuals_limits(means[known])
    starts = [at * segment_s for at in range(n_segments)]
    below = [(start, start + segment_s) for start, value in zip(starts, means, strict=True) if value < lower]
    return ControlChart(
        mean=mean, sigma=sigma, lower=lower, upper=upper, starts_s=starts, means=means.tolist(), below=below
    )


def change_points(rating: Floats, *, count: int | None = None, penalty: float | None = None) -> list[int]:
    """Seconds at which the level changes, by the `ruptures` library (Truong, Oudre & Vayatis 2020): PELT with an L2
    cost and a `penalty` (default 3 log(n) times the variance of the noise), or binary segmentation into a `count`.

    Missing seconds are skipped: the rated seconds are joined together. Raises `AnalysisError` where the library is not
    installed.
    """
    try:
        import ruptures
    except ImportError as error:
        raise AnalysisError(
            "Change points need the `ruptures` library: install it with `pip install ruptures`."
        ) from error
    known = np.flatnonzero(~np.isnan(rating))
    rating = rating[known]
    if len(rating) < 10 or np.ptp(rating) == 0:
        return []
    if count is not None:
        found = ruptures.Binseg(model="l2", min_size=5, jump=1).fit(rating).predict(n_bkps=count)
    else:
        if penalty is None:
            noise = MAD_TO_SD * float(np.median(np.abs(np.diff(rating)))) / math.sqrt(2)
            penalty = 3 * math.log(len(rating)) * max(noise, 1e-3 * float(rating.std())) ** 2
        found = ruptures.Pelt(model="l2", min_size=5, jump=1).fit(rating).predict(pen=penalty)
    return [int(known[at]) for at in found[:-1]]
