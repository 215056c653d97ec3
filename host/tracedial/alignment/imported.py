"""Ratings from another program, on video time. There is no clock: their times are video times.

Each whole second gets the nearest rating, within half the distance of two ratings (at most half a second). If a file
has changes only, a rating is valid until the next one.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial import __version__
from tracedial.alignment.alignment_report import findings_report, offset_report
from tracedial.alignment.findings import LONG_UNMOVED_S
from tracedial.alignment.placing import Floats, Rows, first_moved
from tracedial.alignment.result import Alignment
from tracedial.alignment.video_time import VideoTime
from tracedial.errors import NothingRatedError, RecordingError
from tracedial.files.shape import COUNT, LINE, NUMBER, TEXT, YES_OR_NO, misfit, or_null
from tracedial.measures.trace import Trace
from tracedial.recording.finding_words import SHOWN
from tracedial.recording.findings import Code, Finding, finding
from tracedial.recording.recording import Recording
from tracedial.recording.recording_findings import findings_of_counts
from tracedial.recording.samples import ROW, Samples

SHAPE = {
    "file": LINE, "sha256": LINE, "format": LINE, "program": LINE, "step_s": NUMBER, "held": YES_OR_NO,
    "notes": [TEXT], "malformed": [{"row": COUNT, "why": TEXT}],
}  # fmt: skip
RATING = {"video_s": NUMBER, "rating": or_null(NUMBER), "row": COUNT}


def align_imported(recording: Recording) -> Alignment:
    """Align an imported recording. Raises `NothingRatedError` if it holds no rating."""
    source = _source(recording)
    if not any(one["rating"] is not None for one in recording.ratings):
        raise NothingRatedError(recording.folder, f"{recording.folder} holds no ratings.")
    at_s = np.array([one["video_s"] for one in recording.ratings], float)
    ratings = np.array([np.nan if one["rating"] is None else one["rating"] for one in recording.ratings], float)
    order = np.argsort(at_s, kind="stable")
    at_s, ratings, step_s = at_s[order], ratings[order], float(source["step_s"])
    duration_s = recording.header["video"]["duration_s"]
    # If the video is not at hand, its length is taken to be the rated part, to the end of the last bin.
    length_s = at_s[-1] + (1.0 if source["held"] else step_s) if duration_s is None else duration_s
    n_seconds = math.ceil(length_s - 1e-6)
    chosen = (_held if source["held"] else _nearest)(at_s, step_s, n_seconds)
    has = chosen >= 0
    rating, offset_s = np.full(n_seconds, np.nan), np.full(n_seconds, np.nan)
    rating[has] = ratings[chosen[has]]
    offset_s[has] = 0.0 if source["held"] else at_s[chosen[has]] - np.flatnonzero(has)
    unknown = np.full(n_seconds, np.nan)
    trace = Trace(recording.rater, rating, offset_s=offset_s, bound_s=unknown, flags=[""] * n_seconds)
    if not source["held"]:
        mean, low, high, n = _windows(at_s, ratings, step_s, has)
        trace = replace(trace, mean=mean, low=low, high=high, n=n)
    alignment = Alignment(
        recording=recording,
        trace=trace,
        samples=Samples(np.zeros(0, ROW)),
        host_s=np.zeros(0),
        bound_s=np.zeros(0),
        video_s=np.zeros(0),
        stretch=np.zeros(0, np.int32),
        video=VideoTime([]),
        rows=Rows(chosen, offset_s, np.zeros(n_seconds, int)),
        fits={},
    )
    alignment.findings.extend(_findings(recording, source, trace, at_s, ratings))
    alignment.report.update(_report(recording, source, trace, alignment.findings))
    return alignment


def _source(recording: Recording) -> dict[str, Any]:
    path = recording.folder / recording.journal
    source = recording.header["imported"]
    said = misfit(source, SHAPE, "imported") or misfit(recording.ratings, [RATING], "ratings")
    if said or source["step_s"] <= 0:
        raise RecordingError(path, f"{path} is not a journal of an import ({said or 'step_s is not above 0'}).")
    return source


def _nearest(at_s: Floats, step_s: float, n_seconds: int) -> NDArray[np.int64]:
    """For each second, the index of the nearest rating; -1 where none is near enough."""
    seconds = np.arange(n_seconds)
    right = np.clip(np.searchsorted(at_s, seconds), 0, len(at_s) - 1)
    left = np.maximum(right - 1, 0)
    near = np.where(np.abs(at_s[left] - seconds) <= np.abs(at_s[right] - seconds), left, right)
    # A rating half-way between two seconds belongs to the later one.
    apart = at_s[near] - seconds
    reach = min(step_s, 1.0) / 2 + 1e-6
    return np.where((apart > -reach) & (apart < reach - 2e-6), near, -1)


def _held(at_s: Floats, step_s: float, n_seconds: int) -> NDArray[np.int64]:
    """For each second, the last change at or before it; none after the last change."""
    seconds = np.arange(n_seconds)
    last = np.searchsorted(at_s, seconds + 1e-6, side="right") - 1
    return np.where(seconds <= math.ceil(at_s[-1] - 1e-6), last, -1)


def _windows(
    at_s: Floats, ratings: Floats, step_s: float, has: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """The mean, lowest, highest and number of the ratings within the second that ends at each row."""
    known = ~np.isnan(ratings)
    at_s, ratings = at_s[known], ratings[known]
    mean, low, high = (np.full(len(has), np.nan) for _ in range(3))
    n = np.zeros(len(has), np.int64)
    ends = np.arange(len(has)) + min(step_s, 1.0) / 2
    begin, end = np.searchsorted(at_s, ends - 1 - 1e-6), np.searchsorted(at_s, ends - 1e-6)
    for row in np.flatnonzero(has & (end > begin)):
        own = ratings[begin[row] : end[row]]
        mean[row], low[row], high[row], n[row] = own.mean(), own.min(), own.max(), len(own)
    return mean, low, high, n


def _findings(
    recording: Recording, source: dict[str, Any], trace: Trace, at_s: Floats, ratings: Floats
) -> list[Finding]:
    found = [
        *recording.findings,
        finding(Code.IMPORTED, file=source["file"], program=source["program"]),
        *(finding(Code.IMPORT_NOTE, text=note) for note in source["notes"]),
    ]
    if bad := source["malformed"]:
        found.append(finding(Code.ROWS_UNREADABLE, count=len(bad), rows=[one["row"] for one in bad[: SHOWN + 1]]))
    found += findings_of_counts((Code.ROWS_UNRATED, int(np.count_nonzero(np.isnan(ratings)))))
    if source["step_s"] > 1.5 and not source["held"]:
        found.append(finding(Code.RATED_SPARSELY, step_s=source["step_s"]))
    found += findings_of_counts((Code.RATED_AFTER_END, int(np.count_nonzero(at_s >= len(trace.rating) - 1e-6))))
    rated = np.flatnonzero(~np.isnan(trace.rating))
    if len(rated) and (left := len(trace.rating) - 1 - int(rated[-1])):
        found.append(finding(Code.RATED_PART_ENDS, second=int(rated[-1]), count=left))
    moved_s = first_moved(trace.rating)
    if len(rated) and moved_s - rated[0] >= LONG_UNMOVED_S:
        found.append(finding(Code.SAME_AT_START, count=moved_s - int(rated[0])))
    return found


def _report(recording: Recording, source: dict[str, Any], trace: Trace, findings: list[Finding]) -> dict[str, Any]:
    assert trace.offset_s is not None
    nobody = ("name", "board", "unique_id", "firmware", "interpreter", "protocol", "knob")
    return {
        "rater": recording.rater,
        "synthetic": recording.header["synthetic"],
        "software": f"tracedial {__version__}",
        "recorded_with": source["program"],
        "recorded_at": "",
        "video": recording.header["video"],
        "dial": {**dict.fromkeys(nobody), "scale": source.get("scale")},
        "seconds": len(trace.rating),
        "rated_seconds": len(trace.rating) - trace.missing,
        "samples": len(recording.ratings),
        "samples_while_video_stood_still": 0,
        "samples_without_rating": sum(one["rating"] is None for one in recording.ratings),
        "resent": 0,
        "repeats": 0,
        "records_missing": 0,
        "offset_definition": "video time of the rating minus the whole second it stands for",
        "first_moved_s": None,
        "offset_ms": offset_report(trace.offset_s),
        "clocks": [],
        "stretches": [],
        "parameters": {"placed": "held" if source["held"] else "nearest", "step_s": source["step_s"]},
        "imported": {**source, "imported_at": recording.header["wall_clock"]},
        **findings_report(findings),
    }  # fmt: skip
