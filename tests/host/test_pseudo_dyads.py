import itertools

import numpy as np
import pytest

from tracedial.measures.coincidence import in_event
from tracedial.measures.pseudo_dyads import (
    correlations,
    largest_correlations,
    level_distances,
    overlaps,
    permutation_test,
    within_dyads_test,
)


def slow(rng, n_dyads, n):
    """AR(1) traces of phi .9."""
    out = np.empty((n_dyads, n))
    out[:, 0] = rng.normal(size=n_dyads)
    for at in range(1, n):
        out[:, at] = 0.9 * out[:, at - 1] + np.sqrt(0.19) * rng.normal(size=n_dyads)
    return out


def test_every_pairings_r_is_that_of_a_loop():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 4, 80))
    a[0, :10], b[2, 70:], b[3] = np.nan, np.nan, 5.0
    found = correlations(a, b)
    for i, j in itertools.product(range(4), range(3)):
        both = ~np.isnan(a[i]) & ~np.isnan(b[j])
        assert found[i, j] == pytest.approx(np.corrcoef(a[i][both], b[j][both])[0, 1], abs=1e-9)
    assert np.isnan(found[:, 3]).all()


def test_few_dyads_are_compared_with_all_pairings():
    rng = np.random.default_rng(2)
    table = rng.normal(size=(5, 5))
    test = permutation_test(table)
    sums = [np.mean([table[i, p[i]] for i in range(5)]) for p in itertools.permutations(range(5))]
    assert test.exact and test.pairings == 120 and test.chance == pytest.approx(table.mean())
    assert test.p == pytest.approx(
        np.mean(np.abs(sums - table.mean()) >= abs(np.trace(table) / 5 - table.mean()) - 1e-12)
    )


def test_what_all_sessions_share_is_no_evidence_and_what_a_dyad_shares_is():
    shared = 3 * np.linspace(-1, 1, 600) ** 2 + 4 * np.exp(-np.arange(600) / 20)
    below = found = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        a, b = slow(rng, 12, 600), slow(rng, 12, 600)
        test = permutation_test(correlations(a + shared, b + shared), fisher=True)
        assert test.value > 0.3 and abs(test.value - test.chance) < 0.2
        below += test.p < 0.05
        found += permutation_test(correlations(a + shared, 0.5 * a + b + shared), fisher=True).p < 0.05
    # Three standard errors above .05 of 60.
    assert below <= 8 and found >= 58


def test_each_dyad_has_its_rank_among_its_pseudo_dyads():
    rng = np.random.default_rng(3)
    a = slow(rng, 8, 400)
    test = permutation_test(correlations(a, a + 0.1 * slow(rng, 8, 400)), fisher=True)
    assert test.ranks == [1.0] * 8 and test.p < 0.001
    again = permutation_test(correlations(a, a + 0.1 * slow(np.random.default_rng(3), 8, 400)), fisher=True)
    assert again.p <= 0.001


def test_a_lag_is_found_and_events_and_levels_are_compared():
    rng = np.random.default_rng(4)
    a = slow(rng, 6, 500)
    late = np.roll(a, 7, axis=1)
    assert permutation_test(largest_correlations(a, late, 10), fisher=True).p < 0.01
    spans = [[(50 * k, 50 * k + 30)] for k in range(1, 7)]
    inside = np.stack([in_event(one, 500) for one in spans])
    assert (
        np.diag(overlaps(inside, inside)).tolist() == [1.0] * 6 and permutation_test(overlaps(inside, inside)).p < 0.01
    )
    levels = np.arange(6.0)[:, None] * 10
    assert permutation_test(level_distances(a + levels, a + levels + 3)).value == pytest.approx(3.0)


def test_too_few_dyads_are_said():
    test = permutation_test(np.full((3, 3), 0.5))
    assert test.p is None and "at least 4" in test.reason
    assert permutation_test(np.full((6, 6), np.nan)).p is None


@pytest.mark.parametrize("surrogates", ["segments", "sliding"])
def test_moulders_variants_within_dyads(surrogates):
    rng = np.random.default_rng(5)
    a, b = slow(rng, 6, 600), slow(rng, 6, 600)
    assert within_dyads_test(a, b, surrogates).p > 0.01
    assert within_dyads_test(a, a + b, surrogates).p < 0.01
