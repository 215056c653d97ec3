"""The traces behind the paths that an analysis is given: of a session folder, or of CSVs."""

from pathlib import Path
from typing import Any, NamedTuple

from tracedial.analysis_settings import RatingScale
from tracedial.derived import Derived, read_derived
from tracedial.errors import AnalysisError, RecordingError
from tracedial.session import ALIGNMENT_FILE, SESSION_FILE, TRACE_FILE, Session, read_session
from tracedial.trace import Trace, read_trace

REPORT_KEYS = {"dial", "clocks", "offset_ms", "samples", "findings", "recorded_at", "recorded_with"}


class Loaded(NamedTuple):
    """What is analyzed: `session` is None for bare CSVs; `alignments` are by rater; `remade` has a sentence for each
    trace that could not be used as it lay there and was made again from its journal."""

    session: Session | None
    traces: list[Trace]
    alignments: dict[str, dict[str, Any]]
    remade: list[str]


def load(paths: list[Path]) -> Loaded:
    """The traces behind the paths: of a session folder, or of CSVs."""
    if len(paths) == 1 and not paths[0].is_dir():
        if not paths[0].exists():
            raise AnalysisError(f"There is no {paths[0]}.")
        raise AnalysisError(f"{paths[0]} is one trace: give a session folder, or two or more trace CSVs.")
    if len(paths) > 1:
        folder = next((path for path in paths if path.is_dir()), None)
        if folder:
            raise AnalysisError(f"{folder} is a folder: give one session folder, or two or more trace CSVs.")
        _refuse_other_videos(paths)
        found = [_bare(path) for path in paths]
        return Loaded(None, [one.trace for one in found], {}, [one.remade for one in found if one.remade])
    session = read_session(paths[0])
    if not session.raters:
        raise RecordingError(session.folder, f"{session.folder} has no raters: nobody has rated it yet.")
    found = {rater: read_derived(session.folder / rater, rater) for rater in session.raters}
    alignments = {rater: one.report for rater, one in found.items() if one.report is not None}
    for rater, report in alignments.items():
        path = session.folder / rater / ALIGNMENT_FILE
        try:
            if not set(report) >= REPORT_KEYS:
                raise ValueError("it lacks entries")
            _check_dial(report["dial"])
        except (ValueError, TypeError, KeyError) as error:
            raise RecordingError(path, f"{path} cannot be read ({error}): run `tracedial align`.") from error
    remade = [one.remade for one in found.values() if one.remade]
    return Loaded(session, [one.trace for one in found.values()], alignments, remade)


def _bare(path: Path) -> Derived:
    """A trace's CSV; one that lies in a recording's folder is looked at as such."""
    if path.name == TRACE_FILE and (path.parent / ALIGNMENT_FILE).is_file():
        return read_derived(path.parent, path.resolve().parent.name)
    return Derived(read_trace(path), None)


def _check_dial(dial: Any) -> None:
    """Raise `ValueError` or `KeyError` for what is no dial's description."""
    if not isinstance(dial, dict):
        raise ValueError("its dial is none")
    scale = dial["scale"]
    RatingScale(float(scale["low"]), float(scale["high"]), float(scale["step"]), "")
    for name in ("name", "board", "unique_id", "firmware", "interpreter", "protocol"):
        dial[name]


def _refuse_other_videos(paths: list[Path]) -> None:
    """Traces that lie in session folders must be of one and the same video."""
    known: dict[str, Path] = {}
    for path in paths:
        folder = path.resolve().parent.parent
        if (folder / SESSION_FILE).is_file():
            session = read_session(folder)
            # What happened live has no hash: each group is of its own.
            known.setdefault(session.video["sha256"] or str(folder), path)
    if len(known) > 1:
        said = ", ".join(f"{path} of the video {sha256[:12]}…" for sha256, path in known.items())
        raise AnalysisError(f"The traces are of different videos ({said}): they cannot be compared.")
