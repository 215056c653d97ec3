"""A study's dyads beside their pseudo-dyads: the traces as a table, and the tests of each measure."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.analysis.settings import AnalysisSettings
from tracedial.measures import pseudo_dyads
from tracedial.measures.coincidence import in_event
from tracedial.measures.pseudo_dyads import PseudoTest, correlations, permutation_test

Floats = NDArray[np.float64]


def pseudo_tests(
    sessions: list[dict[str, Any]], ratings: dict[str, dict[str, list[float | None]]], a: str, b: str,
    settings: AnalysisSettings,
) -> dict[str, Any]:  # fmt: skip
    """The tests of a pair of roles by measure: `r` and `level` (distance of the means), and in the full set `lagged_r`
    (the largest in size of all lags) and `events` (overlap of the ruptures). Ranks are by session."""
    both = [data for data in sessions if {a, b} <= ratings.get(data["session"], {}).keys()]
    names = [data["session"] for data in both]
    if not names:
        return {}
    length = max(len(ratings[name][rater]) for name in names for rater in (a, b))
    x, y = (np.stack([_trace(ratings[name][rater], length, settings) for name in names]) for rater in (a, b))
    if settings.surrogates == "dyads":
        tests = {"r": permutation_test(correlations(x, y), fisher=True)}
    else:
        tests = {"r": pseudo_dyads.within_dyads_test(x, y, settings.surrogates)}
    tests["level"] = permutation_test(pseudo_dyads.level_distances(x, y))
    if settings.full:
        tests["lagged_r"] = permutation_test(pseudo_dyads.largest_correlations(x, y, settings.max_lag_s), fisher=True)
        in_a, in_b = (np.stack([_in_ruptures(data, rater, length) for data in both]) for rater in (a, b))
        tests["events"] = permutation_test(pseudo_dyads.overlaps(in_a, in_b))
    return {measure: _as_json(test, names) for measure, test in tests.items()}


def _as_json(test: PseudoTest, names: list[str]) -> dict[str, Any]:
    return {**asdict(test), "ranks": dict(zip(names, test.ranks, strict=True))}


def _trace(values: list[float | None], length: int, settings: AnalysisSettings) -> Floats:
    trace = np.full(length, np.nan)
    trace[: len(values)] = [np.nan if value is None else value for value in values]
    trace[: settings.trim_agreement_s] = np.nan
    return trace


def _in_ruptures(data: dict[str, Any], rater: str, length: int) -> Floats:
    return in_event([(r["onset_s"], r["end_s"]) for r in data["ruptures"][rater]], length)
