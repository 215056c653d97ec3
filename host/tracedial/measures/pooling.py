"""Means over the dyads of a study: the random-effects mean of effects with known variances."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tracedial.files.counted import counted

MIN_POOLED = 2


@dataclass(frozen=True)
class Pooled:
    """A random-effects mean over dyads (Paule & Mandel's between-dyad variance, Hartung & Knapp's interval with k − 1
    degrees of freedom). `tau2` is that variance, on Fisher's z for correlations; `i2` its share of all; `k` dyads.
    `prediction_low`, `prediction_high`: the range that holds a further dyad's true value with 95 % probability.
    `k_detrended`: dyads that enter with the slow course of their traces removed, because their r itself has no p.
    `k_without`: dyads that have no value of the measure at all; they are not among the `k`."""

    k: int
    value: float | None
    ci_low: float | None
    ci_high: float | None
    tau2: float | None
    i2: float | None
    prediction_low: float | None = None
    prediction_high: float | None = None
    k_detrended: int = 0
    k_without: int = 0
    reason: str | None = None


def variance_of_difference(sd: float | None, n_eff: float | None) -> float:
    """The variance of a dyad's mean difference: its SD² divided by its number of independent seconds. A dyad without an
    interval counts as one observation: leaving it out would leave out the slowest traces."""
    return max((sd or 0.0) ** 2 / max(n_eff or 1.0, 1.0), 1e-6)


def pool(effects: list[float], variances: list[float]) -> Pooled:
    """The random-effects mean of effects with known variances, by statsmodels (Paule & Mandel 1982; Hartung & Knapp
    2001, not below the error without their factor: Röver, Knapp & Friede 2015)."""
    k = len(effects)
    if k < MIN_POOLED:
        reason = f"{counted(k, 'dyad has', 'dyads have')} it, at least {MIN_POOLED} are needed"
        return Pooled(k=k, value=None, ci_low=None, ci_high=None, tau2=None, i2=None, reason=reason)
    from scipy.special import stdtrit
    from statsmodels.stats.meta_analysis import combine_effects

    with np.errstate(divide="ignore", invalid="ignore"):
        # If all dyads are alike, the share of variance between them is undefined.
        found: Any = combine_effects(np.array(effects), np.array(variances), method_re="iterated")
    mean = float(found.mean_effect_re)
    # Dyads that happen to be alike must not make the interval narrower than the variances of the single dyads allow.
    error = max(float(found.sd_eff_w_re_hksj), float(found.sd_eff_w_re))
    reach = float(stdtrit(k - 1, 0.975)) * error
    tau2 = max(float(found.tau2), 0.0)
    ahead = float(stdtrit(k - 2, 0.975)) * float(np.sqrt(tau2 + error**2)) if k > 2 else None
    return Pooled(
        k=k, value=mean, ci_low=mean - reach, ci_high=mean + reach, tau2=tau2, i2=max(float(found.i2), 0.0),
        prediction_low=None if ahead is None else mean - ahead, prediction_high=None if ahead is None else mean + ahead,
    )  # fmt: skip
