"""One set of settings: from a study's file, and from options that override it."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tracedial.analysis.places import is_remote, study_file
from tracedial.analysis.settings import BY_RULE, AnalysisSettings, RatingScale, StudyWords
from tracedial.errors import AnalysisError
from tracedial.measures.ruptures import EventSettings
from tracedial.recording.folder import SESSION_FILE
from tracedial.study.study import SESSIONS, STUDY_FILE, Study
from tracedial.study.study_file import read_study

OF_THE_RULE = ("rule", "count", "segment_s", "separation_s", "min_valid", "trim_start_s", "drop_sd", "return_share")
"""Settings that decide which ruptures the rule finds: anyone who gives one wants the rule's ruptures."""
NAMES = {"segment_s": "segments.length_s", "clip_s": "clips.length_s", "clip_pairs": "clips.pairs",
         "interchangeable": "rating.interchangeable", "scale": "scale", "order": "rating.roles"}  # fmt: skip
"""The name of a setting in study.toml, if it is not `segments.` plus its own name."""


def study_of(place: str | Path) -> Study | None:
    """The study at a place, or the study of the session there; None if there is no study.toml. Raises `StudyError` for
    one that cannot be read."""
    if is_remote(str(place)):
        content = study_file(str(place), STUDY_FILE)
        if content is None:
            return None
        with tempfile.TemporaryDirectory(prefix="tracedial-") as scratch:
            (Path(scratch) / STUDY_FILE).write_bytes(content)
            return read_study(Path(scratch))
    folder = Path(place)
    if (folder / SESSION_FILE).is_file():
        folder = folder.resolve().parent
        folder = folder.parent if folder.name == SESSIONS else folder
    return read_study(folder) if (folder / STUDY_FILE).is_file() else None


def study_of_all(places: Sequence[str | Path]) -> Study | None:
    """The study to which all places belong: one session or study, or traces from the sessions of one study."""
    if len(places) == 1:
        return study_of(places[0])
    folders = {Path(place).resolve().parent.parent for place in places}
    if len(folders) != 1:
        return None
    (folder,) = folders
    return study_of(folder) if (folder / SESSION_FILE).is_file() else None


def settings_for(places: Sequence[str | Path], given: Mapping[str, Any]) -> AnalysisSettings:
    """The settings of an analysis: those of the places' study, overridden by `given`, with the names of
    `AnalysisSettings` and `EventSettings`. `overrides` reports what differs from the study's file. Raises
    `AnalysisError` for an invalid value or name."""
    own = [entry.name for entry in fields(EventSettings)]
    known = [entry.name for entry in fields(AnalysisSettings)]
    for name in given:
        if name not in own and name not in known:
            raise AnalysisError(f"There is no setting {name}: the settings are {', '.join(known)}.")
    study = study_of_all(places)
    base = of_study(study) if study else AnalysisSettings()
    events = given.get("events", base.events)
    events = replace(events, **{name: value for name, value in given.items() if name in own})
    others = {name: value for name, value in given.items() if name not in own and name != "events"}
    settings = replace(base, events=events, **others)
    return with_overrides(settings, base, study) if study else settings


def of_study(study: Study) -> AnalysisSettings:
    """The analysis settings in a study's file."""
    scale = study.scale
    plan = study.segments
    return AnalysisSettings(
        events=study.event_settings(),
        scale=RatingScale(
            scale.low, scale.high, scale.step, "the study's", tuple((at, text) for at, text in scale.detents)
        ),
        order=study.rating.roles,
        interchangeable=study.rating.interchangeable,
        study=StudyWords(
            title=study.title,
            language=study.language,
            what=study.rating.what,
            kinds=plan.kinds,
            repairs=plan.repairs,
            chosen_by=plan.chosen_by,
        ),
    )


def with_overrides(settings: AnalysisSettings, base: AnalysisSettings, study: Study) -> AnalysisSettings:
    """The settings, with a sentence for each that differs from the study's. If a parameter of the rule is given, the
    rule's own segments are used."""
    changed = {
        entry.name: (getattr(settings.events, entry.name), getattr(base.events, entry.name))
        for entry in fields(EventSettings)
    }
    changed |= {name: (getattr(settings, name), getattr(base, name)) for name in ("scale", "order", "interchangeable")}
    changed = {name: pair for name, pair in changed.items() if not _alike(*pair)}
    if "scale" not in changed:
        settings = replace(settings, scale=base.scale)
    said = [
        f"{NAMES.get(name, f'segments.{name}')} is {_word(now)} here, as given; {STUDY_FILE} of {study.title!r} says "
        f"{_word(then)}."
        for name, (now, then) in changed.items()
    ]
    segments = settings.segments
    if segments != BY_RULE and set(changed) & set(OF_THE_RULE):
        segments = BY_RULE
        said.append(
            "Ruptures, repairs and peaks are therefore those of this rule; confirmed segments stand beside them."
        )
    return replace(settings, segments=segments, overrides=(*settings.overrides, *said))


def _alike(now: Any, then: Any) -> bool:
    if isinstance(now, RatingScale) and isinstance(then, RatingScale):
        return (now.low, now.high, now.step) == (then.low, then.high, then.step)
    return now == then


def _word(value: Any) -> str:
    if isinstance(value, RatingScale):
        return f"{value.low:g}:{value.high:g}:{value.step:g}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "automatic" if value is None else str(value)
