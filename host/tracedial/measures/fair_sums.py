"""The distribution of a sum with fair signs, plus swings with fair phases, computed without drawing."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

FEW = 14
"""Up to this many weights, all combinations of signs are tried."""
_TERMS = 512
_FROM_SMALL = 30.0


class FairSum:
    """The distribution of |Σ ± w_k + Σ_l Re Σ_h c_lh e^{ihθ_l}| for fair, independent signs and fair, independent
    phases θ_l; `weights`: the w_k, none below 0, the largest first; `turning`: the c_l of the swings, which have phases
    (`swings.py`)."""

    def __init__(self, weights: Floats, turning: Sequence[Complexes] = ()) -> None:
        self._total = float(weights.sum()) + sum(float(np.abs(one).sum()) for one in turning)
        self.variance = float(weights @ weights) + sum(float(np.sum(np.abs(one) ** 2)) / 2 for one in turning)
        self._sd = math.sqrt(self.variance)
        self._few = np.sort(_all_sums(weights)) if len(weights) <= FEW and not turning else None
        large = weights[weights >= self._sd / _FROM_SMALL]
        rest = weights[len(large) :]
        self._half_period = min(9 * self._sd, 1.05 * self._total)
        number = np.arange(1, _TERMS + 1)
        t = np.asarray(number * math.pi / self._half_period, dtype=np.float64)
        damping = np.exp(-float(rest @ rest) * t**2 / 2)
        used = damping > 1e-12
        self._t = t[used]
        number = number[used]
        # The characteristic function, as the Fourier series of the distribution within half a period.
        of_sum = damping[used] * np.prod(np.cos(np.outer(large, self._t)), axis=0)
        if turning:
            counts = np.abs(of_sum) > 1e-10
            self._t, number, of_sum = self._t[counts], number[counts], of_sum[counts].astype(complex)
            for one in turning:
                of_sum *= _of_swing(one, self._t)
        self._series = 2 / (number * math.pi) * of_sum.real

    def beyond(self, at_least: float) -> float:
        """P(|sum| ≥ at_least)."""
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
        """The smallest value that |sum| reaches with a probability of at most `level`; infinite if even the largest sum
        is more probable."""
        low, high = 0.0, self._total
        if self.beyond(high) > level:
            return math.inf
        for _ in range(24):
            middle = (low + high) / 2
            low, high = (middle, high) if self.beyond(middle) > level else (low, middle)
        return high


def _of_swing(turning: Complexes, t: Floats) -> Complexes:
    """E exp(i t Σ_h Re(c_h e^{ihθ})) over a fair phase θ, shape of `t`."""
    from scipy.special import j0

    sizes = np.abs(turning)
    if not len(t) or sizes[1:].sum() < 0.01 * sizes[0]:
        return np.asarray(j0(sizes[0] * t), dtype=complex)
    # The mean over even steps of θ is exact once the steps are finer than the fastest overtone.
    steps = int(np.clip(64 + 1.2 * len(turning) * t[-1] * sizes.sum(), 64, 2048))
    theta = 2 * np.pi * np.arange(steps) / steps
    values = (np.exp(1j * np.outer(theta, np.arange(1, len(turning) + 1))) @ turning).real
    return np.asarray(np.exp(1j * np.outer(t, values)).mean(axis=1))


def _all_sums(weights: Floats) -> Floats:
    sums = np.zeros(1)
    for weight in weights:
        sums = np.concatenate([sums - weight, sums + weight])
    return np.abs(sums)
