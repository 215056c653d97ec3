"""How large a correlation two traces have by chance alone, by circular shifts and by phase-randomized surrogates.

Both methods keep each trace's own autocorrelation and break the link in time between the traces. Traces have the shape
(n_seconds,), with NaN where nothing was rated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MIN_SHIFT_S = 60
"""Smaller shifts are left out: the traces are then still nearly in step."""
SHORTEST_S = 900
"""In shorter sessions the p by shifts is small too often (`bench/bench_chance.py`)."""
MIN_COMMON_SHARE = 0.9
"""Surrogates are made from the whole span. If both raters rated less than this share of it, gaps would shape them."""
_TERMS = 1024


@dataclass(frozen=True)
class ShiftedR:
    """A statistic under each circular shift. `r[s]`: its value with trace b moved earlier by s seconds and wrapped
    round, shape (n_seconds,), NaN where a shift leaves a trace constant. `allowed`: the shifts that count as chance.
    `plain`: the correlations themselves, where `r` is the largest of several."""

    r: Floats
    allowed: NDArray[np.bool_]
    plain: Floats | None = None

    @property
    def independent_shifts(self) -> float:
        """The number of independent shifts: the inverse of the mean squared correlation, because the mean square of a
        correlation over n independent observations is 1/n."""
        square = float(np.mean((self.r if self.plain is None else self.plain)[self.allowed] ** 2))
        return 1 / square if square > 0 else float(np.count_nonzero(self.allowed))


def shifted_r(a: Floats, b: Floats, *, min_shift_s: int = MIN_SHIFT_S) -> ShiftedR:
    """Pearson's r of `a` with `b` under every circular shift, each over the seconds that are rated in both after the
    shift, by FFT."""
    n = len(a)
    valid_a, valid_b = ~np.isnan(a), ~np.isnan(b)
    x, y = np.where(valid_a, a - np.nanmean(a), 0.0), np.where(valid_b, b - np.nanmean(b), 0.0)
    if valid_a.all() and valid_b.all():
        count, sum_x, sum_y = n, 0.0, 0.0
        products = _circular(x, y)
        square_x, square_y = float(x @ x), float(y @ y)
    else:
        mask_a, mask_b = valid_a.astype(float), valid_b.astype(float)
        count = np.round(_circular(mask_a, mask_b))
        products, sum_x, sum_y = _circular(x, y), _circular(x, mask_b), _circular(mask_a, y)
        square_x, square_y = _circular(x * x, mask_b), _circular(mask_a, y * y)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread_x, spread_y = square_x - sum_x**2 / count, square_y - sum_y**2 / count
        r = (products - sum_x * sum_y / count) / np.sqrt(spread_x * spread_y)
    least = 1e-9 * float(np.sqrt((x @ x) * (y @ y)))
    r = np.where((spread_x * spread_y > least**2) & (np.asarray(count) > 2), r, np.nan)
    shifts = np.arange(n)
    return ShiftedR(r, (np.minimum(shifts, n - shifts) >= min_shift_s) & ~np.isnan(r))


def shift_p(r: float, shifted: ShiftedR, *, shortest_s: int = SHORTEST_S) -> float | None:
    """Two-sided p of `r` among the circular shifts; None where too few independent shifts exist for a p of .05, and for
    sessions below `shortest_s`.

    p = (½ + q M) / (½ + M): q is the share of shifts with at least that correlation, M how many independent shifts
    there are. Counting each of the n shifts separately would overstate the evidence: neighbouring shifts are nearly the
    same (`bench/bench_chance.py` has the rates of false positives).
    """
    among = np.abs(shifted.r[shifted.allowed])
    if not len(among) or len(shifted.r) < shortest_s:
        return None
    independent = min(shifted.independent_shifts, len(among))
    least = 0.5 / (0.5 + independent)
    if least > 0.05:
        return None
    share = float(np.mean(among >= abs(r) - 1e-12))
    return (0.5 + share * independent) / (0.5 + independent)


def surrogate_p(a: Floats, b: Floats, r: float) -> float | None:
    """Two-sided p of `r` against infinitely many phase-randomized surrogates (Theiler et al. 1992, Physica D 58).

    The correlation of a trace with a surrogate is Σ c_k cos θ_k with c_k from both amplitude spectra and independent
    uniform phases θ_k. Its distribution follows from its characteristic function Π J₀(c_k t), so no surrogate has to be
    drawn. Seconds without a rating enter the spectrum as the mean; None where they are more than a tenth.
    """
    both = ~np.isnan(a) & ~np.isnan(b)
    if not both.any():
        return None
    # Seconds before the first and after the last second that both rated are not gaps.
    ends = np.flatnonzero(both)[[0, -1]]
    inside = slice(int(ends[0]), int(ends[1]) + 1)
    a, b, both = a[inside], b[inside], both[inside]
    if np.mean(both) < MIN_COMMON_SHARE:
        return None
    weights = surrogate_weights(np.where(both, a, np.nan), np.where(both, b, np.nan))
    return chance_of_cosines(weights, abs(r))


def surrogate_weights(a: Floats, b: Floats) -> Floats:
    """The c_k of `surrogate_p`: Σ c_k cos(phase difference) is Pearson's r of the traces themselves."""
    n = len(a)
    x, y = (np.where(np.isnan(v), 0.0, v - np.nanmean(v)) for v in (a, b))
    weights = 2 * np.abs(np.fft.rfft(x)[1:]) * np.abs(np.fft.rfft(y)[1:])
    if n % 2 == 0:
        weights[-1] /= 2
    return weights / (n * np.sqrt((x @ x) * (y @ y)))


def chance_of_cosines(weights: Floats, at_least: float) -> float:
    """P(|Σ c_k cos θ_k| ≥ at_least) for independent uniform θ_k, by the Fourier series of the distribution.

    Weights below a fiftieth of the sum's SD are treated together as one normal variable with their variance.
    """
    from scipy.special import j0

    if at_least >= weights.sum():
        return 0.0
    sd = float(np.sqrt(np.sum(weights**2) / 2))
    large = weights[weights >= sd / 50]
    variance_of_small = float(np.sum(weights[weights < sd / 50] ** 2)) / 2
    # The period is chosen so that the sum hardly ever exceeds half of it.
    half_period = max(9 * sd, at_least + 2 * sd)
    number = np.arange(1, _TERMS + 1)
    t = number * np.pi / half_period
    damping = np.exp(-variance_of_small * t**2 / 2)
    used = damping > 1e-15
    number, t, damping = number[used], t[used], damping[used]
    characteristic = damping * np.prod(j0(np.outer(large, t)), axis=0)
    inside = at_least / half_period + np.sum(2 / (number * np.pi) * characteristic * np.sin(t * at_least))
    return float(np.clip(1 - inside, 0.0, 1.0))


def _circular(x: Floats, y: Floats) -> Floats:
    """Σ_t x[t] y[t + s] for every s, with t + s wrapped round."""
    n = len(x)
    return np.fft.irfft(np.conj(np.fft.rfft(x)) * np.fft.rfft(y), n)
