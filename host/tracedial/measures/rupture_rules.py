"""Other rules for ruptures than the lowest segments: V-shapes, a control chart of segment means, change points.

Each takes a trace of shape (n_seconds,) with NaN where nothing was rated, and gives stretches of whole seconds. Their
definitions and sources stand in `docs/measures.md`; none is the article's.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import AnalysisError

Floats = NDArray[np.float64]

MAD_TO_SD = 1.4826
INDIVIDUALS_D2 = 1.128
"""The mean range of two normal observations in SD: turns a mean moving range into one."""


@dataclass(frozen=True)
class VShape:
    """A fall and the return after it. `onset_s`: where the fall begins; `nadir_s` its lowest second; `end_s` where the
    rating is back (or the last second looked at, and `returned` is false); `depth`: the fall, in scale units."""

    onset_s: int
    nadir_s: int
    end_s: int
    depth: float
    returned: bool


@dataclass(frozen=True)
class ControlChart:
    """An individuals chart of segment means. `mean`, `sigma` (mean moving range / 1.128), limits mean ± 3 sigma;
    `means` of the segments from `starts_s` on, NaN for those hardly rated; `below` the segments under the lower limit.
    """

    mean: float
    sigma: float
    lower: float
    upper: float
    starts_s: list[int]
    means: list[float]
    below: list[tuple[int, int]]


def individuals_limits(values: Floats) -> tuple[float, float, float, float]:
    """Mean, sigma, lower and upper limit of an individuals (X–mR) chart of values without NaN: x̄ ± 3 mR̄/1.128."""
    mean = float(values.mean())
    sigma = float(np.abs(np.diff(values)).mean()) / INDIVIDUALS_D2
    return mean, sigma, mean - 3 * sigma, mean + 3 * sigma


def control_chart(rating: Floats, *, segment_s: int = 60, min_valid: float = 0.8) -> ControlChart | None:
    """Chart the means of neighbouring segments. Seconds themselves must not be charted: they repeat one another, so
    that most of a trace that is in control lies outside their limits. None for fewer than eight segments."""
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
    return ControlChart(mean, sigma, lower, upper, starts, means.tolist(), below)


def change_points(rating: Floats, *, count: int | None = None, penalty: float | None = None) -> list[int]:
    """Seconds at which the level changes, by the `ruptures` library (Truong, Oudre & Vayatis 2020): PELT with an L2
    cost and a `penalty` (default 3 log(n) times the variance of the noise), or binary segmentation into a `count`.

    Missing seconds are passed over: the seconds that are rated follow one another. Raises `AnalysisError` where the
    library is not installed.
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


FALLS_S = (8, 12, 17, 24, 34, 48, 64)
RISES_S = (12, 20, 32, 50, 78, 120)
MARGIN_S = 40
"""How much of the trace before and after a V is looked at to know the level that it falls from."""
MAX_V = 20
STRENGTH = 4.0
"""How far above the noise a V must stand, in SD of what noise alone gives a V of known place and shape."""


def v_shapes(rating: Floats, *, drop_sd: float = 1.0, return_share: float = 0.5) -> list[VShape]:
    """Falls with a return: V-shapes on a slanting ground in noise that repeats itself, in the order of the video.

    A V falls in a line by `drop_sd` SD of the trace or more and comes back in a line; `returned` if the smoothed rating
    regains `return_share` of the fall by its end. Found one after the other, the clearest first: the trace is freed of
    its lag-1 repetition, compared with V's of many widths, the best one is fitted by least squares and taken out, and
    those found before are fitted again. Missing seconds count as on the line between their neighbours, for this only.
    """
    known = ~np.isnan(rating)
    if np.count_nonzero(known) < 3 * MARGIN_S or np.ptp(rating[known]) == 0:
        return []
    seconds = np.arange(len(rating))
    trace = np.interp(seconds, seconds[known], rating[known])
    first = _fit_vs(trace, _Noise.of_steps(trace), STRENGTH + 1)
    # What is left without the clear ones says better how the noise goes.
    left = trace + sum((_v_line(seconds, v) for v in first), np.zeros(len(trace)))
    found = _fit_vs(trace, _Noise.of_rest(left), STRENGTH)
    least = drop_sd * float(trace.std(ddof=1))
    shapes = []
    for v in sorted(found, key=lambda v: v.onset_s):
        if v.depth < least:
            continue
        nadir_s, end_s = v.onset_s + v.fall_s, min(v.onset_s + v.fall_s + v.rise_s, len(trace) - 1)
        regained = float(trace[max(end_s - 4, nadir_s) : end_s + 5].mean() - trace[nadir_s - 2 : nadir_s + 3].mean())
        shapes.append(VShape(v.onset_s, nadir_s, end_s, v.depth, regained >= return_share * v.depth))
    return shapes


@dataclass(frozen=True)
class _Noise:
    """Noise of a lag-1 autocorrelation `phi` whose innovations have the SD `sd`."""

    phi: float
    sd: float

    @staticmethod
    def of_steps(trace: Floats) -> "_Noise":
        """From the steps between seconds, which slow falls and drifts hardly touch: for an AR(1) series neighbouring
        steps correlate by (φ − 1)/2."""
        steps = np.diff(trace)
        size = max(MAD_TO_SD * float(np.median(np.abs(steps))), 0.5)
        steps = np.clip(steps - steps.mean(), -4 * size, 4 * size)
        phi = float(np.clip(1 + 2 * (steps[1:] @ steps[:-1]) / max(float(steps @ steps), 1e-12), 0.0, 0.97))
        return _Noise._with(trace, phi)

    @staticmethod
    def of_rest(rest: Floats) -> "_Noise":
        """From what is left without the V's, less its slow course."""
        width = min(401, len(rest) // 2 * 2 - 1)
        padded = np.concatenate([np.full(width // 2, rest[0]), rest, np.full(width // 2, rest[-1])])
        rest_quick = rest - np.convolve(padded, np.ones(width) / width, mode="valid")
        rest_quick = rest_quick - rest_quick.mean()
        r1 = float(rest_quick[1:] @ rest_quick[:-1]) / max(float(rest_quick @ rest_quick), 1e-12)
        return _Noise._with(rest, float(np.clip(r1 + (1 + 4 * r1) / 400, 0.0, 0.985)))

    @staticmethod
    def _with(trace: Floats, phi: float) -> "_Noise":
        innovations = trace[1:] - phi * trace[:-1]
        sd = MAD_TO_SD * float(np.median(np.abs(innovations - np.median(innovations))))
        # Whole ratings can stand still most of the time: a third of a step is the least that is known of them.
        return _Noise(phi, max(sd, 0.3))


@dataclass(frozen=True)
class _V:
    onset_s: int
    fall_s: int
    rise_s: int
    depth: float
    strength: float


def _v_line(seconds: NDArray[np.int64], v: _V) -> Floats:
    """What a V takes from the level, 0 outside."""
    corners = [v.onset_s, v.onset_s + v.fall_s, v.onset_s + v.fall_s + v.rise_s]
    return np.interp(seconds, corners, [0.0, v.depth, 0.0], left=0.0, right=0.0)


def _fit_vs(trace: Floats, noise: _Noise, least: float) -> list[_V]:
    seconds = np.arange(len(trace))
    templates = _templates(round(noise.phi, 2))
    found: list[_V] = []
    rest = trace.copy()
    for _ in range(MAX_V):
        start = _clearest(rest, noise, templates)
        if start is None:
            break
        v = _refined(rest, start, noise)
        if v.strength < least or v.depth <= 0:
            break
        found.append(v)
        rest = rest + _v_line(seconds, v)
        for at, before in enumerate(found):
            rest = rest - _v_line(seconds, before)
            found[at] = _refined(rest, before, noise)
            rest = rest + _v_line(seconds, found[at])
    return [v for v in found if v.strength >= least and v.depth > 0]


def _templates(phi: float) -> list[tuple[int, int, Floats]]:
    """Falls, rises and whitened V's of unit length, without level and slope."""
    made = []
    for fall_s in FALLS_S:
        for rise_s in RISES_S:
            at = np.arange(2 * MARGIN_S + fall_s + rise_s)
            corners = [MARGIN_S, MARGIN_S + fall_s, MARGIN_S + fall_s + rise_s]
            shape = -np.interp(at, corners, [0.0, 1.0, 0.0], left=0.0, right=0.0)
            ground = np.stack([np.ones(len(at)), at - at.mean()], axis=1)
            basis, _ = np.linalg.qr(ground[1:] - phi * ground[:-1])
            white = shape[1:] - phi * shape[:-1]
            white = white - basis @ (basis.T @ white)
            made.append((fall_s, rise_s, white / np.linalg.norm(white)))
    return made


def _clearest(rest: Floats, noise: _Noise, templates: list[tuple[int, int, Floats]]) -> _V | None:
    from scipy.fft import next_fast_len

    edge = 15
    padded = np.concatenate([np.full(MARGIN_S, rest[:edge].mean()), rest, np.full(MARGIN_S, rest[-edge:].mean())])
    white = (padded[1:] - noise.phi * padded[:-1]) / noise.sd
    size = int(next_fast_len(len(white) + max(len(t) for *_, t in templates), real=True) or 0)
    spectrum = np.fft.rfft(white, size)
    best: _V | None = None
    for fall_s, rise_s, template in templates:
        places = len(white) - len(template) + 1
        if places < 1:
            continue
        strengths = np.fft.irfft(spectrum * np.conj(np.fft.rfft(template, size)), size)[:places]
        place = int(np.argmax(strengths))
        if best is None or strengths[place] > best.strength:
            best = _V(place, fall_s, rise_s, 0.0, float(strengths[place]))
    return best


_STEPS = ((1, -1, 0), (-1, 1, 0), (0, 1, -1), (0, -1, 1), (0, 0, 1), (0, 0, -1), (1, 0, -1), (-1, 0, 1), (1, 0, 0),
          (-1, 0, 0))  # fmt: skip


def _refined(rest: Floats, start: _V, noise: _Noise) -> _V:
    """The V near `start` that stands out most, by steps of its three corners."""
    # One and the same stretch for all that are compared: the more of the ground is seen, the more any V explains.
    first = max(start.onset_s - 2 * MARGIN_S, 0)
    last = min(start.onset_s + start.fall_s + start.rise_s + 2 * MARGIN_S, len(rest))
    best = _fitted(rest[first:last], start.onset_s - first, start.fall_s, start.rise_s, noise)
    for size in (8, 4, 2, 1):
        for _ in range(6):
            moved = best
            for onset, fall, rise in _STEPS:
                corners = (moved.onset_s + size * onset, moved.fall_s + size * fall, moved.rise_s + size * rise)
                if corners[0] < 0 or not 4 <= corners[1] <= 90 or not 4 <= corners[2] <= 180:
                    continue
                if corners[0] + corners[1] < last - first - 1:
                    tried = _fitted(rest[first:last], *corners, noise)
                    moved = tried if tried.strength > moved.strength + 1e-9 else moved
            if moved is best:
                break
            best = moved
    return _V(best.onset_s + first, best.fall_s, best.rise_s, best.depth, best.strength)


def _fitted(stretch: Floats, onset_s: int, fall_s: int, rise_s: int, noise: _Noise) -> _V:
    """Depth and strength of a V of known corners on a slanting ground, by generalized least squares."""
    at = np.arange(len(stretch))
    shape = -np.interp(at, [onset_s, onset_s + fall_s, onset_s + fall_s + rise_s], [0.0, 1.0, 0.0], left=0.0, right=0.0)
    columns = np.stack([np.ones(len(at)), at - at.mean(), shape, stretch], axis=1)
    white = columns[1:] - noise.phi * columns[:-1]
    ground, both = white[:, :2], white[:, 2:]
    both = both - ground @ np.linalg.solve(ground.T @ ground, ground.T @ both)
    norm = float(np.sqrt(both[:, 0] @ both[:, 0]))
    if norm < 1e-9:
        return _V(onset_s, fall_s, rise_s, 0.0, -1.0)
    product = float(both[:, 0] @ both[:, 1])
    return _V(onset_s, fall_s, rise_s, product / norm**2, product / norm / noise.sd)
