import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from tracedial.measures.agreement import congruence, discrepancy
from tracedial.measures.autocorrelation import bretherton_n, lag1_autocorrelation


def ar1(rng, n, phi):
    out = np.empty(n)
    last = rng.normal()
    for at in range(n):
        last = phi * last + np.sqrt(1 - phi**2) * rng.normal()
        out[at] = last
    return out


@given(seed=st.integers(0, 10_000), n=st.integers(3, 400), gaps=st.floats(0, 0.4))
def test_r_and_naive_p_are_scipys(seed, n, gaps):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    a[rng.random(n) < gaps] = np.nan
    b[rng.random(n) < gaps] = np.nan
    both = ~np.isnan(a) & ~np.isnan(b)
    result = congruence(a, b)
    assert result.n == both.sum()
    if both.sum() < 3:
        assert result.r is None and "rated by both" in result.reason
        return
    expected = scipy.stats.pearsonr(a[both], b[both])
    assert result.r == pytest.approx(expected.statistic, abs=1e-9)
    assert result.p_naive == pytest.approx(expected.pvalue, abs=1e-9)


@pytest.mark.parametrize(("phi", "expected"), [(0.95, 148.6), (0.90, 304.4), (0.98, 58.6), (0.0, 2900.0)])
def test_effective_n_is_bretherthons(phi, expected):
    # Reference values: 2,900 seconds, both traces with the same lag-1 autocorrelation.
    assert bretherton_n(2900, phi, phi) == pytest.approx(expected, abs=0.05)


def test_effective_n_is_never_more_than_n():
    assert bretherton_n(100, 0.9, -0.9) == 100
    assert bretherton_n(100, -0.5, -0.5) < 100


def test_autocorrelation_of_a_known_series():
    rng = np.random.default_rng(5)
    x = ar1(rng, 20_000, 0.95)
    assert lag1_autocorrelation(x) == pytest.approx(0.95, abs=0.01)
    holes = x.copy()
    holes[rng.random(len(x)) < 0.02] = np.nan
    assert lag1_autocorrelation(holes) == pytest.approx(0.95, abs=0.01)
    holes[rng.random(len(x)) < 0.3] = np.nan
    assert lag1_autocorrelation(holes) == pytest.approx(0.95, abs=0.01)


def test_the_articles_p_of_7_in_1000_is_no_evidence_once_seconds_are_not_taken_for_observations():
    rng = np.random.default_rng(11)
    a, b = (x - x.mean() for x in (ar1(rng, 2880, 0.95), ar1(rng, 2880, 0.95)))
    b -= a * (a @ b) / (a @ a)
    b = b / b.std() * np.sqrt(1 - 0.05**2) - 0.05 * a / a.std()
    result = congruence(a, b)
    assert result.r == pytest.approx(-0.05, abs=0.005)
    assert result.p_naive == pytest.approx(0.007, abs=0.003)
    assert 100 < result.n_eff < 200
    assert 0.4 < result.p_eff < 0.7


@pytest.mark.thorough("simulates as many pairs as a rate needs")
def test_the_corrected_p_is_right_about_as_often_as_it_says_and_the_naive_one_is_not():
    rng = np.random.default_rng(3)
    runs = 300
    results = [congruence(ar1(rng, 1000, 0.9), ar1(rng, 1000, 0.9)) for _ in range(runs)]
    naive = sum(result.p_naive < 0.05 for result in results) / runs
    assert naive > 0.3
    for method in ("p_eff", "p_pp", "p_shift", "p_surrogate"):
        given = [p for result in results if (p := getattr(result, method)) is not None]
        assert len(given) > 0.95 * runs
        assert 0.01 < sum(p < 0.05 for p in given) / len(given) < 0.10, method


@pytest.mark.thorough("simulates as many pairs as a rate needs")
def test_missing_seconds_do_not_make_the_corrected_p_naive():
    rng = np.random.default_rng(4)
    runs, hits = 300, 0
    for _ in range(runs):
        a, b = ar1(rng, 1000, 0.95), ar1(rng, 1000, 0.95)
        a[rng.random(1000) < 0.1] = np.nan
        b[rng.random(1000) < 0.1] = np.nan
        hits += (congruence(a, b).p_eff or 1.0) < 0.05
    assert hits / runs < 0.10


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        (np.full(50, 3.0), np.arange(50.0), "never changes"),
        (np.full(50, np.nan), np.arange(50.0), "only 0 seconds"),
        (np.array([1.0, 2.0]), np.array([2.0, 1.0]), "only 2 seconds"),
        (np.array([]), np.array([]), "only 0 seconds"),
    ],
)
def test_no_number_is_made_up(a, b, reason):
    result = congruence(a, b)
    assert (result.r, result.p_naive, result.n_eff, result.p_eff) == (None, None, None, None)
    assert reason in result.reason


def test_traces_too_slow_for_a_p_say_so():
    a = np.sin(np.linspace(0, 2 * np.pi, 200))
    result = congruence(a, a**3)
    assert result.r > 0.9 and result.p_naive is not None
    assert result.p_eff is None and "too slowly" in result.withheld["p_eff"]


def test_neighbours_that_are_never_both_rated_give_no_effective_n():
    a = np.where(np.arange(40) % 2, np.nan, np.random.default_rng(1).normal(size=40))
    result = congruence(a, np.arange(40.0))
    assert result.r is not None and result.n_eff is None and "neighbouring" in result.withheld["p_eff"]


def test_a_perfect_correlation_is_one():
    a = np.random.default_rng(2).normal(size=50)
    assert congruence(a, 2 * a + 1).r == pytest.approx(1.0)
    assert congruence(a, -a).r == pytest.approx(-1.0)


def test_discrepancy_is_b_minus_a_and_its_words_say_so():
    client, therapist = np.array([20.0, 30.0, np.nan]), np.array([0.0, 14.0, 5.0])
    result = discrepancy(client, therapist, name_a="client", name_b="therapist")
    assert (result.mean, result.n) == (-18.0, 2)
    assert result.sd == pytest.approx(np.std([-20.0, -16.0], ddof=1))
    assert result.in_words == "therapist rated 18.00 units lower than client on average"
    assert result.definition.startswith("therapist minus client")
    turned = discrepancy(therapist, client, name_a="therapist", name_b="client")
    assert turned.mean == 18.0 and "client rated 18.00 units higher" in turned.in_words


def test_discrepancy_without_common_seconds_is_null_with_a_reason():
    result = discrepancy(np.array([np.nan, 1.0]), np.array([1.0, np.nan]), name_a="a", name_b="b")
    assert (result.mean, result.sd, result.n) == (None, None, 0)
    assert result.reason == "no common second"
    one = discrepancy(np.array([1.0]), np.array([4.0]), name_a="a", name_b="b")
    assert (one.mean, one.sd) == (3.0, None) and one.reason
