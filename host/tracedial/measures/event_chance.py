"""How far two raters' events coincide by chance, given the slow course of each rater's session.

Two raters who both fall towards the end have their lowest segments there, whether they saw the same things or not. So
each trace is compared with drawn traces. These have the same slow course (its first cosines), the same amplitudes of
all quicker cosines with new signs, and the same ratings equally often, so that a trace with long flat stretches keeps
them. In each, the lowest stretches with the lengths of the rater's events are taken. Unrated seconds hold no events.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.cosines import cosines

Floats = NDArray[np.float64]
Stretches = list[tuple[int, int]]

COURSE = 4
"""At least this many of the slowest cosines of each rater are kept,"""
HALF_WAVE_S = 360
"""and all cosines with a half wave longer than this."""
DRAWS = 99
"""How many traces are drawn for each rater."""
SEED = 20236
BINS_IN_EVENT = 10
LEAST_RATED = 0.8
APART_S = 30
LEVEL = 0.05
_LEVELS = 1024


@dataclass(frozen=True)
class EventChance:
    """`expected`: the mean overlap by chance. `p`: how often it is at least the observed overlap; None where even fully
    coinciding events would not have a p below .05."""

    expected: float
    p: float | None


def overlap_by_chance(
    a: Stretches, b: Stretches, ratings: tuple[Floats, Floats], *, apart_s: int = APART_S
) -> EventChance | None:
    """The overlap by chance (seconds in an event of both / of either, over the seconds that both rated) of events in
    two traces of shape (n_seconds,). It compares the events of every trace drawn for one rater with those of every
    trace drawn for the other. None where one rater's events contain no second that both rated, or a trace is shorter
    than three events."""
    both = ~np.isnan(ratings[0]) & ~np.isnan(ratings[1])
    sizes_s = [int(np.count_nonzero(_inside(events, len(both)) & both)) for events in (a, b)]
    shortest = min(end - onset for onset, end in (*a, *b))
    if not all(sizes_s) or len(both) < 3 * shortest:
        return None
    together_s = int(np.count_nonzero(_inside(a, len(both)) & _inside(b, len(both)) & both))
    observed = together_s / (sum(sizes_s) - together_s)
    bin_s = max(1, shortest // BINS_IN_EVENT)
    rng = np.random.default_rng(SEED)
    drawn = [
        _lowest(rating, [end - onset for onset, end in events], bin_s, apart_s, rng)
        for events, rating in zip((a, b), ratings, strict=True)
    ]
    # Seconds that both rated, bin by bin.
    weight = both[: len(both) // bin_s * bin_s].reshape(-1, bin_s).sum(axis=1).astype(np.float32)
    of_a, of_b = (one.astype(np.float32) for one in drawn)
    together = (of_a * weight) @ of_b.T
    shares = together / np.maximum((of_a @ weight)[:, None] + (of_b @ weight)[None, :] - together, 1)
    most = min(sizes_s) / max(sizes_s)
    p = None
    if np.mean(shares >= most - 1e-6) <= LEVEL:
        p = (1 + float(np.mean(shares >= observed - 1e-6)) * 2 * DRAWS) / (2 * DRAWS + 1)
    return EventChance(float(shares.mean()), p)


def drawn_traces(trace: Floats, draws: int, rng: np.random.Generator, *, course: int = COURSE) -> Floats:
    """Traces like `trace` (n,), without NaN, shape (draws, n): with its `course` slowest cosines, new signs for the
    quicker ones, and its own ratings."""
    from scipy.fft import idct

    amplitudes = cosines(trace - trace.mean()).astype(np.float32)
    signs = rng.integers(0, 2, (draws, len(trace)), dtype=np.int8).astype(np.float32) * 2 - 1
    signs[:, : course + 1] = 1
    made = np.asarray(idct(amplitudes * signs, norm="ortho", axis=-1))
    low, high = float(made.min()), float(made.max())
    # One table for all draws maps a drawn value to the trace's rating with the same rank.
    place = ((made - low) * ((_LEVELS - 1) / max(high - low, 1e-12))).astype(np.int32)
    counts = np.bincount(place.ravel(), minlength=_LEVELS)
    share = (np.cumsum(counts) - counts / 2) / counts.sum()
    table = np.sort(trace)[np.minimum((share * len(trace)).astype(int), len(trace) - 1)]
    return np.asarray(table[place])


def _lowest(
    rating: Floats, lengths_s: list[int], bin_s: int, apart_s: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Marks the bins of drawn traces that lie in one of their lowest stretches, shape (draws, n_bins)."""
    n = len(rating) // bin_s
    known = np.flatnonzero(~np.isnan(rating))
    filled = np.interp(np.arange(len(rating)), known, rating[known])
    rated = (~np.isnan(rating))[: n * bin_s].reshape(n, bin_s).mean(axis=1)
    means = filled[: n * bin_s].reshape(n, bin_s).mean(axis=1)
    # Values on a fine grid have exact sums, so flat stretches stay equal.
    grid = max(float(np.ptp(means)), 1e-150) / 2**20
    course = max(COURSE, len(rating) // HALF_WAVE_S)
    made = np.round((drawn_traces(means, DRAWS, rng, course=course) - means.min()) / grid)
    sums = np.concatenate([np.zeros((DRAWS, 1)), np.cumsum(made, axis=1)], axis=1)
    of_rated = np.concatenate([[0.0], np.cumsum(rated)])
    rows, places = np.arange(DRAWS), np.arange(n)
    apart = apart_s // bin_s
    inside, closed = np.zeros((DRAWS, n), bool), np.zeros((DRAWS, n), bool)
    for length in (max(1, round(length_s / bin_s)) for length_s in lengths_s):
        if length > n:
            continue
        score = sums[:, length:] - sums[:, :-length]
        score[:, of_rated[length:] - of_rated[:-length] < LEAST_RATED * length] = np.inf
        # Neither end of a stretch may lie near another stretch; all stretches have about the same length.
        score[closed[:, : n - length + 1] | closed[:, length - 1 :]] = np.inf
        onset = score.argmin(axis=1)
        end = np.where(np.isfinite(score[rows, onset]), onset + length, -n)[:, None]
        inside |= (places >= end - length) & (places < end)
        closed |= (places >= end - length - apart) & (places < end + apart)
    return inside


def _inside(events: Stretches, n_seconds: int) -> NDArray[np.bool_]:
    inside = np.zeros(n_seconds, bool)
    for onset_s, end_s in events:
        inside[max(onset_s, 0) : max(end_s, 0)] = True
    return inside
