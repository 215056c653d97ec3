"""Interchangeable raters: the order of their names means nothing, so reported differences have a size but no
direction."""

from dataclasses import replace

from tracedial.analysis.result import Pair
from tracedial.measures.agreement import Discrepancy

NO_DIRECTION = "the raters are interchangeable: which one is named first means nothing"


def without_direction(pair: Pair) -> Pair:
    """A pair with only the size of its difference, without limits of agreement and truth-and-bias coefficients, because
    these depend on which rater comes first."""
    congruence = replace(pair.congruence, truth_bias=None)
    if pair.congruence.truth_bias:
        congruence = replace(congruence, withheld={**congruence.withheld, "truth_bias": NO_DIRECTION})
    windows = [
        {**window, "difference": None if window["difference"] is None else abs(window["difference"])}
        for window in pair.windows
    ]
    return replace(pair, congruence=congruence, discrepancy=_size_of(pair), windows=windows)


def _size_of(pair: Pair) -> Discrepancy:
    d = pair.discrepancy
    definition = f"size of the mean difference between {pair.a} and {pair.b} over the seconds rated by both"
    if d.mean is None:
        return replace(d, definition=definition)
    mean = abs(d.mean)
    words = f"{pair.a} and {pair.b} rated {mean:.2f} units apart on average"
    low, high = d.ci_low, d.ci_high
    if low is not None and high is not None:
        nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        low, high = nearest, max(abs(low), abs(high))
    return replace(
        d, mean=mean, definition=definition, in_words=words, ci_low=low, ci_high=high,
        loa_low=None, loa_high=None, loa_low_ci=None, loa_high_ci=None,
    )  # fmt: skip
