"""Compares a study's dyads with pseudo-dyads: the traces as a table, and the tests of each measure."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.analysis.settings import AnalysisSettings
from tracedial.measures import pseudo_dyads
from tracedial.measures.coincidence import in_event
from tracedial.measures.pseudo_dyads import PseudoTest, correlations, permutation_test, regrouping_test

Floats = NDArray[np.float64]
Ratings = dict[str, list[float | None]]
Tests = dict[str, PseudoTest]


def beside_pseudo_dyads(
    sessions: list[dict[str, Any]], ratings: dict[str, Ratings], a: str, b: str, settings: AnalysisSettings
) -> tuple[list[str], Tests]:
    """The sessions that have both roles, and the pair's tests by measure: `r` and `level` (distance of the means), and
    in the full set `lagged_r` (the r with the largest |r| over all lags) and `events` (overlap of the ruptures)."""
    both = [data for data in sessions if {a, b} <= ratings.get(data["session"], {}).keys()]
    names = [data["session"] for data in both]
    if not names:
        return [], {}
    x, y = (_traces([ratings[name][rater] for name in names], settings) for rater in (a, b))
    length = max(x.shape[1], y.shape[1])
    x, y = _to_length(x, length), _to_length(y, length)
    if settings.surrogates == "dyads":
        tests = {"r": permutation_test(correlations(x, y), fisher=True)}
    else:
        tests = {"r": pseudo_dyads.within_dyads_test(x, y, settings.surrogates)}
    tests["level"] = permutation_test(pseudo_dyads.level_distances(x, y))
    if settings.full:
        tests["lagged_r"] = permutation_test(pseudo_dyads.largest_correlations(x, y, settings.max_lag_s), fisher=True)
        in_a, in_b = (np.stack([_in_ruptures(data, rater, length) for data in both]) for rater in (a, b))
        tests["events"] = permutation_test(pseudo_dyads.overlaps(in_a, in_b))
    return names, tests


def beside_all_raters(
    sessions: list[dict[str, Any]], ratings: dict[str, Ratings], settings: AnalysisSettings
) -> tuple[list[str], Tests]:
    """The same for interchangeable raters: the raters of each session are compared with groups drawn from all sessions,
    regardless of names."""
    several = [data for data in sessions if len(ratings.get(data["session"], {})) > 1]
    names = [data["session"] for data in several]
    if not names:
        return [], {}
    # The order does not depend on names, so the draws are the same whatever the raters are called.
    raters = [
        (at, rater)
        for at, name in enumerate(names)
        for rater in sorted(ratings[name], key=lambda rater: _sortable(ratings[name][rater]))
    ]
    x = _traces([ratings[names[at]][rater] for at, rater in raters], settings)
    groups = np.array([at for at, _ in raters])
    tests = {
        "r": regrouping_test(correlations(x, x), groups, fisher=True),
        "level": regrouping_test(pseudo_dyads.level_distances(x, x), groups),
    }
    if settings.full:
        largest = pseudo_dyads.largest_correlations(x, x, settings.max_lag_s)
        tests["lagged_r"] = regrouping_test(largest, groups, fisher=True)
        inside = np.stack([_in_ruptures(several[at], rater, x.shape[1]) for at, rater in raters])
        tests["events"] = regrouping_test(pseudo_dyads.overlaps(inside, inside), groups)
    return names, tests


def _sortable(values: list[float | None]) -> list[float]:
    return [-math.inf if value is None else value for value in values]


def _traces(rows: list[list[float | None]], settings: AnalysisSettings) -> Floats:
    """Traces as the rows of a table, NaN where one is missing or has ended."""
    traces = np.full((len(rows), max(map(len, rows))), np.nan)
    for trace, values in zip(traces, rows, strict=True):
        trace[: len(values)] = [np.nan if value is None else value for value in values]
    traces[:, : settings.trim_agreement_s] = np.nan
    return traces


def _to_length(traces: Floats, length: int) -> Floats:
    return np.pad(traces, ((0, 0), (0, length - traces.shape[1])), constant_values=np.nan)


def _in_ruptures(data: dict[str, Any], rater: str, length: int) -> Floats:
    return in_event([(r["onset_s"], r["end_s"]) for r in data["ruptures"][rater]], length)
