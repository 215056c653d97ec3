"""The search for falls with a return in a trace. Each fall is compared with the noise of the trace without it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.fft import irfft, rfft
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from tracedial.measures.trace_noise import Noise, noise_of

Floats = NDArray[np.float64]
Shape = tuple[int, int, int]
"""How many seconds the fall, the low level and the return last."""

COARSE: tuple[Shape, ...] = tuple(
    (fall, low, rise) for fall in (1, 8, 17, 34, 64) for low in (0, 25, 70) for rise in (1, 14, 32, 70, 130)
)
FINE: tuple[Shape, ...] = tuple(
    (fall, low, rise) for fall in (1, 4, 8, 12, 17, 24, 34, 48, 64, 90, 130) for low in (0, 20, 50, 100)
    for rise in (1, 12, 20, 32, 50, 78, 120)
)  # fmt: skip
LOG_PRIOR = np.array([math.log(0.75 if low == 0 else 0.25 / 3) + math.log(0.4 if fall == 1 else 0.6)
                      for fall, low, _ in FINE])  # fmt: skip
"""Log prior: a V is more likely beforehand than a fall that stays down."""

MARGIN_S = 40
"""How much of the trace before and after a fall is used to estimate the level that it falls from."""
AROUND_S = 110
ONSET_WITHIN_S = 8
"""An onset is the likelihood-weighted mean over the likeliest stretch, which reaches this many seconds to both
sides."""
EDGE_S = 15
MOST = 12
STRENGTH = 4.0
"""How far above the noise a fall must stand, in SD of what noise alone gives a fall of known place and shape."""
BESIDE_RISES = 1.1
"""A fall must stand out this many times as much as the session's clearest rise with a return, since noise makes both
equally easily."""


@dataclass(frozen=True)
class Fall:
    """A fall at block `at` of `block_s` seconds, and its `strength` in SD; `onset_s` is its likeliest onset."""

    at: int
    block_s: int
    shape: Shape
    depth: float
    strength: float
    onset_s: int = 0

    @property
    def end(self) -> int:
        """The first block after the return."""
        return self.at + math.ceil(sum(self.shape) / self.block_s)

    @property
    def low_s(self) -> tuple[int, int]:
        """The seconds from which and until which the rating is low."""
        first = self.at * self.block_s + self.shape[0]
        return first, first + self.shape[1]


def _form(n_blocks: int, block_s: int, shape: Shape, *, at: int) -> Floats:
    """A fall of unit depth at block `at`, as block means."""
    second = np.arange(n_blocks * block_s) + 0.5 - at * block_s
    fall, low, rise = shape
    corners = [0, fall, fall + low, fall + low + rise]
    return -np.interp(second, corners, [0.0, 1.0, 1.0, 0.0], left=0.0, right=0.0).reshape(-1, block_s).mean(axis=1)


def found_falls(blocks: Floats, block_s: int, phi: float) -> list[Fall]:
    """The falls in a trace. The search starts from two models of the noise: one in which all falls are falls, and one
    in which they are noise. It keeps the result with the better BIC, where each fall costs its least strength."""
    best: tuple[float, list[Fall]] = (math.inf, [])
    for noise in (Noise(np.array([1.0, -phi]), blocks, block_s), noise_of(blocks, block_s)):
        found, rise = _fit(blocks, noise)
        for _ in range(2):
            found, rise = _fit(blocks, noise_of(_without(blocks, found), block_s))
        clear = [fall for fall in found if fall.strength >= BESIDE_RISES * rise]
        best = min(best, (_misfit(blocks, clear, block_s), clear), key=lambda one: one[0])
    return best[1]


def _misfit(blocks: Floats, found: list[Fall], block_s: int) -> float:
    left = _without(blocks, found)
    noise = noise_of(left, block_s)
    sd = noise.sd[noise.lost :]
    innovations = noise.white(left - left.mean()) / sd
    unexplained = float(innovations @ innovations + 2 * np.log(sd).sum())
    return unexplained + math.log(len(sd)) * noise.lost + (STRENGTH**2 + 4) * len(found)


def _without(blocks: Floats, found: list[Fall]) -> Floats:
    left = blocks.copy()
    for fall in found:
        left -= fall.depth * _form(len(blocks), fall.block_s, fall.shape, at=fall.at)
    return left


def _fit(blocks: Floats, noise: Noise) -> tuple[list[Fall], float]:
    """Fit falls one after another, the clearest first; also return the strength of the clearest rise in what is
    left."""
    coarse, near = _Coarse(noise, len(blocks)), _Fine(noise)
    found: list[Fall] = []
    left = blocks
    for _ in range(MOST):
        start = coarse.clearest(left)
        if start.strength < STRENGTH:
            break
        fall = near.likeliest(left, start)
        if fall is None or fall.strength < STRENGTH:
            break
        found.append(fall)
        # The falls that it touches are placed again beside it.
        for number, other in enumerate(found[:-1]):
            margin = MARGIN_S // noise.block_s
            if other.at < fall.end + margin and fall.at < other.end + margin:
                rest = _without(blocks, [one for one in found if one is not other])
                found[number] = near.likeliest(rest, other) or other
        left = _without(blocks, found)
    if not found:
        return [], 0.0
    clearest = coarse.clearest(-left)
    rise = near.likeliest(-left, clearest)
    return found, max(clearest.strength, rise.strength if rise else 0.0)


class _Coarse:
    """A few shapes at all places, each on its own sloping baseline."""

    def __init__(self, noise: Noise, n_blocks: int) -> None:
        self.noise = noise
        self.margin = max(MARGIN_S // noise.block_s, 2)
        made: list[tuple[Shape, Floats]] = []
        for shape in COARSE:
            length = 2 * self.margin + math.ceil(sum(shape) / noise.block_s)
            at = np.arange(length)
            form = _form(length, noise.block_s, shape, at=self.margin)
            if length < noise.lost + 4:
                continue
            white = noise.white(np.stack([np.ones(length), at - at.mean(), form], axis=1))
            ground, _ = np.linalg.qr(white[:, :2])
            own = white[:, 2] - ground @ (ground.T @ white[:, 2])
            if (size := float(np.linalg.norm(own))) > 1e-6 and len(own) <= n_blocks:
                made.append((shape, own / size))
        self.shapes = [shape for shape, _ in made]
        self.lengths = [len(own) for _, own in made]
        self.size = int(next_fast_len(n_blocks + 2 * self.margin + max(self.lengths, default=0), real=True) or 0)
        self.spectra = np.array([np.conj(rfft(own, self.size)) for _, own in made])

    def clearest(self, rest: Floats) -> Fall:
        """The shape and place that stands furthest above the noise."""
        noise, edge = self.noise, max(EDGE_S // self.noise.block_s, 1)
        if not self.shapes:
            return Fall(0, noise.block_s, COARSE[0], 0.0, 0.0)
        padded = np.pad(rest, self.margin)
        padded[: self.margin], padded[-self.margin :] = rest[:edge].mean(), rest[-edge:].mean()
        white = noise.white(padded - padded.mean()) / np.pad(noise.sd, self.margin, mode="edge")[noise.lost :]
        strength = irfft(rfft(white, self.size) * self.spectra, self.size, axis=1)
        for row, length in zip(strength, self.lengths, strict=True):
            row[max(len(white) - length + 1, 0) :] = 0.0
        which, at = divmod(int(np.argmax(strength)), strength.shape[1])
        return Fall(at, noise.block_s, self.shapes[which], 0.0, float(strength[which, at]))


class _Fine:
    """Many shapes at the places near a given one, all fitted to the same stretch of the trace: on a longer stretch, any
    fall would explain more."""

    def __init__(self, noise: Noise) -> None:
        self.noise = noise
        block_s, lost = noise.block_s, noise.lost
        length = math.ceil(max(map(sum, FINE)) / block_s) + 2 * lost + 1
        forms = np.stack([_form(length, block_s, shape, at=lost) for shape in FINE], axis=1)
        self.squares = np.cumsum(noise.white(forms) ** 2, axis=0)
        self.size = int(next_fast_len(2 * length + 2 * AROUND_S // block_s + lost, real=True) or 0)
        self.spectra = np.conj(rfft(noise.white(forms).T, self.size, axis=1))
        self.falls_s = np.array([fall for fall, *_ in FINE])[:, None]

    def likeliest(self, rest: Floats, start: Fall) -> Fall | None:
        """The likeliest shape near `start`, and the likeliest onset over all shapes."""
        noise = self.noise
        around = AROUND_S // noise.block_s
        first, last = max(start.at - around - noise.lost, 0), min(start.end + around, len(rest))
        stretch, sd = rest[first:last], float(noise.sd[first:last].mean())
        place = np.arange(len(stretch))
        columns = np.stack([np.ones(len(place)), place - place.mean(), stretch - stretch.mean()], axis=1)
        white = noise.white(columns)
        if len(white) < 8:
            return None
        ground, _ = np.linalg.qr(white[:, :2])
        own = (white[:, 2] - ground @ (ground.T @ white[:, 2])) / sd
        spectra = rfft(np.stack([own, *ground.T]), self.size, axis=1)
        product, level, slant = irfft(spectra[:, None, :] * self.spectra, self.size, axis=2)[..., : len(own)]
        seen = np.minimum(len(own) - np.arange(len(own)), len(self.squares)) - 1
        free = self.squares[seen].T - level**2 - slant**2
        onset = first + noise.lost + np.arange(len(own))
        nadir_s = onset * noise.block_s + self.falls_s
        near = np.abs(nadir_s - start.at * noise.block_s - start.shape[0]) <= MARGIN_S + 30
        fits = near & (nadir_s < last * noise.block_s) & (free > 1e-3 * self.squares[-1][:, None]) & (product > 0)
        if not fits.any():
            return None
        strength = np.where(fits, product / np.sqrt(np.maximum(free, 1e-12)), 0.0)
        likely = np.where(fits, strength**2 / 2 + LOG_PRIOR[:, None], -np.inf)
        which, at = divmod(int(np.argmax(likely)), likely.shape[1])
        return Fall(
            at=int(onset[at]),
            block_s=noise.block_s,
            shape=FINE[which],
            depth=float(strength[which, at] * sd / math.sqrt(free[which, at])),
            strength=float(strength[which, at]),
            onset_s=self._onset_s(likely, onset),
        )

    def _onset_s(self, likely: Floats, onset: NDArray[np.int64]) -> int:
        weight = np.exp(likely - likely.max()).sum(axis=0)
        half = max(ONSET_WITHIN_S // self.noise.block_s, 1)
        total = np.cumsum(np.pad(weight, (half + 1, half)))
        middle = int(np.argmax(total[2 * half + 1 :] - total[: -2 * half - 1]))
        part = slice(max(middle - half, 0), middle + half + 1)
        return round(float(weight[part] @ onset[part] / weight[part].sum()) * self.noise.block_s)
