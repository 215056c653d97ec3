"""What holds over the dyads of a study, in words."""

from tracedial.analysis.study_pooling import Resolution
from tracedial.analysis.study_result import PooledPair
from tracedial.files.counted import counted
from tracedial.measures.pooling import Pooled
from tracedial.report.numbers import number_text, p_text, r_text, share_text

PSEUDO_LABELS = {
    "r": "mean r",
    "lagged_r": "mean of the largest |r| of all lags",
    "events": "mean overlap of ruptures",
    "level": "mean distance of the raters' mean ratings",
}


def pooled_words(pair: PooledPair) -> str:
    """What holds over all dyads: pseudo-dyads first, then the random-effects means with their k and intervals."""
    return " ".join(text for text in (pseudo_words(pair), _mean_r(pair.congruence), _mean_difference(pair)) if text)


def _mean_r(r: Pooled) -> str:
    if r.value is None:
        return f"No random-effects mean of temporal congruence: {r.reason}."
    text = (
        f"As if nothing but its own moments made a dyad's traces correlate: mean temporal congruence over "
        f"{counted(r.k, 'dyad')} r = {r_text(r.value)}, 95 % CI [{r_text(r.ci_low)}, {r_text(r.ci_high)}]"
    )
    if r.prediction_low is not None:
        text += f", a further dyad's within [{r_text(r.prediction_low)}, {r_text(r.prediction_high)}]"
    if r.k_detrended:
        text += f" ({r.k_detrended} of them without their traces' slow course)"
    return f"{text}{_without(r)}."


def _mean_difference(pair: PooledPair) -> str:
    d = pair.discrepancy
    if d.value is None:
        return f"No mean discrepancy: {d.reason}." if d.reason else ""
    text = (
        f"On average over {counted(d.k, 'dyad')}, {pair.b} rated {number_text(abs(d.value), 2)} units "
        f"{'lower' if d.value < 0 else 'higher'} than {pair.a}, 95 % CI of the difference "
        f"[{number_text(d.ci_low, 2)}, {number_text(d.ci_high, 2)}]"
    )
    if d.prediction_low is not None:
        text += f", a further dyad's within [{number_text(d.prediction_low, 1)}, {number_text(d.prediction_high, 1)}]"
    return f"{text}{_without(d)}."


def _without(pooled: Pooled) -> str:
    """How many dyads are not in a mean since they have no value."""
    if not pooled.k_without:
        return ""
    return f"; {counted(pooled.k_without, 'dyad has', 'dyads have')} none and could not come in"


def pseudo_words(pair: PooledPair) -> str:
    """The study's dyads beside pairings of raters of different dyads."""
    said = []
    for measure, label in PSEUDO_LABELS.items():
        test = pair.pseudo.get(measure)
        if test is None or test.p is None:
            continue
        value, chance = (
            r_text(one) if measure in ("r", "lagged_r") else number_text(one, 2) for one in (test.value, test.chance)
        )
        said.append(f"{label} {value}, by chance {chance}, {p_text(test.p)}")
    if not said:
        test = pair.pseudo.get("r")
        return f"No comparison with pseudo-dyads: {test.reason}." if test else ""
    return f"Dyads beside pairings of raters of different dyads: {'; '.join(said)}."


def resolution_words(one: Resolution) -> str:
    """How many ruptures of a role were resolved."""
    if not one.ruptures:
        return "no ruptures."
    return (
        f"{one.resolved} of {counted(one.ruptures, 'rupture was', 'ruptures were')} followed by a repair "
        f"({share_text(one.share)}, 95 % CI {share_text(one.ci_low)} to {share_text(one.ci_high)})."
    )
