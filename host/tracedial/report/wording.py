"""Results of a session in words that a paper can take."""

from tracedial.analysis.first import first_of
from tracedial.analysis.result import Pair
from tracedial.files.counted import counted
from tracedial.measures.agreement import Congruence, Discrepancy
from tracedial.measures.reliability import Reliability
from tracedial.report.numbers import number_text, p_text, p_value, r_text, share_text

METHOD_WORDS = {
    "p_cosine": "by the signs of the traces' cosines",
    "p_detrended": "by the signs of the traces' cosines",
    "p_eff": "for the effective N of AR(1) series",
    "p_pp": "for the effective N of all autocorrelations",
    "p_shift": "among circular shifts",
    "p_surrogate": "among phase-randomized surrogates",
}
COURSES = {2: "a line and an arc", 4: "a curve of the fourth order"}

HIGH_RWG, LOW_CCC = 0.7, 0.3

WITHHELD_WORDS = {
    "p_cosine": "p of r by cosines",
    "p_detrended": "p without the slow course",
    "p_eff": "p for the effective N of AR(1) series",
    "p_pp": "p for the effective N of all autocorrelations",
    "p_shift": "p among circular shifts",
    "p_surrogate": "p among surrogates",
    "ci_low": "the interval of r",
    "r_diff": "r of the changes",
    "p_diff": "p of the changes",
    "truth_bias": "truth and bias",
}


def congruence_words(pair: Pair) -> str:
    """Temporal congruence of a pair: the p to report first, what the session could have shown, the naive p last and why
    it differs."""
    c = pair.congruence
    if c.r is None:
        return f"no temporal congruence can be given: {c.reason}."
    over = f"Over {counted(c.n, 'second')}, "
    if c.first_p is None:
        return f"{over}r = {r_text(c.r)}; no p value: {c.reason}."
    if c.first_p == "p_detrended":
        text = (
            f"The traces rise, fall or bend slowly over the session, as two unconnected ones may: r = {r_text(c.r)} "
            f"over N = {counted(c.n, 'second')} describes this session and has no p. "
            f"Without {COURSES[c.detrended_order or 2]} in each, {_tested(c)}"
        )
    else:
        text = f"{over}{_tested(c)}"
    beside = (("p_eff", c.p_eff), ("p_pp", c.p_pp), ("p_surrogate", c.p_surrogate))
    others = [f"{p_text(p)} {METHOD_WORDS[name]}" for name, p in beside if p is not None]
    if others:
        text += f" Beside it: {', '.join(others)}."
    if c.r_diff is not None:
        text += f" Their changes from second to second: r = {r_text(c.r_diff)}."
    if c.p_naive is not None:
        text += (
            f" Taken as if each second were an observation of its own, p would be {p_value(c.p_naive)}; "
            "neighbouring seconds are nearly the same rating, so that one is not to be reported alone."
        )
    return text


def _tested(c: Congruence) -> str:
    """The correlation that comes first with its interval and p, and the least that this session could have told from
    chance."""
    first = first_of(c)
    beyond = "more than chance gives" if first.p is not None and first.p < 0.05 else "no more than chance may give"
    worth = counted(round(first.n_eff or 0), "independent observation")
    return (
        f"r = {r_text(first.r)}, 95 % CI [{r_text(first.low)}, {r_text(first.high)}], {p_text(first.p)} "
        f"{METHOD_WORDS['p_cosine']}: {beyond}. The session is worth {worth} (effective N), and could have told an r "
        f"of {r_text(first.needed)} or more from chance."
    )


def withheld_words(pair: Pair) -> str:
    """Which numbers are withheld and why; empty where none is."""
    reasons: dict[str, list[str]] = {}
    for name, reason in pair.congruence.withheld.items():
        reasons.setdefault(reason, []).append(WITHHELD_WORDS[name])
    return " ".join(f"Not given: {', '.join(names)}, since {reason}." for reason, names in reasons.items())


def discrepancy_words(pair: Pair) -> str:
    """Directional discrepancy of a pair, its direction in words (its size alone where raters are interchangeable)."""
    d = pair.discrepancy
    if d.mean is None:
        return f"{d.in_words}."
    text = d.in_words
    if d.ci_low is not None:
        text += f", 95 % CI of the difference [{number_text(d.ci_low, 2)}, {number_text(d.ci_high, 2)}]"
    if d.sd is not None:
        text += f", SD = {number_text(d.sd, 2)}"
    if d.loa_low is not None:
        text += f", limits of agreement {_limit(d.loa_low, d.loa_low_ci)} and {_limit(d.loa_high, d.loa_high_ci)}"
    if d.ci_low is None:
        text += f"; no interval of the difference: {d.reason}"
    elif d.reason:
        text += f"; {d.reason}"
    return text + "."


def discrepancy_name(d: Discrepancy) -> str:
    """What stands before the words: no direction where there is none."""
    return "Directional discrepancy" if "minus" in d.definition else "Discrepancy"


def _limit(value: float | None, ci: tuple[float, float] | None) -> str:
    text = number_text(value, 1)
    if ci:
        text += f" [{number_text(ci[0], 1)}, {number_text(ci[1], 1)}]"
    return text


def lag_words(pair: Pair) -> str:
    """Who follows whom; empty where no lag can be told."""
    lag = pair.lag
    if lag is None or lag.best_s is None:
        return ""
    behind, before = (pair.b, pair.a) if lag.best_s > 0 else (pair.a, pair.b)
    follows = (
        "largest correlation without a lag"
        if lag.best_s == 0
        else f"largest correlation where {behind} follows {before} by {abs(lag.best_s)} s"
    )
    p = p_text(lag.p) if lag.p is not None else "no p value"
    at_edge = abs(lag.best_s) == lag.max_lag_s > 0
    edge = ", at the edge of the lags: a larger one may lie beyond" if at_edge else ""
    return f"{follows} (of ±{lag.max_lag_s} s){edge}: r = {r_text(lag.r)}, {p} for the best of all lags."


def overlap_words(pair: Pair) -> str:
    """Whether the ruptures of two raters coincide; empty where one has none."""
    e = pair.events
    if e is None or e.overlap is None:
        return ""
    p = p_text(e.p) if e.p is not None else e.reason
    chance = "" if e.overlap_chance is None else f" (by chance {share_text(e.overlap_chance)})"
    return (
        f"ruptures of both: {share_text(e.overlap)} of their seconds in common{chance}, {p}; {e.matched} of "
        f"{e.n_a} and {e.n_b} {'begins' if e.matched == 1 else 'begin'} within {e.tolerance_s} s of each other."
    )


def reliability_words(reliability: Reliability, *, interchangeable: bool = False) -> str:
    """Agreement of all raters; where these are interchangeable, the one-way ICC comes first, which knows no raters."""
    forms = [("icc_a_1", "ICC(A,1)"), ("icc_c_1", "ICC(C,1)"), ("ccc", "CCC"), ("alpha", "alpha")]
    if interchangeable:
        forms = [("icc_1_1", "ICC(1,1)"), ("icc_1_k", "ICC(1,k)"), ("alpha", "alpha")]
    parts = []
    for name, label in forms:
        one = reliability.estimates[name]
        if one.value is None:
            continue
        interval = "" if one.ci_low is None else f" [{r_text(one.ci_low)}, {r_text(one.ci_high)}]"
        parts.append(f"{label} = {r_text(one.value)}{interval}")
    seconds = f"{counted(reliability.n_complete, 'second')} that all rated"
    return f"All {counted(reliability.k, 'rater')}: {', '.join(parts)} (95 % CI; {seconds}).{rwg_caution(reliability)}"


def rwg_caution(reliability: Reliability) -> str:
    """What a high r_wg beside a low CCC means; empty where there is no such."""
    rwg, ccc = reliability.estimates["rwg"].value, reliability.estimates["ccc"].value
    if rwg is None or ccc is None or rwg < HIGH_RWG or ccc >= LOW_CCC:
        return ""
    return (
        f" r_wg of {r_text(rwg)} beside a CCC of {r_text(ccc)} says that the raters used little of the scale, not that "
        "they agreed."
    )
