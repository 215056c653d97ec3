"""Distributions of sums with fair signs, and of sums of waves with fair phases, without drawing them."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.chance import chance_of_cosines

Floats = NDArray[np.float64]

FEW = 14
"""Up to so many weights all signs are tried one by one."""
_TERMS = 512
_FROM_SMALL = 30.0


class SignSum:
    """The distribution of |Σ ± w_k| for fair, independent signs; `weights` are not below 0, the largest first."""

    def __init__(self, weights: Floats) -> None:
        self._total = float(weights.sum())
        self.variance = float(weights @ weights)
        self._sd = math.sqrt(float(weights @ weights))
        self._few = np.sort(_all_sums(weights)) if len(weights) <= FEW else None
        large = weights[weights >= self._sd / _FROM_SMALL]
        rest = weights[len(large) :]
        self._half_period = 9 * self._sd
        number = np.arange(1, _TERMS + 1)
        t = number * math.pi / self._half_period
        damping = np.exp(-float(rest @ rest) * t**2 / 2)
        used = damping > 1e-12
        self._t, number = t[used], number[used]
        # The characteristic function, as the Fourier series of the distribution within half a period.
        self._series = 2 / (number * math.pi) * damping[used] * np.prod(np.cos(np.outer(large, self._t)), axis=0)

    def beyond(self, at_least: float) -> float:
        """P(|Σ ± w_k| ≥ at_least)."""
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
        """The least value that is reached with at most `level`; above the largest sum where none is."""
        return _quantile(self.beyond, self._total, level)


class PhaseSum:
    """The distribution of |Σ w_k cos θ_k| for fair, independent phases θ_k."""

    def __init__(self, weights: Floats) -> None:
        self._weights = weights
        self.variance = float(weights @ weights) / 2

    def beyond(self, at_least: float) -> float:
        """P(|Σ w_k cos θ_k| ≥ at_least)."""
        return chance_of_cosines(self._weights, at_least)

    def quantile(self, level: float) -> float:
        """The least value that is reached with at most `level`."""
        return _quantile(self.beyond, float(self._weights.sum()), level)


def _quantile(beyond: Callable[[float], float], most: float, level: float) -> float:
    low, high = 0.0, most
    if beyond(high) > level:
        return math.inf
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond(middle) > level else (low, middle)
    return high


def _all_sums(weights: Floats) -> Floats:
    sums = np.zeros(1)
    for weight in weights:
        sums = np.concatenate([sums - weight, sums + weight])
    return np.abs(sums)
