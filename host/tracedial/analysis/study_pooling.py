"""What holds over the dyads of a study, from each one's own figures: mean r, mean discrepancy, resolved ruptures.

A session gives one value. Where its raters are interchangeable and more than two, it is the mean of its pairs', known
no better than one of them, since they share raters.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tracedial.analysis.first import first_of
from tracedial.analysis.interchangeable import NO_DIRECTION
from tracedial.analysis.result import Pair
from tracedial.measures.pooling import Pooled, pool, variance_of_difference

MOST_R = 0.999999
"""Traces that are the same have no Fisher's z; this is as far as it goes."""
LEAST_TOLD = 0.999
"""What is taken for the least r that a session could have told from chance where no r at all would have been."""


@dataclass(frozen=True)
class Resolution:
    """Of a role's ruptures, how many were followed by a repair: `share` with Wilson's interval, which takes ruptures
    for independent. `mean_resolved`, `mean_unresolved`: mean of the ratings in resolved and unresolved ones."""

    ruptures: int
    resolved: int
    share: float | None
    ci_low: float | None
    ci_high: float | None
    mean_resolved: float | None
    mean_unresolved: float | None


def mean_r(sessions: list[list[Pair]]) -> Pooled:
    """The mean of Fisher's z, given as r. A dyad's r comes in without the slow course where that comes first, and with
    next to no weight where the session could not have told any r from chance."""
    effects, variances, detrended = [], [], 0
    for pairs in sessions:
        known = [one for pair in pairs if (one := _z_of(pair)) is not None]
        if known:
            z, variance, without_course = np.mean(known, axis=0)
            effects.append(float(z))
            variances.append(float(variance))
            detrended += bool(without_course > 0)
    found = replace(pool(effects, variances), k_detrended=detrended, k_without=len(sessions) - len(effects))
    ends = ("value", "ci_low", "ci_high", "prediction_low", "prediction_high")
    return replace(found, **{
        name: float(np.tanh(value)) for name in ends if (value := getattr(found, name)) is not None
    })  # fmt: skip


def mean_difference(sessions: list[list[Pair]], *, interchangeable: bool) -> Pooled:
    """The mean of b − a; none of interchangeable raters, of whom the test of `level` says how far they lie apart."""
    effects, variances = [], []
    for pair, *_ in sessions:
        d = pair.discrepancy
        if d.mean is not None:
            effects.append(d.mean)
            variances.append(variance_of_difference(d.sd, d.n_eff))
    if interchangeable:
        return Pooled(k=len(effects), value=None, ci_low=None, ci_high=None, tau2=None, i2=None, reason=NO_DIRECTION)
    return replace(pool(effects, variances), k_without=len(sessions) - len(effects))


def resolution_of(sessions: list[dict[str, Any]], roles: list[str]) -> Resolution:
    """The ruptures of these roles in all sessions."""
    from statsmodels.stats.proportion import proportion_confint

    resolved: list[float] = []
    unresolved: list[float] = []
    for data in sessions:
        for role in roles:
            repaired = {r["rank"] for r in data["repairs"].get(role, []) if r["onset_s"] is not None}
            # A study that looks for no repairs says nothing of what was resolved.
            for rupture in data["ruptures"].get(role, []) if data["repairs"].get(role) else []:
                (resolved if rupture["rank"] in repaired else unresolved).append(rupture["mean"])
    n = len(resolved) + len(unresolved)
    low, high = None, None
    if n:
        bounds: Any = proportion_confint(len(resolved), n, method="wilson")
        low, high = float(bounds[0]), float(bounds[1])
    return Resolution(
        ruptures=n,
        resolved=len(resolved),
        share=len(resolved) / n if n else None,
        ci_low=low,
        ci_high=high,
        mean_resolved=float(np.mean(resolved)) if resolved else None,
        mean_unresolved=float(np.mean(unresolved)) if unresolved else None,
    )


def _z_of(pair: Pair) -> tuple[float, float, float] | None:
    """Fisher's z of a dyad, its variance, and whether (1.0 or 0.0) it is without the traces' slow course."""
    first = first_of(pair.congruence)
    if first.r is None:
        return None
    told = LEAST_TOLD if first.p is None or first.needed is None else min(first.needed, LEAST_TOLD)
    z = float(np.arctanh(np.clip(first.r, -MOST_R, MOST_R)))
    return z, (float(np.arctanh(told)) / 1.96) ** 2, float(first.detrended)
