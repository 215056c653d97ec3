"""What a rater typed after the clips: each version a line in `answers.tdj`, the last ones in `answers.csv`.

Each line says which seconds were shown and what was asked, so that an answer stays an answer to that, whatever becomes
of the segment or of the study's questions later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracedial.errors import StudyError
from tracedial.files.safe_text import FOR_SPREADSHEETS, whole_text, write_table
from tracedial.files.shape import NUMBER, TEXT, Entry, if_there, is_number, misfit
from tracedial.recording.journal import JournalWriter, read_journal
from tracedial.study.segments import Clip, Segment
from tracedial.study.study import CODES, Question, Study

ANSWERS_JOURNAL = "answers.tdj"
ANSWERS_TABLE = "answers.csv"
MAX_TEXT = 20000
COLUMNS = (
    "session", "rater", "segment", "kind", "rank", "start_s", "end_s", "clip_start_s", "clip_end_s", "clip_cut",
    "question", "question_text", "answer", "answered_at", "current", "changed_by", "change_why",
)  # fmt: skip

Place = tuple[str, float, float]
"""A segment as it was shown: its id, its beginning and its end."""


@dataclass(frozen=True)
class Answer:
    """The last version of an answer, and what it answers: `shown` has the fields of a row of `answers.csv`.
    `changed_by` and `change_why` are of the researcher who wrote this version after the rater had finished."""

    text: str
    answered_at: str
    shown: dict[str, Any]
    changed_by: str = ""
    change_why: str = ""


@dataclass
class Answers:
    """The last version of each answer by segment, seconds, question and the question's words; which clips were watched
    to their end; for which clips the rater said that this was all."""

    given: dict[tuple[Place, str, str], Answer] = field(default_factory=dict)
    watched: set[Place] = field(default_factory=set)
    done_for: set[Place] = field(default_factory=set)
    damaged_lines: int = 0

    def to(self, segment: Segment, question: str, question_text: str) -> Answer | None:
        """The answer to a question about a segment as it is now."""
        return self.given.get((place_of(segment), question, question_text))

    def is_done(self, clips: Iterable[Clip]) -> bool:
        """Whether the rater said that this was all, having been shown these clips."""
        return {place_of(clip.segment) for clip in clips} <= self.done_for


def place_of(segment: Segment) -> Place:
    """A segment's id and seconds: a segment that was moved is another one to whoever was asked about it."""
    return segment.id, float(segment.start_s), float(segment.end_s)


def questions_for(study: Study, segment: Segment) -> list[Question]:
    """What is asked after a segment's clip."""
    return [question for question in study.questions if question.after == segment.kind]


def read_answers(folder: Path) -> Answers:
    """The answers in a rating's folder, none where nothing was asked yet."""
    answers = Answers()
    path = folder / ANSWERS_JOURNAL
    if not path.exists():
        return answers
    content = read_journal(path)
    answers.damaged_lines = content.lines_lost
    for record in content.records:
        kind = record["kind"]
        if said := misfit(record, _RECORDS.get(kind, {}) if isinstance(kind, str) else {"kind": TEXT}):
            raise StudyError(path, f"{path} has a line that is no answer's ({said}): put it back from a copy.")
        _take(answers, record)
    return answers


class AnswerBook:
    """Takes answers down as they are typed. One for a rating; close it at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal = JournalWriter(folder / ANSWERS_JOURNAL, append=True)

    def answer(self, clip: Clip, question: str, question_text: str, text: str, *, who: str = "", why: str = "") -> None:
        """Keep a version of an answer to what was shown; `who` and `why` where it is not the rater's own. Raises
        `StudyError` for one longer than any answer is."""
        if len(text) > MAX_TEXT:
            raise StudyError(self.folder, f"The answer has {len(text)} characters; at most {MAX_TEXT} are kept.")
        author = {"who": who, "why": why} if who else {}
        self._note("answer", shown=_shown(clip, question, question_text), text=whole_text(text), **author)

    def watched(self, clip: Clip) -> None:
        """Note that a clip was shown to its end."""
        self._note("watched", place=place_of(clip.segment))

    def done(self, clips: Iterable[Clip]) -> None:
        """Note that the rater, having been shown these clips, is done."""
        self._note("done", places=[place_of(clip.segment) for clip in clips])

    @property
    def problem(self) -> str:
        """What keeps the disk from taking answers, in a sentence."""
        return self._journal.problem

    def close(self) -> None:
        """Close the journal. Raises `JournalError` if some could not be written."""
        self._journal.close()

    def _note(self, kind: str, **fields: Any) -> None:
        self._journal.append(kind, wall_clock=datetime.now(UTC).isoformat(timespec="seconds"), **fields)


def unanswered(study: Study, clips: Iterable[Clip], answers: Answers) -> int:
    """How many questions have no answer yet."""
    return sum(
        not (given.text.strip() if (given := answers.to(clip.segment, question.id, question.text)) else "")
        for clip in clips
        for question in questions_for(study, clip.segment)
    )


def answer_rows(
    study: Study, session: str, rater: str, clips: Iterable[Clip], answers: Answers
) -> list[dict[str, Any]]:
    """One row for each question of each clip, answered or not, and codes as one more row where there are any. An answer
    to what is no longer asked (the segment moved or taken away, the question changed) follows, with `current` 0."""
    rows = []
    used = set()
    for clip in clips:
        segment = clip.segment
        asked = [(question.id, question.text) for question in questions_for(study, segment)]
        if study.clips.codes:
            asked.append((CODES, ""))
        for question, text in asked:
            key = (place_of(segment), question, text)
            used.add(key)
            given = answers.given.get(key)
            shown = given.shown if given else _shown(clip, question, text)
            rows.append(_row(session, rater, shown, given, current=1))
    rows += [
        _row(session, rater, given.shown, given, current=0)
        for key, given in answers.given.items()
        if key not in used and given.text.strip()
    ]
    return rows


def write_answers(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows of answers as a CSV that spreadsheets open safely (UTF-8 with its mark, no formulas)."""
    try:
        write_table(path, COLUMNS, ([row[name] for name in COLUMNS] for row in rows), encoding=FOR_SPREADSHEETS)
    except OSError as error:
        raise StudyError(path, f"{path} cannot be written: {error.strerror}.") from error


def _shown(clip: Clip, question: str, question_text: str) -> dict[str, Any]:
    segment = clip.segment
    return {
        "segment": segment.id, "kind": segment.kind, "rank": segment.rank, "start_s": segment.start_s,
        "end_s": segment.end_s, "clip_start_s": clip.start_s, "clip_end_s": clip.end_s, "clip_cut": int(clip.cut),
        "question": question, "question_text": question_text,
    }  # fmt: skip


def _row(session: str, rater: str, shown: dict[str, Any], given: Answer | None, *, current: int) -> dict[str, Any]:
    return {
        **shown,
        "session": session,
        "rater": rater,
        "answer": given.text if given else "",
        "answered_at": given.answered_at if given else "",
        "current": current,
        "changed_by": given.changed_by if given else "",
        "change_why": given.change_why if given else "",
    }


_PLACE = Entry(
    "a segment with its beginning and end",
    lambda value: (
        isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and all(map(is_number, value[1:]))
    ),
)
_RECORDS = {
    "answer": {
        "shown": {
            "segment": TEXT, "kind": TEXT, "rank": NUMBER, "start_s": NUMBER, "end_s": NUMBER, "clip_start_s": NUMBER,
            "clip_end_s": NUMBER, "clip_cut": NUMBER, "question": TEXT, "question_text": TEXT,
        },
        "text": TEXT,
        "wall_clock": TEXT,
        "who": if_there(TEXT),
        "why": if_there(TEXT),
    },
    "watched": {"place": _PLACE},
    "done": {"places": [_PLACE]},
}  # fmt: skip


def _take(answers: Answers, record: dict[str, Any]) -> None:
    match record["kind"]:
        case "answer":
            shown = record["shown"]
            place = _place((shown["segment"], shown["start_s"], shown["end_s"]))
            author = record.get("who", ""), record.get("why", "")
            answer = Answer(record["text"], record["wall_clock"], shown, *author)
            answers.given[(place, shown["question"], shown["question_text"])] = answer
        case "watched":
            answers.watched.add(_place(record["place"]))
        case "done":
            answers.done_for = {_place(place) for place in record["places"]}


def _place(entry: Any) -> Place:
    name, start_s, end_s = entry
    return str(name), float(start_s), float(end_s)
