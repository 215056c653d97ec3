"""Results over the dyads of a study, from each dyad's own figures: mean r, mean discrepancy, resolved ruptures.

A session gives one value. If it has more than two raters and they are interchangeable, that value is the mean over its
pairs. It counts as no more precise than one pair, because the pairs share raters.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tracedial.analysis.first import first_of
from tracedial.analysis.interchangeable import NO_DIRECTION
from tracedial.analysis.result import Pair
from tracedial.measures.pooling import Pooled, pool, variance_of_difference

MOST_R = 0.999999
"""Identical traces have no finite Fisher's z; r is limited to this."""
LEAST_TOLD = 0.999
"""The smallest r that a session could have told from chance is set to this if no r would have been enough."""


@dataclass(frozen=True)
class Resolution:
    """How many of a role's ruptures were followed by a repair: `share` with Wilson's interval, which treats ruptures as
    independent. `mean_resolved`, `mean_unresolved`: mean of the ratings in resolved and unresolved ones."""

    ruptures: int
    resolved: int
    share: float | None
    ci_low: float | None
    ci_high: float | None
    mean_resolved: float | None
    mean_unresolved: float | None


def mean_r(sessions: list[list[Pair]]) -> Pooled:
    """The mean of Fisher's z, given as r. A dyad enters with its r without the slow course if that r is reported first.
    It has almost no weight if its session could not have told any r from chance."""
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
    """The mean of b − a; none for interchangeable raters, for whom the test of `level` says how far apart they are."""
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
    """Fisher's z of a dyad, its variance, and 1.0 if the traces' slow course was removed, else 0.0."""
    first = first_of(pair.congruence)
    if first.r is None:
        return None
    told = LEAST_TOLD if first.p is None or first.needed is None else min(first.needed, LEAST_TOLD)
    z = float(np.arctanh(np.clip(first.r, -MOST_R, MOST_R)))
    return z, (float(np.arctanh(told)) / 1.96) ** 2, float(first.detrended)
