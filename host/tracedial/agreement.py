"""Agreement of two traces: temporal congruence and directional discrepancy.

**Temporal congruence** is the correlation of two traces over the seconds that both rated. Neighbouring seconds of a
trace are nearly the same number, so N seconds are not N observations: the naive p is given as papers print it, and
beside it those that account for it. **Directional discrepancy** is the mean of rater B minus rater A.
"""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial import bootstrap, chance
from tracedial.autocorrelation import (
    DRIFT_P,
    HELD_STILL_SHARE,
    bretherton_n,
    effective_n,
    held_share,
    lag1_autocorrelation,
    p_of_r,
    trend_p,
    unbiased_r1,
    without_line,
)

Floats = NDArray[np.float64]

MIN_N = 3
MIN_EFFECTIVE_N = 5.0
"""Fewer independent observations than this leave a correlation without a p value or an interval."""
LIMITS_SD = 1.96
"""Bland and Altman's limits: the mean and so many SD to both sides."""


@dataclass(frozen=True)
class TruthBias:
    """West and Kenny's Truth-and-Bias coefficients of rater b with rater a as the truth, both centred on a's mean:
    b(t) = b0 + b1 a(t) + e(t). `b0` is the directional bias, `b1` the temporal congruence as a slope; intervals by the
    block bootstrap."""

    b0: float
    b1: float
    b0_low: float | None
    b0_high: float | None
    b1_low: float | None
    b1_high: float | None


@dataclass(frozen=True)
class Congruence:
    """Correlation of two traces. Each number that cannot be had is None, and `reason` says why.

    `n`: seconds rated by both. `p_naive` takes them for independent; the others do not: `p_eff` for the effective N of
    Bretherton et al. (1999), `p_pp` for that of Pyper & Peterman (1998), `p_shift` among all circular shifts,
    `p_surrogate` among phase-randomized surrogates. `ci_low`, `ci_high`: 95 % block-bootstrap interval of r. `r_diff`:
    correlation of the first differences, with `p_diff` by circular shifts. `r_detrended`, `p_detrended`: after each
    trace's line was taken out, with the p of surrogates. `withheld` has a sentence for each of these that is None
    because its method fails for these traces. `first_p` names the one to report.
    """

    r: float | None
    n: int
    p_naive: float | None
    n_eff: float | None = None
    p_eff: float | None = None
    n_eff_pp: float | None = None
    p_pp: float | None = None
    p_shift: float | None = None
    p_surrogate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    r_diff: float | None = None
    p_diff: float | None = None
    r_detrended: float | None = None
    p_detrended: float | None = None
    truth_bias: TruthBias | None = None
    autocorrelation_a: float | None = None
    autocorrelation_b: float | None = None
    held_still_a: float | None = None
    held_still_b: float | None = None
    trend_p_a: float | None = None
    trend_p_b: float | None = None
    block_s: int | None = None
    first_p: str | None = None
    withheld: dict[str, str] = field(default_factory=dict)
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Discrepancy:
    """Mean and SD (divisor n − 1) of rater `b` minus rater `a`; `definition` says the direction in words.

    `ci_low`, `ci_high`: 95 % interval of the mean for `n_eff` = n (1 − φ)/(1 + φ) independent differences, φ the lag-1
    autocorrelation of the difference. `loa_low`, `loa_high`: Bland–Altman limits, mean ± 1.96 SD: where 95 % of the
    seconds' differences lie if they are normal.
    """

    mean: float | None
    sd: float | None
    n: int
    definition: str
    in_words: str
    ci_low: float | None = None
    ci_high: float | None = None
    n_eff: float | None = None
    loa_low: float | None = None
    loa_high: float | None = None
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it."""
        return asdict(self)


def congruence(a: Floats, b: Floats, *, full: bool = True) -> Congruence:
    """Pearson's r of two traces of shape (n_seconds,), its p values and interval.

    Without `full` only r, the naive p and the one for Bretherton's effective N. Definitions, sources and limits:
    `docs/measures.md`.
    """
    both = ~np.isnan(a) & ~np.isnan(b)
    n = int(np.count_nonzero(both))
    if n < MIN_N:
        return Congruence(None, n, None, reason=f"only {n} seconds were rated by both, at least {MIN_N} are needed")
    x, y = a[both], b[both]
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return Congruence(None, n, None, reason="a trace that never changes has no correlation")
    r = pearson(x, y)
    own_a, own_b = np.where(both, a, np.nan), np.where(both, b, np.nan)
    sizes = effective_n(a, b)
    found: dict[str, Any] = {
        "autocorrelation_a": sizes.r1_a, "autocorrelation_b": sizes.r1_b, "n_eff": sizes.bretherton,
        "held_still_a": held_share(own_a), "held_still_b": held_share(own_b),
        "trend_p_a": trend_p(own_a) if n > MIN_N else None, "trend_p_b": trend_p(own_b) if n > MIN_N else None,
    }  # fmt: skip
    withheld = _methods_that_fail(found)
    reason = None
    if sizes.bretherton is None:
        reason = "too few neighbouring seconds for an autocorrelation"
    elif sizes.bretherton < MIN_N:
        reason = f"the effective N is {sizes.bretherton:.1f}: the traces vary too slowly for a p value"
        withheld.setdefault("p_eff", reason)
    else:
        found["p_eff"] = p_of_r(r, sizes.bretherton)
    if full:
        found |= _by_resampling(a, b, own_a, own_b, r, sizes.pyper_peterman, withheld)
    for name in withheld:
        if name.startswith("p_"):
            found[name] = None
    found = {key: value for key, value in found.items() if not (isinstance(value, float) and math.isnan(value))}
    first = next((name for name in ("p_eff", "p_surrogate", "p_pp", "p_shift") if found.get(name) is not None), None)
    if first is None and reason is None:
        reason = next(iter(withheld.values()), "the traces vary too slowly for a p value")
    return Congruence(r, n, p_of_r(r, n), **found, first_p=first, withheld=withheld, reason=reason)


def discrepancy(a: Floats, b: Floats, *, name_a: str, name_b: str) -> Discrepancy:
    """Mean and SD of b − a over the seconds that both rated (Trusty 2023 reports them for therapist and client)."""
    from scipy.special import stdtrit

    both = ~np.isnan(a) & ~np.isnan(b)
    n = int(np.count_nonzero(both))
    definition = f"{name_b} minus {name_a}, mean over the seconds rated by both; negative: {name_b} rated lower"
    if n == 0:
        words = f"{name_a} and {name_b} have no second in common"
        return Discrepancy(None, None, 0, definition, words, reason="no common second")
    difference = np.where(both, b - a, np.nan)
    mean = float(np.nanmean(difference))
    if mean == 0:
        words = f"{name_b} and {name_a} rated the same on average"
    else:
        words = f"{name_b} rated {abs(mean):.2f} units {'lower' if mean < 0 else 'higher'} than {name_a} on average"
    if n == 1:
        return Discrepancy(mean, None, n, definition, words, reason="one second has no SD")
    sd = float(np.nanstd(difference, ddof=1))
    if sd <= 1e-9 * max(1.0, abs(mean)):
        # What is left is rounding.
        difference, sd = np.where(both, mean, np.nan), 0.0
    limits: dict[str, Any] = {"loa_low": mean - LIMITS_SD * sd, "loa_high": mean + LIMITS_SD * sd}
    r1 = lag1_autocorrelation(difference)
    if r1 is None:
        why = "a difference that never changes has no interval" if sd == 0 else "too few neighbouring seconds"
        return Discrepancy(mean, sd, n, definition, words, **limits, reason=why)
    r1 = unbiased_r1(r1, n)
    n_eff = bretherton_n(n, r1, 1.0)
    if n_eff < 2:
        why = f"the difference is worth {n_eff:.1f} observations: too few for an interval of its mean"
        return Discrepancy(mean, sd, n, definition, words, n_eff=n_eff, **limits, reason=why)
    # The SD of seconds that repeat one another is too small by sqrt(1 - 1/n_eff).
    reach = float(stdtrit(n_eff - 1, 0.975)) * sd / math.sqrt(n_eff - 1)
    return Discrepancy(mean, sd, n, definition, words, ci_low=mean - reach, ci_high=mean + reach, n_eff=n_eff, **limits)


def truth_bias(a: Floats, b: Floats) -> tuple[float, float]:
    """b0 and b1 of b(t) − mean(a) = b0 + b1 (a(t) − mean(a)) + e(t) by least squares (West & Kenny 2011, Psychological
    Review 118); arrays without NaN, `a` not constant."""
    centred = a - a.mean()
    return float(b.mean() - a.mean()), float(centred @ (b - b.mean()) / (centred @ centred))


def pearson(x: Floats, y: Floats) -> float:
    """Pearson's r of two arrays without NaN that are not constant."""
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip((x @ y) / math.sqrt((x @ x) * (y @ y)), -1.0, 1.0))


def _methods_that_fail(found: dict[str, Any]) -> dict[str, str]:
    """A sentence for each p value whose method does not hold for these traces (`bench/bench_chance.py`)."""
    failing: dict[str, str] = {}
    held = max((found["held_still_a"] or 0.0), (found["held_still_b"] or 0.0))
    if held > HELD_STILL_SHARE:
        failing["p_eff"] = (
            f"a knob was held still from one second to the next in {held:.0%} of the seconds: the lag-1 "
            "autocorrelation does not tell how such a trace goes on, and an AR(1) series' effective N is too small"
        )
    trends = [found["trend_p_a"], found["trend_p_b"]]
    if all(p is not None and p < DRIFT_P for p in trends):
        sentence = (
            "both traces rise or fall over the whole session: two unconnected traces that do so correlate as well; "
            "r_detrended and r_diff are without that"
        )
        failing |= dict.fromkeys(("p_eff", "p_pp", "p_shift", "p_surrogate"), sentence)
    return failing


def _by_resampling(
    a: Floats, b: Floats, own_a: Floats, own_b: Floats, r: float, pyper_peterman: float | None, withheld: dict[str, str]
) -> dict[str, Any]:
    """What needs shifts, surrogates and the bootstrap."""
    found: dict[str, Any] = {"n_eff_pp": pyper_peterman}
    n = int(np.count_nonzero(~np.isnan(own_a)))
    if pyper_peterman is not None and pyper_peterman >= MIN_EFFECTIVE_N:
        found["p_pp"] = p_of_r(r, pyper_peterman)
    elif pyper_peterman is not None:
        withheld.setdefault("p_pp", f"the effective N is {pyper_peterman:.1f}: the traces vary too slowly")
    found["p_shift"] = chance.shift_p(r, chance.shifted_r(a, b))
    if found["p_shift"] is None:
        withheld.setdefault("p_shift", "the session is too short, or varies too slowly, for shifts to show a p of .05")
    found["p_surrogate"] = chance.surrogate_p(a, b, r)
    if found["p_surrogate"] is None:
        withheld.setdefault("p_surrogate", "less than nine tenths of the seconds were rated by both")
    line_a, line_b = without_line(own_a), without_line(own_b)
    known = ~np.isnan(line_a)
    if _varies(line_a[known], own_a[known]) and _varies(line_b[known], own_b[known]):
        found["r_detrended"] = pearson(line_a[known], line_b[known])
        found["p_detrended"] = chance.surrogate_p(line_a, line_b, found["r_detrended"])
    step_a, step_b = np.diff(own_a), np.diff(own_b)
    steps = ~np.isnan(step_a) & ~np.isnan(step_b)
    if np.count_nonzero(steps) >= MIN_N and np.ptp(step_a[steps]) > 0 and np.ptp(step_b[steps]) > 0:
        found["r_diff"] = pearson(step_a[steps], step_b[steps])
        found["p_diff"] = chance.shift_p(found["r_diff"], chance.shifted_r(step_a, step_b))
    else:
        withheld["r_diff"] = "a trace changes by the same from each second to the next"
    size = min(pyper_peterman or n, n)
    found |= _intervals(own_a, own_b, r, bootstrap.block_length(n, size))
    if found["ci_low"] is None:
        withheld["ci_low"] = "fewer than three blocks of the bootstrap fit, or too many of its samples are constant"
    return found


def _intervals(a: Floats, b: Floats, r: float, block_s: int) -> dict[str, Any]:
    known = ~np.isnan(a)
    x = np.where(known, a - np.nanmean(a), 0.0)
    y = np.where(known, b - np.nanmean(b), 0.0)
    level = float(np.nanmean(b) - np.nanmean(a))
    columns = np.stack([known.astype(float), x, y, x * x, y * y, x * y], axis=1)
    sums, blocks = bootstrap.resample(columns, block_s)
    with np.errstate(invalid="ignore", divide="ignore"):
        m, mx, my = sums[:, 0], sums[:, 1] / sums[:, 0], sums[:, 2] / sums[:, 0]
        sxx, syy, sxy = (sums[:, 3] / m - mx**2, sums[:, 4] / m - my**2, sums[:, 5] / m - mx * my)
        r_drawn, b1_drawn = sxy / np.sqrt(sxx * syy), sxy / sxx
    b0, b1 = truth_bias(a[known], b[known])
    none = (None, None)
    ci = bootstrap.interval(r, r_drawn, blocks, to_even=bootstrap.fisher_z, back=np.tanh) or none
    ci_b0 = bootstrap.interval(b0, level + my - mx, blocks) or none
    ci_b1 = bootstrap.interval(b1, b1_drawn, blocks) or none
    return {
        "ci_low": ci[0], "ci_high": ci[1], "block_s": block_s,
        "truth_bias": TruthBias(b0, b1, ci_b0[0], ci_b0[1], ci_b1[0], ci_b1[1]),
    }  # fmt: skip


def _varies(x: Floats, before: Floats) -> bool:
    """Whether what is left of a trace is more than rounding."""
    return float(np.ptp(x)) > 1e-9 * float(np.ptp(before))
