"""Power by simulation: how often a study of a given number of dyads and minutes would find its effect.

The simulation counts what an analysis of the study reports: the p of its mean r against pseudo-dyads, and the interval
of its mean discrepancy. Each simulated study answers for all numbers of dyads, from its first dyads.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.low_frequency import independent_n, reach_of_mean
from tracedial.measures.pooling import pool, variance_of_difference
from tracedial.measures.pseudo_dyads import FEWEST, correlations, permutation_test
from tracedial.measures.simulated_dyads import Spectrum, Truth, simulate

Floats = NDArray[np.float64]

LEVEL = 0.05
DRAWS = 999
"""How many pairings each simulated study is compared with. An analysis uses more, which changes few answers."""
QUESTIONS = ("r", "difference")


@dataclass(frozen=True)
class Power:
    """The share of simulated studies that find `question` (the mean r, or the mean difference) in its direction with p
    < .05, and the simulation's standard error of that share."""

    question: str
    minutes: float
    dyads: int
    power: float
    error: float


@dataclass(frozen=True)
class Needed:
    """How many dyads a study of such sessions needs for the wanted power, interpolated between the simulated numbers;
    None where the largest simulated number (`beyond`) did not reach it."""

    question: str
    minutes: float
    dyads: int | None
    beyond: int


def power_of_studies(
    *,
    a: Spectrum,
    b: Spectrum,
    truth: Truth,
    questions: tuple[str, ...],
    dyads: list[int],
    minutes: list[float],
    runs: int,
    seed: int,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Power]:
    """The power for each number of dyads (four at least, rising) and each length of sessions. `on_progress` receives
    the number of studies simulated so far and the total."""
    assert min(dyads) >= FEWEST
    found: list[Power] = []
    for place, length in enumerate(minutes):
        rng = np.random.default_rng([seed, place])
        hits = {question: np.zeros(len(dyads)) for question in questions}
        for run in range(runs):
            x, y = simulate(rng, dyads[-1], round(60 * length), a=a, b=b, truth=truth)
            for question in questions:
                answers = finds_r(x, y, dyads, truth.r) if question == "r" else finds_difference(x, y, dyads, truth)
                hits[question] += list(answers)
            on_progress(place * runs + run + 1, len(minutes) * runs)
        for question in questions:
            for count, share in zip(dyads, hits[question] / runs, strict=True):
                error = math.sqrt(max(share * (1 - share), 0.25 / runs) / runs)
                found.append(Power(question, length, count, float(share), error))
    return found


def finds_r(x: Floats, y: Floats, dyads: list[int], r: float) -> Iterator[bool]:
    """For each number of a study's first dyads: whether their mean r lies beyond that of their pseudo-dyads, on the
    side of `r`."""
    table = correlations(x, y)
    for count in dyads:
        test = permutation_test(table[:count, :count], fisher=True, most_draws=DRAWS)
        if test.p is None or test.value is None or test.chance is None:
            yield False
        else:
            yield test.p < LEVEL and (test.value - test.chance) * r > 0


def finds_difference(x: Floats, y: Floats, dyads: list[int], truth: Truth) -> Iterator[bool]:
    """For each number of a study's first dyads: whether the interval of their mean difference excludes 0, on the side
    of the true difference."""
    means, variances = [], []
    for difference in y - x:
        reach = reach_of_mean(difference)
        n_eff = None if reach is None else independent_n(difference, reach)
        means.append(float(difference.mean()))
        variances.append(variance_of_difference(float(difference.std(ddof=1)), n_eff))
    for count in dyads:
        pooled = pool(means[:count], variances[:count])
        nearest = pooled.ci_low if truth.difference > 0 else pooled.ci_high
        yield nearest is not None and nearest * truth.difference > 0


def needed(powers: list[Power], *, wanted: float) -> list[Needed]:
    """For each question and length, the smallest number of dyads with the `wanted` power, by linear interpolation
    between the simulated numbers."""
    found = []
    for question, length in dict.fromkeys((one.question, one.minutes) for one in powers):
        own = [one for one in powers if (one.question, one.minutes) == (question, length)]
        counts = np.array([one.dyads for one in own], dtype=float)
        # More dyads never have less power: any drop is random error of the simulation.
        rising = np.maximum.accumulate([one.power for one in own])
        at = int(np.searchsorted(rising, wanted - 1e-12))
        if at == len(rising):
            found.append(Needed(question, length, None, int(counts[-1])))
            continue
        least = counts[0]
        if at:
            low, high = rising[at - 1], rising[at]
            least = counts[at - 1] + (wanted - low) / (high - low) * (counts[at] - counts[at - 1])
        found.append(Needed(question, length, math.ceil(least - 1e-9), int(counts[-1])))
    return found
