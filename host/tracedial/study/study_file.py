"""`study.toml`: made from a preset, and read with a sentence for each entry that does not fit."""

import contextlib
import difflib
import math
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from dialwire.errors import WireError
from dialwire.scale import Scale
from tracedial.errors import AnalysisError, StudyError
from tracedial.files.private import make_folder
from tracedial.files.whole_file import write_whole
from tracedial.measures.clips import PAIRS
from tracedial.measures.ruptures import RULES
from tracedial.recording.session import NAME_RULE, is_name
from tracedial.shell import command_line
from tracedial.study.study import (
    AFTER,
    CODES,
    CODES_BETWEEN,
    FORMAT,
    KINDS,
    LANGUAGES,
    SESSIONS,
    STUDY_FILE,
    ClipPlan,
    PracticePlan,
    Question,
    RatingPlan,
    SegmentPlan,
    Study,
)

T = TypeVar("T")


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
            ("rating.enough_percent", study.rating.enough_percent, 0, 100),
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
        self._choice(study.segments.rule, tuple(RULES), "segments.rule")
        self._choice(study.segments.chosen_by, ("researcher", "rule"), "segments.chosen_by")
        self._choice(study.clips.pairs, PAIRS, "clips.pairs")
        try:
            study.event_settings()
        except AnalysisError as error:
            self._refuse("segments", f"has something that cannot be ({str(error).rstrip('.')})")
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
        if wanted is float and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        if wanted is str and isinstance(value, str):
            return value.strip()
        if wanted == tuple[str, ...] and isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
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
