import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracedial.analysis.result import Pair
from tracedial.analysis.study_pooling import Resolution
from tracedial.files.counted import counted
from tracedial.measures.agreement import Congruence, Discrepancy
from tracedial.measures.coincidence import EventOverlap
from tracedial.measures.lag import Lag
from tracedial.measures.pooling import pool
from tracedial.measures.reliability import Estimate, Reliability
from tracedial.report.numbers import number_text, p_text, r_text, share_text, time_text
from tracedial.report.study_wording import resolution_words
from tracedial.report.wording import congruence_words, lag_words, overlap_words, reliability_words

DIFFERENCE = Discrepancy(None, None, 0, "b minus a", "b and a")
COUNTS = st.sampled_from([0, 1, 2, 1000])


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, ".05"), (-0.05, "−.05"), (1.0, "1.00"), (-1.0, "−1.00"), (-0.001, ".00"), (-10.52, "−10.52"),
     (10.05, "10.05"), (-20.3, "−20.30"), (None, "–")],
)  # fmt: skip
def test_correlations_lose_the_zero_before_the_point_and_nothing_else(value, text):
    assert r_text(value) == text


def test_the_direction_of_a_lag_is_said_and_its_edge():
    def words(best_s):
        lag = Lag(best_s, 0.5, 0.01, 0.4, 10, "")
        return lag_words(Pair("client", "therapist", Congruence(0.5, 9, 0.1), DIFFERENCE, lag))

    assert words(3).startswith("largest correlation where therapist follows client by 3 s (of ±10 s): r = .50")
    assert "client follows therapist by 10 s (of ±10 s), at the edge" in words(-10)
    assert words(0).startswith("largest correlation without a lag")


def test_other_numbers():
    assert (
        number_text(-0.001, 2) == "0.00" and number_text(-1234.5, 1) == "−1,234.5" and number_text(2880, 0) == "2,880"
    )
    assert p_text(0.0004) == "p < .001" and p_text(0.55) == "p = .550" and time_text(125) == "2:05"
    assert share_text(-0.001) == "0%" and share_text(-0.31) == "−31%" and share_text(None) == "–"


@given(value=st.floats(-1e6, 1e6), digits=st.integers(0, 4))
def test_no_number_is_a_negative_nothing(value, digits):
    text = number_text(value, digits)
    assert "-" not in text and (not text.startswith("−") or re.search("[1-9]", text))


def of(k=2, n=9, **values):
    names = ("icc_a_1", "icc_c_1", "icc_1_1", "icc_1_k", "alpha", "rwg", "ccc")
    return Reliability(k, n, n, None, {name: Estimate(values.get(name, 0.5)) for name in names})


def test_r_wg_near_1_without_agreement_gets_its_caution():
    assert "used little of the scale" in reliability_words(of(rwg=0.9, ccc=-0.04))
    assert "used little of the scale" not in reliability_words(of(rwg=0.9, ccc=0.6))
    assert reliability_words(of(), interchangeable=True).startswith("All 2 raters: ICC(1,1) = .50")


WRONG = re.compile(
    r"(?<![\d.,])1 (seconds|raters|dyads|sessions|ruptures|hits|observations|codes|independent \w+s|were)\b"
)


@given(n=COUNTS, k=COUNTS, matched=COUNTS)
def test_counts_read_right(n, k, matched):
    few = Congruence(0.5, n, 0.1, p_cosine=0.2, n_eff_cosine=float(k), r_needed=0.3, first_p="p_cosine")
    events = EventOverlap(n, k, 0.5, 0.1, 0.2, matched, 0.5, 0.1, 10)
    pair = Pair("a", "b", few, DIFFERENCE, events=events)
    said = [
        congruence_words(pair), overlap_words(pair), reliability_words(of(k=k, n=n)),
        resolution_words(Resolution(n, min(n, k), 0.5 if n else None, 0.1, 0.9, None, None)),
        pool([0.1] * min(n, 1), [0.1] * min(n, 1)).reason, counted(n, "second"),
    ]  # fmt: skip
    for text in said:
        assert not WRONG.search(text), text
        assert not re.search(r"\b[02-9]\d* (second|rater|dyad|rupture|observation)\b", text), text
