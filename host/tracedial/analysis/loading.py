"""Loads the traces behind an analysis's paths: a session folder, or CSVs."""

from pathlib import Path
from typing import Any, NamedTuple

from tracedial.alignment.derived import Derived, read_derived
from tracedial.errors import AnalysisError, NothingRatedError, RecordingError
from tracedial.measures.trace import Trace, read_trace
from tracedial.recording.folder import ALIGNMENT_FILE, SESSION_FILE, TRACE_FILE, journals
from tracedial.recording.session import Session, read_session


class Loaded(NamedTuple):
    """The data to analyze. `session` is None for bare CSVs; `alignments` are by rater; `remarks` has a sentence for
    each trace that could not be used as it was and was made again from its journal, and for each rater who has rated
    nothing yet."""

    session: Session | None
    traces: list[Trace]
    alignments: dict[str, dict[str, Any]]
    remarks: list[str]


def load(paths: list[Path]) -> Loaded:
    """Load the traces behind the paths: a session folder, or CSVs."""
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
    found, absent = _recorded(session)
    alignments = {rater: one.report for rater, one in found.items() if one.report is not None}
    remarks = [one.remade for one in found.values() if one.remade]
    remarks += [
        f"{rater} has rated nothing of {session.name} yet: this is about {' and '.join(found)} alone."
        for rater in absent
    ]
    return Loaded(session, [one.trace for one in found.values()], alignments, remarks)


def _recorded(session: Session) -> tuple[dict[str, Derived], list[str]]:
    """The data of each rater, and the raters without data. Raises if no rater has data."""
    found: dict[str, Derived] = {}
    absent = []
    for rater in session.raters:
        folder = session.folder / rater
        if not journals(folder) and not (folder / TRACE_FILE).is_file():
            absent.append(rater)
            continue
        try:
            found[rater] = read_derived(folder, rater)
        except NothingRatedError:
            absent.append(rater)
    if not found:
        raise RecordingError(
            session.folder, f"Nobody has rated {session.folder} yet: there is no recording of {' or '.join(absent)}."
        )
    return found, absent


def _bare(path: Path) -> Derived:
    """Read a trace's CSV. If it lies in a recording's folder, it is read as part of that recording."""
    if path.name == TRACE_FILE and (path.parent / ALIGNMENT_FILE).is_file():
        return read_derived(path.parent, path.resolve().parent.name)
    return Derived(read_trace(path), None)


def _refuse_other_videos(paths: list[Path]) -> None:
    """Traces from session folders must all belong to the same video."""
    known: dict[str, Path] = {}
    for path in paths:
        folder = path.resolve().parent.parent
        if (folder / SESSION_FILE).is_file():
            session = read_session(folder)
            # A live event has no hash: each group stands for itself.
            known.setdefault(session.video["sha256"] or str(folder), path)
    if len(known) > 1:
        said = ", ".join(f"{path} of the video {sha256[:12]}…" for sha256, path in known.items())
        raise AnalysisError(f"The traces are of different videos ({said}): they cannot be compared.")
