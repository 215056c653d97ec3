"""Analyzes a whole study: every session, and the results over all of them.

Each session's result is written as soon as it is ready, so an interrupted run loses no finished session. The next run
analyzes only sessions that are new, or that were analyzed from other files, with other settings or by another version.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tracedial.analysis.settings import AnalysisSettings
from tracedial.analysis.study_jobs import Job, find_jobs, first_raters, traces_of
from tracedial.analysis.study_pseudo import Ratings
from tracedial.analysis.study_result import StudyAnalysis
from tracedial.analysis.tables import EVENT_COLUMNS, write_csv
from tracedial.analysis.workers import run_all
from tracedial.errors import AnalysisError
from tracedial.files.private import make_folder
from tracedial.files.safe_text import write_table
from tracedial.files.whole_file import write_whole
from tracedial.measures.coincidence import read_codes

PARTS = "parts"


def analyze_study(
    study: str,
    settings: AnalysisSettings,
    *,
    out: Path,
    jobs: int | None = None,
    dask: str | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> StudyAnalysis:
    """Analyze all sessions of a study; results go to `out` as they come. `on_progress` receives the number of finished
    sessions and the total. Raises `AnalysisError` if nothing could be analyzed or written."""
    parts = out / PARTS
    known: dict[str, dict[str, Any]] = {}
    todo = find_jobs(study, settings)
    if not settings.order:
        # b minus a has the same direction in every session: that of the first.
        settings = replace(settings, order=tuple(_first_order(todo)))
        todo = [replace(job, settings=settings) for job in todo]
    if settings.codes is not None:
        # Checked once for all sessions: a faulty sheet ends the run before it begins.
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
    for count, done in enumerate(run_all(todo, jobs=jobs, dask=dask), start=1):
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
        study=study,
        settings=settings,
        sessions=[results[name] for name in sorted(results)],
        problems=dict(sorted(problems.items())),
        reused=reused,
        ratings=ratings,
    )


def write_study(analysis: StudyAnalysis, out: Path) -> None:
    """Write `study.json` (without the sessions; their own files are in `parts`) and the tables as CSV."""
    data = {key: value for key, value in analysis.as_json().items() if key != "sessions"}
    try:
        write_whole(out / "study.json", json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        for name, rows in analysis.tables().items():
            write_csv(out / f"{name}.csv", rows, ("session", *EVENT_COLUMNS) if name.startswith("events") else None)
    except OSError as error:
        raise AnalysisError(f"The tables in {out} cannot be written: {error.strerror}.") from error


def write_long_traces(analysis: StudyAnalysis, out: Path) -> None:
    """Write `traces.csv`: session, rater, video_s and rating for every second, in the form that mixed models need."""
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
    """Refuse a study's sheet in which a code does not name its session."""
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


def _read_part(path: Path) -> dict[str, Any] | None:
    """A session's result from an earlier run; None if it is missing or not whole."""
    try:
        part = json.loads(path.read_text(encoding="utf-8"))
        return part if isinstance(part, dict) and {"key", "result", "ratings"} <= part.keys() else None
    except (OSError, ValueError):
        return None


def _write_part(path: Path, part: dict[str, Any]) -> None:
    # Two simultaneous runs write a file each; the later one stays.
    try:
        write_whole(path, json.dumps(part, ensure_ascii=False, allow_nan=False))
    except (OSError, UnicodeEncodeError) as error:
        raise AnalysisError(f"The result {str(path)!r} cannot be written ({error}).") from error
