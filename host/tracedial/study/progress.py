"""How far each rater of a study is: what is recorded, chosen and answered, and what is missing."""

import math
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tracedial.alignment.derived import read_derived
from tracedial.errors import JournalError, NothingRatedError, StudyError, TracedialError, os_sentence
from tracedial.files.private import make_folder
from tracedial.files.safe_text import FOR_SPREADSHEETS, digits, write_table
from tracedial.measures.trace import Trace
from tracedial.recording.folder import journals
from tracedial.recording.journal import read_journal
from tracedial.recording.session import Session, scale_to_json
from tracedial.study.answers import ANSWERS_TABLE, answer_rows, questions_for, read_answers, unanswered, write_answers
from tracedial.study.segments import Choice, Clip, begin_choice, clips, read_choice, write_segments
from tracedial.study.study import STUDY_FILE, Study

STEPS = ("open", "begun", "rated", "chosen", "done", "unreadable")
END_TOLERANCE_S = 1.0
"""Players end up to a frame (some up to a second) before the length that the file gives."""


@dataclass(frozen=True)
class Progress:
    """Where a rater is.

    `open`: nothing yet, perhaps a sitting that was closed before it began; `begun`: the video was not rated to its end;
    `rated`; `chosen`: the segments are, and clips wait; `done`: all questions were asked; `unreadable`: what there is
    cannot be read, for the reason in `problem`. `at_s` is where the rating stands in the video; `damaged_lines` how
    many lines of the choice's and the answers' journals are damaged and not used.
    """

    step: str
    at_s: float
    duration_s: float
    clips: int = 0
    questions: int = 0
    unanswered: int = 0
    damaged_lines: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Played:
    """The second of the video up to which a recording's player came; whether it began at all, whether it was played to
    its end."""

    at_s: float = 0.0
    began: bool = False
    ended: bool = False


def rated_until(folder: Path) -> Played:
    """How far the video was played in a recording, in all journals. Raises `StudyError` where one cannot be read."""
    played = Played()
    for name in journals(folder):
        path = folder / name
        try:
            stamp = (path.stat().st_size, path.stat().st_mtime_ns)
            if path not in _READ or _READ[path][0] != stamp:
                _READ[path] = (stamp, _played(path))
        except OSError as error:
            raise StudyError(path, f"{path} cannot be read: {error.strerror}.") from error
        except (JournalError, KeyError, TypeError, ValueError, IndexError) as error:
            raise StudyError(path, f"The journal {path} cannot be read ({error}).") from error
        here = _READ[path][1]
        # What was played to its end once stays so, whatever a later journal holds.
        played = Played(here.at_s or played.at_s, played.began or here.began, played.ended or here.ended)
    return played


EXPORTED = {
    "segments.csv": ("session", "rater", "segment", "kind", "rank", "start_s", "end_s", "chosen", "source",
                     "changed_by", "why"),
    "traces.csv": ("session", "rater", "video_s", "rating", "flags"),
    "status.csv": ("session", "rater", "step", "at_s", "duration_s", "clips", "unanswered", "problem"),
}  # fmt: skip

# A journal is read once; a study's status is asked for every few seconds.
_READ: dict[Path, tuple[tuple[int, int], Played]] = {}


def _played(path: Path) -> Played:
    """Where the last event of the player, or the last frame that a page showed, was. A player without a page that ran
    to the journal's last record was as far as it ran until then."""
    at_s, began, ended = 0.0, False, False
    duration_s = None
    running: dict[str, Any] | None = None
    last_ns = 0
    for record in read_journal(path, samples_apart=True).records:
        last_ns = max(last_ns, record.get("host_ns") or record.get("host_received_ns") or 0)
        if record["kind"] == "recording":
            duration_s = record["video"]["duration_s"]
        elif record["kind"] == "frames" and record["media_s"]:
            at_s = float(record["media_s"][-1])
            running = None
        elif record["kind"] == "player":
            at_s = float(record["video_s"])
            began = began or record["event"] == "play"
            running = record if record["event"] in ("play", "rate") else None
            ended = record["event"] == "ended" and duration_s is not None and at_s >= duration_s - END_TOLERANCE_S
    if running and last_ns > running["host_ns"]:
        at_s += (last_ns - running["host_ns"]) / 1e9 * running["speed"]
    return Played(at_s if duration_s is None else min(at_s, duration_s), began, ended)


def survey(study: Study) -> tuple[list[tuple[Session, dict[str, Progress]]], list[str]]:
    """All sessions with each rater's progress, `unreadable` ones included; and what keeps sessions from being read."""
    sessions, problems = study.readable_sessions()
    found = []
    for session in sessions:
        raters = {}
        for rater in session.raters:
            try:
                raters[rater] = progress(study, session, rater)
            except TracedialError as error:
                duration_s = float(session.video["duration_s"] or 0.0)
                raters[rater] = Progress("unreadable", 0.0, duration_s, problem=str(error))
        found.append((session, raters))
    return found, problems


def progress(study: Study, session: Session, rater: str) -> Progress:
    """How far a rater of a session is."""
    folder = study.session_folder(session.folder.name) / rater
    duration_s = _duration_s(session)
    try:
        played = rated_until(folder)
    except OSError as error:
        raise StudyError(folder, f"{folder} cannot be read: {error.strerror}.") from error
    if not played.began:
        return Progress("open", 0.0, duration_s)
    at_s = played.at_s
    if not played.ended:
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


def _duration_s(session: Session) -> float:
    """The length of a session's video. Raises `StudyError` for a session without one (a group, live)."""
    duration_s = session.video["duration_s"]
    if not session.video["sha256"] or duration_s is None:
        raise StudyError(
            session.folder,
            f"{session.folder} is a session without a video, as no session of a study is: take it out of the study.",
        )
    return float(duration_s)


def check_same_scale(folder: Path, study: Study) -> None:
    """Refuse to go on with a rating that was begun on another scale than the study has now."""
    scale = study.scale
    now = scale_to_json(scale)
    for name in journals(folder):
        for record in read_journal(folder / name, samples_apart=True).records:
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
    return clips(choice.chosen, length_s=study.clips.length_s, end_of_video_s=_duration_s(session))


def write_tables(study: Study, session: Session, rater: str) -> None:
    """Write what is derived from a rater's choice and answers: `segments.csv`, `answers.csv`."""
    folder = study.session_folder(session.folder.name) / rater
    trace = rating_of(study, session, rater)
    choice = begin_choice(folder, study, trace.rated)
    end_s = _duration_s(session)
    write_segments(folder, choice, trace.rated, clip_s=study.clips.length_s, end_of_video_s=end_s)
    made = chosen_clips(study, session, rater)
    answers = read_answers(folder)
    if answers.given or (made and choice.accepted_by):
        write_answers(folder / ANSWERS_TABLE, answer_rows(study, session.folder.name, rater, made, answers))


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
            problem = where.problem
            try:
                trace_rows = [] if problem else _trace_rows(study, session, rater)
                choice = None if problem else read_choice(study.rater_folder(name, rater))
                given = [] if choice is None else _answers_of(study, session, rater)
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


def _trace_rows(study: Study, session: Session, rater: str) -> list[tuple[Any, ...]]:
    """A rater's seconds; none where the sitting was closed before anything was rated."""
    if not journals(study.rater_folder(session.folder.name, rater)):
        return []
    try:
        trace = rating_of(study, session, rater)
    except NothingRatedError:
        return []
    flags = trace.flags or [""] * len(trace.rating)
    return [
        (second, None if math.isnan(rating) else Decimal(f"{rating:g}"), flags[second])
        for second, rating in enumerate(trace.rating)
    ]


def _answers_of(study: Study, session: Session, rater: str) -> list[dict[str, Any]]:
    name = session.folder.name
    made = chosen_clips(study, session, rater)
    return answer_rows(study, name, rater, made, read_answers(study.rater_folder(name, rater)))


def _segment_rows(choice: Choice) -> list[tuple[Any, ...]]:
    return [
        (segment.id, segment.kind, segment.rank, segment.start_s, segment.end_s, int(segment.chosen),
         segment.source, segment.changed_by, segment.why)
        for segment in sorted(choice.segments.values(), key=lambda s: (s.start_s, s.kind))
    ]  # fmt: skip
