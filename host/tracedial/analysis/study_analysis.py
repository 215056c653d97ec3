"""A whole study: every session analyzed, side by side, and what holds over all of them.

Each session's result is written as soon as it is there, so that an interrupted run loses nothing that was finished;
the next run does only what is new or was made from other files, settings or another version.
"""

import contextlib
import itertools
import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tracedial import __version__
from tracedial.analysis.session_analysis import EVENT_COLUMNS, clean, tables_of, write_csv
from tracedial.analysis.settings import AnalysisSettings
from tracedial.analysis.study_jobs import Done, Job, find_jobs, first_raters, run_job, traces_of
from tracedial.analysis.study_pseudo import pseudo_tests
from tracedial.errors import AnalysisError
from tracedial.files.private import make_folder
from tracedial.files.safe_text import write_table
from tracedial.files.whole_file import write_whole
from tracedial.measures.coincidence import read_codes

if TYPE_CHECKING:
    from pandas import DataFrame

Ratings = dict[str, list[float | None]]

PARTS = "parts"
OF_A_SESSION = ("rise_used", "seconds_cut_for_common", "lag_corrections")
"""Parameters that differ between sessions."""
TABLES = {"pairs": "dyads", "raters": "raters", "events": "events", "peaks": "peaks", "reliability": "reliability",
          "windows": "windows"}  # fmt: skip
"""The tables of a session that a study has too, and what they are called there."""
MIN_POOLED = 2
TASKS_AHEAD = 4


@dataclass(frozen=True)
class Pooled:
    """A random-effects mean over dyads (Paule & Mandel's between-dyad variance, Hartung & Knapp's interval with k − 1
    degrees of freedom). `tau2` is that variance, on Fisher's z for correlations; `i2` its share of all; `k` dyads.
    `prediction_low`, `prediction_high`: where a further dyad's true value lies with 95 %. `k_detrended`: dyads that
    come in without the slow course of their traces, since their r itself has no p."""

    k: int
    value: float | None
    ci_low: float | None
    ci_high: float | None
    tau2: float | None
    i2: float | None
    prediction_low: float | None = None
    prediction_high: float | None = None
    k_detrended: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class Resolution:
    """Of a role's ruptures, how many were followed by a repair: `share` with Wilson's interval, which takes ruptures
    for independent. `mean_resolved`, `mean_unresolved`: mean of the ratings in resolved and unresolved ones."""

    ruptures: int
    resolved: int
    share: float | None
    ci_low: float | None
    ci_high: float | None
    mean_resolved: float | None
    mean_unresolved: float | None


@dataclass(frozen=True)
class StudyAnalysis:
    """All results of a study, in the order of the sessions' names. `problems`: sentences by session. `ratings`:
    the traces that were analyzed, by session and rater."""

    study: str
    settings: AnalysisSettings
    sessions: list[dict[str, Any]]
    problems: dict[str, str]
    reused: int = 0
    ratings: dict[str, Ratings] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether any ratings were made up by a program."""
        return any(session["synthetic"] for session in self.sessions)

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

    def pooled(self) -> dict[str, Any]:
        """What holds over the dyads: for each pair of roles the mean r and the mean discrepancy, for each role its
        resolved and unresolved ruptures."""
        pairs = {(pair["a"], pair["b"]): None for data in self.sessions for pair in data["pairs"]}
        roles = dict.fromkeys(rater["name"] for data in self.sessions for rater in data["raters"])
        return clean(
            {
                "pairs": [
                    {
                        "a": a,
                        "b": b,
                        "congruence": asdict(self._mean_r(a, b)),
                        "discrepancy": asdict(self._mean_difference(a, b)),
                        "pseudo": self._pseudo[a, b],
                    }
                    for a, b in pairs
                ],
                "resolution": {role: asdict(self._resolution(role)) for role in roles},
            }
        )

    def as_json(self) -> dict[str, Any]:
        """The object that `tracedial analyze STUDY --json` prints."""
        return {
            "study": Path(self.study).name,
            "synthetic": self.synthetic,
            "n_sessions": len(self.sessions),
            **self.pooled(),
            "sessions": self.sessions,
            "problems": self.problems,
            # What is each session's own stands with it.
            "parameters": {
                name: value for name, value in self.sessions[0]["parameters"].items() if name not in OF_A_SESSION
            },
            "software": {"tracedial": __version__, "numpy": np.__version__},
        }

    def frames(self) -> "dict[str, DataFrame]":
        """The tables as pandas frames."""
        import pandas as pd

        return {name: pd.DataFrame(rows) for name, rows in self.tables().items()}

    def _pairs(self, a: str, b: str) -> Iterator[dict[str, Any]]:
        for data in self.sessions:
            yield from (pair for pair in data["pairs"] if (pair["a"], pair["b"]) == (a, b))

    @cached_property
    def _pseudo(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Each pair of roles beside its pseudo-dyads."""
        pairs = {(pair["a"], pair["b"]): None for data in self.sessions for pair in data["pairs"]}
        return {(a, b): pseudo_tests(self.sessions, self.ratings, a, b, self.settings) for a, b in pairs}

    def _mean_r(self, a: str, b: str) -> Pooled:
        effects, variances, detrended = [], [], 0
        for pair in self._pairs(a, b):
            c = pair["congruence"]
            of = "_detrended" if c["first_p"] == "p_detrended" else ""
            r, needed = c[f"r{of}"], c[f"r_needed{of}"]
            if c["first_p"] is not None and abs(r) < 1:
                effects.append(np.arctanh(r))
                variances.append((np.arctanh(needed) / 1.96) ** 2)
                detrended += bool(of)
        found = replace(pool(effects, variances), k_detrended=detrended)
        ends = ("value", "ci_low", "ci_high", "prediction_low", "prediction_high")
        return replace(found, **{
            name: float(np.tanh(value)) for name in ends if (value := getattr(found, name)) is not None
        })  # fmt: skip

    def _mean_difference(self, a: str, b: str) -> Pooled:
        effects, variances = [], []
        for pair in self._pairs(a, b):
            d = pair["discrepancy"]
            if d["mean"] is not None:
                # A dyad without an interval is worth one observation: leaving it out would leave out the slowest.
                effects.append(d["mean"])
                variances.append(max((d["sd"] or 0.0) ** 2 / max(d["n_eff"] or 1.0, 1.0), 1e-6))
        return pool(effects, variances)

    def _resolution(self, role: str) -> Resolution:
        from statsmodels.stats.proportion import proportion_confint

        resolved: list[float] = []
        unresolved: list[float] = []
        for data in self.sessions:
            repaired = {r["rank"]: r["onset_s"] is not None for r in data["repairs"].get(role, [])}
            for rupture in data["ruptures"].get(role, []):
                (resolved if repaired[rupture["rank"]] else unresolved).append(rupture["mean"])
        n = len(resolved) + len(unresolved)
        low, high = None, None
        if n:
            bounds: Any = proportion_confint(len(resolved), n, method="wilson")
            low, high = float(bounds[0]), float(bounds[1])
        return Resolution(
            n, len(resolved), len(resolved) / n if n else None, low, high,
            float(np.mean(resolved)) if resolved else None, float(np.mean(unresolved)) if unresolved else None,
        )  # fmt: skip


def dyads_have(count: int) -> str:
    """`1 dyad has`, `18 dyads have`."""
    return f"{count} dyad has" if count == 1 else f"{count} dyads have"


def pool(effects: list[float], variances: list[float]) -> Pooled:
    """The random-effects mean of effects with known variances, by statsmodels (Paule & Mandel 1982; Hartung & Knapp
    2001, not below the error without their factor: Röver, Knapp & Friede 2015)."""
    k = len(effects)
    if k < MIN_POOLED:
        reason = f"{dyads_have(k)} it, at least {MIN_POOLED} are needed"
        return Pooled(k, None, None, None, None, None, reason=reason)
    from scipy.special import stdtrit
    from statsmodels.stats.meta_analysis import combine_effects

    with np.errstate(divide="ignore", invalid="ignore"):
        # Dyads that are all alike leave nothing for the share of differences between them.
        found: Any = combine_effects(np.array(effects), np.array(variances), method_re="iterated")
    mean = float(found.mean_effect_re)
    # Dyads that happen to be alike must not make an interval narrower than what is known of each allows.
    error = max(float(found.sd_eff_w_re_hksj), float(found.sd_eff_w_re))
    reach = float(stdtrit(k - 1, 0.975)) * error
    tau2 = max(float(found.tau2), 0.0)
    ahead = float(stdtrit(k - 2, 0.975)) * float(np.sqrt(tau2 + error**2)) if k > 2 else None
    return Pooled(
        k, mean, mean - reach, mean + reach, tau2, max(float(found.i2), 0.0),
        None if ahead is None else mean - ahead, None if ahead is None else mean + ahead,
    )  # fmt: skip


def analyze_study(
    study: str,
    settings: AnalysisSettings,
    *,
    out: Path,
    jobs: int | None = None,
    dask: str | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> StudyAnalysis:
    """Analyze all sessions of a study; results go to `out` as they come. `on_progress` takes how many are done and how
    many there are. Raises `AnalysisError` where nothing could be analyzed or written."""
    parts = out / PARTS
    known: dict[str, dict[str, Any]] = {}
    todo = find_jobs(study, settings)
    if not settings.order:
        # b minus a is the same way round in every session: as in the first.
        settings = replace(settings, order=tuple(_first_order(todo)))
        todo = [replace(job, settings=settings) for job in todo]
    if settings.codes is not None:
        # Once for all: an odd sheet ends the run before it begins.
        _refuse_codes_of_no_session(settings.codes, [job.name for job in todo])
    twice = next((name for name, count in Counter(job.name for job in todo).items() if count > 1), None)
    if twice:
        raise AnalysisError(f"Two sessions of {study} are named {twice}: rename a folder.")
    try:
        make_folder(parts)
    except OSError as error:
        raise AnalysisError(f"The results cannot be written to {out}: {error.strerror}.") from error
    for job in todo:
        if part := _read_part(parts / f"{job.name}.json"):
            known[job.name] = part
    todo = [replace(job, known_key=known[job.name]["key"]) if job.name in known else job for job in todo]
    results: dict[str, dict[str, Any]] = {}
    ratings: dict[str, Ratings] = {}
    problems: dict[str, str] = {}
    reused = 0
    for count, done in enumerate(_run_all(todo, jobs=jobs, dask=dask), start=1):
        if done.problem:
            problems[done.name] = done.problem
        elif done.result is None:
            results[done.name], ratings[done.name] = known[done.name]["result"], known[done.name]["ratings"]
            reused += 1
        else:
            part = {"key": done.key, "result": done.result, "ratings": done.ratings}
            _write_part(parts / f"{done.name}.json", part)
            results[done.name], ratings[done.name] = done.result, done.ratings
        on_progress(count, len(todo))
    if not results:
        name, text = next(iter(problems.items()))
        raise AnalysisError(
            f"{study} is no session folder, and none of the sessions in it could be analyzed; {name}: {text}"
        )
    return StudyAnalysis(
        study, settings, [results[name] for name in sorted(results)], dict(sorted(problems.items())), reused, ratings
    )


def write_study(analysis: StudyAnalysis, out: Path) -> None:
    """`study.json` (without the sessions, whose own lie in `parts`) and the tables as CSV."""
    data = {key: value for key, value in analysis.as_json().items() if key != "sessions"}
    try:
        write_whole(out / "study.json", json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        for name, rows in analysis.tables().items():
            write_csv(out / f"{name}.csv", rows, ("session", *EVENT_COLUMNS) if name == "events" else None)
    except OSError as error:
        raise AnalysisError(f"The tables in {out} cannot be written: {error.strerror}.") from error


def write_long_traces(analysis: StudyAnalysis, out: Path) -> None:
    """`traces.csv`: session, rater, video_s, rating of every second, as mixed models want them."""
    analyzed = {data["session"] for data in analysis.sessions}
    try:
        rows = (
            (job.name, trace.rater, second, None if np.isnan(rating) else float(rating))
            for job in find_jobs(analysis.study, analysis.settings)
            if job.name in analyzed
            for trace in traces_of(job)
            for second, rating in enumerate(trace.rating)
        )
        write_table(out / "traces.csv", ("session", "rater", "video_s", "rating"), rows)
    except OSError as error:
        raise AnalysisError(f"The traces cannot be written to {out}: {error.strerror}.") from error


def _refuse_codes_of_no_session(path: Path, sessions: list[str]) -> None:
    """A study's sheet says of each code which session it belongs to."""
    codes = read_codes(path)
    if len(sessions) > 1 and not all(code.session for code in codes):
        raise AnalysisError(f"{path} must say in a column `session` which session of the study each code belongs to.")
    unknown = sorted({code.session for code in codes if code.session and code.session not in sessions})
    if unknown:
        raise AnalysisError(
            f"{path} has codes of {unknown[0]}, which is no session of the study ({', '.join(sessions[:5])}"
            + (", …)." if len(sessions) > 5 else ").")
        )


def _first_order(jobs_to_do: list[Job]) -> list[str]:
    """The raters of the first session that names any."""
    for job in jobs_to_do:
        with contextlib.suppress(AnalysisError):
            if raters := first_raters(job):
                return raters
    return []


def _run_all(jobs_to_do: list[Job], *, jobs: int | None, dask: str | None) -> Iterable[Done]:
    if dask:
        return _on_dask(jobs_to_do, dask)
    workers = min(jobs or _cores(), len(jobs_to_do))
    if workers <= 1:
        return map(run_job, jobs_to_do)
    return _in_processes(jobs_to_do, workers)


def _in_processes(jobs_to_do: list[Job], workers: int) -> Iterator[Done]:
    pool_of_workers = ProcessPoolExecutor(workers, initializer=_leave_ctrl_c_to_the_parent)
    try:
        waiting = iter(jobs_to_do)
        running = {pool_of_workers.submit(run_job, job) for job in itertools.islice(waiting, TASKS_AHEAD * workers)}
        while running:
            done = next(as_completed(running))
            running.discard(done)
            running.update(pool_of_workers.submit(run_job, job) for job in itertools.islice(waiting, 1))
            yield done.result()
    finally:
        pool_of_workers.shutdown(wait=True, cancel_futures=True)


def _on_dask(jobs_to_do: list[Job], address: str) -> Iterator[Done]:
    try:
        from distributed import Client
        from distributed import as_completed as as_dask_completes
    except ImportError as error:
        raise AnalysisError(
            "--dask needs Dask: install it with `pip install tracedial[dask]`, here and on the workers."
        ) from error
    try:
        client = Client(address, timeout="20s")
    except (OSError, TimeoutError, ValueError) as error:
        raise AnalysisError(f"No Dask scheduler answers at {address} ({error}).") from error
    with contextlib.closing(client):
        # A worker that dies takes its sessions with it: the scheduler gives them to another one.
        futures = client.map(run_job, jobs_to_do, pure=False, retries=3)
        for future, done in as_dask_completes(futures, with_results=True, raise_errors=True):
            yield done
            future.release()


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_part(path: Path) -> dict[str, Any] | None:
    """A session's result as an earlier run left it; None for one that is not there or not whole."""
    try:
        part = json.loads(path.read_text(encoding="utf-8"))
        return part if isinstance(part, dict) and {"key", "result", "ratings"} <= part.keys() else None
    except (OSError, ValueError):
        return None


def _write_part(path: Path, part: dict[str, Any]) -> None:
    # Two runs at once write a file each; the later one stays.
    try:
        write_whole(path, json.dumps(part, ensure_ascii=False, allow_nan=False))
    except (OSError, UnicodeEncodeError) as error:
        raise AnalysisError(f"The result {str(path)!r} cannot be written ({error}).") from error
