"""Synthetic traces that know nothing of each other, of the kinds that a reviewer names."""

from collections.abc import Callable

import numpy as np
from scipy.signal import fftconvolve, lfilter

Make = Callable[[np.random.Generator], np.ndarray]

N = 2900


def ar1(rng: np.random.Generator, phi: float, n: int = N) -> np.ndarray:
    """An AR(1) series of unit variance."""
    steps = rng.normal(size=n) * np.sqrt(1 - phi**2)
    steps[0] /= np.sqrt(1 - phi**2)
    return np.asarray(lfilter([1.0], [1.0, -phi], steps))


def arma(rng: np.random.Generator, phi: float, theta: float, n: int) -> np.ndarray:
    """An ARMA(1,1) series: a slow signal and noise."""
    return np.asarray(lfilter([1.0, theta], [1.0, -phi], rng.normal(size=n + 1000)))[1000:]


def long_memory(rng: np.random.Generator, d: float, n: int) -> np.ndarray:
    """Fractionally integrated noise of order d."""
    lags = np.arange(1, 4 * n)
    weights = np.concatenate([[1.0], np.cumprod((lags - 1 + d) / lags)])
    return fftconvolve(rng.normal(size=5 * n), weights)[4 * n : 5 * n]


def oscillation(rng: np.random.Generator, period_s: float, n: int) -> np.ndarray:
    """An AR(2) series that swings with a period."""
    coefficients = [1.0, -2 * 0.99 * np.cos(2 * np.pi / period_s), 0.99**2]
    return np.asarray(lfilter([1.0], coefficients, rng.normal(size=n + 2000)))[2000:]


def held(rng: np.random.Generator, phi: float, step_sd: float, n: int = N) -> np.ndarray:
    """A knob that follows an AR(1) series only once it is `step_sd` away; whole ratings, SD 15."""
    wanted = ar1(rng, phi, n)
    out = np.empty(n)
    knob = wanted[0]
    for at, value in enumerate(wanted):
        if abs(value - knob) > step_sd:
            knob = value
        out[at] = knob
    return np.round(15 * out)


def held_for(rng: np.random.Generator, x: np.ndarray, least_s: float, most_s: float) -> np.ndarray:
    """A trace that is taken over now and then and held between."""
    out = np.empty(len(x))
    at = 0
    while at < len(x):
        length = max(int(rng.uniform(least_s, most_s)), 1)
        out[at : at + length] = x[at]
        at += length
    return out


def with_gaps(rng: np.random.Generator, x: np.ndarray, share: float) -> np.ndarray:
    """A trace of which blocks of 5 to 30 s are missing."""
    x = x.copy()
    left = share * len(x)
    while left > 0:
        length = int(rng.uniform(5, 30))
        at = rng.integers(0, len(x) - length)
        x[at : at + length] = np.nan
        left -= length
    return x


def from_zero(x: np.ndarray, level: float) -> np.ndarray:
    """A trace that begins at 0 and settles at its level within a minute."""
    return (level + x) * (1 - np.exp(-np.arange(len(x)) / 20))


def arc(n: int) -> np.ndarray:
    """A U of unit SD over the session."""
    place = np.linspace(-1, 1, n) ** 2
    return (place - place.mean()) / place.std()


def stationary(n: int) -> dict[str, Make]:
    """Kinds without trend, arc or start-up."""
    made: dict[str, Make] = {f"AR(1) {phi}": lambda g, phi=phi: ar1(g, phi, n) for phi in (0.8, 0.9, 0.95, 0.98, 0.99)}
    made |= {
        "slow signal plus noise, ARMA (.95, -.6)": lambda g: arma(g, 0.95, -0.6, n),
        "slow signal plus noise, ARMA (.98, -.8)": lambda g: arma(g, 0.98, -0.8, n),
        "long memory, d = .3": lambda g: long_memory(g, 0.3, n),
        "long memory, d = .4": lambda g: long_memory(g, 0.4, n),
        "whole units, SD 2, phi .98": lambda g: np.round(2 * ar1(g, 0.98, n)),
        "oscillation, 30 s": lambda g: oscillation(g, 30, n),
        "oscillation, 120 s": lambda g: oscillation(g, 120, n),
        "held in steps of 0.5 SD, phi .99": lambda g: held(g, 0.99, 0.5, n),
        "held in steps of 1.5 SD, phi .95": lambda g: held(g, 0.95, 1.5, n),
        "SD grows threefold, phi .95": lambda g: ar1(g, 0.95, n) * np.linspace(0.5, 1.5, n),
        "7 % missing in blocks, held 20-60 s": lambda g: with_gaps(g, held_for(g, ar1(g, 0.95, n), 20, 60), 0.035),
    }
    return made


def short(n: int) -> dict[str, Make]:
    """Kinds for sessions of five or ten minutes."""
    made: dict[str, Make] = {
        f"AR {phi}, held 5-30 s": lambda g, phi=phi: held_for(g, ar1(g, phi, n), 5, 30) for phi in (0.9, 0.95, 0.98)
    }
    return made | {f"AR(1) {phi}": lambda g, phi=phi: ar1(g, phi, n) for phi in (0.9, 0.98)}


def with_course(n: int) -> dict[str, Make]:
    """Kinds of which both traces have the same line or arc."""
    line = np.linspace(0, 1, n)
    made: dict[str, Make] = {}
    for rise in (1, 2, 4):
        made[f"common line of {rise} SD, phi .95"] = lambda g, rise=rise: ar1(g, 0.95, n) + rise * line
    for size in (0.25, 0.5, 1.0):
        made[f"common arc of {size} SD, phi .95"] = lambda g, size=size: ar1(g, 0.95, n) + size * arc(n)
    return made


def starting(n: int) -> dict[str, Make]:
    """Kinds that begin at 0."""
    return {f"both start at 0, level {level} SD": lambda g, level=level: from_zero(ar1(g, 0.95, n), level)
            for level in (2, 3, 5)}  # fmt: skip


def in_bursts(x: np.ndarray) -> np.ndarray:
    """A trace that is three times as lively in the same two tenths of the session."""
    place = np.linspace(0, 1, len(x))
    return x * np.where(((place > 0.2) & (place < 0.3)) | ((place > 0.7) & (place < 0.8)), 3.0, 1.0)


def few_steps(rng: np.random.Generator, n: int, steps: int) -> np.ndarray:
    """A trace of a few levels, each held until the next."""
    edges = np.sort(rng.choice(np.arange(1, n), steps, replace=False))
    return np.round(15 * rng.normal(size=steps + 1))[np.searchsorted(edges, np.arange(n), side="right")]


def with_common_gaps(x: np.ndarray) -> np.ndarray:
    """A trace of which the same three blocks of 20 s are missing in whoever's."""
    x = x.copy()
    for at in (0.15, 0.5, 0.8):
        x[int(at * len(x)) : int(at * len(x)) + 20] = np.nan
    return x


def attacks(n: int) -> dict[str, tuple[Make, Make]]:
    """Pairs of kinds, one for each trace, that a reviewer may hold against a p value."""

    def clipped(g: np.random.Generator) -> np.ndarray:
        return np.clip(np.round(15 * ar1(g, 0.97, n) + 8), -50, 15)

    def smooth(g: np.random.Generator) -> np.ndarray:
        return ar1(g, 0.98, n)

    def even(g: np.random.Generator) -> np.ndarray:
        return ar1(g, 0.95, n)

    def seasons(g: np.random.Generator, *periods_s: int) -> np.ndarray:
        turns = [2 * np.pi * np.arange(n) / period_s + g.uniform(0, 2 * np.pi) for period_s in periods_s]
        return ar1(g, 0.9, n) + 1.5 * sum(np.sin(turn) for turn in turns)

    def square(g: np.random.Generator) -> np.ndarray:
        return ar1(g, 0.9, n) + 1.5 * np.sign(np.sin(2 * np.pi * np.arange(n) / 60 + g.uniform(0, 2 * np.pi)))

    def twice(make: Make) -> tuple[Make, Make]:
        return make, make

    return {
        "AR(1) .80 and .98": (lambda g: ar1(g, 0.8, n), smooth),
        "sharp oscillation, 30 s": twice(lambda g: oscillation(g, 30, n)),
        "sharp oscillation, 60 s": twice(lambda g: oscillation(g, 60, n)),
        "clipped at the scale's end": twice(clipped),
        "one held 20-60 s, one smooth": (lambda g: held_for(g, ar1(g, 0.95, n), 20, 60), smooth),
        "one of three steps, one smooth": (lambda g: few_steps(g, n, 3), even),
        "both of three steps": twice(lambda g: few_steps(g, n, 3)),
        "both of eight steps": twice(lambda g: few_steps(g, n, 8)),
        "bursts in the same places": twice(lambda g: in_bursts(even(g))),
        "seasons of 60 s, turned at random": twice(lambda g: seasons(g, 60)),
        "seasons of 45 s, turned at random": twice(lambda g: seasons(g, 45)),
        "seasons of 200 s, turned at random": twice(lambda g: seasons(g, 200)),
        "seasons of 37 and 60 s": twice(lambda g: seasons(g, 37, 60)),
        "square seasons of 60 s": twice(square),
        "gaps common to both": twice(lambda g: with_common_gaps(even(g))),
    }


def profiles(n: int) -> dict[str, Make]:
    """Kinds of which both traces go as real raters' often do: what is shared is each rater's own course."""
    place = np.linspace(0, 1, n)
    courses = {
        "both fall by 3 SD towards the end": np.where(place > 0.6, -(place - 0.6) / 0.4 * 3, 0.0),
        "both begin 2.5 SD high": 2.5 * np.exp(-place / 0.15),
        "both step down by 2 SD late": -2 / (1 + np.exp(-(place - 0.8) / 0.03)),
        "both dip by 2 SD in the middle": -2 * np.exp(-(((place - 0.5) / 0.1) ** 2)),
    }
    made: dict[str, Make] = {
        name: lambda g, course=course: ar1(g, 0.95, n) + course for name, course in courses.items()
    }
    made["both lie at the lowest rating often"] = lambda g: np.clip(np.round(15 * ar1(g, 0.98, n)), -8, 50)
    return made
