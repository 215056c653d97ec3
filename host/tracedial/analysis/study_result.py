"""The result of analyzing a study: its sessions, and the results over all of them."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tracedial import __version__
from tracedial.analysis.result import Pair, pair_of
from tracedial.analysis.settings import AnalysisSettings
from tracedial.analysis.study_pooling import Resolution, mean_difference, mean_r, resolution_of
from tracedial.analysis.study_pseudo import Ratings, beside_all_raters, beside_pseudo_dyads
from tracedial.analysis.tables import clean, tables_of
from tracedial.measures.pooling import Pooled
from tracedial.measures.pseudo_dyads import PseudoTest

if TYPE_CHECKING:
    from pandas import DataFrame

OF_A_SESSION = ("rise_used", "seconds_cut_for_common", "lag_corrections")
"""Parameters that differ between sessions."""
TABLES = {"pairs": "dyads", "raters": "raters", "events": "events", "events_by_rule": "events_by_rule",
          "peaks": "peaks", "reliability": "reliability",
          "windows": "windows"}  # fmt: skip
"""A session's tables that a study also has, with their names there."""
ANY_RATER, ANOTHER = "one rater", "another"
"""The names of a pair's raters if raters are interchangeable."""
ALL_RATERS = "all raters"


@dataclass(frozen=True)
class PooledPair:
    """Results over the dyads of a pair of roles, or over all raters if these are interchangeable. `dyads`: each dyad's
    session and pair. `pseudo`: the tests against pseudo-dyads, by measure; their ranks are in the order of `ranked`,
    the sessions that they compare."""

    a: str
    b: str
    congruence: Pooled
    discrepancy: Pooled
    pseudo: dict[str, PseudoTest]
    ranked: list[str]
    dyads: list[tuple[str, Pair]]

    def ranks(self, measure: str) -> dict[str, float | None]:
        """For each session, the share of its pseudo-dyads with a lower value."""
        test = self.pseudo.get(measure)
        return dict(zip(self.ranked, test.ranks, strict=True)) if test else {}

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze STUDY --json` holds it."""
        return {
            "a": self.a,
            "b": self.b,
            "congruence": asdict(self.congruence),
            "discrepancy": asdict(self.discrepancy),
            "pseudo": {name: {**asdict(test), "ranks": self.ranks(name)} for name, test in self.pseudo.items()},
        }


@dataclass(frozen=True)
class StudyAnalysis:
    """All results of a study, in the order of the sessions' names. `sessions`: each as `Analysis.as_json` has it.
    `problems`: sentences by session. `ratings`: the traces that were analyzed, by session and rater."""

    study: str
    settings: AnalysisSettings
    sessions: list[dict[str, Any]]
    problems: dict[str, str]
    reused: int = 0
    ratings: dict[str, Ratings] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether a program generated any of the ratings."""
        return any(session["synthetic"] for session in self.sessions)

    @cached_property
    def pairs(self) -> list[PooledPair]:
        """The results over the dyads, for each pair of roles; for one pair, of any two raters, if these are
        interchangeable."""
        by_roles: dict[tuple[str, str], list[tuple[str, Pair]]] = {}
        for data in self.sessions:
            for pair in map(pair_of, data["pairs"]):
                roles = (ANY_RATER, ANOTHER) if self.settings.interchangeable else (pair.a, pair.b)
                by_roles.setdefault(roles, []).append((data["session"], pair))
        return [self._pooled(a, b, dyads) for (a, b), dyads in by_roles.items()]

    @cached_property
    def resolution(self) -> dict[str, Resolution]:
        """How many ruptures of each role were resolved; of all raters together where these are interchangeable."""
        roles = dict.fromkeys(rater["name"] for data in self.sessions for rater in data["raters"])
        if self.settings.interchangeable:
            return {ALL_RATERS: resolution_of(self.sessions, list(roles))}
        return {role: resolution_of(self.sessions, [role]) for role in roles}

    def pooled(self) -> dict[str, Any]:
        """The same as JSON."""
        return clean(
            {
                "pairs": [pair.as_json() for pair in self.pairs],
                "resolution": {role: asdict(one) for role, one in self.resolution.items()},
            }
        )

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Tidy tables: one row a dyad, a rater, an event, a window; and what holds over all."""
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES.values()}
        for data in self.sessions:
            own = tables_of(data)
            for name, all_rows in TABLES.items():
                rows[all_rows] += [{"session": data["session"], **row} for row in own[name]]
        rows["problems"] = [{"session": name, "problem": text} for name, text in self.problems.items()]
        pooled = self.pooled()
        rows["pooled"] = [
            {"a": one["a"], "b": one["b"], "measure": measure, **one[measure]}
            for one in pooled["pairs"]
            for measure in ("congruence", "discrepancy")
        ]
        rows["pseudo"] = [
            {"a": one["a"], "b": one["b"], "measure": measure, **{k: v for k, v in test.items() if k != "ranks"}}
            for one in pooled["pairs"]
            for measure, test in one["pseudo"].items()
        ]
        rows["pseudo_ranks"] = [
            {"a": one["a"], "b": one["b"], "measure": measure, "session": name, "rank": rank}
            for one in pooled["pairs"]
            for measure, test in one["pseudo"].items()
            for name, rank in test["ranks"].items()
        ]
        rows["resolution"] = [{"rater": rater, **one} for rater, one in pooled["resolution"].items()]
        return rows

    def as_json(self) -> dict[str, Any]:
        """The object that `tracedial analyze STUDY --json` prints."""
        return {
            "study": Path(self.study).name,
            "synthetic": self.synthetic,
            "n_sessions": len(self.sessions),
            **self.pooled(),
            "sessions": self.sessions,
            "problems": self.problems,
            # Each session's own parameters stay with the session.
            "parameters": {
                name: value for name, value in self.sessions[0]["parameters"].items() if name not in OF_A_SESSION
            },
            "software": {"tracedial": __version__, "numpy": np.__version__},
        }

    def frames(self) -> "dict[str, DataFrame]":
        """The tables as pandas frames."""
        import pandas as pd

        return {name: pd.DataFrame(rows) for name, rows in self.tables().items()}

    def _pooled(self, a: str, b: str, dyads: list[tuple[str, Pair]]) -> PooledPair:
        if self.settings.interchangeable:
            ranked, pseudo = beside_all_raters(self.sessions, self.ratings, self.settings)
        else:
            ranked, pseudo = beside_pseudo_dyads(self.sessions, self.ratings, a, b, self.settings)
        by_session = list(_by_session(dyads))
        difference = mean_difference(by_session, interchangeable=self.settings.interchangeable)
        return PooledPair(
            a=a, b=b, congruence=mean_r(by_session), discrepancy=difference, pseudo=pseudo, ranked=ranked, dyads=dyads
        )


def _by_session(dyads: list[tuple[str, Pair]]) -> Iterator[list[Pair]]:
    names = dict.fromkeys(name for name, _ in dyads)
    return ([pair for session, pair in dyads if session == name] for name in names)
