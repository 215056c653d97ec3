"""Periods that two traces share: a swing of one period, with its overtones, that runs through both.

A swing that does not fit the session in whole waves spreads over many cosines. Their signs are then not independent:
all follow from the swing's one phase. So swings are removed from both traces before the signs of the rest are treated
as fair, and each swing gets a fair phase. A swing of any form is a sum of sines of its period and its overtones; they
turn together, as they do when one trace is shifted against the other. Traces have the shape (n_seconds,), without NaN.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

LEAST_SHARE = 0.15
"""A swing holds at least this share of both traces' variance (geometric mean)."""
ABOVE_BESIDE = 8.0
"""… and this many times the median of the frequencies up to four waves away on either side: slow traces have no
swing."""
BESIDE_WAVES = 4
LEAST_WAVES = 2
"""Fewer waves than this in the session are a course, not a swing."""
MOST = 4
OVERTONES = 7
"""The swing itself and its overtones, up to this multiple of its frequency."""
FINER = 4
"""How many frequencies are tried for each whole wave in the session."""


@dataclass(frozen=True)
class Swings:
    """The swings that two traces share: their `frequencies` in waves a second; each trace without its swings;
    `turning`, for each swing the w_h (h = 1, 2, …) for which Σ Re(w_h e^{ihθ}) is the sum of products when one trace's
    swing is turned by θ (θ = 0: as they are); the sums of squares of each trace's swings."""

    frequencies: list[float]
    left_x: Floats
    left_y: Floats
    turning: list[Complexes]
    power_x: float
    power_y: float

    @property
    def products(self) -> float:
        """The sum of products of both traces' swings as they are."""
        return sum(float(one.real.sum()) for one in self.turning)


def shared_swings(x: Floats, y: Floats) -> Swings:
    """The swings that two traces share, the largest first; often there are none."""
    frequencies: list[float] = []
    turning: list[Complexes] = []
    power_x = power_y = 0.0
    while len(frequencies) < MOST and (frequency := _largest(x, y)) is not None:
        of_x, of_y = swing_of(x, frequency), swing_of(y, frequency)
        fitted_x, fitted_y = of_x.values(len(x)), of_y.values(len(y))
        frequencies.append(frequency)
        turning.append(of_x.turned_against(of_y, len(x)))
        power_x, power_y = power_x + float(fitted_x @ fitted_x), power_y + float(fitted_y @ fitted_y)
        x, y = x - fitted_x, y - fitted_y
    return Swings(frequencies=frequencies, left_x=x, left_y=y, turning=turning, power_x=power_x, power_y=power_y)


@dataclass(frozen=True)
class Swing:
    """A swing of one trace: its frequency in waves a second, and the amplitudes of it and its overtones."""

    frequency: float
    amplitudes: Complexes

    def values(self, n_seconds: int) -> Floats:
        """The swing at each second, shape (n_seconds,)."""
        orders = np.arange(1, len(self.amplitudes) + 1)
        angles = 2 * np.pi * self.frequency * np.outer(np.arange(n_seconds), orders)
        return np.asarray((np.exp(1j * angles) @ self.amplitudes).real)

    def turned_against(self, other: "Swing", n_seconds: int) -> Complexes:
        """The w_h of `Swings` for this swing and another of the same frequency."""
        return n_seconds / 2 * self.amplitudes * np.conj(other.amplitudes)


def swing_of(x: Floats, frequency: float) -> Swing:
    """The swing of one frequency in a trace, by least squares."""
    n = len(x)
    orders = np.array([order for order in range(1, OVERTONES + 1) if order * frequency < 0.5 - 1 / n])
    angles = 2 * np.pi * frequency * np.outer(np.arange(n), orders)
    waves = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    found = np.linalg.solve(waves.T @ waves, waves.T @ x)
    return Swing(frequency, found[: len(orders)] - 1j * found[len(orders) :])


def _largest(x: Floats, y: Floats) -> float | None:
    """The frequency of the largest swing that both traces have; None where none stands out."""
    n, fine = len(x), FINER * len(x)
    if n < 4 * BESIDE_WAVES:
        return None
    both = np.abs(np.fft.rfft(x, fine)) * np.abs(np.fft.rfft(y, fine))
    first = FINER * LEAST_WAVES
    peak = first + int(both[first : -2 * FINER].argmax())
    frequency = peak / fine
    angles = 2 * np.pi * frequency * np.arange(n)
    basis, _ = np.linalg.qr(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    of_x, of_y = basis.T @ x, basis.T @ y
    whole = math.sqrt(float(x @ x) * float(y @ y))
    if whole <= 0 or math.sqrt(float(of_x @ of_x) * float(of_y @ of_y)) < LEAST_SHARE * whole:
        return None
    left = np.abs(np.fft.rfft(x - basis @ of_x, fine)) * np.abs(np.fft.rfft(y - basis @ of_y, fine))
    near, far = FINER // 2, BESIDE_WAVES * FINER
    sides = (left[max(peak - far, near) : peak - near], left[peak + near : peak + far])
    return frequency if both[peak] >= ABOVE_BESIDE * max(float(np.median(side)) for side in sides) else None
