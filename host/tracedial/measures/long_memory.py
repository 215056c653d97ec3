"""Whether a trace looks like long memory: slow movements that keep growing, the longer the trace is observed.

The mean of such a trace hardly settles within any session, and no interval from one session covers it as often as it
claims. The trace's cosines are compared with two families of processes by Whittle's likelihood: those that forget (a
first-order autoregression plus noise) and those that don't (fractionally integrated ones, Granger & Joyeux 1980, plus a
first-order autoregression).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.cosines import cosines

Floats = NDArray[np.float64]

LEAST_S = 600
SWINGS = 0.25
"""A trace with more than this share of its variance at one frequency swings; neither family describes that."""
CLEAR = 2.0
"""How much higher the log likelihood must be with memory than without; set by trial."""
SENTENCE = (
    "The difference looks like long memory (slow movements without an end): its mean hardly settles within a session, "
    "and the interval holds the truth less often than 95 times in 100. Rely on a study of several sessions."
)
_BINS = 40


def looks_long(series: Floats) -> bool:
    """Whether `series`, shape (n_seconds,) with NaN passed over, is described better by long memory; False below 600
    s."""
    known = series[~np.isnan(series)]
    n = len(known)
    if n < LEAST_S or float(np.ptp(known)) <= 1e-9 * max(float(np.abs(known).max()), 1e-150):
        return False
    if _at_one_period(known) > SWINGS:
        return False
    edges, counts, short, long = _families(n)
    power = np.add.reduceat(cosines(known - known.mean())[1:] ** 2, edges) / counts
    if float(power.min()) <= 1e-12 * float(power.max()):
        return False
    return _best(power, counts, long) - _best(power, counts, short) > CLEAR


def _at_one_period(x: Floats) -> float:
    """The largest share of a trace's variance at one frequency and its two neighbours, among frequencies of four waves
    or more."""
    power = np.abs(np.fft.rfft(x - x.mean())) ** 2
    peak = 4 + int(power[4:].argmax())
    return float(power[peak - 1 : peak + 2].sum() / power.sum())


def _best(power: Floats, counts: Floats, spectra: Floats) -> float:
    """The largest log of Whittle's likelihood over `spectra`, shape (m, n_bins), each scaled to fit."""
    size = (power / spectra * counts).sum(axis=1) / counts.sum()
    logs = (np.log(spectra) * counts).sum(axis=1) + counts.sum() * np.log(size)
    return float(-0.5 * logs.min())


@lru_cache(maxsize=16)
def _families(n: int) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
    """Where the bins of cosines begin, how many cosines each bin holds, and the spectra of both families there."""
    edges = np.unique(np.round(np.geomspace(1, n - 1, _BINS)).astype(int))[:-1] - 1
    counts = np.diff([*edges, n - 1]).astype(float)
    angle = np.pi * np.arange(1, n) / n

    def binned(spectrum: Floats) -> Floats:
        return np.asarray(np.add.reduceat(spectrum, edges) / counts)

    def forgetting(phi: float) -> Floats:
        return np.asarray((1 - phi) ** 2 / (1 + phi**2 - 2 * phi * np.cos(angle)))

    phis = [0.0, *(1 - np.geomspace(0.5, 0.001, 16))]
    noises = [0.0, *np.geomspace(1e-4, 1, 13)]
    short = [binned(forgetting(phi) + noise) for phi in phis for noise in noises]
    wave = 2 * np.sin(angle / 2)
    long = [
        binned(wave ** (-2 * d) * forgetting(phi)) for d in np.arange(0.1, 0.5, 0.05) for phi in (0.0, 0.3, 0.6, 0.8)
    ]
    return edges, counts, np.stack(short), np.stack(long)
