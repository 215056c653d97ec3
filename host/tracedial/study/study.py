"""A study: `study.toml`, which says what is rated and asked, and a folder for each session.

    STUDY/study.toml
    STUDY/sessions/NAME/session.json       the session folder that `recorder.py` writes into
    STUDY/sessions/NAME/client/…           one rater's recording, segments and answers

Names of sessions and raters are pseudonyms; nothing here asks for a person's name.
"""

import contextlib
import difflib
import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from dialwire.errors import WireError
from dialwire.scale import Scale
from tracedial.errors import StudyError, TracedialError
from tracedial.files.private import make_folder
from tracedial.files.whole_file import write_whole
from tracedial.recording.folder import SESSION_FILE
from tracedial.recording.session import NAME_RULE, Session, is_name, read_session, write_session
from tracedial.shell import command_line
from tracedial.video import Video, check_whole, read_video

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

T = TypeVar("T")


@dataclass(frozen=True)
class RatingPlan:
    """What the raters are told and shown. `interchangeable`: the roles are names alone, as of two students who rated;
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
    interchangeable: bool = False


@dataclass(frozen=True)
class PracticePlan:
    """Whether raters follow a moving mark first, and for how long."""

    on: bool = True
    duration_s: int = 60


@dataclass(frozen=True)
class SegmentPlan:
    """Which segments are looked for, and who chooses."""

    kinds: tuple[str, ...] = ("lowest",)
    count: int = 3
    length_s: int = 30
    separation_s: int = 30
    repairs: bool = True
    chosen_by: str = "researcher"
    blind: bool = True


@dataclass(frozen=True)
class ClipPlan:
    """How long clips are, and which codes can be ticked for one."""

    length_s: int = 120
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


def preset_text(preset: str) -> str:
    """The commented `study.toml` of a preset."""
    return (Path(__file__).parent / "presets" / f"{preset}.toml").read_text(encoding="utf-8")


def init_study(folder: Path, *, preset: str, title: str) -> Path:
    """Write a commented `study.toml` into a new (or empty) folder; returns its path."""
    path = folder / STUDY_FILE
    if path.exists():
        raise StudyError(path, f"{path} exists already: a study is never written over.")
    if not title.strip() or not title.isprintable() or any(character in title for character in '"\\'):
        raise StudyError(folder, f"The title {title!r} must be a line of text without quotation marks and backslashes.")
    was_there = folder.exists()
    try:
        make_folder(folder / SESSIONS)
        write_whole(path, preset_text(preset).replace("STUDY_TITLE", title))
    except OSError as error:
        # Nothing half-made: a folder with something in it is not removed.
        for made in (folder / SESSIONS, *(() if was_there else (folder,))):
            with contextlib.suppress(OSError):
                made.rmdir()
        raise StudyError(folder, f"The study cannot be written to {folder}: {error.strerror}.") from error
    return path


def init_line(folder: Path) -> str:
    """The line that makes a study of a folder."""
    return command_line("tracedial", "study", "init", folder)


def read_study(folder: Path) -> Study:
    """Read a study's file. Raises `StudyError` naming the file, the entry and what may stand there."""
    path = folder / STUDY_FILE
    try:
        # Some editors put a mark before the first letter.
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise StudyError(
            folder, f"{folder} is no study (it has no {STUDY_FILE}): make one with `{init_line(folder)}`."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise StudyError(path, f"{path} cannot be read as TOML: {error}.") from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise StudyError(path, f"{path} cannot be read ({error}).") from error
    return _Reader(path).study(folder, content)


def add_session(
    study: Study, name: str, *, video_file: Path, raters: list[str], converted_from: Video | None = None
) -> tuple[Session, Video]:
    """Add a session with its video (which stays where it is) and its raters; returns it. `converted_from`: the file
    that the video is a copy of."""
    for given in (name, *raters):
        if not is_name(given):
            raise StudyError(study.folder, f"{given!r} cannot name a session or rater: use {NAME_RULE}.")
    lowered = [rater.lower() for rater in raters]
    if len(set(lowered)) < len(lowered):
        raise StudyError(study.folder, f"A rater is given twice: {', '.join(raters)}.")
    folder = study.session_folder(name)
    if (folder / SESSION_FILE).exists():
        raise StudyError(folder, f"The study has a session {name} already: choose another name.")
    video = read_video(video_file)
    check_whole(video)
    where = _portable(video_file, study.folder)
    write_session(folder, video, raters, synthetic=False, video_file=where, converted_from=converted_from)
    return read_session(folder), video


def check_place(folder: Path, raters: list[str]) -> None:
    """Refuse to record where a study would not find it: into its own folder, into a session that it does not have, or
    for a rater whom the session does not have. A session's folder outside any study is its user's own matter."""
    if (folder / STUDY_FILE).is_file():
        names = [session.folder.name for session in read_study(folder).sessions()]
        one = folder / SESSIONS / (names[0] if names else "NAME")
        raise StudyError(
            folder,
            f"{folder} is a study: record into one of its sessions ({', '.join(names) or 'none yet'}), as in "
            f"`{command_line('tracedial', 'record', one)} --video FILE --dial RATER=PORT`.",
        )
    home = folder.absolute().parent
    if home.name != SESSIONS or not (home.parent / STUDY_FILE).is_file():
        return
    if not (folder / SESSION_FILE).is_file():
        add = command_line("tracedial", "study", "add-session", folder.parent.parent, folder.name)
        raise StudyError(folder, f"The study has no session {folder.name}: add it first with `{add} --video FILE`.")
    known = read_session(folder).raters
    for rater in raters:
        if rater not in known:
            raise StudyError(
                folder,
                f"The session {folder.name} has no rater {rater!r}: name one of its own ({', '.join(known)}), as in "
                f"--dial {known[0] if known else 'RATER'}=PORT.",
            )


def find_video(study: Study, session: Session) -> Path:
    """Where the session's video is now. Raises `StudyError` where it has gone."""
    if not session.video_file:
        raise StudyError(
            session.folder,
            f"{session.folder} does not say where its video is: add the session with `tracedial study add-session`.",
        )
    path = Path(session.video_file)
    path = path if path.is_absolute() else study.folder / path
    if not path.is_file():
        raise StudyError(path, f"The video of session {session.folder.name} is not at {path}: put it back there.")
    return path


def check_hash(session: Session, video: Video) -> None:
    """Refuse a video that is not the one that was added under its name."""
    if video.sha256 != session.video["sha256"]:
        raise StudyError(
            video.path,
            f"{video.path} is not the video of session {session.folder.name} any more: its sha256 is "
            f"{video.sha256[:12]}…, that of the one that was added {str(session.video['sha256'])[:12]}…. "
            "Put the old file back, or add the new one as another session.",
        )


def _portable(video_file: Path, folder: Path) -> str:
    """The path as the session keeps it: relative if the video lies within the study, so that the study can be moved."""
    resolved, base = video_file.resolve(), folder.resolve()
    return resolved.relative_to(base).as_posix() if resolved.is_relative_to(base) else str(resolved)


class _Reader:
    """Builds the plans from TOML, with a sentence for each thing that does not fit."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def study(self, folder: Path, content: dict[str, Any]) -> Study:
        known = (
            "format",
            "preset",
            "title",
            "language",
            "scale",
            "rating",
            "practice",
            "segments",
            "clips",
            "questions",
        )
        self._known(content, known, "")
        if content.get("format") != FORMAT:
            self._refuse("format", f"is {content.get('format')!r}; this version of tracedial reads format {FORMAT}")
        questions = content.get("questions", [])
        if not isinstance(questions, list) or not all(isinstance(entry, dict) for entry in questions):
            self._refuse("questions", "must be written as [[questions]] tables")
        study = Study(
            folder=folder,
            preset=self._text(content, "preset"),
            title=self._text(content, "title"),
            language=self._choice(content.get("language", "en"), LANGUAGES, "language"),
            scale=self._scale(content.get("scale")),
            rating=self._plan(RatingPlan, content.get("rating", {}), "rating"),
            practice=self._plan(PracticePlan, content.get("practice", {}), "practice"),
            segments=self._plan(SegmentPlan, content.get("segments", {}), "segments"),
            clips=self._plan(ClipPlan, content.get("clips", {}), "clips"),
            questions=tuple(self._plan(Question, entry, f"questions[{at}]") for at, entry in enumerate(questions)),
        )
        self._check(study)
        return study

    def _check(self, study: Study) -> None:
        limits = (
            ("rating.rate_hz", study.rating.rate_hz, 1, 200),
            ("rating.reminder_s", study.rating.reminder_s, 0, 86400),
            ("practice.duration_s", study.practice.duration_s, 20, 600),
            ("segments.count", study.segments.count, 0, 20),
            ("segments.length_s", study.segments.length_s, 1, 3600),
            ("segments.separation_s", study.segments.separation_s, 0, 3600),
            ("clips.length_s", study.clips.length_s, 1, 3600),
        )
        for key, value, low, high in limits:
            if not low <= value <= high:
                self._refuse(key, f"is {value}; it must be within {low} and {high}")
        if not study.rating.roles:
            self._refuse("rating.roles", "names nobody: name at least one rater")
        for role in study.rating.roles:
            if not is_name(role):
                self._refuse("rating.roles", f"has {role!r}, which cannot name a rater: use {NAME_RULE}")
        for kind in study.segments.kinds:
            self._choice(kind, KINDS, "segments.kinds")
        self._choice(study.segments.chosen_by, ("researcher", "rule"), "segments.chosen_by")
        for code in study.clips.codes:
            if not code.strip() or CODES_BETWEEN.strip() in code:
                self._refuse(
                    "clips.codes", f"has {code!r}: a code is a word or more, without {CODES_BETWEEN.strip()!r}"
                )
        ids = [question.id for question in study.questions]
        for at, question in enumerate(study.questions):
            self._choice(question.after, AFTER, f"questions[{at}].after")
            if not is_name(question.id):
                self._refuse(f"questions[{at}].id", f"is {question.id!r}: use {NAME_RULE}")
            if question.id == CODES:
                self._refuse(f"questions[{at}].id", f"is {CODES!r}, under which the codes of a clip are filed")
            if ids.count(question.id) > 1:
                self._refuse(f"questions[{at}].id", f"{question.id!r} is used twice: answers are filed under it")

    def _scale(self, content: Any) -> Scale:
        if not isinstance(content, dict):
            self._refuse("scale", "is missing")
        self._known(content, ("low", "high", "step", "detents"), "scale")
        try:
            detents = [(rating, str(label)) for rating, label in content.get("detents", [])]
            return Scale(content["low"], content["high"], content.get("step", 1), detents)
        except KeyError as error:
            self._refuse(f"scale.{error.args[0]}", "is missing")
        except WireError as error:
            self._refuse("scale", f"cannot be held by a dial: {error}")
        except (TypeError, ValueError):
            self._refuse("scale.detents", 'must be pairs of a rating and a label, as in [[0, "Neutral"]]')

    def _plan(self, kind: type[T], content: Any, place: str) -> T:
        """A plan from its table: each entry of the type of the plan's field."""
        if not isinstance(content, dict):
            self._refuse(place, "must be a table")
        entries = fields(kind)  # pyright: ignore[reportArgumentType]
        self._known(content, tuple(entry.name for entry in entries), place)
        values: dict[str, Any] = {}
        for entry in entries:
            if entry.name not in content:
                if entry.default is MISSING:
                    self._refuse(f"{place}.{entry.name}", "is missing")
                continue
            values[entry.name] = self._typed(content[entry.name], entry.type, f"{place}.{entry.name}")
        return kind(**values)

    def _typed(self, value: Any, wanted: Any, place: str) -> Any:
        if wanted is bool and isinstance(value, bool):
            return value
        if wanted is int and isinstance(value, int) and not isinstance(value, bool):
            return value
        if wanted is str and isinstance(value, str):
            return value.strip()
        if wanted == tuple[str, ...] and isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        words = {bool: "true or false", int: "a whole number", str: "a text"}
        self._refuse(place, f"is {value!r}; it must be {words.get(wanted, 'a list of texts')}")

    def _text(self, content: dict[str, Any], key: str) -> str:
        value = content.get(key)
        if not isinstance(value, str) or not value.strip():
            self._refuse(key, "is missing or empty")
        return value.strip()

    def _choice(self, value: Any, choices: tuple[str, ...], place: str) -> str:
        if value not in choices:
            self._refuse(place, f"is {value!r}; it must be one of {', '.join(choices)}")
        return value

    def _known(self, content: dict[str, Any], known: tuple[str, ...], place: str) -> None:
        for key in content:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f": is {near[0]} meant?" if near else f"; it may hold {', '.join(known)}"
                self._refuse(f"{place}.{key}".lstrip("."), f"is not known{hint}")

    def _refuse(self, place: str, what: str) -> NoReturn:
        raise StudyError(self._path, f"In {self._path}, {place} {what}.")
