"""Autocorrelation of traces: how similar neighbouring seconds are, and how many independent observations that leaves.

All functions take traces of shape (n_seconds,) with NaN where nothing was rated. Gaps are not closed: every pair of
rated seconds at a lag is used, whatever lies between them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HELD_STILL_SHARE = 0.9
"""A trace that does not change in more than this share of its steps from second to second moves in steps: its lag-1
autocorrelation does not describe it (`bench/bench_chance.py`)."""
INNOVATION_LAGS = 20
AR1_P = 0.01
"""A trace does not pass for an AR(1) series if the p of its Ljung–Box test is below this."""


@dataclass(frozen=True)
class EffectiveN:
    """The effective N of two traces: how many independent observations they are worth.

    `bretherton`: for two AR(1) series, at most `n`; `pyper_peterman`: from the autocorrelations up to a fifth of the
    length, at most `n`. `r1_a`, `r1_b`: the lag-1 autocorrelations. Each is None where it cannot be computed.
    """

    n: int
    bretherton: float | None
    pyper_peterman: float | None
    r1_a: float | None
    r1_b: float | None


def effective_n(a: Floats, b: Floats) -> EffectiveN:
    """Both effective N of two traces over the seconds that both rated.

    Sources: Bretherton, Widmann, Dymnikov, Wallace & Bladé (1999), J. Climate 12, eq. 31; Pyper & Peterman (1998), Can.
    J. Fish. Aquat. Sci. 55, eq. 1 with the weights (N − j)/N.
    """
    both = ~np.isnan(a) & ~np.isnan(b)
    n = int(np.count_nonzero(both))
    r1a, r1b = lag1_autocorrelation(np.where(both, a, np.nan)), lag1_autocorrelation(np.where(both, b, np.nan))
    if r1a is None or r1b is None:
        return EffectiveN(n, None, None, r1a, r1b)
    reach = n // 5
    rho_a, rho_b = (autocorrelations(np.where(both, x, np.nan), reach) for x in (a, b))
    lags = np.arange(1, len(rho_a))
    inverse = 1 / n + 2 / n * float(np.sum((n - lags) / n * rho_a[1:] * rho_b[1:]))
    pyper_peterman = float(n) if inverse <= 1 / n else 1 / inverse
    return EffectiveN(n, bretherton_n(n, r1a, r1b), pyper_peterman, r1a, r1b)


def bretherton_n(n: int, r1a: float, r1b: float) -> float:
    """N (1 − r1a r1b) / (1 + r1a r1b), at most N: autocorrelations of opposite sign do not add observations."""
    product = r1a * r1b
    if product <= 0:
        return float(n)
    return n * (1 - product) / (1 + product)


def lag1_autocorrelation(x: Floats) -> float | None:
    """Lag-1 autocorrelation of a trace with gaps from the squared steps between neighbours: 1 − mean(Δ²)/(2 variance).

    The usual estimate, from products of neighbours about the mean, goes wrong near 1 where the seconds beside the gaps
    differ from the others; steps do not depend on the mean. None where no two neighbouring seconds are rated or the
    trace never changes.
    """
    steps = np.diff(x)
    steps = steps[~np.isnan(steps)]
    if not len(steps):
        return None
    known = x[~np.isnan(x)]
    variance = float(np.mean((known - known.mean()) ** 2))
    if variance <= (1e-12 * max(1.0, float(np.abs(known).max()))) ** 2:
        return None
    return float(np.clip(1 - float(np.mean(steps**2)) / (2 * variance), -1.0, 1.0))


def autocorrelations(x: Floats, reach: int) -> Floats:
    """Autocorrelations at lags 0 … `reach` of a trace with gaps, shape (reach + 1,): the mean of the available
    products, times (N − lag)/N as in the usual (biased) estimator. 0 where there is no pair.
    """
    valid = ~np.isnan(x)
    centred = np.where(valid, x - np.nanmean(x), 0.0)
    length = len(x)
    size = _fast_length(length + reach)
    products = _correlate(centred, centred, size)[: reach + 1]
    pairs = np.round(_correlate(valid.astype(float), valid.astype(float), size)[: reach + 1])
    variance = products[0] / pairs[0]
    share = (length - np.arange(reach + 1)) / length
    return np.where(pairs > 0, products / np.maximum(pairs, 1), 0.0) / variance * share


def ar1_p(x: Floats) -> float | None:
    """p of Ljung and Box's (1978) test, over 20 lags, that the innovations of a trace modelled as an AR(1) series are
    independent. The innovation after a gap is left out. 0 for a trace that is held still most of the time; None for
    fewer than 60 innovations or a trace that never changes."""
    from scipy.special import gammaincc

    r1 = lag1_autocorrelation(x)
    if r1 is None:
        return None
    centred = x - np.nanmean(x)
    innovations = centred[1:] - r1 * centred[:-1]
    n = int(np.count_nonzero(~np.isnan(innovations)))
    if n < 3 * INNOVATION_LAGS or held_share(x) > HELD_STILL_SHARE:
        return None if n < 3 * INNOVATION_LAGS else 0.0
    rho = autocorrelations(innovations, INNOVATION_LAGS)[1:]
    q = n * (n + 2) * float(np.sum(rho**2 / (n - np.arange(1, INNOVATION_LAGS + 1))))
    return float(gammaincc((INNOVATION_LAGS - 1) / 2, q / 2))


def held_share(x: Floats) -> float:
    """The share of pairs of neighbouring seconds with the same rating; NaN where there are no such pairs."""
    steps = np.diff(x)
    steps = steps[~np.isnan(steps)]
    return float(np.mean(steps == 0)) if len(steps) else float("nan")


def without_line(x: Floats) -> Floats:
    """The trace minus its least-squares line over the seconds."""
    valid = ~np.isnan(x)
    seconds = np.arange(len(x), dtype=float)
    centred_s = seconds - seconds[valid].mean()
    slope = float((x[valid] - x[valid].mean()) @ centred_s[valid] / (centred_s[valid] @ centred_s[valid]))
    return x - np.nanmean(x) - slope * centred_s


def trend_p(x: Floats) -> float | None:
    """Two-sided p of a trace's linear trend: its correlation with the seconds, for the effective N of an AR(1) series
    and a line (a line's autocorrelation is 1). None where that N is below 3."""
    valid = ~np.isnan(x)
    n = int(np.count_nonzero(valid))
    residual = without_line(x)
    r1 = lag1_autocorrelation(residual)
    if r1 is None:
        return 0.0
    r1 = unbiased_r1(r1, n)
    n_eff = bretherton_n(n, r1, 1.0) if r1 > 0 else float(n)
    if n_eff < 3:
        return None
    total = float(np.nansum((x - np.nanmean(x)) ** 2))
    r_squared = 1 - float(np.nansum(residual**2)) / total
    return p_of_r(float(np.sqrt(max(r_squared, 0.0))), n_eff)


def unbiased_r1(r1: float, n: int) -> float:
    """A lag-1 autocorrelation corrected for its bias of −(1 + 4 r1)/n (Marriott & Pope 1954, Biometrika 41), below
    1."""
    return min(r1 + (1 + 4 * r1) / n, 0.9999)


def p_of_r(r: float, n: float) -> float | None:
    """Two-sided p of a correlation by Student's t; None for two points, which always lie on a line."""
    from scipy.special import stdtr

    if n <= 2:
        return None
    if abs(r) >= 1.0:
        return 0.0
    t = abs(r) * np.sqrt((n - 2) / (1 - r * r))
    return float(2 * stdtr(n - 2, -t))


def _correlate(a: Floats, b: Floats, size: int) -> Floats:
    return np.fft.irfft(np.conj(np.fft.rfft(a, size)) * np.fft.rfft(b, size), size)


def _fast_length(least: int) -> int:
    """A length of at least `least` for which the Fourier transform is fast."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(least, real=True) or least)
