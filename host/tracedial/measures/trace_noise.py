"""The noise of a trace, learnt from the trace: an autoregressive model and the size of its innovations over time."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]

LEAST_SD = 0.3
"""Whole ratings can stand still most of the time. A third of a step is the smallest SD assumed for them."""
SLOW_S, SCALE_S = 401, 601
"""The slow course is a mean over the first number of seconds; the innovations' SD is taken over the second."""
MOST_REPEATS = 20


class Noise:
    """An autoregressive model of a trace without its falls, and the SD of its innovations over time."""

    def __init__(self, coefficients: Floats, rest: Floats, block_s: int) -> None:
        self.coefficients, self.block_s = coefficients, block_s
        self.lost = len(coefficients) - 1
        innovations = self.white(rest - rest.mean())
        innovations = innovations - innovations.mean()
        usual = max(float(innovations.std()), LEAST_SD) ** 2
        squares = np.concatenate([np.full(self.lost, usual), np.minimum(innovations**2, 9 * usual)])
        self.sd = np.maximum(np.sqrt(running_mean(squares, SCALE_S // block_s)), LEAST_SD)

    def white(self, series: Floats) -> Floats:
        """The innovations of a series, or of each column, shorter by `lost`."""
        return np.asarray(lfilter(self.coefficients, [1.0], series, axis=0))[self.lost :]


def noise_of(rest: Floats, block_s: int) -> Noise:
    """Fit the model to `rest` without its slow course, by Burg's method; the order is that with the lowest BIC."""
    quick = rest - running_mean(rest, SLOW_S // block_s)
    return Noise(_burg(quick - quick.mean(), min(MOST_REPEATS, len(rest) // 10)), rest, block_s)


def _burg(series: Floats, most: int) -> Floats:
    n = len(series)
    forward, backward = series[1:], series[:-1]
    coefficients, variance = np.array([1.0]), max(float(series @ series) / n, 1e-12)
    best, least = coefficients, n * math.log(variance)
    for order in range(1, most + 1):
        power = float(forward @ forward + backward @ backward)
        if power < 1e-9:
            break
        reflection = -2 * float(forward @ backward) / power
        longer = np.concatenate([coefficients, [0.0]])
        coefficients = longer + reflection * longer[::-1]
        variance *= 1 - reflection**2
        if variance < 1e-9:
            break
        criterion = n * math.log(variance) + order * math.log(n)
        if criterion < least:
            best, least = coefficients, criterion
        forward, backward = (forward + reflection * backward)[1:], (backward + reflection * forward)[:-1]
    return best


def phi_of_steps(trace: Floats) -> float:
    """Lag-1 autocorrelation φ from the steps between seconds, which slow falls hardly affect: neighbouring steps of an
    AR(1) series correlate by (φ − 1)/2."""
    steps = np.diff(trace)
    size = max(1.4826 * float(np.median(np.abs(steps))), 0.5 * float(steps.std()), LEAST_SD)
    steps = np.clip(steps - steps.mean(), -4 * size, 4 * size)
    return float(np.clip(1 + 2 * (steps[1:] @ steps[:-1]) / max(float(steps @ steps), 1e-12), 0.0, 0.97))


def running_mean(series: Floats, width: int) -> Floats:
    """The mean over about `width` values around each value, or fewer near the ends."""
    half = max(min(width, len(series) - 1) // 2, 1)
    total = np.concatenate([[0.0], np.cumsum(series)])
    first = np.maximum(np.arange(len(series)) - half, 0)
    last = np.minimum(np.arange(len(series)) + half + 1, len(series))
    return (total[last] - total[first]) / (last - first)
