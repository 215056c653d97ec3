"""Ratings on video time: from a recording's three clocks to its trace.

The clock's fit (`clock.py`) turns dial time into host time; the player's timeline (`player.py`) turns host time into
video time. Each whole second of the video gets the nearest sample that was taken while the video ran. Samples taken
while it stood still belong to no second; they are kept in `samples.csv` with a flag.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tracedial.alignment.alignment_report import findings_report, offset_report, report_of
from tracedial.alignment.findings import findings_of_alignment, findings_of_parts, missing_records
from tracedial.alignment.imported import align_imported
from tracedial.alignment.placing import EDGE_S, Floats, first_moved, place, trace_of
from tracedial.alignment.result import Alignment
from tracedial.alignment.tables import write_marks, write_samples
from tracedial.alignment.video_time import flag_unseen, video_time
from tracedial.errors import JournalError, NothingRatedError, RecordingError, TracedialError
from tracedial.files.whole_file import fingerprint, write_whole
from tracedial.measures.trace import Trace, write_trace
from tracedial.recording.folder import ALIGNMENT_FILE, JOURNAL_NAME, MARKS_FILE, SAMPLES_FILE, TRACE_FILE, journals
from tracedial.recording.on_scale import with_off_scale_flagged
from tracedial.recording.recording import Recording, read_recording
from tracedial.recording.samples import Samples, without_repeats
from tracedial.timing.clock_fit import ClockFit
from tracedial.timing.live_clock import fit_boots


def align_folder(folder: Path) -> Alignment:
    """Align a recording with all its journals: if a later journal rated a second again, its rating counts.

    Raises if none of its journals can be aligned.
    """
    parts: list[Alignment] = []
    problems: list[TracedialError] = []
    # Taken first: data that arrive while the journals are read are not in the result.
    sizes = journal_bytes(folder)
    for journal in journals(folder) or [JOURNAL_NAME]:
        try:
            parts.append(align(read_recording(folder, journal)))
        except (RecordingError, JournalError) as error:
            problems.append(error)
    if not parts:
        # A damaged journal matters more than one in which nothing happened.
        raise next((problem for problem in problems if not isinstance(problem, NothingRatedError)), problems[0])
    alignment = parts[0] if len(parts) == 1 and not problems else _joined(parts, problems)
    alignment.report["journal_bytes"] = sizes
    return alignment


def align(recording: Recording) -> Alignment:
    """Align one journal of a recording. Raises if the video never ran or no clock can be fitted."""
    if recording.header.get("imported"):
        return align_imported(recording)
    origin_ns = recording.header["origin_ns"]
    video = video_time(recording, origin_ns=origin_ns)
    stretches = video.stretches
    if not stretches:
        raise NothingRatedError(
            recording.folder, f"In {recording.folder} the video never ran: there is nothing to align."
        )
    samples, repeats, conflicts = without_repeats(recording.samples)
    samples = Samples(with_off_scale_flagged(samples.rows, recording.hellos))
    fits, without = fit_boots(recording.exchanges, recording.boots, origin_ns=origin_ns)
    unfitted = [f"boot {boot:08x}: {str(error).rstrip('.')}" for boot, error in without.items()]
    known = np.isin(samples.rows["boot"], list(fits))
    if not known.all():
        samples = Samples(samples.rows[known])
    if not len(samples):
        if unfitted:
            raise RecordingError(
                recording.folder,
                f"{recording.folder} holds no sample that can be placed in time: {'; '.join(unfitted)}.",
            )
        raise NothingRatedError(recording.folder, f"{recording.folder} holds no samples.")
    host_s, bound_s = _on_host_time(samples, fits)
    if not (np.diff(host_s) >= 0).all():
        order = np.argsort(host_s, kind="stable")
        samples, host_s, bound_s = Samples(samples.rows[order]), host_s[order], bound_s[order]
    video_s, stretch = place(host_s, EDGE_S + bound_s, stretches)
    bound_s += video.bound_s(host_s, stretch)
    trace, rows = trace_of(
        recording,
        samples=samples,
        host_s=host_s,
        bound_s=bound_s,
        video_s=video_s,
        stretch=stretch,
        stretches=stretches,
    )
    trace = replace(trace, flags=flag_unseen(trace.flags, video.unseen, rows.chosen >= 0))
    alignment = Alignment(
        recording=recording,
        trace=trace,
        samples=samples,
        host_s=host_s,
        bound_s=bound_s,
        video_s=video_s,
        stretch=stretch,
        video=video,
        rows=rows,
        fits=fits,
    )
    missing = sum(missing_records(samples, recording).values())
    alignment.findings.extend(findings_of_alignment(alignment, missing=missing, conflicts=conflicts, unfitted=unfitted))
    alignment.report.update(report_of(alignment, repeats=repeats, missing=missing))
    return alignment


JOINED_COLUMNS = ("rating", "mean", "low", "high", "n", "offset_s", "bound_s")
SUMMED = (
    "samples", "samples_while_video_stood_still", "samples_without_rating", "resent", "repeats", "records_missing",
)  # fmt: skip


def journal_bytes(folder: Path) -> dict[str, int]:
    """The length of each journal of a recording."""
    return {name: (folder / name).stat().st_size for name in journals(folder)}


def write_alignment(alignment: Alignment) -> None:
    """Write the derived files beside the journal: `trace.csv`, `samples.csv`, `marks.csv`, `alignment.json`.

    Each file is replaced whole or stays as it was. `alignment.json` comes last and states the lengths of the others. A
    full disk can leave files of two alignments; the lengths reveal such a mix.
    """
    folder = alignment.recording.folder
    try:
        write_trace(alignment.trace, folder / TRACE_FILE)
        write_samples(alignment, folder / SAMPLES_FILE)
        write_marks(alignment, folder / MARKS_FILE)
        files = {name: fingerprint(folder / name) for name in (TRACE_FILE, SAMPLES_FILE, MARKS_FILE)}
        text = json.dumps({**alignment.report, "files": files}, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(folder / ALIGNMENT_FILE, text + "\n")
    except OSError as error:
        raise RecordingError(folder, f"The derived files in {folder} cannot be written: {error.strerror}.") from error


def align_recordings(folders: Iterable[Path]) -> tuple[list[Alignment], list[TracedialError]]:
    """Align recordings again from their journals and write their derived files. Also returns the errors of recordings
    that could not be aligned; these do not stop the others."""
    alignments: list[Alignment] = []
    problems: list[TracedialError] = []
    for folder in folders:
        try:
            alignment = align_folder(folder)
            write_alignment(alignment)
        except TracedialError as error:
            problems.append(error)
        else:
            alignments.append(alignment)
    return alignments, problems


def _joined(parts: list[Alignment], problems: list[TracedialError]) -> Alignment:
    """Join several journals of one recording: each second gets the row of the last journal that sampled it."""
    last = parts[-1]
    columns = {name: np.array(getattr(parts[0].trace, name), dtype=float) for name in JOINED_COLUMNS}
    flags = list(parts[0].trace.flags)
    again = 0
    for part in parts[1:]:
        offset = part.trace.offset_s
        assert offset is not None
        for second in np.flatnonzero(~np.isnan(offset)):
            twice = not np.isnan(columns["offset_s"][second])
            again += twice
            for name, column in columns.items():
                column[second] = getattr(part.trace, name)[second]
            words = [word for word in (part.trace.flags[second], "revisited" if twice else "") if word]
            flags[second] = "|".join(dict.fromkeys("|".join(words).split("|"))) if words else ""
    n = columns.pop("n").astype(np.int64)
    trace = Trace(last.trace.rater, n=n, flags=flags, **columns)
    report = dict(last.report)
    report["rated_seconds"] = len(trace.rating) - trace.missing
    report["recorded_at"] = parts[0].report["recorded_at"]
    first_moved_s = first_moved(trace.rating)
    report["first_moved_s"] = first_moved_s if first_moved_s < len(trace.rating) else None
    # Each journal begins with a knob that has not moved yet; in the whole recording that holds only for the first
    # journal.
    flags[first_moved_s:] = ["|".join(w for w in row.split("|") if w != "unmoved") for row in flags[first_moved_s:]]
    unseen = [one for part in parts for one in part.video.unseen]
    flags[:] = flag_unseen(flags, unseen, ~np.isnan(columns["offset_s"]))
    for key in SUMMED:
        report[key] = sum(part.report[key] for part in parts)
    report["clocks"] = [clock for part in parts for clock in part.report["clocks"]]
    report["stretches"] = [
        {"part": number, **one} for number, part in enumerate(parts, start=1) for one in part.report["stretches"]
    ]
    report["offset_ms"] = offset_report(columns["offset_s"])
    report["journals"] = [part.recording.journal for part in parts]
    findings = findings_of_parts(parts, list(problems), again=again)
    report.update(findings_report(findings))
    return replace(last, trace=trace, report=report, findings=findings, parts=parts)


def _on_host_time(samples: Samples, fits: dict[int, ClockFit]) -> tuple[Floats, Floats]:
    """When each sample was taken (host seconds), and the bound of its clock."""
    host_s, bound_s = np.empty(len(samples)), np.empty(len(samples))
    for boot, fit in fits.items():
        own: Any = slice(None) if len(fits) == 1 else samples.rows["boot"] == boot
        dial_s = samples.rows["t_us"][own] / 1e6
        host_s[own] = fit.host_s(dial_s)
        bound_s[own] = fit.bound_at(dial_s)
    return host_s, bound_s
