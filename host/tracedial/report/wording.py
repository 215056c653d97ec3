"""Results in words that a paper can take, and numbers as the field prints them."""

import re
from typing import Any

NO_NUMBER = "–"

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
}


def congruence_words(pair: dict[str, Any]) -> str:
    """Temporal congruence of a pair of `Analysis.as_json`: the p to report first, what the session could have shown,
    the naive p last and why it differs."""
    c = pair["congruence"]
    if c["r"] is None:
        return f"no temporal congruence can be given: {c['reason']}."
    over = f"Over {c['n']:,} seconds, "
    name = c["first_p"]
    if name is None:
        return f"{over}r = {r_text(c['r'])}; no p value: {c['reason']}."
    if name == "p_detrended":
        text = (
            f"The traces rise, fall or bend slowly over the session, as two unconnected ones may: "
            f"r = {r_text(c['r'])}, N = {c['n']:,} seconds describes this session and has no p. "
            f"Without {COURSES[c['detrended_order']]} in each, "
            f"{_tested(c, 'r_detrended', 'p_detrended', 'n_eff_detrended', 'r_needed_detrended', 'ci_detrended')}"
        )
    else:
        text = f"{over}{_tested(c, 'r', name, 'n_eff_cosine', 'r_needed', 'ci')}"
    others = [f"{p_text(c[key])} {METHOD_WORDS[key]}" for key in ("p_eff", "p_pp", "p_surrogate") if c[key] is not None]
    if others:
        text += f" Beside it: {', '.join(others)}."
    if c["r_diff"] is not None:
        text += f" Their changes from second to second: r = {r_text(c['r_diff'])}."
    if c["p_naive"] is not None:
        text += (
            f" Taken as if each second were an observation of its own, p would be {p_value(c['p_naive'])}; "
            "neighbouring seconds are nearly the same rating, so that one is not to be reported alone."
        )
    return text


def _tested(c: dict[str, Any], r: str, p: str, n_eff: str, needed: str, ci: str) -> str:
    """A correlation with its interval and p, and the least one that this session could have told from chance."""
    beyond = "more than chance gives" if c[p] < 0.05 else "no more than chance may give"
    return (
        f"r = {r_text(c[r])}, 95 % CI [{r_text(c[f'{ci}_low'])}, {r_text(c[f'{ci}_high'])}], {p_text(c[p])} "
        f"{METHOD_WORDS[p]}: {beyond}. The session is worth {c[n_eff]:,.0f} independent observations (effective N), "
        f"and could have told an r of {r_text(c[needed])} or more from chance."
    )


def withheld_words(pair: dict[str, Any]) -> str:
    """Which numbers are withheld and why; empty where none is."""
    reasons: dict[str, list[str]] = {}
    for name, reason in pair["congruence"]["withheld"].items():
        reasons.setdefault(reason, []).append(WITHHELD_WORDS[name])
    return " ".join(f"Not given: {', '.join(names)}, since {reason}." for reason, names in reasons.items())


def discrepancy_words(pair: dict[str, Any]) -> str:
    """Directional discrepancy of a pair, its direction in words."""
    d = pair["discrepancy"]
    if d["mean"] is None:
        return f"{d['in_words']}."
    text = d["in_words"]
    if d["ci_low"] is not None:
        text += f", 95 % CI of the difference [{number_text(d['ci_low'], 2)}, {number_text(d['ci_high'], 2)}]"
    if d["sd"] is not None:
        text += f", SD = {number_text(d['sd'], 2)}"
    if d["loa_low"] is not None:
        text += f", limits of agreement {_limit(d, 'loa_low')} and {_limit(d, 'loa_high')}"
    if d["ci_low"] is None:
        text += f"; no interval of the difference: {d['reason']}"
    elif d["reason"]:
        text += f"; {d['reason']}"
    return text + "."


def _limit(d: dict[str, Any], name: str) -> str:
    text = number_text(d[name], 1)
    if ci := d[f"{name}_ci"]:
        text += f" [{number_text(ci[0], 1)}, {number_text(ci[1], 1)}]"
    return text


def lag_words(pair: dict[str, Any]) -> str:
    """Who follows whom."""
    lag = pair["lag"]
    seconds = lag["best_s"]
    follows = (
        "largest correlation without a lag"
        if seconds == 0
        else f"largest correlation where {pair['b'] if seconds > 0 else pair['a']} follows "
        f"{pair['a'] if seconds > 0 else pair['b']} by {abs(seconds)} s"
    )
    p = p_text(lag["p"]) if lag["p"] is not None else "no p value"
    edge = ", at the edge of the lags: a larger one may lie beyond" if abs(seconds) == lag["max_lag_s"] > 0 else ""
    return f"{follows} (of ±{lag['max_lag_s']} s){edge}: r = {r_text(lag['r'])}, {p} for the best of all lags."


def overlap_words(pair: dict[str, Any]) -> str:
    """Whether the ruptures of two raters coincide."""
    e = pair["events"]
    p = p_text(e["p"]) if e["p"] is not None else e["reason"]
    chance = "" if e["overlap_chance"] is None else f" (by chance {e['overlap_chance']:.0%})"
    return (
        f"ruptures of both: {e['overlap']:.0%} of their seconds in common{chance}, {p}; {e['matched']} of "
        f"{e['n_a']} and {e['n_b']} begin within {e['tolerance_s']} s of each other."
    )


def reliability_words(reliability: dict[str, Any]) -> str:
    """Agreement of all raters."""
    parts = []
    for name, label in (("icc_a_1", "ICC(A,1)"), ("icc_c_1", "ICC(C,1)"), ("ccc", "CCC"), ("alpha", "alpha")):
        one = reliability[name]
        if one["value"] is None:
            continue
        low, high = one["ci_low"], one["ci_high"]
        interval = "" if low is None else f" [{r_text(low)}, {r_text(high)}]"
        parts.append(f"{label} = {r_text(one['value'])}{interval}")
    seconds = f"{reliability['n_complete']:,} seconds that all rated"
    rwg, ccc = reliability["rwg"]["value"], reliability["ccc"]["value"]
    caution = ""
    if rwg is not None and ccc is not None and rwg >= HIGH_RWG and ccc < LOW_CCC:
        caution = (
            f" r_wg of {r_text(rwg)} beside a CCC of {r_text(ccc)} says that the raters used little of the scale, not "
            "that they agreed."
        )
    return f"All {reliability['k']} raters: {', '.join(parts)} (95 % CI; {seconds}).{caution}"


def pooled_words(pair: dict[str, Any]) -> str:
    """What holds over all dyads, for a pair of roles of `StudyAnalysis.pooled`: pseudo-dyads first."""
    r, d = pair["congruence"], pair["discrepancy"]
    text = pseudo_words(pair)
    if r["value"] is None:
        text += f"No random-effects mean of temporal congruence: {r['reason']}"
    else:
        text += (
            f"As if nothing but its own moments made a dyad's traces correlate: mean temporal congruence over "
            f"{dyads_text(r['k'])} r = {r_text(r['value'])}, 95 % CI [{r_text(r['ci_low'])}, {r_text(r['ci_high'])}]"
        )
        if r["prediction_low"] is not None:
            text += f", a further dyad's within [{r_text(r['prediction_low'])}, {r_text(r['prediction_high'])}]"
        if r["k_detrended"]:
            text += f" ({r['k_detrended']} of them without their traces' slow course)"
    if d["value"] is not None:
        text += (
            f"; {pair['b']} rated {number_text(abs(d['value']), 2)} units {'lower' if d['value'] < 0 else 'higher'} "
            f"than {pair['a']} on average over {dyads_text(d['k'])}, 95 % CI of the difference "
            f"[{number_text(d['ci_low'], 2)}, {number_text(d['ci_high'], 2)}]"
        )
        if d["prediction_low"] is not None:
            text += (
                f", a further dyad's within [{number_text(d['prediction_low'], 1)}, "
                f"{number_text(d['prediction_high'], 1)}]"
            )
    return text + "."


PSEUDO_LABELS = {
    "r": "mean r",
    "lagged_r": "mean of the largest |r| of all lags",
    "events": "mean overlap of ruptures",
    "level": "mean distance of the raters' mean ratings",
}


def pseudo_words(pair: dict[str, Any]) -> str:
    """The study's dyads beside pairings of raters of different dyads."""
    said = []
    for measure, label in PSEUDO_LABELS.items():
        test = pair["pseudo"].get(measure)
        if test is None or test["p"] is None:
            continue
        text = r_text if measure in ("r", "lagged_r") else (lambda value: number_text(value, 2))
        said.append(f"{label} {text(test['value'])}, by chance {text(test['chance'])}, {p_text(test['p'])}")
    if not said:
        test = pair["pseudo"].get("r")
        return f"No comparison with pseudo-dyads: {test['reason']}. " if test else ""
    return f"Dyads beside pairings of raters of different dyads: {'; '.join(said)}. "


def dyads_text(count: int) -> str:
    """`1 dyad`, `18 dyads`."""
    return f"{count} dyad" if count == 1 else f"{count} dyads"


def resolution_words(resolution: dict[str, Any]) -> str:
    """How many ruptures of a role were resolved."""
    if not resolution["ruptures"]:
        return "no ruptures."
    return (
        f"{resolution['resolved']} of {resolution['ruptures']} ruptures were followed by a repair "
        f"({resolution['share']:.0%}, 95 % CI {resolution['ci_low']:.0%} to {resolution['ci_high']:.0%})."
    )


def number_text(value: float | None, digits: int) -> str:
    """A number with so many digits behind the point, or a dash."""
    if value is None:
        return NO_NUMBER
    text = f"{value:,.{digits}f}"
    return (text[1:] if text.startswith("-") and not text.strip("-0.,") else text).replace("-", "−")


def r_text(value: float | None) -> str:
    """A correlation as the field prints it: no zero before the point."""
    return re.sub(r"^(−?)0\.", r"\1.", number_text(value, 2))


def p_text(value: float | None) -> str:
    """`p = .007`, `p < .001`."""
    text = p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def p_value(value: float | None) -> str:
    """`.007`, `< .001`, as a table holds it."""
    if value is None:
        return NO_NUMBER
    return "< .001" if value < 0.001 else f"{value:.3f}".replace("0.", ".", 1)


def time_text(seconds: float | None) -> str:
    """Minutes and seconds of the session, or a dash."""
    if seconds is None:
        return NO_NUMBER
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
