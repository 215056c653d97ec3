"""What a rater typed after the clips: each version a line in `answers.tdj`, the last one in `answers.csv`."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracedial.errors import StudyError
from tracedial.export import safe_cell, whole_text
from tracedial.journal import JournalWriter, read_journal
from tracedial.segments import Clip, Segment
from tracedial.study import CODES, Question, Study

ANSWERS_JOURNAL = "answers.tdj"
ANSWERS_TABLE = "answers.csv"
MAX_TEXT = 20000
COLUMNS = (
    "session", "rater", "segment", "kind", "rank", "start_s", "end_s", "clip_start_s", "clip_end_s", "clip_cut",
    "question", "question_text", "answer", "answered_at",
)  # fmt: skip


@dataclass
class Answers:
    """The last version of each answer by (segment, question); the seconds of each clip that were watched; whether the
    rater said that this was all."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    times: dict[tuple[str, str], str] = field(default_factory=dict)
    watched: set[str] = field(default_factory=set)
    done: bool = False
    damaged_lines: int = 0


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
    answers.damaged_lines = len(content.damaged_lines) + bool(content.cut_bytes)
    for record in content.records:
        key = (record.get("segment", ""), record.get("question", ""))
        match record["kind"]:
            case "answer":
                answers.texts[key] = record["text"]
                answers.times[key] = record["wall_clock"]
            case "watched":
                answers.watched.add(record["segment"])
            case "done":
                answers.done = True
    return answers


class AnswerBook:
    """Takes answers down as they are typed. One for a rating; close it at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal = JournalWriter(folder / ANSWERS_JOURNAL, append=True)

    def answer(self, segment: str, question: str, text: str) -> None:
        """Keep a version of an answer. Raises `StudyError` for one that is longer than any answer is."""
        if len(text) > MAX_TEXT:
            raise StudyError(self.folder, f"The answer has {len(text)} characters; at most {MAX_TEXT} are kept.")
        self._note("answer", segment=segment, question=question, text=whole_text(text))

    def watched(self, segment: str) -> None:
        """Note that a clip was shown to its end."""
        self._note("watched", segment=segment)

    def done(self) -> None:
        """Note that the rater is done."""
        self._note("done")

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
        not answers.texts.get((clip.segment.id, question.id), "").strip()
        for clip in clips
        for question in questions_for(study, clip.segment)
    )


def answer_rows(
    study: Study, session: str, rater: str, clips: Iterable[Clip], answers: Answers
) -> list[dict[str, Any]]:
    """One row for each question of each clip, answered or not; codes as one more row where there are any."""
    rows = []
    for clip in clips:
        segment = clip.segment
        asked = [(question.id, question.text) for question in questions_for(study, segment)]
        if study.clips.codes:
            asked.append((CODES, ", ".join(study.clips.codes)))
        for question, text in asked:
            key = (segment.id, question)
            rows.append(
                {
                    "session": session,
                    "rater": rater,
                    "segment": segment.id,
                    "kind": segment.kind,
                    "rank": segment.rank,
                    "start_s": segment.start_s,
                    "end_s": segment.end_s,
                    "clip_start_s": clip.start_s,
                    "clip_end_s": clip.end_s,
                    "clip_cut": int(clip.cut),
                    "question": question,
                    "question_text": text,
                    "answer": answers.texts.get(key, ""),
                    "answered_at": answers.times.get(key, ""),
                }
            )
    return rows


def write_answers(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows of answers as a CSV that spreadsheets open safely (UTF-8 with its mark, no formulas)."""
    try:
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for row in rows:
                cells = [row[name] for name in COLUMNS]
                writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    except OSError as error:
        raise StudyError(path, f"{path} cannot be written: {error.strerror}.") from error
