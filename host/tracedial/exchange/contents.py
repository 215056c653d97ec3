"""The content of an export: the sessions of a study (or one session) with each rater's trace, segments and answers. It
is read one session at a time."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tracedial.alignment.derived import Derived, read_derived
from tracedial.errors import ExchangeError, NothingRatedError, TracedialError, os_sentence
from tracedial.measures.ruptures import EventSettings, find_events
from tracedial.measures.trace import Trace
from tracedial.recording.folder import SESSION_FILE, TRACE_FILE, journals
from tracedial.recording.session import Session, read_session
from tracedial.study.answers import answer_rows, read_answers
from tracedial.study.segments import Clip, Segment, all_clips, automatic_segments, read_choice
from tracedial.study.study import STUDY_FILE, Study
from tracedial.study.study_file import read_study


@dataclass(frozen=True)
class Scale:
    """The scale of a rating: its ends, its step, and the labels of its positions. A rating has None instead if its
    recording does not name the scale."""

    low: float
    high: float
    step: float
    labels: dict[float, str]


@dataclass(frozen=True)
class Rating:
    """One rater's part of a session. `role` is the rater's name without a number at its end. `clips` are the clips of
    all segments, including removed ones (see `segment.chosen`); `answers` have the fields of a row of `answers.csv`.
    `confirmed_by` is who confirmed the choice of segments, `by_rule` the rule's own by name; `language` the study's."""

    dyad: str
    rater: str
    role: str
    trace: Trace
    scale: Scale | None
    clips: list[Clip]
    answers: list[dict[str, Any]]
    recorded_at: str
    recorded_with: str
    imported_from: str
    confirmed_by: str = ""
    by_rule: dict[str, Segment] = field(default_factory=dict)
    language: str = "en"

    @property
    def chosen(self) -> list[Clip]:
        """The clips of the chosen segments, in the order of the video."""
        return sorted((one for one in self.clips if one.segment.chosen), key=lambda one: (one.start_s, one.segment.id))

    def mean_of(self, segment: Segment) -> float:
        """The mean rating within a segment; NaN if it has no rating."""
        own = self.trace.rated[int(segment.start_s) : int(np.ceil(segment.end_s))]
        return float(np.nanmean(own)) if np.any(~np.isnan(own)) else float("nan")


@dataclass(frozen=True)
class Dyad:
    """One session: its video's name, SHA-256 and length (None: live), and the ratings of its raters."""

    name: str
    video: dict[str, Any]
    synthetic: bool
    ratings: list[Rating]

    @property
    def n_seconds(self) -> int:
        """The length of the longest trace in seconds."""
        return max((len(one.trace.rating) for one in self.ratings), default=0)


@dataclass
class Source:
    """A study or a session to export. `problems` are sentences about what cannot be read, `notes` are sentences about
    ratings on another scale than the study's, `scales` are the scales of the ratings read so far; all three grow while
    dyads are read. `change` transforms each dyad before it is exported; `named` returns the new names that this gives
    to a dyad and a rater."""

    path: Path
    title: str
    study: Study | None
    sessions: dict[str, Session]
    problems: list[str] = field(default_factory=list)
    scales: list[Scale | None] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    change: Callable[[Dyad], Dyad] = lambda dyad: dyad
    named: Callable[[str, str], tuple[str, str]] = lambda dyad, rater: (dyad, rater)

    @property
    def raters(self) -> list[str]:
        """The raters' names in all sessions as exported, each once, in order of first appearance."""
        return list(dict.fromkeys(self.named(dyad, r)[1] for dyad, s in self.sessions.items() for r in s.raters))

    @property
    def value_labels(self) -> dict[float, str]:
        """The labels of ratings, if all scales read so far agree on them; otherwise none."""
        labels: dict[float, str] = {}
        for scale in self.scales:
            for at, label in (scale.labels if scale else {}).items():
                if labels.setdefault(at, label) != label:
                    return {}
        return labels

    def dyads(self) -> Iterator[Dyad]:
        """Each session in turn. Sessions from which nothing can be read are left out and reported."""
        for name, session in self.sessions.items():
            ratings = [found for rater in session.raters if (found := self._rating(name, session, rater))]
            if ratings:
                yield self.change(Dyad(name, session.video, session.synthetic, ratings))

    def _rating(self, name: str, session: Session, rater: str) -> Rating | None:
        folder = session.folder / rater
        try:
            if not journals(folder) and not (folder / TRACE_FILE).is_file():
                return None
            derived = read_derived(folder, rater)
            rating = _rating(self.study, session, name, rater, derived)
            if rating.scale not in self.scales:
                self.scales.append(rating.scale)
            self.notes += [
                said for said in _other_scale(self.study, name, rater, derived.report or {}) if said not in self.notes
            ]
            return rating
        except NothingRatedError:
            return None
        except TracedialError as error:
            self._note(str(error))
        except OSError as error:
            self._note(os_sentence(error))
        return None

    def _note(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def read_source(path: Path) -> Source:
    """Read a session's folder, a study's folder, or one that holds session folders (directly or in `sessions/`). Raises
    `ExchangeError` if the path is none of these."""
    if (path / SESSION_FILE).is_file():
        session = read_session(path)
        home = path.resolve().parent.parent
        study = read_study(home) if (home / STUDY_FILE).is_file() else None
        title = f"{study.title}: {session.name}" if study else session.name
        return _source(path, title, study, [session], [])
    study = read_study(path) if (path / STUDY_FILE).is_file() else None
    found, problems = [], []
    for file in sorted({*path.glob(f"*/{SESSION_FILE}"), *path.glob(f"sessions/*/{SESSION_FILE}")}):
        try:
            found.append(read_session(file.parent))
        except TracedialError as error:
            problems.append(str(error))
    if not found:
        said = f" ({problems[0]})" if problems else ""
        raise ExchangeError(path, f"{path} is no session and no study with sessions: there is nothing to export.{said}")
    return _source(path, study.title if study else path.resolve().name, study, found, problems)


def _source(path: Path, title: str, study: Study | None, found: list[Session], problems: list[str]) -> Source:
    sessions: dict[str, Session] = {}
    for session in found:
        name = session.folder.resolve().name
        if name in sessions:
            raise ExchangeError(path, f"Two sessions in {path} are named {name}: rename one, dyads are told by it.")
        sessions[name] = session
    return Source(path, title, study, sessions, problems)


def role_of(rater: str) -> str:
    """A rater's name without the number that distinguishes raters of one role: `client` for `client-2`."""
    return re.sub(r"[-_]?\d+$", "", rater) or rater


def _rating(study: Study | None, session: Session, name: str, rater: str, derived: Derived) -> Rating:
    folder, trace, report = session.folder / rater, derived.trace, derived.report or {}
    end_s = session.video["duration_s"] or float(len(trace.rating))
    choice = read_choice(folder)
    if choice:
        segments = list(choice.segments.values())
    elif study:
        segments = automatic_segments(study, trace.rated)[0]
    else:
        segments = _by_rule(trace)
    rule = study.event_settings() if study else EventSettings()
    made = all_clips(segments, length_s=rule.clip_s, end_of_video_s=end_s, pairs=rule.clip_pairs)
    own = {segment.id: segment for segment in (choice.automatic if choice else segments)}
    answers = []
    if study and choice:
        held = [clip for clip in made if clip.segment.chosen]
        answers = answer_rows(study, name, rater, held, read_answers(folder))
    imported = report.get("imported")
    return Rating(
        dyad=name,
        rater=rater,
        role=role_of(rater),
        trace=trace,
        scale=_scale(report, study),
        clips=made,
        answers=answers,
        recorded_at=str(report.get("recorded_at", "")),
        recorded_with=str(report.get("recorded_with", "")),
        imported_from=str(imported["file"]) if isinstance(imported, dict) else "",
        confirmed_by=choice.accepted_by if choice else "",
        by_rule=own,
        language=study.language if study else "en",
    )


def _by_rule(trace: Trace) -> list[Segment]:
    """The ruptures and repairs that `tracedial analyze` finds with its defaults."""
    events = find_events(trace.rated, EventSettings())
    found = [Segment(f"rupture-{r.rank}", "rupture", r.rank, r.onset_s, r.end_s) for r in events.ruptures]
    return found + [
        Segment(f"repair-{r.rank}", "repair", r.rank, r.onset_s, r.end_s)
        for r in events.repairs
        if r.onset_s is not None and r.end_s is not None
    ]


def _scale(report: dict[str, Any], study: Study | None) -> Scale | None:
    if study:
        scale = study.scale
        return Scale(scale.low, scale.high, scale.step, {float(at): label for at, label in scale.detents})
    said = (report.get("dial") or {}).get("scale")
    if said:
        labels = {float(at): label for at, label in said["detents"]}
        return Scale(float(said["low"]), float(said["high"]), float(said["step"]), labels)
    return None


def _other_scale(study: Study | None, dyad: str, rater: str, report: dict[str, Any]) -> list[str]:
    """A sentence about a rating that was recorded on another scale than the study has now."""
    was = (report.get("dial") or {}).get("scale")
    now = study.scale if study else None
    if not was or now is None or (was["low"], was["high"], was["step"]) == (now.low, now.high, now.step):
        return []
    return [
        f"{rater} rated {dyad} on a scale from {was['low']:g} to {was['high']:g} in steps of {was['step']:g}; the "
        f"study's, which the export names, goes from {now.low} to {now.high} in steps of {now.step}."
    ]
