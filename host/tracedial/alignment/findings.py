"""The findings about an alignment: its samples, clocks and video time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialwire import message
from tracedial.alignment.placing import first_moved, rows_in_doubt
from tracedial.alignment.result import Alignment
from tracedial.measures.trace import Trace
from tracedial.recording.findings import Code, Finding, finding
from tracedial.recording.on_scale import OFF_SCALE
from tracedial.recording.recording import Recording
from tracedial.recording.recording_findings import findings_of_counts
from tracedial.recording.resume import dial_words
from tracedial.recording.samples import Samples

PLACED_S = 0.045
"""The goal for each second's bound."""
LONG_UNMOVED_S = 30
"""A finding is made if a dial is not moved for this long at the beginning."""


def findings_of_alignment(alignment: Alignment, *, missing: int, conflicts: int, unfitted: list[str]) -> list[Finding]:
    """Findings about everything that is wrong with an alignment. `missing`: records that never arrived; `conflicts`:
    records that arrived again with other content; `unfitted`: for each boot without a clock, the boot and the
    reason."""
    recording, trace, flags = alignment.recording, alignment.trace, alignment.samples.rows["flags"]
    fits = list(alignment.fits.values())
    found = [*recording.findings, *_doubts(alignment)]
    found += findings_of_counts(
        (Code.RECORDS_MISSING, missing),
        (Code.TICKS_MISSED, (recording.end or {}).get("missed_ticks", 0)),
        (Code.DIAL_RESET, max(len(recording.boots) - 1, 0)),
    )
    if unfitted:
        found.append(finding(Code.NO_CLOCK, boots=unfitted))
    found += findings_of_counts(
        (Code.COMPUTER_SLEPT, sum(fit.steps for fit in fits)),
        (Code.EXCHANGES_IMPOSSIBLE, sum(fit.impossible for fit in fits)),
        (Code.RECORDS_CONFLICT, conflicts),
        (Code.OFF_SCALE, int(np.count_nonzero(flags & OFF_SCALE))),
        (Code.WIRE_BROKEN, int(np.count_nonzero(flags & message.FLAG_FAULT))),
        (Code.NOT_HOMED, int(np.count_nonzero(flags & message.FLAG_UNHOMED))),
    )
    lost = sum(not link["up"] for link in recording.links)
    if lost:
        resent = int(np.count_nonzero(flags & message.FLAG_RESENT))
        found.append(finding(Code.LINK_LOST, count=lost, resent=resent))
    found += findings_of_counts((Code.SECONDS_REVISITED, int(np.count_nonzero(alignment.rows.revisits))))
    return [*found, *alignment.video.findings, *_placing(trace), *_moving(trace)]


def findings_of_parts(parts: list[Alignment], problems: list[Exception], *, again: int) -> list[Finding]:
    """Findings about a recording in several journals. `problems`: why some journals cannot be used; `again`: seconds
    that more than one of them rated."""
    return [
        finding(Code.RESUMED, count=len(parts) + len(problems) - 1),
        *findings_of_counts((Code.RATED_AGAIN, again)),
        *_dials(parts),
        *(finding(Code.JOURNAL_UNUSABLE, text=str(problem)) for problem in problems),
        *(
            Finding(code=one.code, values=one.values, journal=part.recording.journal)
            for part in parts
            for one in part.findings
        ),
    ]


def _placing(trace: Trace) -> list[Finding]:
    assert trace.bound_s is not None
    placed = trace.bound_s[~np.isnan(trace.bound_s)]
    wide = int(np.count_nonzero(placed > PLACED_S))
    if not wide:
        return []
    worst_ms = round(float(placed.max()) * 1e3, 3)
    return [finding(Code.PLACED_WIDELY, count=wide, of=len(placed), goal_ms=PLACED_S * 1e3, worst_ms=worst_ms)]


def _moving(trace: Trace) -> list[Finding]:
    second = first_moved(trace.rating)
    if second == len(trace.rating):
        return [finding(Code.NEVER_MOVED)]
    return [finding(Code.MOVED_LATE, second=second)] if second >= LONG_UNMOVED_S else []


def _dials(parts: list[Alignment]) -> list[Finding]:
    """Whether one rater's journals were made with several dials, and whether that was permitted."""
    used = {
        (hello["unique_id"], f"{dial_words(hello['unique_id'], hello['name'])} in {part.recording.journal}")
        for part in parts
        for hello in part.recording.hellos
    }
    if len({unique_id for unique_id, _ in used}) < 2:
        return []
    permitted = any(part.recording.header.get("another_dial") for part in parts)
    code = Code.SEVERAL_DIALS_PERMITTED if permitted else Code.SEVERAL_DIALS
    return [finding(code, dials=sorted(words for _, words in used))]


def missing_records(samples: Samples, recording: Recording) -> dict[int, int]:
    """For each boot, how many record numbers between its first and last never arrived."""
    gaps = {}
    for boot in recording.boots:
        first = min((start.first_seq for start in recording.starts if start.boot == boot), default=None)
        own = samples.rows["boot"] == boot
        marks = np.array([mark.seq for mark in recording.marks if mark.boot == boot], dtype=np.uint32)
        seqs = np.union1d(samples.rows["seq"] if own.all() else samples.rows["seq"][own], marks).astype(np.int64)
        if len(seqs):
            start = int(seqs[0]) if first is None else min(first, int(seqs[0]))
            end = recording.end or {}
            numbered = end.get("next_seq", 0) if end.get("boot") == boot else 0
            gaps[boot] = max(int(seqs[-1]) + 1, numbered) - start - len(seqs)
    return gaps


def _doubts(alignment: Alignment) -> list[Finding]:
    found: list[Finding] = []
    for doubt in alignment.recording.doubts:
        rows = np.flatnonzero(rows_in_doubt(doubt, alignment.recording, alignment.host_s, alignment.rows))
        # Each killed program leaves a doubt about its last moment; without a rated second it needs no finding.
        if len(rows) or doubt.code is not Code.DOUBT_AT_END:
            found.append(finding(doubt.code, **doubt.values, seconds=_ranges(rows)))
    return found


def _ranges(rows: NDArray[Any]) -> list[list[int]]:
    """The first and last of each run of successive seconds."""
    if not len(rows):
        return []
    return [[int(part[0]), int(part[-1])] for part in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)]
