"""How far each rater of a study is: what is recorded, chosen and answered, and what is missing."""

import math
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tracedial.answers import ANSWERS_TABLE, answer_rows, questions_for, read_answers, unanswered, write_answers
from tracedial.derived import read_derived
from tracedial.errors import JournalError, StudyError
from tracedial.export import FOR_SPREADSHEETS, digits, write_table
from tracedial.journal import read_journal
from tracedial.recording import journals
from tracedial.segments import Choice, Clip, begin_choice, clips, read_choice, write_segments
from tracedial.session import Session, scale_to_json
from tracedial.study import STUDY_FILE, Study
from tracedial.trace import Trace

STEPS = ("open", "begun", "rated", "chosen", "done")
END_TOLERANCE_S = 1.0
"""Players end up to a frame (some up to a second) before the length that the file gives."""


@dataclass(frozen=True)
class Progress:
    """Where a rater is. `open`: nothing yet; `begun`: the video was not rated to its end; `rated`; `chosen`: the
    segments are, and clips wait; `done`: all questions were asked. `at_s` is where the rating stands in the video;
    `damaged_lines` how many lines of the choice's and the answers' journals are damaged and not used."""

    step: str
    at_s: float
    duration_s: float
    clips: int = 0
    questions: int = 0
    unanswered: int = 0
    damaged_lines: int = 0


def rated_until(folder: Path) -> tuple[float, bool]:
    """The second of the video up to which a recording's player came, and whether it was played to its end."""
    at_s, ended = 0.0, False
    for name in journals(folder):
        path = folder / name
        stamp = (path.stat().st_size, path.stat().st_mtime_ns)
        if path not in _READ or _READ[path][0] != stamp:
            _READ[path] = (stamp, _played(path))
        played_s, ended_here = _READ[path][1]
        # What was played to its end once stays so, whatever a later journal holds.
        at_s, ended = played_s or at_s, ended or ended_here
    return at_s, ended


EXPORTED = {
    "segments.csv": ("session", "rater", "segment", "kind", "rank", "start_s", "end_s", "chosen", "source",
                     "changed_by", "why"),
    "traces.csv": ("session", "rater", "video_s", "rating", "flags"),
    "status.csv": ("session", "rater", "step", "at_s", "duration_s", "clips", "unanswered"),
}  # fmt: skip

# A journal is read once; a study's status is asked for every few seconds.
_READ: dict[Path, tuple[tuple[int, int], tuple[float, bool]]] = {}


def _played(path: Path) -> tuple[float, bool]:
    """Where the last event of the player, or the last frame that a page showed, was. A player without a page that ran
    to the journal's last record was as far as it ran until then."""
    at_s, ended = 0.0, False
    duration_s = None
    running: dict[str, Any] | None = None
    last_ns = 0
    for record in read_journal(path).records:
        last_ns = max(last_ns, record.get("host_ns") or record.get("host_received_ns") or 0)
        if record["kind"] == "recording":
            duration_s = record["video"]["duration_s"]
        elif record["kind"] == "frames" and record["media_s"]:
            at_s = record["media_s"][-1]
            running = None
        elif record["kind"] == "player":
            at_s = record["video_s"]
            running = record if record["event"] in ("play", "rate") else None
            ended = record["event"] == "ended" and duration_s is not None and at_s >= duration_s - END_TOLERANCE_S
    if running and last_ns > running["host_ns"]:
        at_s += (last_ns - running["host_ns"]) / 1e9 * running["speed"]
    return at_s if duration_s is None else min(at_s, duration_s), ended


def progress(study: Study, session: Session, rater: str) -> Progress:
    """How far a rater of a session is."""
    folder = study.session_folder(session.folder.name) / rater
    duration_s = float(session.video["duration_s"] or 0.0)
    if not journals(folder):
        return Progress("open", 0.0, duration_s)
    try:
        at_s, ended = rated_until(folder)
    except (JournalError, KeyError, TypeError) as error:
        raise StudyError(folder, f"The journal in {folder} cannot be read ({error}).") from error
    if not ended:
        return Progress("begun", at_s, duration_s)
    choice = read_choice(folder)
    answers = read_answers(folder)
    damaged = answers.damaged_lines + (choice.damaged_lines if choice else 0)
    if choice is None or not choice.accepted_by:
        return Progress("rated", at_s, duration_s, damaged_lines=damaged)
    made = chosen_clips(study, session, rater)
    asked = sum(len(questions_for(study, clip.segment)) for clip in made)
    left = unanswered(study, made, answers)
    step = "done" if answers.is_done(made) else "chosen"
    return Progress(step, at_s, duration_s, len(made), asked, left, damaged)


def rating_of(study: Study, session: Session, rater: str) -> Trace:
    """A rater's trace. Raises `StudyError` where nothing was rated yet."""
    folder = study.session_folder(session.folder.name) / rater
    if not journals(folder):
        raise StudyError(folder, f"{rater} has not rated {session.folder.name} yet: {folder} has no journal.")
    return read_derived(folder, rater).trace


def check_same_scale(folder: Path, study: Study) -> None:
    """Refuse to go on with a rating that was begun on another scale than the study has now."""
    scale = study.scale
    now = scale_to_json(scale)
    for name in journals(folder):
        for record in read_journal(folder / name).records:
            if record["kind"] == "hello" and record["scale"] != now:
                was = record["scale"]
                raise StudyError(
                    folder,
                    f"This rating was begun on a scale from {was['low']} to {was['high']}, and the study's is from "
                    f"{scale.low} to {scale.high} now (or its labels differ): put it back in {STUDY_FILE}, or add the "
                    "session again under another name.",
                )


def chosen_clips(study: Study, session: Session, rater: str) -> list[Clip]:
    """The clips of the segments that hold, in the order in which they are shown."""
    choice = read_choice(study.session_folder(session.folder.name) / rater)
    if choice is None:
        return []
    return clips(choice.chosen, length_s=study.clips.length_s, end_of_video_s=float(session.video["duration_s"]))


def write_tables(study: Study, session: Session, rater: str) -> None:
    """Write what is derived from a rater's choice and answers: `segments.csv`, `answers.csv`."""
    folder = study.session_folder(session.folder.name) / rater
    trace = rating_of(study, session, rater)
    choice = begin_choice(folder, study, trace.rated)
    end_s = float(session.video["duration_s"])
    write_segments(folder, choice, trace.rated, clip_s=study.clips.length_s, end_of_video_s=end_s)
    made = chosen_clips(study, session, rater)
    answers = read_answers(folder)
    if answers.given or (made and choice.accepted_by):
        write_answers(folder / ANSWERS_TABLE, answer_rows(study, session.folder.name, rater, made, answers))


def export_study(study: Study, folder: Path) -> dict[str, int]:
    """Write the study's tables, all sessions in each: `answers.csv`, `segments.csv`, `traces.csv` (long), `status.csv`.
    Returns how many rows each has."""
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in EXPORTED}
    answers: list[dict[str, Any]] = []
    for session in study.sessions():
        name = session.folder.name
        for rater in session.raters:
            where = progress(study, session, rater)
            rows["status.csv"].append(
                (name, rater, where.step, digits(where.at_s, 1), where.duration_s, where.clips, where.unanswered)
            )
            rater_folder = study.rater_folder(name, rater)
            if journals(rater_folder):
                trace = rating_of(study, session, rater)
                flags = trace.flags or [""] * len(trace.rating)
                rows["traces.csv"] += [
                    (name, rater, second, None if math.isnan(rating) else Decimal(f"{rating:g}"), flags[second])
                    for second, rating in enumerate(trace.rating)
                ]
            choice = read_choice(rater_folder)
            if choice is not None:
                rows["segments.csv"] += [(name, rater, *row) for row in _segment_rows(choice)]
                made = chosen_clips(study, session, rater)
                answers += answer_rows(study, name, rater, made, read_answers(rater_folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_answers(folder / ANSWERS_TABLE, answers)
        for file_name, header in EXPORTED.items():
            write_table(folder / file_name, header, rows[file_name], encoding=FOR_SPREADSHEETS)
    except OSError as error:
        raise StudyError(folder, f"The tables cannot be written to {folder}: {error.strerror}.") from error
    return {"answers.csv": len(answers), **{name: len(content) for name, content in rows.items()}}


def _segment_rows(choice: Choice) -> list[tuple[Any, ...]]:
    return [
        (segment.id, segment.kind, segment.rank, segment.start_s, segment.end_s, int(segment.chosen),
         segment.source, segment.changed_by, segment.why)
        for segment in sorted(choice.segments.values(), key=lambda s: (s.start_s, s.kind))
    ]  # fmt: skip
