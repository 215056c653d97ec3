import pytest

from tracedial.report.wording import lag_words, number_text, p_text, r_text, reliability_words, time_text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, ".05"), (-0.05, "−.05"), (1.0, "1.00"), (-1.0, "−1.00"), (-0.001, ".00"), (-10.52, "−10.52"),
     (10.05, "10.05"), (-20.3, "−20.30"), (None, "–")],
)  # fmt: skip
def test_correlations_lose_the_zero_before_the_point_and_nothing_else(value, text):
    assert r_text(value) == text


def test_the_direction_of_a_lag_is_said_and_its_edge():
    lag = {"best_s": 3, "max_lag_s": 10, "r": 0.5, "p": 0.01}
    pair = {"a": "client", "b": "therapist", "lag": lag}
    assert lag_words(pair).startswith("largest correlation where therapist follows client by 3 s (of ±10 s): r = .50")
    assert "client follows therapist by 10 s (of ±10 s), at the edge" in lag_words(
        {**pair, "lag": {**lag, "best_s": -10}}
    )
    assert lag_words({**pair, "lag": {**lag, "best_s": 0}}).startswith("largest correlation without a lag")


def test_other_numbers():
    assert (
        number_text(-0.001, 2) == "0.00" and number_text(-1234.5, 1) == "−1,234.5" and number_text(2880, 0) == "2,880"
    )
    assert p_text(0.0004) == "p < .001" and p_text(0.55) == "p = .550" and time_text(125) == "2:05"


def test_r_wg_near_1_without_agreement_gets_its_caution():
    one = {"value": 0.5, "ci_low": None, "ci_high": None}
    names = ("icc_a_1", "icc_c_1", "alpha")
    low = {"k": 2, "n_complete": 9, **dict.fromkeys(names, one), "rwg": {"value": 0.9}, "ccc": {**one, "value": -0.04}}
    assert "used little of the scale" in reliability_words(low)
    assert "used little of the scale" not in reliability_words({**low, "ccc": {**one, "value": 0.6}})
