"""A study: `study.toml`, which says what is rated and asked, and a folder for each session.

    STUDY/study.toml
    STUDY/sessions/NAME/session.json       the session folder that `recorder.py` writes into
    STUDY/sessions/NAME/client/…           one rater's recording, segments and answers

Names of sessions and raters are pseudonyms; nothing here asks for a person's name.
"""

from dataclasses import dataclass
from pathlib import Path

from dialwire.scale import Scale
from tracedial.errors import StudyError, TracedialError
from tracedial.measures.ruptures import EventSettings
from tracedial.recording.folder import SESSION_FILE
from tracedial.recording.session import Session, is_name, read_session

FORMAT = 1
STUDY_FILE = "study.toml"
SESSIONS = "sessions"
PRESETS = ("alliance", "helpfulness", "affect")
LANGUAGES = ("en", "de")
KINDS = ("lowest", "highest")
AFTER = ("rupture", "repair", "peak")
CODES = "codes"
"""Stands for a question where the codes of a clip are filed, one after the other."""
CODES_BETWEEN = "; "
RULE = EventSettings()


@dataclass(frozen=True)
class RatingPlan:
    """What the raters are told and shown. `enough_percent`: how many of a video's seconds must have a rating for the
    session to count as rated. `interchangeable`: the roles are names alone, as of two students who rated;
    what is analyzed of them then has no direction."""

    roles: tuple[str, ...]
    what: str
    definition: str
    instructions: str
    rate_hz: int = 1
    show_gauge: bool = True
    show_trace: bool = False
    allow_pause: bool = True
    allow_seek: bool = False
    reminder_s: int = 90
    enough_percent: int = 50
    interchangeable: bool = False


@dataclass(frozen=True)
class PracticePlan:
    """Whether raters follow a moving mark first, and for how long."""

    on: bool = True
    duration_s: int = 60


@dataclass(frozen=True)
class SegmentPlan:
    """Which segments are looked for, by which rule, and who chooses. From `min_valid` on the parameters are those of
    `EventSettings`, by their names; a `rise` of 0 is the larger of 2 steps and half a robust SD."""

    kinds: tuple[str, ...] = ("lowest",)
    rule: str = RULE.rule
    count: int = RULE.count
    length_s: int = RULE.segment_s
    separation_s: int = RULE.separation_s
    repairs: bool = True
    chosen_by: str = "researcher"
    blind: bool = True
    min_valid: float = RULE.min_valid
    trim_start_s: int = RULE.trim_start_s
    drop_sd: float = RULE.drop_sd
    return_share: float = RULE.return_share
    smooth_s: int = RULE.smooth_s
    rise: float = 0.0
    hold_s: int = RULE.hold_s
    level_s: int = RULE.level_s


@dataclass(frozen=True)
class ClipPlan:
    """How long clips are, whether a rupture and its repair are shown "apart" or "together", and which codes can be
    ticked for a segment."""

    length_s: int = 120
    pairs: str = "apart"
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """What is asked after a clip of a kind."""

    id: str
    after: str
    text: str


@dataclass(frozen=True)
class Study:
    """A study as its file says it."""

    folder: Path
    preset: str
    title: str
    language: str
    scale: Scale
    rating: RatingPlan
    practice: PracticePlan
    segments: SegmentPlan
    clips: ClipPlan
    questions: tuple[Question, ...]

    def event_settings(self) -> EventSettings:
        """The rule of ruptures and repairs with the study's parameters. Raises `AnalysisError` for ones that cannot
        be."""
        plan = self.segments
        return EventSettings(
            rule=plan.rule, count=plan.count, segment_s=plan.length_s, separation_s=plan.separation_s,
            min_valid=plan.min_valid, trim_start_s=plan.trim_start_s, smooth_s=plan.smooth_s, rise=plan.rise or None,
            hold_s=plan.hold_s, level_s=plan.level_s, clip_s=self.clips.length_s, clip_pairs=self.clips.pairs,
            drop_sd=plan.drop_sd, return_share=plan.return_share,
        )  # fmt: skip

    def session_folder(self, name: str) -> Path:
        """Where a session's files are."""
        return self.folder / SESSIONS / name

    def sessions(self) -> list[Session]:
        """The study's sessions, by name."""
        folder = self.folder / SESSIONS
        if not folder.is_dir():
            return []
        return [read_session(path.parent) for path in sorted(folder.glob(f"*/{SESSION_FILE}"))]

    def readable_sessions(self) -> tuple[list[Session], list[str]]:
        """The sessions that can be read, by name, and what keeps others from it, in sentences: one odd file must not
        keep a researcher from all the rest."""
        folder = self.folder / SESSIONS
        sessions, problems = [], []
        for path in sorted(folder.glob(f"*/{SESSION_FILE}")) if folder.is_dir() else []:
            try:
                sessions.append(read_session(path.parent))
            except TracedialError as error:
                problems.append(str(error))
        return sessions, problems

    def session(self, name: str) -> Session:
        """One session. Raises `StudyError` for a name that the study does not have."""
        if is_name(name) and (self.session_folder(name) / SESSION_FILE).is_file():
            return read_session(self.session_folder(name))
        known = ", ".join(session.folder.name for session in self.readable_sessions()[0]) or "none yet"
        raise StudyError(self.folder, f"The study in {self.folder} has no session {name!r} (it has {known}).")

    def rater_folder(self, session: str, rater: str) -> Path:
        """Where one rater's files of a session are. Raises `StudyError` for a rater whom the session does not have."""
        known = self.session(session).raters
        if rater not in known:
            raise StudyError(
                self.folder, f"The session {session} has no rater {rater!r}: its raters are {', '.join(known)}."
            )
        return self.session_folder(session) / rater
