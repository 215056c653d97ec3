"""Ratings on video time: from a recording's three clocks to its trace.

Dial time becomes host time by the clock's fit (`clock.py`), host time becomes video time by the player's timeline
(`player.py`). Each whole second of the video gets the sample that was taken nearest to it while the video ran; samples
taken while it stood still are kept in `samples.csv` and flagged, and belong to no second.
"""

import itertools
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialwire import message
from tracedial import __version__
from tracedial.clock import ClockFit, fit_clock
from tracedial.errors import ClockError, JournalError, NothingRatedError, RecordingError, TracedialError
from tracedial.export import digits, write_table
from tracedial.journal import JOURNAL_NAME
from tracedial.link.client import Sample
from tracedial.player import Stretch
from tracedial.recording import Recording, journals, read_recording, times
from tracedial.resume import dial_words
from tracedial.session import ALIGNMENT_FILE, TRACE_FILE
from tracedial.trace import Trace, write_trace
from tracedial.video_time import VideoTime, flag_unseen, video_time
from tracedial.whole_file import fingerprint, write_whole

EDGE_S = 0.002
"""A sample that lies no farther than this and its clock's bound from where the video began or ceased to run counts as
taken while it ran (host time)."""
OFF_PHASE_S = 0.02
"""A sample farther than this (host time) from its second is flagged."""
PLACED_S = 0.045
"""How well each second is to be placed, at worst."""
LONG_UNMOVED_S = 30
"""A dial that was not moved for this long at the beginning is worth a word."""
GOES_ON_S = 0.3
"""A video that begins again this near to where it had stopped was paused and not moved: a page that was closed knows
where it was to its last report."""
STOOD_STILL = -1
FLAG_WORDS = (
    (message.FLAG_CLIPPED, "clipped"),
    (message.FLAG_RESENT, "resent"),
    (message.FLAG_LATE, "late"),
    (message.FLAG_FAULT, "fault"),
    (message.FLAG_UNHOMED, "unhomed"),
)
"""The flags of a sample as `trace.csv` and `samples.csv` spell them."""
EVENT_WORDS = {
    message.EVENT_DETENT: "detent",
    message.EVENT_BUTTON: "button",
    message.EVENT_FAULT: "fault",
    message.EVENT_HOME: "home",
    message.EVENT_SYNC_IN: "sync_in",
    message.EVENT_SYNC_OUT: "sync_out",
}
"""The dial's events as `marks.csv` spells them."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Alignment:
    """A recording's trace, its samples on all clocks, and what there is to say about both.

    The sample arrays have shape (n_samples,), in the order of dial time; `stretch` is the index of the stretch in which
    a sample was taken, or `STOOD_STILL`, where `video_s` is NaN.
    """

    recording: Recording
    trace: Trace
    samples: list[Sample]
    host_s: Floats
    bound_s: Floats
    video_s: Floats
    stretch: NDArray[np.int64]
    video: VideoTime
    fits: dict[int, ClockFit]
    report: dict[str, Any] = field(default_factory=dict)
    parts: list["Alignment"] = field(default_factory=list)
    """Of a recording that was taken up again: the alignment of each journal. The arrays above are then the last's."""

    @property
    def stretches(self) -> list[Stretch]:
        """The stretches in which the video ran."""
        return self.video.stretches


def align_folder(folder: Path) -> Alignment:
    """Align a recording, in however many journals it is: seconds that a later one rated again have its ratings.

    Raises where no journal of it can be aligned.
    """
    parts: list[Alignment] = []
    problems: list[TracedialError] = []
    # Taken first: what comes in while the journals are read is not in the result.
    sizes = journal_bytes(folder)
    for journal in journals(folder) or [JOURNAL_NAME]:
        try:
            parts.append(align(read_recording(folder, journal)))
        except (RecordingError, JournalError) as error:
            problems.append(error)
    if not parts:
        # What is damaged outranks a sitting in which nothing happened.
        raise next((problem for problem in problems if not isinstance(problem, NothingRatedError)), problems[0])
    alignment = parts[0] if len(parts) == 1 and not problems else _joined(parts, problems)
    alignment.report["journal_bytes"] = sizes
    return alignment


def align(recording: Recording) -> Alignment:
    """Align one journal of a recording. Raises where the video never ran or no clock can be fitted."""
    origin_ns = recording.header["origin_ns"]
    video = video_time(recording, origin_ns=origin_ns)
    stretches = video.stretches
    if not stretches:
        raise NothingRatedError(
            recording.folder, f"In {recording.folder} the video never ran: there is nothing to align."
        )
    samples, repeats, conflicts = _without_repeats(recording.samples)
    fits, unfitted = _fit_boots(recording, origin_ns)
    samples = [sample for sample in samples if sample.boot in fits]
    if not samples:
        if unfitted:
            raise RecordingError(
                recording.folder,
                f"{recording.folder} holds no sample that can be placed in time: {'; '.join(unfitted)}.",
            )
        raise NothingRatedError(recording.folder, f"{recording.folder} holds no samples.")
    host_s = np.empty(len(samples))
    bound_s = np.empty(len(samples))
    boots = np.array([sample.boot for sample in samples])
    dial_s = np.array([sample.t_us for sample in samples]) / 1e6
    for boot, fit in fits.items():
        own = boots == boot
        host_s[own] = fit.host_s(dial_s[own])
        bound_s[own] = fit.bound_at(dial_s[own])
    edge_s = EDGE_S + bound_s
    order = np.argsort(host_s, kind="stable")
    samples = [samples[i] for i in order]
    host_s, bound_s, edge_s = host_s[order], bound_s[order], edge_s[order]
    video_s, stretch = _place(host_s, edge_s, stretches)
    bound_s = bound_s + video.bound_s(host_s, stretch)
    trace, revisited = _trace(recording, samples, bound_s, video_s, stretch, stretches)
    assert trace.offset_s is not None
    trace = replace(trace, flags=flag_unseen(trace.flags, video.unseen, ~np.isnan(trace.offset_s)))
    alignment = Alignment(recording, trace, samples, host_s, bound_s, video_s, stretch, video, fits)
    alignment.report.update(_report(alignment, repeats, conflicts, unfitted, revisited))
    if video.shown:
        alignment.report["page"] = _page_report(recording, video)
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

    Each is there whole or as it was before; `alignment.json` comes last and says how long the others are, so that files
    of two alignments, which a full disk can leave, are told from those of one.
    """
    folder = alignment.recording.folder
    try:
        write_trace(alignment.trace, folder / TRACE_FILE)
        _write_samples(alignment, folder / "samples.csv")
        _write_marks(alignment, folder / "marks.csv")
        files = {name: fingerprint(folder / name) for name in (TRACE_FILE, "samples.csv", "marks.csv")}
        text = json.dumps({**alignment.report, "files": files}, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(folder / ALIGNMENT_FILE, text + "\n")
    except OSError as error:
        raise RecordingError(folder, f"The derived files in {folder} cannot be written: {error.strerror}.") from error


def _page_report(recording: Recording, video: VideoTime) -> dict[str, Any]:
    late_s = video.shown.late_s if video.shown else np.zeros(0)
    return {
        "clocks": [_clock_report(fit) for fit in video.page_fits.values()],
        "frames": sum(len(batch.at_us) for batch in recording.frames),
        "frames_used": len(late_s),
        "frame_residual_ms": {
            "p90_abs": _ms(np.quantile(np.abs(late_s), 0.9)) if len(late_s) else None,
            "max_abs": _ms(np.abs(late_s).max()) if len(late_s) else None,
        },
        "stood_still_untold": {
            "times": video.shown.frozen if video.shown else 0,
            "seconds": round(video.shown.frozen_s, 3) if video.shown else 0.0,
        },
        "unseen": [
            {"video_from_s": round(one.video_from_s, 3), "video_to_s": round(one.video_to_s, 3)} for one in video.unseen
        ],
        "told": [{key: value for key, value in note.items() if key != "host_ns"} for note in recording.pages],
    }


def _joined(parts: list[Alignment], problems: list[TracedialError]) -> Alignment:
    """Several journals of one recording as one: each second has the row of the last journal that sampled it."""
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
    first_moved_s = _first_moved(trace.rating)
    report["first_moved_s"] = first_moved_s if first_moved_s < len(trace.rating) else None
    # Each journal begins with a knob that has not moved yet; of the whole, only the first does.
    flags[first_moved_s:] = ["|".join(w for w in row.split("|") if w != "unmoved") for row in flags[first_moved_s:]]
    unseen = [one for part in parts for one in part.video.unseen]
    flags[:] = flag_unseen(flags, unseen, ~np.isnan(columns["offset_s"]))
    for key in SUMMED:
        report[key] = sum(part.report[key] for part in parts)
    report["clocks"] = [clock for part in parts for clock in part.report["clocks"]]
    report["stretches"] = [
        {"part": number, **one} for number, part in enumerate(parts, start=1) for one in part.report["stretches"]
    ]
    report["offset_ms"] = _offset_report(columns["offset_s"])
    report["journals"] = [part.recording.journal for part in parts]
    report["findings"] = [
        f"The recording was taken up again {times(len(parts) + len(problems) - 1)}: it is in several journals.",
        *_dial_findings(parts),
        *(str(problem) for problem in problems),
        *(f"{part.recording.journal}: {finding}" for part in parts for finding in part.report["findings"]),
    ]
    if again:
        report["findings"].insert(1, f"{again} seconds were rated more than once; the rating of the last time is used.")
    return replace(last, trace=trace, report=report, parts=parts)


def _dial_findings(parts: list[Alignment]) -> list[str]:
    """Whether one rater's journals were made with several dials, and whether somebody meant that."""
    used = {
        (hello["unique_id"], f"{dial_words(hello['unique_id'], hello['name'])} in {part.recording.journal}")
        for part in parts
        for hello in part.recording.hellos
    }
    if len({unique_id for unique_id, _ in used}) < 2:
        return []
    meant = any(part.recording.header.get("another_dial") for part in parts)
    return [
        f"The recording was made with more than one dial: {'; '.join(sorted(words for _, words in used))}. "
        + ("That was asked for (--another-dial)." if meant else "Nobody asked for that: is every part this rater's?")
    ]


def _fit_boots(recording: Recording, origin_ns: int) -> tuple[dict[int, ClockFit], list[str]]:
    fits: dict[int, ClockFit] = {}
    unfitted: list[str] = []
    for boot in recording.boots:
        try:
            fits[boot] = fit_clock([e for e in recording.exchanges if e.boot == boot], origin_ns=origin_ns)
        except ClockError as error:
            unfitted.append(f"boot {boot:08x}: {str(error).rstrip('.')}")
    return fits, unfitted


def _without_repeats(samples: Iterable[Sample]) -> tuple[list[Sample], int, int]:
    """Each record once, the first that came; how often one came again, and how often with other content."""
    kept: dict[tuple[int, int], Sample] = {}
    repeats = conflicts = 0
    for sample in samples:
        first = kept.setdefault((sample.boot, sample.seq), sample)
        if first is not sample:
            repeats += 1
            conflicts += (first.t_us, first.rating, first.raw) != (sample.t_us, sample.rating, sample.raw)
    return list(kept.values()), repeats, conflicts


def _place(host_s: Floats, edge_s: Floats, stretches: list[Stretch]) -> tuple[Floats, NDArray[np.int64]]:
    """Video time and stretch of each host time; NaN and `STOOD_STILL` where the video did not run, give or take
    `edge_s`."""
    video_s = np.full(len(host_s), np.nan)
    stretch = np.full(len(host_s), STOOD_STILL)
    starts = np.array([s.host_start_s for s in stretches])
    ends = np.array([s.host_end_s for s in stretches])
    index = np.searchsorted(starts, host_s + edge_s, side="right") - 1
    inside = (index >= 0) & (host_s <= ends[np.maximum(index, 0)] + edge_s)
    # Where one stretch follows on another at once (a change of speed), the earlier keeps what came before its end.
    earlier = (index >= 1) & (host_s < starts[np.maximum(index, 0)]) & (host_s <= ends[np.maximum(index - 1, 0)])
    index = np.where(earlier, index - 1, index)
    for number, one in enumerate(stretches):
        own = inside & (index == number)
        video_s[own] = one.video_s(host_s[own])
        stretch[own] = number
    return video_s, stretch


def _trace(
    recording: Recording,
    samples: list[Sample],
    bound_s: Floats,
    video_s: Floats,
    stretch: NDArray[np.int64],
    stretches: list[Stretch],
) -> tuple[Trace, int]:
    duration_s = recording.header["video"]["duration_s"]
    # What happens before the raters' eyes has no length of its own: it ends with the recording.
    n_seconds = math.ceil((max(one.video_end_s for one in stretches) if duration_s is None else duration_s) - 1e-6)
    chosen = np.full(n_seconds, -1)
    offset = np.full(n_seconds, np.nan)
    revisits = np.zeros(n_seconds, dtype=int)
    for number, one in enumerate(stretches):
        own = np.flatnonzero(stretch == number)
        if not len(own):
            continue
        first = math.ceil(one.video_start_s - 1e-6)
        last = min(math.floor(one.video_end_s + 1e-6), n_seconds - 1)
        seconds = np.arange(max(first, 0), last + 1)
        near, distance = _nearest(video_s[own], seconds)
        hit = np.abs(distance) < min(1 / recording.header["rate_hz"], one.speed) / 2
        before = chosen[seconds[0]] if len(seconds) else -1
        if before >= 0 and stretch[before] == number - 1 and _goes_on(stretches[number - 1], one):
            # The video went on where it had stopped: a second reached just then was sampled when it was reached.
            hit[0] &= abs(offset[seconds[0]]) > max(abs(distance[0]), OFF_PHASE_S * one.speed)
        # A second watched again keeps the rating of the last time, and says so.
        revisits[seconds[hit]] += chosen[seconds[hit]] >= 0
        chosen[seconds[hit]] = own[near[hit]]
        offset[seconds[hit]] = distance[hit]
    has = chosen >= 0
    columns = np.array([(s.rating, s.flags, s.n, s.mean_milli, s.min, s.max) for s in samples])
    rating, bound = np.full(n_seconds, np.nan), np.full(n_seconds, np.nan)
    # A knob whose wire is broken, or that was never homed, has no rating, whatever number the dial sent with its flag.
    no_rating = (columns[:, 1] & message.NO_RATING) > 0
    rated = has & ~no_rating[chosen]
    rating[rated] = columns[chosen[rated], 0]
    speed = np.ones(n_seconds)
    speed[has] = np.array([one.speed for one in stretches])[stretch[chosen[has]]]
    bound[has] = bound_s[chosen[has]] * speed[has]
    readings = columns[:, 2:].T.copy()
    # Such a sample counts the readings before the wire broke; where there was none, its one number is the last known.
    readings[0, no_rating & (readings[0] == 1)] = 0
    windows = _windows(readings, video_s, stretch, stretches, chosen, recording.header["rate_hz"])
    sample_flags = np.where(has, columns[chosen, 1], 0)
    paused = np.zeros(n_seconds, dtype=bool)
    paused[_paused_seconds(stretches, n_seconds)] = True
    flags = _flag_words(
        {
            **{word: (sample_flags & bit) > 0 for bit, word in FLAG_WORDS},
            "off_phase": np.abs(offset) > OFF_PHASE_S * speed,
            "revisited": revisits > 0,
            "paused": paused,
            "unmoved": has & (np.arange(n_seconds) < _first_moved(rating)),
        }
    )
    trace = Trace(recording.rater, rating, *windows, offset, bound, flags)
    return trace, int(np.count_nonzero(revisits))


def _first_moved(rating: Floats) -> int:
    """The first second whose rating differs from the one that the knob stood at when the recording began; the number of
    seconds where none does. Until then nobody has rated anything."""
    rated = np.flatnonzero(~np.isnan(rating))
    moved = rated[rating[rated] != rating[rated[0]]] if len(rated) else rated
    return int(moved[0]) if len(moved) else len(rating)


def _flag_words(conditions: dict[str, NDArray[np.bool_]]) -> list[str]:
    """For each row the names of the conditions that hold there, joined by `|`."""
    flags = [""] * len(next(iter(conditions.values())))
    for word, holds in conditions.items():
        for row in np.flatnonzero(holds):
            flags[row] = f"{flags[row]}|{word}" if flags[row] else word
    return flags


def _nearest(times: Floats, seconds: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
    """For each second the index of the nearest of the rising `times`, and that time minus the second."""
    right = np.clip(np.searchsorted(times, seconds), 0, len(times) - 1)
    left = np.maximum(right - 1, 0)
    near = np.where(np.abs(times[left] - seconds) <= np.abs(times[right] - seconds), left, right)
    return near, times[near] - seconds


def _windows(
    readings: NDArray[np.int64],
    video_s: Floats,
    stretch: NDArray[np.int64],
    stretches: list[Stretch],
    chosen: NDArray[np.int64],
    rate_hz: float,
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Mean, lowest, highest and number of the finer readings in the second that ends at each row.

    `readings` holds the samples' number, mean (in thousandths), lowest and highest: shape (4, n_samples).

    That second holds the row's own sample and those before it, in the same stretch, less than a second of video ago;
    half the distance of two samples is left between neighbours, so that jitter moves none into the wrong second.
    """
    n_of, mean_of, low_of, high_of = readings.astype(float)
    has = np.flatnonzero(chosen >= 0)
    last = chosen[has]
    first = np.empty_like(last)
    for number, one in enumerate(stretches):
        own = np.flatnonzero(stretch == number)
        rows = stretch[last] == number
        if len(own) and rows.any():
            begin = video_s[last[rows]] - 1 + min(1 / rate_hz, one.speed) / 2
            first[rows] = own[0] + np.searchsorted(video_s[own], begin, side="right")
    bounds = np.column_stack([first, last + 1]).ravel()

    def reduce(function: np.ufunc, values: Floats) -> Floats:
        # One more value, since the end of the last window may be the end of the array.
        return function.reduceat(np.append(values, 0.0), bounds)[::2]

    mean, low, high = (np.full(len(chosen), np.nan) for _ in range(3))
    n = np.zeros(len(chosen), dtype=np.int64)
    if len(has):
        total = reduce(np.add, n_of)
        n[has] = total
        some = has[total > 0]
        mean[some] = (reduce(np.add, mean_of * n_of)[total > 0] / total[total > 0]) / 1e3
        low[some] = reduce(np.minimum, np.where(n_of > 0, low_of, np.inf))[total > 0]
        high[some] = reduce(np.maximum, np.where(n_of > 0, high_of, -np.inf))[total > 0]
    return mean, low, high, n


def _goes_on(before: Stretch, after: Stretch) -> bool:
    """Whether the video went on where it had stood."""
    return abs(after.video_start_s - before.video_end_s) < GOES_ON_S


def _paused_seconds(stretches: list[Stretch], n_seconds: int) -> list[int]:
    """Seconds at (or just before) which the video stood still for a while."""
    seconds = []
    for before, after in itertools.pairwise(stretches):
        if after.host_start_s - before.host_end_s > EDGE_S and _goes_on(before, after):
            seconds.append(min(math.floor(before.video_end_s + 1e-6), n_seconds - 1))
    return sorted(set(seconds))


def _gaps(samples: list[Sample], recording: Recording) -> dict[int, int]:
    """By boot, how many numbers between its first and last record never came in."""
    gaps = {}
    for boot in recording.boots:
        first = min((start.first_seq for start in recording.starts if start.boot == boot), default=None)
        seqs = {s.seq for s in samples if s.boot == boot} | {m.seq for m in recording.marks if m.boot == boot}
        if seqs:
            start = min(seqs) if first is None else min(first, *seqs)
            end = recording.end or {}
            numbered = end.get("next_seq", 0) if end.get("boot") == boot else 0
            gaps[boot] = max(max(seqs) + 1, numbered) - start - len(seqs)
    return gaps


def _report(alignment: Alignment, repeats: int, conflicts: int, unfitted: list[str], revisited: int) -> dict[str, Any]:
    recording, trace = alignment.recording, alignment.trace
    offset = trace.offset_s
    assert offset is not None
    gaps = _gaps(alignment.samples, recording)
    findings = list(recording.findings)
    if sum(gaps.values()):
        findings.append(f"{sum(gaps.values())} records of the dial never came in.")
    if missed := (recording.end or {}).get("missed_ticks", 0):
        findings.append(f"The dial was too busy to sample at {missed} ticks: those seconds have no rating.")
    if len(recording.boots) > 1:
        findings.append(
            f"The dial was reset {times(len(recording.boots) - 1)}: each boot has its own clock, and what the dial "
            "held in memory at a reset is lost."
        )
    if unfitted:
        findings.append(f"No clock could be fitted for {'; '.join(unfitted)}: its samples are not in the trace.")
    steps = sum(fit.steps for fit in alignment.fits.values())
    if steps:
        findings.append(
            f"The computer's clock stood still {times(steps)} (was it asleep?): those samples have a wide bound."
        )
    if impossible := sum(fit.impossible for fit in alignment.fits.values()):
        findings.append(
            f"{impossible} sync exchanges took less than no time or contradict all others and are not used."
        )
    if conflicts:
        findings.append(f"{conflicts} records came twice with different content; the first is used.")
    broken = sum(bool(sample.flags & message.FLAG_FAULT) for sample in alignment.samples)
    unhomed = sum(bool(sample.flags & message.FLAG_UNHOMED) for sample in alignment.samples)
    if broken:
        findings.append(f"The knob's wire was broken at {broken} samples: they are no ratings, and none is made up.")
    if unhomed:
        findings.append(
            f"The dial had not been homed at {unhomed} samples (set the knob to zero and hold the button): they are "
            "no ratings."
        )
    lost_links = sum(not link["up"] for link in recording.links)
    resent = sum(bool(sample.flags & message.FLAG_RESENT) for sample in alignment.samples)
    if lost_links:
        findings.append(f"The link was lost {times(lost_links)}; {resent} samples were resent by the dial.")
    if revisited:
        findings.append(f"{revisited} seconds were watched more than once; the rating of the last time is used.")
    findings += alignment.video.findings
    findings += _placing_findings(trace)
    first_moved_s = _first_moved(trace.rating)
    if first_moved_s == len(trace.rating):
        findings.append("The dial was never moved: the trace shows where it happened to stand.")
    elif first_moved_s >= LONG_UNMOVED_S:
        findings.append(f"The dial was not moved before second {first_moved_s}: until then nothing was rated.")
    first_hello = recording.hellos[0] if recording.hellos else {}
    return {
        "rater": recording.rater,
        "synthetic": recording.header["synthetic"],
        "software": f"tracedial {__version__}",
        "recorded_with": recording.header["software"],
        "recorded_at": recording.header["wall_clock"],
        "video": recording.header["video"],
        "dial": {
            key: first_hello.get(key)
            for key in ("name", "board", "unique_id", "firmware", "interpreter", "protocol", "knob", "scale")
        },
        "seconds": len(trace.rating),
        "rated_seconds": len(trace.rating) - trace.missing,
        "samples": len(alignment.samples),
        "samples_while_video_stood_still": int(np.count_nonzero(alignment.stretch == STOOD_STILL)),
        "samples_without_rating": broken + unhomed,
        "resent": resent,
        "repeats": repeats,
        "records_missing": sum(gaps.values()),
        "offset_definition": "video time of the sample minus the whole second it stands for",
        "first_moved_s": first_moved_s if first_moved_s < len(trace.rating) else None,
        "offset_ms": _offset_report(offset),
        "clocks": [_clock_report(fit) for fit in alignment.fits.values()],
        "stretches": [
            {
                "video_start_s": round(one.video_start_s, 6),
                "video_end_s": round(one.video_end_s, 6),
                "host_start_s": round(one.host_start_s, 6),
                "host_end_s": round(one.host_end_s, 6),
                "speed": one.speed,
            }
            for one in alignment.stretches
        ],
        "parameters": {
            "edge_s": EDGE_S,
            "off_phase_s": OFF_PHASE_S,
            "nearest_within": "half the distance of two samples",
            "revisited": "last",
        },
        "findings": findings,
    }


def _placing_findings(trace: Trace) -> list[str]:
    """Whether the seconds of a trace are placed as well as promised."""
    assert trace.bound_s is not None
    placed = trace.bound_s[~np.isnan(trace.bound_s)]
    wide = np.count_nonzero(placed > PLACED_S)
    if not wide:
        return []
    return [
        f"{wide} of {len(placed)} seconds are placed less exactly than the goal of {PLACED_S * 1e3:g} ms, the worst to "
        f"{placed.max() * 1e3:.0f} ms (bound_ms says how well each is): the computer or the link was too busy there."
    ]


def _offset_report(offset_s: Floats) -> dict[str, float | None]:
    known = offset_s[~np.isnan(offset_s)]
    if not len(known):
        return {"median": None, "p99_abs": None, "max_abs": None}
    return {
        "median": _ms(np.median(known)),
        "p99_abs": _ms(np.quantile(np.abs(known), 0.99)),
        "max_abs": _ms(np.abs(known).max()),
    }


def _clock_report(fit: ClockFit) -> dict[str, Any]:
    quick = fit.excess_s <= np.median(fit.excess_s)
    return {
        "boot": f"{fit.boot:08x}",
        "offset_definition": "to be added to dial time to get host time",
        "exchanges": len(fit.residual_s),
        "offset_s": round(float(fit.offset_s[0]), 6),
        "drift_ppm": round(fit.drift_ppm, 3),
        "rate_change_ppm": round(fit.rate_change * 1e6, 3),
        "round_trip_ms": {"min": _ms(fit.round_trip_s.min()), "median": _ms(np.median(fit.round_trip_s))},
        "residual_ms": {
            "sd_of_quicker_half": _ms(np.std(fit.residual_s[quick])),
            "sd": _ms(np.std(fit.residual_s)),
        },
        "bound_ms": {"median": _ms(np.median(fit.bound_s)), "max": _ms(fit.bound_s.max())},
    }


def _ms(seconds: Any) -> float:
    return round(float(seconds) * 1e3, 4)


def _write_samples(alignment: Alignment, path: Path) -> None:
    columns = ("boot", "seq", "dial_us", "host_s", "video_s", "rating", "mean", "min", "max", "n", "raw", "bound_ms",
               "flags", "part")  # fmt: skip
    write_table(path, columns, _sample_rows(alignment))


def _sample_rows(alignment: Alignment) -> Iterator[tuple[Any, ...]]:
    for number, part in enumerate(alignment.parts or [alignment], start=1):
        for at, sample in enumerate(part.samples):
            words = [word for bit, word in FLAG_WORDS if sample.flags & bit]
            stood_still = part.stretch[at] == STOOD_STILL
            if stood_still:
                words.append("paused")
            yield (
                f"{sample.boot:08x}", sample.seq, sample.t_us, digits(part.host_s[at], 6),
                None if stood_still else digits(part.video_s[at], 6), sample.rating, sample.mean_milli / 1e3,
                sample.min, sample.max, sample.n, sample.raw, digits(part.bound_s[at] * 1e3, 3), "|".join(words),
                number,
            )  # fmt: skip


def _write_marks(alignment: Alignment, path: Path) -> None:
    """The dial's events, on video time where the video ran: presses of the button, detents landed on, pulses of the
    sync pins, wires that broke."""
    parts = enumerate(alignment.parts or [alignment], start=1)
    columns = ("video_s", "host_s", "event", "value", "label", "dial_us", "bound_ms", "part")
    write_table(path, columns, ((*row, number) for number, part in parts for row in _mark_rows(part)))


def _mark_rows(alignment: Alignment) -> Iterator[tuple[Any, ...]]:
    marks = [mark for mark in alignment.recording.marks if mark.boot in alignment.fits]
    detents = {hello["boot"]: hello["scale"]["detents"] for hello in alignment.recording.hellos}
    for mark in sorted(marks, key=lambda mark: (mark.boot, mark.seq)):
        host = alignment.fits[mark.boot].host_s(mark.t_us / 1e6)
        bound = alignment.fits[mark.boot].bound_at(mark.t_us / 1e6)
        video, _ = _place(np.array([float(host)]), EDGE_S + bound.reshape(1), alignment.stretches)
        name = EVENT_WORDS.get(mark.event, str(mark.event))
        label = ""
        labels = detents.get(mark.boot, [])
        if mark.event == message.EVENT_DETENT and mark.value < len(labels):
            label = labels[mark.value][1]
        yield (
            digits(video[0], 6), digits(float(host), 6), name, mark.value, label, mark.t_us,
            digits(float(bound) * 1e3, 3),
        )  # fmt: skip
