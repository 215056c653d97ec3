"""What a study's session holds besides numbers: answers, quoted by segment, and who changed segments when and why."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracedial.errors import TracedialError
from tracedial.recording.session import Session
from tracedial.report.blocks import Block, Heading, Paragraph, Quote, Table
from tracedial.report.language import Words
from tracedial.report.numbers import span_text
from tracedial.study.answers import answer_rows, questions_for, read_answers
from tracedial.study.edit_log import Edit, read_edits
from tracedial.study.rating import Rating
from tracedial.study.segments import Segment, read_choice
from tracedial.study.study import CODES, STUDY_FILE, Study
from tracedial.study.study_file import read_study
from tracedial.study.verdicts import KEEP, VOID, Verdict, verdicts, voided_ratings


@dataclass(frozen=True)
class StudyParts:
    """A session of a study in its raters' and researchers' words. `answers` are rows of `answers.csv` by rater, `asked`
    how many questions the chosen segments have; `problems` are sentences about what cannot be read."""

    study: Study
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: int = 0
    edits: dict[str, list[Edit]] = field(default_factory=dict)
    decisions: dict[str, list[Verdict]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def study_folder_of(session: Session) -> Path | None:
    """The folder of the study that a session lies in, if it lies in one."""
    home = session.folder.resolve().parent.parent
    return home if (home / STUDY_FILE).is_file() else None


def read_parts(session: Session | None) -> StudyParts | None:
    """The words of a session; None outside a study. What cannot be read is said in `problems`."""
    home = study_folder_of(session) if session else None
    if session is None or home is None:
        return None
    study = read_study(home)
    parts = StudyParts(study)
    asked = 0
    for rater in session.raters:
        rating = Rating(study, session, rater)
        try:
            void = [one.verdict for one in voided_ratings(session.folder, rater) if one.verdict]
            parts.decisions[rater] = [*void, *verdicts(rating.folder)]
            choice = read_choice(rating.folder)
            if choice is None:
                continue
            made = rating.chosen_clips() if choice.accepted_by else []
            rows = answer_rows(study, rating.session_name, rater, made, read_answers(rating.folder))
            parts.answers[rater] = [row for row in rows if row["answer"].strip()]
            parts.edits[rater] = read_edits(rating.folder)
            asked += sum(len(questions_for(study, clip.segment)) for clip in made)
        except TracedialError as error:
            parts.problems.append(str(error))
    return StudyParts(
        study=study,
        answers=parts.answers,
        asked=asked,
        edits=parts.edits,
        decisions=parts.decisions,
        problems=parts.problems,
    )


def answer_blocks(parts: StudyParts, say: Words, *, level: int = 2, title: str = "") -> list[Block]:
    """The answers, quoted by segment in the order of the video, those of each rater by themselves."""
    found: list[Block] = [Paragraph(problem, warning=True, english=True) for problem in parts.problems]
    given = sum(row["current"] and row["question"] != CODES for rows in parts.answers.values() for row in rows)
    for rater, rows in parts.answers.items():
        places = dict.fromkeys((row["start_s"], row["segment"], row["end_s"]) for row in rows)
        for start_s, segment, end_s in sorted(places):
            own = [row for row in rows if (row["start_s"], row["segment"], row["end_s"]) == (start_s, segment, end_s)]
            where = say(
                "{rater}: {kind} {rank}, {span}", rater=rater, kind=say(own[0]["kind"]), rank=own[0]["rank"],
                span=span_text(start_s, end_s),
            )  # fmt: skip
            found.append(Heading(level + 1, where))
            found += [Quote(row["answer"], _question(row, say)) for row in own]
    if parts.asked and given < parts.asked:
        found.append(
            Paragraph(say("{n} of {asked} questions have no answer.", n=parts.asked - given, asked=parts.asked))
        )
    return [Heading(level, title or say("In the raters' words")), *found] if found else []


def _question(row: dict[str, Any], say: Words) -> str:
    text = say("Codes") if row["question"] == CODES else row["question_text"]
    if not row["current"]:
        text += " " + say("(about the segment or question as it was before it was changed)")
    return text


def edit_blocks(parts: StudyParts, say: Words) -> list[Block]:
    """Who changed segments, when, how and why: automatic ones are in the tables of events."""
    rows = [
        (_moment(edit.at), rater, edit.who, _what(edit, say), edit.why or "–")
        for rater, edits in parts.edits.items()
        for edit in edits
        if edit.action != "automatic"
    ]
    decided = {VOID: say("made the rating void"), KEEP: say("let the rating stand as it is")}
    rows += [
        (_moment(one.wall_clock), rater, one.who, decided[one.kind], one.why)
        for rater, all_of_them in parts.decisions.items()
        for one in all_of_them
    ]
    if not rows:
        return []
    title = say("Changes of segments and ratings")
    columns = (say("when (UTC)"), say("rater"), say("by whom"), say("what"), say("why"))
    return [Heading(2, title), Table(columns, sorted(rows, key=lambda row: row[0]), words=True, title=title)]


def _moment(wall_clock: str) -> str:
    return wall_clock.replace("T", " ").replace("+00:00", "")


def _what(edit: Edit, say: Words) -> str:
    one, was = edit.after or edit.before, edit.before
    if edit.action == "accept":
        return say("confirmed the choice")
    if edit.action == "reopen":
        return say("opened the choice again")
    if one is None:
        return edit.action
    name = _name(one, say)
    match edit.action:
        case "add":
            return say("added {name}, {span}", name=name, span=span_text(one.start_s, one.end_s))
        case "move" if was:
            return say(
                "moved {name} from {before} to {after}", name=name, before=span_text(was.start_s, was.end_s),
                after=span_text(one.start_s, one.end_s),
            )  # fmt: skip
        case "rank" if was:
            return say("ranked {name} {rank}", name=_name(was, say), rank=one.rank)
        case "delete":
            return say("took {name} away", name=name)
        case _:
            return say("put {name} back", name=name)


def _name(segment: Segment, say: Words) -> str:
    return f"{say(segment.kind)} {segment.rank}"


def told_blocks(study: Study, say: Words) -> list[Block]:
    """What the raters were told."""
    said = [
        part.strip() for text in (study.rating.definition, study.rating.instructions) for part in text.split("\n\n")
    ]
    words = " ".join(part for part in said if part)
    if not words:
        return []
    return [Heading(3, say("What the raters were told")), Quote(words, study.rating.what)]
