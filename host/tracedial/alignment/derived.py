"""Reading the files derived from a recording's journals. They are whole and match the journals as they are now, or they
are made again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracedial.alignment.align import align_folder, journal_bytes, write_alignment
from tracedial.alignment.alignment_file import read_alignment
from tracedial.alignment.result import Alignment
from tracedial.errors import RecordingError
from tracedial.files.whole_file import fingerprint
from tracedial.measures.trace import Trace, read_trace
from tracedial.recording.folder import ALIGNMENT_FILE, TRACE_FILE, journals


@dataclass(frozen=True)
class Derived:
    """A rater's trace and the content of `alignment.json` (None if there is no such file). `remade` is a sentence if
    both had to be made again, else empty."""

    trace: Trace
    report: dict[str, Any] | None
    remade: str = ""


def read_derived(folder: Path, rater: str) -> Derived:
    """The trace in a recording's folder. It is aligned again from the journals if the files there are cut, changed, or
    made from fewer data than the journals hold.

    Raises `RecordingError` if there is neither a trace nor a journal, and if files do not match `alignment.json` and no
    journal is there.
    """
    why = _why_not_as_it_is(folder)
    if not why:
        return Derived(read_trace(folder / TRACE_FILE, rater), read_alignment(folder))
    if not journals(folder):
        raise RecordingError(
            folder / TRACE_FILE,
            f"{folder / TRACE_FILE} cannot be used: {why}, and there is no journal beside it to make it again from. "
            f"Put the whole folder there, or take {ALIGNMENT_FILE} away if the change was yours.",
        )
    alignment = align_folder(folder)
    remade = f"{rater}: {TRACE_FILE} was made again from the journal, since {why}."
    try:
        write_alignment(alignment)
    except RecordingError as error:
        remade += f" It is used here and not kept: {error}"
    return Derived(_named(alignment, rater), alignment.report, remade)


def _named(alignment: Alignment, rater: str) -> Trace:
    trace = alignment.trace
    return trace if trace.rater == rater else Trace(**{**vars(trace), "rater": rater})


def _why_not_as_it_is(folder: Path) -> str:
    """Why the files in a recording's folder cannot be used as they are; empty where they can."""
    path = folder / TRACE_FILE
    recorded = bool(journals(folder))
    if not path.is_file():
        if recorded:
            return "it is not there"
        raise RecordingError(folder, f"{folder} has no {TRACE_FILE} and no journal: nothing was recorded there yet.")
    try:
        report = read_alignment(folder)
    except RecordingError:
        if recorded:
            return f"{ALIGNMENT_FILE} cannot be read"
        raise
    if report is None:
        # A trace without `alignment.json` is a table that somebody put there.
        return f"{ALIGNMENT_FILE} is not there" if recorded else ""
    if recorded and report.get("journal_bytes") != journal_bytes(folder):
        return "it was made from less than the journal holds now"
    files = report.get("files")
    if not isinstance(files, dict) or not isinstance(said := files.get(TRACE_FILE), dict):
        return f"{ALIGNMENT_FILE} does not say how long it is" if recorded else ""
    found = fingerprint(path)
    if found["bytes"] != said.get("bytes"):
        return f"it has {found['bytes']} bytes, {ALIGNMENT_FILE} says {said.get('bytes')}"
    if found["sha256"] != said.get("sha256"):
        return f"it was changed after {ALIGNMENT_FILE} was written"
    return ""
