import krippendorff
import numpy as np
import pingouin
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracedial.errors import AnalysisError
from tracedial.measures.reliability import (
    ICC_FORMS,
    ccc,
    icc,
    icc_interval,
    krippendorff_alpha,
    mean_squares,
    mean_trace,
    r_wg,
    reliability,
)

# Shrout & Fleiss 1979, Table 2: six targets, four judges.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)
NA = np.nan
# Krippendorff's data C: 12 units, 4 observers.
DATA_C = np.array(
    [[1, 1, NA, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
     [2, 2, 2, 2], [NA, 5, 5, 5], [NA, NA, 1, 1], [NA, NA, 3, NA]]
)  # fmt: skip
# The example of Wikipedia's article on Krippendorff's alpha: 15 units, 3 coders.
WIKIPEDIA = np.array(
    [[NA, NA, NA, NA, NA, 3, 4, 1, 2, 1, 1, 3, 3, NA, 3], [1, NA, 2, 1, 3, 3, 4, 3, NA, NA, NA, NA, NA, NA, NA],
     [NA, NA, 2, 1, 3, 4, 4, NA, 2, 1, 1, 3, 3, NA, 4]]
).T  # fmt: skip


@pytest.mark.parametrize(
    ("form", "value", "low", "high"),
    [
        ("1_1", 0.1657, -0.1329, 0.7226),
        ("a_1", 0.2898, 0.0188, 0.7611),
        ("c_1", 0.7148, 0.3425, 0.9459),
        ("1_k", 0.4428, -0.8844, 0.9124),
        ("a_k", 0.6201, 0.0711, 0.9272),
        ("c_k", 0.9093, 0.6757, 0.9859),
    ],
)
def test_iccs_of_shrout_and_fleiss_with_their_intervals(form, value, low, high):
    squares = mean_squares(SHROUT_FLEISS)
    assert [squares.bms, squares.wms, squares.jms, squares.ems] == pytest.approx(
        [11.2417, 6.2639, 32.4861, 1.0194], abs=5e-5
    )
    assert icc(squares, form) == pytest.approx(value, abs=5e-5)
    assert icc_interval(squares, form) == pytest.approx((low, high), abs=5e-5)


def test_the_upper_limit_of_the_consistency_icc_is_above_the_lower_where_carmas_is_below():
    squares = mean_squares(SHROUT_FLEISS)
    n, k = SHROUT_FLEISS.shape
    from scipy.stats import f

    ratio = squares.bms / squares.ems
    # CARMA's ICC_C_1.m divides by the quantile where it must be multiplied with.
    dividing = ratio / f.ppf(0.975, (n - 1) * (k - 1), n - 1)
    carmas_upper = (dividing - 1) / (dividing + k - 1)
    low, high = icc_interval(squares, "c_1") or (0.0, 0.0)
    assert carmas_upper == pytest.approx(0.152, abs=1e-3) and carmas_upper < low
    assert low < icc(squares, "c_1") < high and high == pytest.approx(0.946, abs=1e-3)


@pytest.mark.filterwarnings("ignore")  # its own, of the pandas it runs on
@pytest.mark.parametrize("seed", range(6))
def test_iccs_are_pingouins(seed):
    import pandas as pd

    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(8, 80)), int(rng.integers(2, 7))
    table = rng.normal(size=(n, 1)) * rng.uniform(0, 3) + rng.normal(size=(1, k)) * 2 + rng.normal(size=(n, k)) + 40
    whole = table.copy()
    whole[rng.random(n) < 0.1, rng.integers(0, k)] = np.nan
    long = pd.DataFrame(
        [(second, rater, whole[second, rater]) for second in range(n) for rater in range(k)],
        columns=["second", "rater", "rating"],
    )
    theirs = pingouin.intraclass_corr(long, "second", "rater", "rating", nan_policy="omit").set_index("Type")
    found = reliability(whole, options=None, full=False)
    assert found.n_complete == int((~np.isnan(whole).any(axis=1)).sum())
    for form in ICC_FORMS:
        row = theirs.loc[f"ICC({form[0].upper()},{form[2]})"]
        estimate = found.estimates[f"icc_{form}"]
        assert estimate.value == pytest.approx(row["ICC"], abs=1e-9)
        # Theirs is rounded to two decimals.
        assert (estimate.textbook_low, estimate.textbook_high) == pytest.approx(tuple(row["CI95"]), abs=0.0051)


@pytest.mark.parametrize(
    ("data", "level", "expected"),
    [
        (DATA_C, "nominal", 0.7434), (DATA_C, "ordinal", 0.8154), (DATA_C, "interval", 0.8491),
        (DATA_C, "ratio", 0.7974),
        (WIKIPEDIA, "nominal", 0.6914), (WIKIPEDIA, "ordinal", 0.8067), (WIKIPEDIA, "interval", 0.8108),
        (SHROUT_FLEISS, "interval", 0.14731),
    ],
)  # fmt: skip
def test_alpha_of_the_published_examples(data, level, expected):
    assert krippendorff_alpha(data, level) == pytest.approx(expected, abs=5e-5)


@given(seed=st.integers(0, 10_000), n=st.integers(2, 40), k=st.integers(2, 6), gaps=st.floats(0, 0.5))
def test_alpha_is_the_krippendorff_packages(seed, n, k, gaps):
    rng = np.random.default_rng(seed)
    data = rng.integers(1, 6, (n, k)).astype(float)
    data[rng.random((n, k)) < gaps] = np.nan
    paired = data[(~np.isnan(data)).sum(axis=1) >= 2]
    known = np.unique(paired[~np.isnan(paired)])
    for level in ("nominal", "ordinal", "interval", "ratio"):
        if len(known) < 2:
            assert krippendorff_alpha(data, level) is None
        else:
            theirs = krippendorff.alpha(reliability_data=data.T, level_of_measurement=level)
            assert krippendorff_alpha(data, level) == pytest.approx(theirs, abs=1e-9)


def test_alpha_at_another_level_is_given_and_too_many_values_are_refused_in_a_sentence():
    found = reliability(WIKIPEDIA, options=5, alpha_level="nominal").estimates["alpha"]
    assert found.value == pytest.approx(0.6914, abs=5e-5) and found.ci_low is None
    with pytest.raises(AnalysisError, match="use the interval level"):
        reliability(np.random.default_rng(1).normal(size=(3000, 2)), options=5, alpha_level="ordinal")


def test_ccc_of_known_pairs():
    assert ccc(SHROUT_FLEISS[:, [0, 3]]) == pytest.approx(0.60526, abs=5e-6)
    x = np.arange(10.0)
    assert ccc(np.column_stack([x, x + 3])) == pytest.approx(0.64706, abs=5e-6)
    assert ccc(np.column_stack([x, x])) == pytest.approx(1.0)
    assert ccc(np.column_stack([x, -x])) < 0
    # For three raters: the pairs' numerators over their denominators (Barnhart et al. 2002).
    rng = np.random.default_rng(2)
    table = rng.normal(size=(50, 3)) + rng.normal(size=(50, 1)) + [0, 1, 2]
    above = below = 0.0
    for i, j in ((0, 1), (0, 2), (1, 2)):
        a, b = table[:, i], table[:, j]
        above += 2 * np.cov(a, b, ddof=0)[0, 1]
        below += a.var() + b.var() + (a.mean() - b.mean()) ** 2
    assert ccc(table) == pytest.approx(above / below, abs=1e-12)


def test_r_wg_takes_the_number_of_options_and_not_their_span():
    table = np.array([[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]])
    # Five options, 1 to 5: a chance variance of (25 − 1)/12 = 2.
    assert r_wg(table, 5) == pytest.approx(1 - np.mean([1.0, 0.0]) / 2)


def test_the_mean_trace_has_its_spread_and_number():
    mean, sd, n = mean_trace(np.array([[1.0, 3.0], [5.0, np.nan], [np.nan, np.nan]]))
    assert mean[:2] == pytest.approx([2.0, 5.0]) and np.isnan(mean[2])
    assert sd[0] == pytest.approx(np.sqrt(2)) and np.isnan(sd[1:]).all() and list(n) == [2, 1, 0]


def test_gaps_of_one_rater_take_no_other_seconds_away():
    rng = np.random.default_rng(1)
    table = np.cumsum(rng.normal(size=(300, 1)), axis=0) + rng.normal(size=(300, 3))
    whole = reliability(table, options=101)
    table[10:20, 1] = np.nan
    gappy = reliability(table, options=101)
    assert (whole.n_complete, gappy.n_complete, gappy.n_paired) == (300, 290, 300)
    left = np.delete(table, np.arange(10, 20), axis=0)
    assert gappy.estimates["icc_c_1"].value == pytest.approx(icc(mean_squares(left), "c_1"), abs=1e-12)


def test_the_interval_is_wider_than_the_textbook_where_seconds_repeat_themselves():
    rng = np.random.default_rng(3)
    slow = np.cumsum(rng.normal(size=(1500, 1)), axis=0)
    table = slow + np.cumsum(rng.normal(size=(1500, 3)), axis=0) * 0.5
    for estimate in reliability(table, options=101).estimates.values():
        assert estimate.ci_low < estimate.value < estimate.ci_high
    single = reliability(table, options=101).estimates["icc_c_1"]
    assert single.ci_high - single.ci_low > 3 * (single.textbook_high - single.textbook_low)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (np.full((20, 2), 3.0), "nothing varies"),
        (np.array([[1.0, np.nan]] * 20), "only 0 seconds"),
        (np.array([[1.0, 2.0]]), "only 1 second was"),
        (np.full((20, 2), np.nan), "only 0 seconds"),
    ],
)
def test_what_cannot_be_had_is_null_with_a_reason(table, said):
    found = reliability(table, options=None)
    assert found.estimates["icc_a_1"].value is None and said in found.estimates["icc_a_1"].reason
    assert found.estimates["rwg"].value is None and "--scale" in found.estimates["rwg"].reason


def test_alpha_at_the_ratio_level_is_refused_for_ratings_below_zero():
    table = np.array([[1.0, -2.0], [3.0, 4.0], [-5.0, 5.0]])
    with pytest.raises(AnalysisError, match="ratings from 0 on"):
        krippendorff_alpha(table, "ratio")
    found = reliability(table, options=None, alpha_level="ratio").estimates["alpha"]
    assert found.value is None and "use the interval level" in found.reason
