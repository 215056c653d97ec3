"""The tables that are derived from ratings, choices and answers: of one rater, and of a whole study."""

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

from tracedial.errors import NothingRatedError, StudyError, TracedialError, os_sentence
from tracedial.files.private import make_folder
from tracedial.files.safe_text import FOR_SPREADSHEETS, digits, write_table
from tracedial.recording.folder import journals
from tracedial.study.answers import ANSWERS_TABLE, answer_rows, read_answers, write_answers
from tracedial.study.progress import survey
from tracedial.study.rating import Rating
from tracedial.study.segments import Choice, begin_choice, read_choice, write_segments
from tracedial.study.study import Study

EXPORTED = {
    "segments.csv": ("session", "rater", "segment", "kind", "rank", "start_s", "end_s", "chosen", "source",
                     "changed_by", "why"),
    "traces.csv": ("session", "rater", "video_s", "rating", "flags"),
    "status.csv": ("session", "rater", "step", "at_s", "duration_s", "clips", "unanswered", "problem",
                   "rated_percent", "voided"),
}  # fmt: skip


def write_tables(rating: Rating) -> None:
    """Write what is derived from a rater's choice and answers: `segments.csv`, `answers.csv`."""
    study, folder, trace = rating.study, rating.folder, rating.trace()
    choice = begin_choice(folder, study, trace.rated)
    plan = study.clips
    write_segments(
        folder, choice, trace.rated, clip_s=plan.length_s, end_of_video_s=rating.duration_s, pairs=plan.pairs
    )
    made = rating.chosen_clips()
    answers = read_answers(folder)
    if answers.given or (made and choice.accepted_by):
        write_answers(folder / ANSWERS_TABLE, answer_rows(study, rating.session_name, rating.rater, made, answers))


def export_study(study: Study, folder: Path) -> tuple[dict[str, int], list[str]]:
    """Write the study's tables, all sessions in each: `answers.csv`, `segments.csv`, `traces.csv` (long), `status.csv`.
    Returns how many rows each has, and what could not be exported, in sentences: one rater's damaged files do not keep
    all others' from it, and `status.csv` says whose they are."""
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in EXPORTED}
    answers: list[dict[str, Any]] = []
    found, problems = survey(study)
    for session, raters in found:
        name = session.folder.name
        for rater, where in raters.items():
            rating = Rating(study, session, rater)
            problem = where.problem
            try:
                trace_rows = [] if problem else _trace_rows(rating)
                choice = None if problem else read_choice(rating.folder)
                given = [] if choice is None else _answers_of(rating)
            except TracedialError as error:
                problem = str(error)
            except OSError as error:
                problem = os_sentence(error)
            else:
                rows["traces.csv"] += [(name, rater, *row) for row in trace_rows]
                rows["segments.csv"] += [(name, rater, *row) for row in _segment_rows(choice)] if choice else []
                answers += given
            rows["status.csv"].append(
                (
                    name,
                    rater,
                    where.step,
                    digits(where.at_s, 1),
                    where.duration_s,
                    where.clips,
                    where.unanswered,
                    problem,
                    digits(100 * where.rated_share, 1),
                    where.voided,
                )
            )
            problems += [problem] if problem else []
    try:
        make_folder(folder)
        write_answers(folder / ANSWERS_TABLE, answers)
        for file_name, header in EXPORTED.items():
            write_table(folder / file_name, header, rows[file_name], encoding=FOR_SPREADSHEETS)
    except OSError as error:
        raise StudyError(folder, f"The tables cannot be written to {folder}: {error.strerror}.") from error
    return {"answers.csv": len(answers), **{name: len(content) for name, content in rows.items()}}, problems


def _trace_rows(rating: Rating) -> list[tuple[Any, ...]]:
    """A rater's seconds; none where the sitting was closed before anything was rated."""
    if not journals(rating.folder):
        return []
    try:
        trace = rating.trace()
    except NothingRatedError:
        return []
    flags = trace.flags or [""] * len(trace.rating)
    return [
        (second, None if math.isnan(value) else Decimal(f"{value:g}"), flags[second])
        for second, value in enumerate(trace.rating)
    ]


def _answers_of(rating: Rating) -> list[dict[str, Any]]:
    answers = read_answers(rating.folder)
    return answer_rows(rating.study, rating.session_name, rating.rater, rating.chosen_clips(), answers)


def _segment_rows(choice: Choice) -> list[tuple[Any, ...]]:
    return [
        (segment.id, segment.kind, segment.rank, segment.start_s, segment.end_s, int(segment.chosen),
         segment.source, segment.changed_by, segment.why)
        for segment in sorted(choice.segments.values(), key=lambda s: (s.start_s, s.kind))
    ]  # fmt: skip
