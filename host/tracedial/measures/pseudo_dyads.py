"""Whether the two raters of a dyad agree more than raters of different dyads do.

All sessions share some course (they begin alike, rise alike, tire alike), so unrelated traces correlate too, and one
session cannot show this. A study can: each rater a is paired with the raters b of the other dyads (pseudo-dyads,
Ramseyer & Tschacher 2010), and a permutation test compares the study's mean with those of all such pairings. Two other
surrogates are optional: shuffling the segments of each trace of b, or shifting the trace circularly (Moulder, Boker,
Ramseyer & Tschacher 2018).

Traces are arrays of shape (n_dyads, n_seconds) with NaN where nothing was rated, from the sessions' beginning on.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.files.counted import counted

Floats = NDArray[np.float64]

SURROGATES = ("dyads", "segments", "sliding")
MOST_EXACT = 7
"""Up to this many dyads all pairings are tried: 7! = 5,040."""
MOST_DRAWS = 9999
ENOUGH_BEYOND = 100
"""Draws end once this many pairings were at least as extreme (Besag & Clifford 1991)."""
BATCH = 500
SEED = 20234
FEWEST = 4
SEGMENT_S = 30
SHARED_S = 30
"""Seconds that two traces must have in common to be compared."""


@dataclass(frozen=True)
class PseudoTest:
    """A measure's mean over the dyads, compared with pairings of raters of different dyads: `value`, `chance` (the mean
    over all pairings), two-sided `p` of their distance, number of `pairings` tried (`exact`: all possible ones).
    `ranks`: for each dyad, the share of its pseudo-dyads with a measure below its own (equal ones count half); None
    where it has no pseudo-dyads. Numbers that do not exist are None, and `reason` says why."""

    value: float | None
    chance: float | None
    p: float | None
    pairings: int
    exact: bool
    ranks: list[float | None]
    reason: str | None = None


def permutation_test(measures: Floats, *, fisher: bool = False, most_draws: int = MOST_DRAWS) -> PseudoTest:
    """The test of a table of shape (n_dyads, n_dyads): row i, column j has the measure of rater a of dyad i with rater
    b of dyad j, NaN where it cannot be computed. `fisher`: the measures are correlations, averaged on Fisher's z."""
    usable = ~np.isnan(np.diag(measures))
    table = measures[np.ix_(usable, usable)]
    ranks: list[float | None] = [None] * len(measures)
    for at in np.flatnonzero(usable):
        others = np.concatenate([np.delete(measures[at], at), np.delete(measures[:, at], at)])
        others = others[~np.isnan(others)]
        if len(others):
            own = measures[at, at]
            ranks[at] = float(np.mean(others < own) + 0.5 * np.mean(others == own))
    n = len(table)
    if n < FEWEST:
        return PseudoTest(value=None, chance=None, p=None, pairings=0, exact=False, ranks=ranks, reason=_too_few(n))
    even = _fisher_z(table) if fisher else table
    # A pairing without a value counts with the value expected by chance.
    even = np.where(np.isnan(even), np.nanmean(even), even)
    chance = float(even.mean())
    observed = abs(float(np.trace(even)) / n - chance)
    rows = np.arange(n)
    p, pairings, exact = _share_beyond(
        n, lambda orders: even[rows, orders].mean(axis=1), chance, observed, most_draws=most_draws
    )
    back: Callable[[float], float] = math.tanh if fisher else float
    return PseudoTest(
        value=back(float(np.trace(even)) / n), chance=back(chance), p=p, pairings=pairings, exact=exact, ranks=ranks
    )


def regrouping_test(measures: Floats, groups: NDArray[np.int64], *, fisher: bool = False) -> PseudoTest:
    """The test of interchangeable raters: `measures`, shape (n_raters, n_raters) and symmetric, has the measure of each
    pair of raters, NaN where it cannot be computed; `groups`, shape (n_raters,), has each rater's session: 0, 1, 2 … A
    session's value is the mean over its pairs. The mean over the sessions is compared with that of groups of the same
    sizes drawn from all raters. `ranks`: for each session, the share of pairs of one of its raters with a rater of
    another session that lie below its value.
    """
    ranks, even = _of_sessions(measures, groups)
    usable = np.array([value is not None for value in even])
    n = int(usable.sum())
    if n < FEWEST:
        return PseudoTest(value=None, chance=None, p=None, pairings=0, exact=False, ranks=ranks, reason=_too_few(n))
    kept = np.flatnonzero(usable[groups])
    table = measures[np.ix_(kept, kept)]
    scaled = _fisher_z(table) if fisher else table
    np.fill_diagonal(scaled, np.nan)
    scaled = np.where(np.isnan(scaled), np.nanmean(scaled), scaled)
    # With these weights, the sum over all pairs of raters is the mean over sessions of the mean over each session's
    # pairs.
    numbers = np.unique(groups[kept], return_inverse=True)[1]
    same = numbers[:, None] == numbers[None, :]
    sizes = same.sum(axis=1)
    weights = np.where(same & ~np.eye(len(kept), dtype=bool), 1 / (n * sizes * (sizes - 1.0)), 0.0)
    first, second = np.nonzero(weights)
    chance = float(scaled[~np.eye(len(kept), dtype=bool)].mean())
    value = float(np.sum(weights * scaled))

    def means(orders: NDArray[np.int64]) -> Floats:
        return np.asarray(scaled[orders[:, first], orders[:, second]] @ weights[first, second])

    p, pairings, exact = _share_beyond(len(kept), means, chance, abs(value - chance))
    back: Callable[[float], float] = math.tanh if fisher else float
    return PseudoTest(value=back(value), chance=back(chance), p=p, pairings=pairings, exact=exact, ranks=ranks)


def _of_sessions(measures: Floats, groups: NDArray[np.int64]) -> tuple[list[float | None], list[float | None]]:
    """Each session's rank and value; None where no two of its raters can be compared."""
    ranks: list[float | None] = []
    values: list[float | None] = []
    for number in range(int(groups.max()) + 1):
        inside = groups == number
        own = measures[np.ix_(inside, inside)][~np.eye(int(inside.sum()), dtype=bool)]
        own = own[~np.isnan(own)]
        others = measures[np.ix_(inside, ~inside)]
        others = others[~np.isnan(others)]
        values.append(float(own.mean()) if len(own) else None)
        known = len(own) and len(others)
        ranks.append(float(np.mean(others < own.mean()) + 0.5 * np.mean(others == own.mean())) if known else None)
    return ranks, values


def correlations(a: Floats, b: Floats) -> Floats:
    """Pearson's r of each trace of `a` with each of `b`, over the seconds that both rated, shape (n_dyads, n_dyads)."""
    x, missing_x = _centred(a)
    y, missing_y = _centred(b)
    # Sums over the seconds that both rated are sums over all seconds of one rater minus those that the other left out.
    # Few seconds are left out by anybody, so these products are small.
    n = a.shape[1] - missing_x.count[:, None] - missing_y.count[None, :] + missing_x.sums(missing_y.table)
    sum_x = x.sum(axis=1)[:, None] - missing_y.sums(x).T
    sum_y = y.sum(axis=1)[None, :] - missing_x.sums(y)
    squares_x, squares_y = x * x, y * y
    with np.errstate(invalid="ignore", divide="ignore"):
        square_x = squares_x.sum(axis=1)[:, None] - missing_y.sums(squares_x).T - sum_x**2 / n
        square_y = squares_y.sum(axis=1)[None, :] - missing_x.sums(squares_y) - sum_y**2 / n
        r = (x @ y.T - sum_x * sum_y / n) / np.sqrt(square_x * square_y)
        least = 1e-12 * np.maximum(np.outer(squares_x.sum(axis=1), squares_y.sum(axis=1)), 1e-300)
    return np.where((n >= SHARED_S) & (square_x * square_y > least), np.clip(r, -1, 1), np.nan)


def largest_correlations(a: Floats, b: Floats, max_lag_s: int) -> Floats:
    """For each pairing, r at the lag of b (up to `max_lag_s` to either side) where |r| is largest."""
    largest = correlations(a, b)
    n = a.shape[1]
    for lag_s in range(1, min(max_lag_s, n - SHARED_S) + 1):
        for moved in (correlations(a[:, : n - lag_s], b[:, lag_s:]), correlations(a[:, lag_s:], b[:, : n - lag_s])):
            largest = np.where(np.abs(np.nan_to_num(moved)) > np.abs(np.nan_to_num(largest)), moved, largest)
    return np.abs(largest)


def overlaps(in_a: Floats, in_b: Floats) -> Floats:
    """Seconds in an event of both / of either, from arrays of 0 and 1 of shape (n_dyads, n_seconds)."""
    together = in_a @ in_b.T
    either = in_a.sum(axis=1)[:, None] + in_b.sum(axis=1)[None, :] - together
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(either > 0, together / either, np.nan)


def level_distances(a: Floats, b: Floats) -> Floats:
    """The distance between the mean ratings of two raters, in units of the scale."""
    means = []
    for ratings in (a, b):
        known = ~np.isnan(ratings)
        with np.errstate(invalid="ignore"):
            means.append(np.where(known, ratings, 0.0).sum(axis=1) / known.sum(axis=1))
    return np.abs(means[0][:, None] - means[1][None, :])


def within_dyads_test(a: Floats, b: Floats, surrogates: str) -> PseudoTest:
    """Compare the study's mean r with that after shuffling b's segments of 30 s, or shifting b circularly, within each
    dyad. These surrogates ignore what all sessions share."""
    own = np.array([_r(x, y) for x, y in zip(a, b, strict=True)])
    usable = np.flatnonzero(~np.isnan(own))
    if len(usable) < FEWEST:
        return PseudoTest(
            value=None,
            chance=None,
            p=None,
            pairings=0,
            exact=False,
            ranks=[None] * len(own),
            reason=_too_few(len(usable)),
        )
    rng = np.random.default_rng(SEED)
    draws = np.array(
        [[np.arctanh(np.clip(_r(a[at], _changed(b[at], surrogates, rng)), -0.999999, 0.999999)) for at in usable]
         for _ in range(BATCH - 1)]
    )  # fmt: skip
    chance = float(np.nanmean(draws))
    observed = float(np.mean(np.arctanh(np.clip(own[usable], -0.999999, 0.999999))))
    beyond = np.abs(np.nanmean(draws, axis=1) - chance) >= abs(observed - chance) - 1e-12
    p = (1 + int(beyond.sum())) / (len(draws) + 1)
    return PseudoTest(
        value=math.tanh(observed),
        chance=math.tanh(chance),
        p=p,
        pairings=len(draws),
        exact=False,
        ranks=[None] * len(own),
    )


def _share_beyond(
    n: int,
    means: Callable[[NDArray[np.int64]], Floats],
    chance: float,
    observed: float,
    *,
    most_draws: int = MOST_DRAWS,
) -> tuple[float, int, bool]:
    """The share of orders of `n` raters with a mean at least as far from `chance` as `observed`: `means` gives the
    means of orders of shape (k, n)."""
    if n <= MOST_EXACT:
        orders = np.array(list(itertools.permutations(range(n))))
        return float(np.mean(np.abs(means(orders) - chance) >= observed - 1e-12)), len(orders), True
    rng = np.random.default_rng(SEED)
    rows = np.arange(n)
    beyond = drawn = 0
    while drawn < most_draws and beyond < ENOUGH_BEYOND:
        orders = rng.permuted(np.tile(rows, (min(BATCH, most_draws - drawn), 1)), axis=1)
        beyond += int(np.count_nonzero(np.abs(means(orders) - chance) >= observed - 1e-12))
        drawn += len(orders)
    return (1 + beyond) / (drawn + 1), drawn, False


def _too_few(n: int) -> str:
    return f"{counted(n, 'dyad has', 'dyads have')} it, at least {FEWEST} are needed"


def _fisher_z(r: Floats) -> Floats:
    return np.arctanh(np.clip(r, -0.999999, 0.999999))


class _Missing:
    """The seconds that each trace lacks, stored only for seconds that at least one trace lacks."""

    def __init__(self, known: NDArray[np.bool_]) -> None:
        self.table = (~known).astype(float)
        self.count = self.table.sum(axis=1)
        self._where = np.flatnonzero(~known.all(axis=0))
        self._there = self.table[:, self._where]

    def sums(self, of: Floats) -> Floats:
        """For each trace here (rows) and each row of `of` (columns): the sum of that row over the seconds that the
        trace lacks."""
        return self._there @ of[:, self._where].T


def _centred(ratings: Floats) -> tuple[Floats, _Missing]:
    known = ~np.isnan(ratings)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, ratings, 0.0).sum(axis=1, keepdims=True) / known.sum(axis=1, keepdims=True)
    return np.where(known, ratings - mean, 0.0), _Missing(known)


def _r(x: Floats, y: Floats) -> float:
    return float(correlations(x[None, :], y[None, :])[0, 0])


def _changed(y: Floats, surrogates: str, rng: np.random.Generator) -> Floats:
    known = np.flatnonzero(~np.isnan(y))
    if not len(known):
        return y
    inside = y[: known[-1] + 1]
    if surrogates == "sliding":
        moved = np.roll(inside, int(rng.integers(1, max(len(inside), 2))))
    else:
        parts = [inside[at : at + SEGMENT_S] for at in range(0, len(inside), SEGMENT_S)]
        moved = np.concatenate([parts[at] for at in rng.permutation(len(parts))])
    return np.concatenate([moved, y[len(inside) :]])
