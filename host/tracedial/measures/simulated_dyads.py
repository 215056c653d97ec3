"""Dyads as a study may find them: traces that vary as given ones do, with a given correlation and mean difference.

A trace is drawn by its cosines: each is a size from the spectrum of the given traces (or of an AR(1) series) times a
normal draw. The constant cosine is drawn too, as large as the slowest: a session's mean also depends on when it was
rated. Traces have the shape (n_dyads, n_seconds), frequencies are in cycles a second.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.cosines import common, cosines

Floats = NDArray[np.float64]

SHARED_COSINES = 4
"""A course that all dyads share may lie in this many first cosines of the session: lines, arcs, and twice as quick
ones."""
SHARED_T = 2.5
FEWEST_FOR_SHARED = 4
BINS_AN_OCTAVE = 3


@dataclass(frozen=True)
class Spectrum:
    """How one role's traces vary: `density` (variance a cosine, of a trace of unit variance) at `frequencies_hz`,
    rising; `sds`: the SDs of its traces, in units of the scale; each simulated dyad draws one of them. `shared`: the
    course that all sessions share, as amplitudes of the session's first cosines divided by the root of its number of
    seconds, in SD."""

    frequencies_hz: Floats
    density: Floats
    sds: Floats
    shared: Floats

    def at(self, n_seconds: int) -> Floats:
        """The variance of each cosine in a session of `n_seconds`."""
        wanted = np.maximum(np.arange(n_seconds) / (2 * n_seconds), self.frequencies_hz[0])
        return np.exp(np.interp(np.log(wanted), np.log(self.frequencies_hz), np.log(self.density)))


@dataclass(frozen=True)
class Truth:
    """The true values in the population of dyads: the mean r with its SD between dyads on Fisher's z, and the mean
    difference (b minus a) with its SD between dyads, in units of the scale."""

    r: float
    spread_z: float
    difference: float
    spread_difference: float


def spectrum_of_ar1(autocorrelation: float, sd: float) -> Spectrum:
    """The spectrum of an AR(1) series with that lag-1 autocorrelation."""
    frequencies = np.geomspace(1e-6, 0.5, 400)
    phi = autocorrelation
    density = (1 - phi**2) / (1 + phi**2 - 2 * phi * np.cos(2 * math.pi * frequencies))
    return Spectrum(frequencies, density, np.array([sd]), np.zeros(SHARED_COSINES))


def spectrum_of(traces: list[Floats]) -> Spectrum:
    """The mean spectrum of traces of shape (n_seconds,), NaN where nothing was rated, none of them constant.

    A course that all traces share in the session's first cosines (a mean at least 2.5 standard errors from 0, over four
    traces or more) is not part of the spectrum; it goes to `shared`.
    """
    known = [common(trace, trace)[0] for trace in traces]
    sds = np.array([float(trace.std()) for trace in known])
    # All traces are divided by one SD. Divided by its own SD, a trace that happens to drift would count its slow
    # cosines less.
    together = math.sqrt(float(np.mean(sds**2)))
    amplitudes = [cosines((trace - trace.mean()) / together) for trace in known]
    first = np.stack([one[1 : SHARED_COSINES + 1] / math.sqrt(len(one)) for one in amplitudes])
    shared = np.zeros(SHARED_COSINES)
    if len(traces) >= FEWEST_FOR_SHARED:
        mean, error = first.mean(axis=0), first.std(axis=0, ddof=1) / math.sqrt(len(first))
        shared = np.where(np.abs(mean) > SHARED_T * error, mean, 0.0)
    frequencies, powers = [], []
    for one in amplitudes:
        own = one.copy()
        own[1 : SHARED_COSINES + 1] -= shared * math.sqrt(len(own))
        frequencies.append(np.arange(1, len(own)) / (2 * len(own)))
        powers.append(own[1:] ** 2)
    lowest = min(float(one[0]) for one in frequencies)
    edges = np.geomspace(lowest, 0.5, int(BINS_AN_OCTAVE * math.log2(0.5 / lowest)) + 1)
    place = np.concatenate([np.searchsorted(edges, one * (1 + 1e-9)) for one in frequencies])
    count = np.bincount(place, minlength=len(edges) + 1)
    used = count > 0
    every_hz, every = np.concatenate(frequencies), np.concatenate(powers)
    middle = np.bincount(place, weights=np.log(every_hz), minlength=len(edges) + 1)[used] / count[used]
    density = np.bincount(place, weights=every, minlength=len(edges) + 1)[used] / count[used]
    return Spectrum(np.exp(middle), np.maximum(density, 1e-12), sds, shared)


def simulate(
    rng: np.random.Generator, n_dyads: int, n_seconds: int, *, a: Spectrum, b: Spectrum, truth: Truth
) -> tuple[Floats, Floats]:
    """Traces of both roles of `n_dyads` dyads."""
    r = np.tanh(np.arctanh(truth.r) + truth.spread_z * rng.normal(size=n_dyads))[:, None]
    x = _drawn(rng, a, n_dyads, n_seconds)
    y = r * x + np.sqrt(1 - r**2) * _drawn(rng, b, n_dyads, n_seconds)
    x, y = (
        (one + _course(role.shared, n_seconds)) * rng.choice(role.sds, n_dyads)[:, None]
        for one, role in ((x, a), (y, b))
    )
    apart = truth.difference + truth.spread_difference * rng.normal(size=n_dyads)
    return x, y + apart[:, None]


def _drawn(rng: np.random.Generator, role: Spectrum, n_dyads: int, n_seconds: int) -> Floats:
    from scipy.fft import idct

    amplitudes = rng.normal(size=(n_dyads, n_seconds)) * np.sqrt(role.at(n_seconds))
    return np.asarray(idct(amplitudes, norm="ortho", axis=-1))


def _course(shared: Floats, n_seconds: int) -> Floats:
    from scipy.fft import idct

    amplitudes = np.zeros(n_seconds)
    amplitudes[1 : SHARED_COSINES + 1] = shared * math.sqrt(n_seconds)
    return np.asarray(idct(amplitudes, norm="ortho"))
