"""How far each rater of a study is: what is recorded, chosen and answered, and what is missing."""

from dataclasses import dataclass
from typing import Any

from tracedial.errors import StudyError, TracedialError
from tracedial.recording.session import Session
from tracedial.study.answers import questions_for, read_answers, unanswered
from tracedial.study.played import rated_until
from tracedial.study.rating import Rating
from tracedial.study.segments import read_choice
from tracedial.study.study import Study
from tracedial.study.verdicts import voided_ratings

STEPS = ("open", "begun", "lacking", "rated", "chosen", "done", "unreadable")


@dataclass(frozen=True)
class Progress:
    """Where a rater is.

    `open`: nothing yet, perhaps a sitting that was closed before it began; `begun`: the video was not played to its
    end; `lacking`: it was, and too few of its seconds have a rating; `rated`; `chosen`: the segments are, and clips
    wait; `done`: all questions were asked; `unreadable`: what there is cannot be read, for the reason in `problem`.
    `at_s` is where the rating stands in the video; `rated_share` the share of its seconds that have a rating, 0 before
    its end; `voided` how many ratings of this rater are void; `damaged_lines` how many lines of the choice's and the
    answers' journals are damaged and not used.
    """

    step: str
    at_s: float
    duration_s: float
    clips: int = 0
    questions: int = 0
    unanswered: int = 0
    damaged_lines: int = 0
    problem: str = ""
    rated_share: float = 0.0
    voided: int = 0


def survey(study: Study) -> tuple[list[tuple[Session, dict[str, Progress]]], list[str]]:
    """All sessions with each rater's progress, `unreadable` ones included; and what keeps sessions from being read."""
    sessions, problems = study.readable_sessions()
    found = []
    for session in sessions:
        raters = {}
        for rater in session.raters:
            try:
                raters[rater] = progress(Rating(study, session, rater))
            except TracedialError as error:
                duration_s = float(session.video["duration_s"] or 0.0)
                raters[rater] = Progress("unreadable", 0.0, duration_s, problem=str(error))
        found.append((session, raters))
    return found, problems


def progress(rating: Rating) -> Progress:
    """How far a rater of a session is."""
    study, folder, duration_s = rating.study, rating.folder, rating.duration_s
    voided = len(voided_ratings(folder.parent, rating.rater))
    try:
        played = rated_until(folder)
    except OSError as error:
        raise StudyError(folder, f"{folder} cannot be read: {error.strerror}.") from error
    if not played.began:
        return Progress("open", 0.0, duration_s, voided=voided)
    at_s = played.at_s
    if not played.ended:
        return Progress("begun", at_s, duration_s, voided=voided)
    said: dict[str, Any] = {"rated_share": rating.rated_share(), "voided": voided}
    if not rating.has_enough():
        return Progress("lacking", at_s, duration_s, **said)
    choice = read_choice(folder)
    answers = read_answers(folder)
    damaged = answers.damaged_lines + (choice.damaged_lines if choice else 0)
    if choice is None or not choice.accepted_by:
        return Progress("rated", at_s, duration_s, damaged_lines=damaged, **said)
    made = rating.chosen_clips()
    asked = sum(len(questions_for(study, clip.segment)) for clip in made)
    left = unanswered(study, made, answers)
    step = "done" if answers.is_done(made) else "chosen"
    return Progress(
        step=step,
        at_s=at_s,
        duration_s=duration_s,
        clips=len(made),
        questions=asked,
        unanswered=left,
        damaged_lines=damaged,
        **said,
    )
