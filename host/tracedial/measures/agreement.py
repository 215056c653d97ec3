"""Agreement of two traces: temporal congruence and directional discrepancy.

**Temporal congruence** is the correlation of two traces over the seconds that both rated. Neighbouring seconds of a
trace are nearly the same number, so N seconds are not N observations: the naive p is printed as papers print it, beside
p values that account for this. **Directional discrepancy** is the mean of rater B minus rater A.
"""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.files.counted import counted
from tracedial.measures import chance, cosines, lag_chance, long_memory
from tracedial.measures.autocorrelation import AR1_P, ar1_p, effective_n, held_share, p_of_r, trend_p
from tracedial.measures.low_frequency import fisher_z, independent_n, reach_of_mean

Floats = NDArray[np.float64]

MIN_N = 3
MIN_EFFECTIVE_N = 5.0
"""With fewer independent observations than this, a correlation gets neither a p value nor an interval."""
BOTH_SLOW_P = 0.03
OF_R_ITSELF = ("p_cosine", "p_eff", "p_pp", "p_shift", "p_surrogate", "ci_low")
TOO_SLOW = (
    "even a correlation of 1 would not be told from chance: the session is too short for how slowly the traces vary. "
    "Pool it with others in a study, or rate a longer one"
)
CHOSEN = "the lag of one rater was estimated so that r is largest, and this method takes the lag for given"
LIMITS_SD = 1.96
"""Bland and Altman's limits: the mean plus and minus this many SD."""


@dataclass(frozen=True)
class TruthBias:
    """West and Kenny's Truth-and-Bias coefficients of rater b with rater a as the truth, both centred on a's mean: b(t)
    = b0 + b1 a(t) + e(t). `b0` is the directional bias, with an interval by the slow cosines of the difference; `b1` is
    the temporal congruence as a slope. Its interval holds every slope that leaves residuals no more correlated with a
    than chance allows (it excludes 0 where r's p is below .05). Where a trace has a slow course, `b1_detrended` is the
    slope without it, and the interval belongs to that slope."""

    b0: float
    b1: float
    b0_low: float | None
    b0_high: float | None
    b1_low: float | None
    b1_high: float | None
    b1_detrended: float | None = None
    b1_detrended_low: float | None = None
    b1_detrended_high: float | None = None


@dataclass(frozen=True)
class Congruence:
    """Correlation of two traces. A number that cannot be computed is None, and `reason` says why.

    `n`: seconds rated by both. `p_naive` treats them as independent; the other p values do not. `p_cosine`: the p of r
    itself from the signs of the traces' cosines (`cosines.py`), with `n_eff_cosine` independent observations and
    `r_needed`, the smallest |r| that this session could have told from chance. `ci_low`, `ci_high`: the 95 % interval
    of r by the same method; it excludes 0 where p_cosine is below .05. `course_order`: the order of the slow course
    that either trace shows (2: line and arc, 4), 0 for none. With a slow course, r says little about the session's
    moments; then `r_detrended`, without the course of both traces, comes first, with `p_detrended`, its interval and
    `r_needed_detrended`, also by cosines (`detrended_order` is at least 2). The other p values: `p_eff` uses the
    effective N of Bretherton et al. (1999), where both traces pass for AR(1) series (`ar1_p_a`, `ar1_p_b`); `p_pp` that
    of Pyper & Peterman (1998); `p_shift` compares r with all circular shifts, `p_surrogate` with phase-randomized
    surrogates. `r_diff`: correlation of the first differences, with `p_diff`. `block_s` belongs to the bootstrap of
    earlier versions and is None. `withheld` has a sentence for each of these that is None because its method fails for
    these traces. `first_p` names the p to report.
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
    p_cosine: float | None = None
    n_eff_cosine: float | None = None
    r_needed: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    r_diff: float | None = None
    p_diff: float | None = None
    course_order: int | None = None
    r_detrended: float | None = None
    p_detrended: float | None = None
    detrended_order: int | None = None
    n_eff_detrended: float | None = None
    r_needed_detrended: float | None = None
    ci_detrended_low: float | None = None
    ci_detrended_high: float | None = None
    truth_bias: TruthBias | None = None
    autocorrelation_a: float | None = None
    autocorrelation_b: float | None = None
    ar1_p_a: float | None = None
    ar1_p_b: float | None = None
    held_still_a: float | None = None
    held_still_b: float | None = None
    trend_p_a: float | None = None
    trend_p_b: float | None = None
    block_s: int | None = None
    first_p: str | None = None
    withheld: dict[str, str] = field(default_factory=dict[str, str])
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Discrepancy:
    """Mean and SD (divisor n − 1) of rater `b` minus rater `a`; `definition` says the direction in words.

    `ci_low`, `ci_high`: 95 % interval of the mean from the difference's slow cosines (`low_frequency.py`), as wide as
    that of `n_eff` independent differences. `loa_low`, `loa_high`: Bland–Altman limits, mean ± 1.96 SD, which hold 95 %
    of the seconds' differences if these are normal, each with its interval (`loa_low_ci`, `loa_high_ci`). `caution`: a
    sentence where the interval covers the truth less often than it claims, because the difference looks like long
    memory.
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
    loa_low_ci: tuple[float, float] | None = None
    loa_high_ci: tuple[float, float] | None = None
    reason: str | None = None
    caution: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it."""
        return asdict(self)


def congruence(a: Floats, b: Floats, *, full: bool = True, chosen_of_s: range | None = None) -> Congruence:
    """Pearson's r of two traces of shape (n_seconds,), its p values and interval.

    `chosen_of_s`: the lags of b (relative to b as given) among which this one (0) was chosen because |r| is largest
    there. The first p and its interval are then those of the largest |r| of all these lags, and the other p values are
    withheld. Without `full`, only r, the naive p, the p by cosines (of r, or without the slow course) and the p for
    Bretherton's effective N are computed. Definitions, sources and limits: `docs/measures.md`.
    """
    both = ~np.isnan(a) & ~np.isnan(b)
    n = int(np.count_nonzero(both))
    if n < MIN_N:
        return Congruence(
            None,
            n,
            None,
            reason=f"only {counted(n, 'second was', 'seconds were')} rated by both, at least {MIN_N} are needed",
        )
    x, y = a[both], b[both]
    if not (varies(x) and varies(y)):
        return Congruence(None, n, None, reason="a trace that never changes has no correlation")
    r = pearson(x, y)
    own_a, own_b = np.where(both, a, np.nan), np.where(both, b, np.nan)
    sizes = effective_n(a, b)
    withheld: dict[str, str] = {}
    found: dict[str, Any] = {
        "autocorrelation_a": sizes.r1_a, "autocorrelation_b": sizes.r1_b, "n_eff": sizes.bretherton,
        "held_still_a": held_share(own_a), "held_still_b": held_share(own_b),
        "trend_p_a": trend_p(own_a) if n > MIN_N else None, "trend_p_b": trend_p(own_b) if n > MIN_N else None,
    }  # fmt: skip
    found |= _by_cosines(own_a, own_b, r, withheld)
    if chosen_of_s is not None:
        found |= _as_chosen(own_a, own_b, found, chosen_of_s, withheld)
    found |= _for_ar1(own_a, own_b, r, sizes.bretherton, withheld)
    if full:
        found |= _by_resampling(
            a, b=b, own_a=own_a, own_b=own_b, r=r, pyper_peterman=sizes.pyper_peterman, withheld=withheld
        )
        found["truth_bias"] = _truth_bias(own_a, own_b, found["course_order"], chosen=chosen_of_s is not None)
    if found["course_order"]:
        sentence = (
            "the traces rise, fall or bend slowly over the whole session: two unconnected traces that do so correlate "
            "as well; r_detrended and r_diff are without that"
        )
        # The other p values are valid where one trace has a slow course; they are withheld where both have one.
        both = max(found.pop("course_p")) < BOTH_SLOW_P
        for name in OF_R_ITSELF if both else ("p_cosine", "ci_low"):
            withheld.setdefault(name, sentence)
    found.pop("course_p", None)
    for name in withheld:
        found[name] = None
    if found.get("ci_low") is None:
        found["ci_high"] = None
    found = {key: value for key, value in found.items() if not (isinstance(value, float) and math.isnan(value))}
    first = next((name for name in ("p_cosine", "p_detrended") if found.get(name) is not None), None)
    reason = None
    if first is None:
        reason = withheld.get("p_detrended") or withheld.get("p_cosine")
    return Congruence(r, n, p_of_r(r, n), **found, first_p=first, withheld=withheld, reason=reason)


def discrepancy(a: Floats, b: Floats, *, name_a: str, name_b: str, span: float | None = None) -> Discrepancy:
    """Mean and SD of b − a over the seconds that both rated (Trusty 2023 reports them for therapist and client).

    `span`: the length of the scale, from its lower to its upper end. No difference can be larger, so the interval is
    cut there.
    """
    both = ~np.isnan(a) & ~np.isnan(b)
    n = int(np.count_nonzero(both))
    definition = f"{name_b} minus {name_a}, mean over the seconds rated by both; negative: {name_b} rated lower"
    if n == 0:
        words = f"{name_a} and {name_b} have no second in common"
        return Discrepancy(None, None, 0, definition, words, reason="no common second")
    difference = (b - a)[both]
    mean = float(difference.mean())
    if mean == 0:
        words = f"{name_b} and {name_a} rated the same on average"
    else:
        words = f"{name_b} rated {abs(mean):.2f} units {'lower' if mean < 0 else 'higher'} than {name_a} on average"
    if n == 1:
        return Discrepancy(mean, None, n, definition, words, reason="one second has no SD")
    sd = float(difference.std(ddof=1))
    if not varies(difference):
        reason = "a difference that never changes has no interval"
        return Discrepancy(mean, 0.0, n, definition, words, loa_low=mean, loa_high=mean, reason=reason)
    found = _limits_of_agreement(difference, mean, sd)
    reach = reach_of_mean(difference)
    if reach is None:
        reason = "too few seconds, or too even ones, for an interval"
        return Discrepancy(mean, sd, n, definition, words, **found, reason=reason)
    found["n_eff"] = independent_n(difference, reach)
    if long_memory.looks_long(difference):
        found["caution"] = long_memory.SENTENCE
    low, high = mean - reach, mean + reach
    reason = None
    if span is not None and (low < -span or high > span):
        if low < -span and high > span:
            reason = (
                "the session is too short, or the difference varies too slowly: the interval would be all that the "
                "scale allows"
            )
            return Discrepancy(mean, sd, n, definition, words, **found, reason=reason)
        low, high = max(low, -span), min(high, span)
        reason = "the interval is cut at what the scale allows"
    return Discrepancy(mean, sd, n, definition, words, ci_low=low, ci_high=high, **found, reason=reason)


def _limits_of_agreement(difference: Floats, mean: float, sd: float) -> dict[str, Any]:
    """Bland and Altman's limits, each with its interval."""
    centred = difference - mean
    found: dict[str, Any] = {}
    for name, side in (("loa_low", -1), ("loa_high", 1)):
        limit = mean + side * LIMITS_SD * sd
        # What each second contributes to the mean and to the SD.
        reach = reach_of_mean(centred + side * LIMITS_SD * (centred**2 - sd**2) / (2 * sd))
        found[name] = limit
        found[f"{name}_ci"] = None if reach is None else (limit - reach, limit + reach)
    return found


def truth_bias(a: Floats, b: Floats) -> tuple[float, float]:
    """b0 and b1 of b(t) − mean(a) = b0 + b1 (a(t) − mean(a)) + e(t) by least squares (West & Kenny 2011, Psychological
    Review 118); arrays without NaN, `a` not constant."""
    centred = a - a.mean()
    return float(b.mean() - a.mean()), float(centred @ (b - b.mean()) / (centred @ centred))


def varies(x: Floats) -> bool:
    """Whether an array without NaN changes by more than rounding."""
    return len(x) > 0 and float(np.ptp(x)) > 1e-9 * max(1e-3, float(np.abs(x).max()))


def pearson(x: Floats, y: Floats) -> float:
    """Pearson's r of two arrays without NaN that are not constant."""
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip((x @ y) / math.sqrt((x @ x) * (y @ y)), -1.0, 1.0))


def _by_cosines(a: Floats, b: Floats, r: float, withheld: dict[str, str]) -> dict[str, Any]:
    """Test r, and r without the slow course, which comes first where there is such a course."""
    x, y = cosines.common(a, b)
    order = cosines.course_order(x, y)
    found: dict[str, Any] = {"course_order": order, "course_p": [min(cosines.course_p(one)) for one in (x, y)]}
    test = cosines.cosine_test(x, y, r=r)
    if test is not None and test.r_needed < 1:
        low, high = _interval_of_r(test)
        found |= {"p_cosine": test.p, "n_eff_cosine": test.n_eff, "r_needed": test.r_needed, "ci_low": low,
                  "ci_high": high}  # fmt: skip
    else:
        withheld["p_cosine"] = withheld["ci_low"] = TOO_SLOW
    left = cosines.cosine_test(x, y, order=max(order, 2))
    if left is None:
        withheld["p_detrended"] = "a trace is nothing but a slow line or arc: nothing is left to correlate"
    else:
        found |= {"r_detrended": left.r, "detrended_order": left.order}
        if left.r_needed < 1:
            low, high = _interval_of_r(left)
            found |= {"p_detrended": left.p, "n_eff_detrended": left.n_eff, "r_needed_detrended": left.r_needed,
                      "ci_detrended_low": low, "ci_detrended_high": high}  # fmt: skip
        else:
            withheld["p_detrended"] = TOO_SLOW
    return found


def _as_chosen(
    a: Floats, b: Floats, by_cosines: dict[str, Any], lags_s: range, withheld: dict[str, str]
) -> dict[str, Any]:
    """The first p, its interval and the r needed, for an r that is the largest over several lags."""
    for name in (*OF_R_ITSELF, "p_detrended", "p_diff"):
        withheld.setdefault(name, CHOSEN)
    first, needed, ends = "p_cosine", "r_needed", ("ci_low", "ci_high")
    value: float | None = pearson(a[~np.isnan(a)], b[~np.isnan(b)])
    if by_cosines["course_order"]:
        first, needed, ends = "p_detrended", "r_needed_detrended", ("ci_detrended_low", "ci_detrended_high")
        value = by_cosines.get("r_detrended")
    found: dict[str, Any] = dict.fromkeys(("ci_high", "ci_detrended_low", "ci_detrended_high"))
    test = None if value is None else lag_chance.largest_test(a, b, lags_s, r=value)
    if value is None or test is None:
        withheld[first] = f"{CHOSEN}: no p of the largest of all lags can be had in so short a session"
        return found
    for name in (first, ends[0]):
        withheld.pop(name, None)
    found[ends[0]], found[ends[1]] = _interval(value, test.r_needed)
    return {**found, first: test.p, needed: test.r_needed}


def _interval_of_r(test: cosines.CosineTest) -> tuple[float, float]:
    return _interval(test.r, test.r_needed)


def _interval(r: float, r_needed: float) -> tuple[float, float]:
    """An interval on Fisher's z. It reaches as far to each side as r must lie from 0 to be told from chance."""
    centre, reach = (float(fisher_z(np.array([one]))[0]) for one in (r, r_needed))
    return math.tanh(centre - reach), math.tanh(centre + reach)


def _for_ar1(a: Floats, b: Floats, r: float, n_eff: float | None, withheld: dict[str, str]) -> dict[str, Any]:
    """p for the effective N of two AR(1) series, where both traces pass for AR(1) series."""
    found: dict[str, Any] = {"ar1_p_a": ar1_p(a), "ar1_p_b": ar1_p(b)}
    tests = [found["ar1_p_a"], found["ar1_p_b"]]
    if n_eff is None:
        withheld["p_eff"] = "too few neighbouring seconds for an autocorrelation"
    elif n_eff < MIN_N:
        withheld["p_eff"] = f"the effective N is {n_eff:.1f}: the traces vary too slowly for a p value"
    elif any(p is None or p < AR1_P for p in tests):
        withheld["p_eff"] = (
            "a trace is no AR(1) series (Ljung–Box test of its innovations): its lag-1 autocorrelation does not tell "
            "how it goes on"
        )
    else:
        found["p_eff"] = p_of_r(r, n_eff)
    return found


def _by_resampling(
    a: Floats, b: Floats, own_a: Floats, own_b: Floats, r: float, pyper_peterman: float | None, withheld: dict[str, str]
) -> dict[str, Any]:
    """The secondary p values: Pyper & Peterman's N, circular shifts, phase-randomized surrogates, first differences."""
    found: dict[str, Any] = {"n_eff_pp": pyper_peterman}
    if pyper_peterman is not None and pyper_peterman >= MIN_EFFECTIVE_N:
        found["p_pp"] = p_of_r(r, pyper_peterman)
    elif pyper_peterman is not None:
        withheld["p_pp"] = f"the effective N is {pyper_peterman:.1f}: the traces vary too slowly"
    found["p_shift"] = chance.shift_p(r, chance.shifted_r(a, b))
    if found["p_shift"] is None:
        withheld["p_shift"] = "the session is too short (15 minutes are needed), or varies too slowly, for shifts"
    found["p_surrogate"] = chance.surrogate_p(a, b, r)
    if found["p_surrogate"] is None:
        withheld["p_surrogate"] = "less than nine tenths of the seconds were rated by both"
    step_a, step_b = np.diff(own_a), np.diff(own_b)
    steps = ~np.isnan(step_a) & ~np.isnan(step_b)
    if np.count_nonzero(steps) >= MIN_N and varies(step_a[steps]) and varies(step_b[steps]):
        found["r_diff"] = pearson(step_a[steps], step_b[steps])
        found["p_diff"] = chance.shift_p(found["r_diff"], chance.shifted_r(step_a, step_b), shortest_s=0)
    else:
        withheld["r_diff"] = "a trace changes by the same from each second to the next"
    return found


def _truth_bias(a: Floats, b: Floats, course_order: int, *, chosen: bool) -> TruthBias:
    known = ~np.isnan(a)
    b0, b1 = truth_bias(a[known], b[known])
    reach = reach_of_mean(b[known] - a[known])
    ci_b0 = (None, None) if reach is None else (b0 - reach, b0 + reach)
    x, y = cosines.common(a, b)
    order = max(course_order, 2) if course_order else 0
    # A slope at a lag that was chosen for its correlation has no interval.
    r = None if course_order else pearson(a[known], b[known])
    ends = None if chosen or len(x) < order + 4 else cosines.slope_interval(x, y, order=order, r=r)
    if not course_order:
        return TruthBias(b0, b1, *ci_b0, *(ends or (None, None)))
    x, y = cosines.without_course(x, order), cosines.without_course(y, order)
    power = float(x @ x)
    slope = float(x @ y) / power if power > 0 else None
    return TruthBias(b0, b1, *ci_b0, None, None, slope, *(ends or (None, None)))
