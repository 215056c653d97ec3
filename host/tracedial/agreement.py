"""Agreement of two traces: temporal congruence and directional discrepancy.

**Temporal congruence** is the correlation of two traces over the seconds that both rated. Neighbouring seconds of a
trace are nearly the same number, so N seconds are not N observations: the naive p is given as papers print it, and
beside it the p for the effective N. **Directional discrepancy** is the mean of rater B minus rater A.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MIN_N = 3


@dataclass(frozen=True)
class Congruence:
    """Correlation of two traces. Each number that cannot be had is None, and `reason` says why.

    `n`: seconds rated by both. `n_eff`: effective N after Bretherton et al. (1999), at most `n`; `autocorrelation_a`
    and `_b` the lag-1 autocorrelations that it rests on.
    """

    r: float | None
    n: int
    p_naive: float | None
    n_eff: float | None
    p_eff: float | None
    autocorrelation_a: float | None
    autocorrelation_b: float | None
    reason: str | None

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Discrepancy:
    """Mean and SD (divisor n − 1) of rater `b` minus rater `a`; `definition` says the direction in words."""

    mean: float | None
    sd: float | None
    n: int
    definition: str
    in_words: str
    reason: str | None

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it."""
        return asdict(self)


def congruence(a: Floats, b: Floats) -> Congruence:
    """Pearson's r of two traces of shape (n_seconds,), with a naive p and one for the effective N.

    N_eff = N (1 − r1a r1b) / (1 + r1a r1b) (Bretherton, Widmann, Dymnikov, Wallace & Bladé 1999, for AR(1) series),
    no larger than N; t = r sqrt((N_eff − 2) / (1 − r²)) with N_eff − 2 degrees of freedom. Valid for series that are
    stationary; a knob held still for minutes or a common trend breaks it (`docs/measures.md`).
    """
    both = ~np.isnan(a) & ~np.isnan(b)
    n = int(np.count_nonzero(both))

    def without(reason: str) -> Congruence:
        return Congruence(None, n, None, None, None, None, None, reason)

    if n < MIN_N:
        return without(f"only {n} seconds were rated by both, at least {MIN_N} are needed")
    x, y = a[both], b[both]
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return without("a trace that never changes has no correlation")
    r = float(np.clip(_correlation(x, y), -1.0, 1.0))
    p_naive = _p_of_r(r, n)
    r1a, r1b = lag1_autocorrelation(np.where(both, a, np.nan)), lag1_autocorrelation(np.where(both, b, np.nan))
    if r1a is None or r1b is None:
        return Congruence(r, n, p_naive, None, None, r1a, r1b, "too few neighbouring seconds for an autocorrelation")
    n_eff = effective_n(n, r1a, r1b)
    if n_eff < MIN_N:
        reason = f"the effective N is {n_eff:.1f}: the traces vary too slowly for a p value"
        return Congruence(r, n, p_naive, n_eff, None, r1a, r1b, reason)
    return Congruence(r, n, p_naive, n_eff, _p_of_r(r, n_eff), r1a, r1b, None)


def discrepancy(a: Floats, b: Floats, *, name_a: str, name_b: str) -> Discrepancy:
    """Mean and SD of b − a over the seconds that both rated (Trusty 2023 reports them for therapist and client)."""
    both = ~np.isnan(a) & ~np.isnan(b)
    n = int(np.count_nonzero(both))
    definition = f"{name_b} minus {name_a}, mean over the seconds rated by both; negative: {name_b} rated lower"
    if n == 0:
        return Discrepancy(
            None, None, 0, definition, f"{name_a} and {name_b} have no second in common", "no common second"
        )
    difference = b[both] - a[both]
    mean = float(difference.mean())
    sd = float(difference.std(ddof=1)) if n > 1 else None
    if mean == 0:
        words = f"{name_b} and {name_a} rated the same on average"
    else:
        words = f"{name_b} rated {abs(mean):.2f} units {'lower' if mean < 0 else 'higher'} than {name_a} on average"
    return Discrepancy(mean, sd, n, definition, words, None if n > 1 else "one second has no SD")


def effective_n(n: int, r1a: float, r1b: float) -> float:
    """N (1 − r1a r1b) / (1 + r1a r1b), at most N: autocorrelations of opposite sign do not make observations."""
    product = r1a * r1b
    if product <= 0:
        return float(n)
    return n * (1 - product) / (1 + product)


def lag1_autocorrelation(x: Floats) -> float | None:
    """Lag-1 autocorrelation of a trace with gaps: products of neighbours that are both there, about the common mean.

    None where no two neighbours are there or the trace never changes.
    """
    valid = ~np.isnan(x)
    pairs = valid[1:] & valid[:-1]
    if not pairs.any():
        return None
    centred = x - np.nanmean(x)
    variance = float(np.nanmean(centred**2))
    if variance == 0:
        return None
    covariance = float(np.mean(centred[1:][pairs] * centred[:-1][pairs]))
    # Without gaps this is the usual estimator, whose sum of n - 1 products is divided by n; a gap takes no part in it.
    return float(np.clip(covariance / variance * (len(x) - 1) / len(x), -1.0, 1.0))


def _correlation(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float((x @ y) / math.sqrt((x @ x) * (y @ y)))


def _p_of_r(r: float, n: float) -> float | None:
    """Two-sided p of a correlation by Student's t; None for two points, which always lie on a line."""
    from scipy.special import stdtr

    if n <= 2:
        return None
    if abs(r) >= 1.0:
        return 0.0
    t = abs(r) * math.sqrt((n - 2) / (1 - r * r))
    return float(2 * stdtr(n - 2, -t))
