"""From samples on host time to the trace: which second of the video each sample belongs to, and what its row holds."""

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialwire import message
from tracedial.measures.trace import Trace
from tracedial.recording.doubt import Doubt
from tracedial.recording.on_scale import OFF_SCALE
from tracedial.recording.recording import Recording
from tracedial.recording.samples import Samples
from tracedial.timing.player import Stretch

Floats = NDArray[np.float64]

EDGE_S = 0.002
"""A sample counts as taken while the video ran if it lies within this plus its clock's bound of the moment when the
video began or stopped running (host time)."""
OFF_PHASE_S = 0.02
"""A sample farther than this (host time) from its second is flagged."""
GOES_ON_S = 0.3
"""A video that begins again this near to where it had stopped was paused, not moved: a closed page's position is known
as of its last report."""
PAUSED_S = 1.0
"""A video that begins again this near to where it had stopped is flagged `paused` there. A page that closes on a busy
machine may not have reported its last frames, so the video seems to continue a little later."""
STOOD_STILL = -1
FLAG_WORDS = (
    (message.FLAG_CLIPPED, "clipped"),
    (message.FLAG_RESENT, "resent"),
    (message.FLAG_LATE, "late"),
    (message.FLAG_FAULT, "fault"),
    (message.FLAG_UNHOMED, "unhomed"),
    (OFF_SCALE, "off_scale"),
)
"""The flags of a sample as `trace.csv` and `samples.csv` spell them."""


def place(host_s: Floats, edge_s: Floats, stretches: list[Stretch]) -> tuple[Floats, NDArray[np.int32]]:
    """Video time and stretch of each host time; NaN and `STOOD_STILL` where the video did not run, with a tolerance of
    `edge_s`."""
    video_s = np.full(len(host_s), np.nan)
    stretch = np.full(len(host_s), STOOD_STILL, dtype=np.int32)
    starts = np.array([s.host_start_s for s in stretches])
    ends = np.array([s.host_end_s for s in stretches])
    index = np.searchsorted(starts, host_s + edge_s, side="right") - 1
    inside = (index >= 0) & (host_s <= ends[np.maximum(index, 0)] + edge_s)
    # If one stretch directly follows another (a change of speed), the earlier one keeps all samples before its end.
    earlier = (index >= 1) & (host_s < starts[np.maximum(index, 0)]) & (host_s <= ends[np.maximum(index - 1, 0)])
    index = np.where(earlier, index - 1, index)
    stretch[inside] = index[inside]
    for one, own in zip(stretches, members(stretch, len(stretches)), strict=True):
        video_s[own] = one.video_s(host_s[own])
    return video_s, stretch


def members(stretch: NDArray[np.int32], n_stretches: int) -> list[NDArray[np.int64]]:
    """For each stretch, the indices of its samples in rising order."""
    order = np.argsort(stretch, kind="stable")
    return np.split(order, np.searchsorted(stretch[order], np.arange(n_stretches + 1)))[1:-1]


@dataclass(frozen=True)
class Rows:
    """For each second of the video, arrays of shape (n_seconds,): the index of its sample (-1: none), how long after
    the second it was taken (seconds of video, NaN: none), and how often the second was watched again."""

    chosen: NDArray[np.int64]
    offset_s: Floats
    revisits: NDArray[np.int64]


def trace_of(
    recording: Recording,
    samples: Samples,
    host_s: Floats,
    bound_s: Floats,
    video_s: Floats,
    stretch: NDArray[np.int32],
    stretches: list[Stretch],
) -> tuple[Trace, Rows]:
    """The trace made from samples (arrays of shape (n_samples,)), and which sample is in which of its rows."""
    rate_hz = recording.header["rate_hz"]
    duration_s = recording.header["video"]["duration_s"]
    # A live event has no length of its own: it ends with the recording.
    n_seconds = math.ceil((max(one.video_end_s for one in stretches) if duration_s is None else duration_s) - 1e-6)
    own = members(stretch, len(stretches))
    rows = _rows(n_seconds, rate_hz=rate_hz, video_s=video_s, stretch=stretch, stretches=stretches, own=own)
    chosen = rows.chosen
    has = chosen >= 0
    sample_flags = np.where(has, samples.rows["flags"][chosen], 0)
    # A knob with a broken wire, or one that was never homed, has no rating, whatever number the dial sent with the
    # flag. Neither has a dial with a position off its scale.
    rated = has & (sample_flags & (message.NO_RATING | OFF_SCALE) == 0)
    rating, bound, speed = np.full(n_seconds, np.nan), np.full(n_seconds, np.nan), np.ones(n_seconds)
    rating[rated] = samples.rows["rating"][chosen[rated]]
    speed[has] = np.array([one.speed for one in stretches])[stretch[chosen[has]]]
    bound[has] = bound_s[chosen[has]] * speed[has]
    paused = np.zeros(n_seconds, dtype=bool)
    paused[paused_seconds(stretches, n_seconds)] = True
    in_doubt = np.zeros(n_seconds, dtype=bool)
    for doubt in recording.doubts:
        in_doubt |= rows_in_doubt(doubt, recording, host_s, rows)
    first = _window_begins(rate_hz, video_s=video_s, stretch=stretch, stretches=stretches, own=own, chosen=chosen)
    flags = flag_words(
        {
            **{word: (sample_flags & bit) > 0 for bit, word in FLAG_WORDS},
            "off_phase": np.abs(rows.offset_s) > OFF_PHASE_S * speed,
            "revisited": rows.revisits > 0,
            "paused": paused,
            "unmoved": has & (np.arange(n_seconds) < first_moved(rating)),
            "partial": _lacks_readings(recording, samples, first, chosen),
            "doubt": in_doubt,
        }
    )
    trace = Trace(recording.rater, rating, *_windows(samples, first, chosen), rows.offset_s, bound, flags)
    return trace, rows


def rows_in_doubt(doubt: Doubt, recording: Recording, host_s: Floats, rows: Rows) -> NDArray[np.bool_]:
    """Marks rows with a sample from a time when the video's position is unknown: shape (n_seconds,)."""
    taken_ns = recording.header["origin_ns"] + (host_s[rows.chosen] * 1e9).astype(np.int64)
    return (rows.chosen >= 0) & doubt.covers(taken_ns)


def _rows(
    n_seconds: int,
    rate_hz: float,
    video_s: Floats,
    stretch: NDArray[np.int32],
    stretches: list[Stretch],
    own: list[NDArray[np.int64]],
) -> Rows:
    chosen, offset = np.full(n_seconds, -1), np.full(n_seconds, np.nan)
    revisits = np.zeros(n_seconds, dtype=int)
    for number, one in enumerate(stretches):
        if not len(own[number]):
            continue
        # If frames show when the video began, they are as coarse as their own grid.
        first = math.ceil(one.video_start_s - OFF_PHASE_S * one.speed)
        last = min(math.floor(one.video_end_s + 1e-6), n_seconds - 1)
        seconds = np.arange(max(first, 0), last + 1)
        near, distance = _nearest(video_s[own[number]], seconds)
        hit = np.abs(distance) < min(1 / rate_hz, one.speed) / 2
        before = chosen[seconds[0]] if len(seconds) else -1
        if before >= 0 and stretch[before] == number - 1 and _goes_on(stretches[number - 1], one, GOES_ON_S):
            # The video continued where it had stopped: a second reached just before the stop was sampled when it was
            # reached.
            hit[0] &= abs(offset[seconds[0]]) > max(abs(distance[0]), OFF_PHASE_S * one.speed)
        # A second watched again keeps the rating of the last time, with a flag.
        revisits[seconds[hit]] += chosen[seconds[hit]] >= 0
        chosen[seconds[hit]] = own[number][near[hit]]
        offset[seconds[hit]] = distance[hit]
    return Rows(chosen, offset, revisits)


def first_moved(rating: Floats) -> int:
    """The first second with a rating that differs from the knob's position at the beginning of the recording; the
    number of seconds if there is none. Until then nobody has rated anything."""
    rated = np.flatnonzero(~np.isnan(rating))
    moved = rated[rating[rated] != rating[rated[0]]] if len(rated) else rated
    return int(moved[0]) if len(moved) else len(rating)


def flag_words(conditions: dict[str, NDArray[np.bool_]]) -> list[str]:
    """For each row, the names of the conditions that hold there, joined by `|`."""
    flags = [""] * len(next(iter(conditions.values())))
    for word, holds in conditions.items():
        for row in np.flatnonzero(holds):
            flags[row] = f"{flags[row]}|{word}" if flags[row] else word
    return flags


def _nearest(times: Floats, seconds: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
    """For each second, the index of the nearest of the rising `times`, and that time minus the second."""
    right = np.clip(np.searchsorted(times, seconds), 0, len(times) - 1)
    left = np.maximum(right - 1, 0)
    near = np.where(np.abs(times[left] - seconds) <= np.abs(times[right] - seconds), left, right)
    return near, times[near] - seconds


def _window_begins(
    rate_hz: float,
    video_s: Floats,
    stretch: NDArray[np.int32],
    stretches: list[Stretch],
    own: list[NDArray[np.int64]],
    chosen: NDArray[np.int64],
) -> NDArray[np.int64]:
    """For each row, the first sample of the second that ends there; -1 where the row has none.

    That second holds the row's own sample and the earlier samples in the same stretch that are less than a second of
    video old. Half the distance of two samples is left between neighbouring rows, so that jitter moves no sample into
    the wrong second.
    """
    begins = np.full(len(chosen), -1)
    of_row = np.where(chosen >= 0, stretch[chosen], STOOD_STILL)
    for number, one in enumerate(stretches):
        rows = np.flatnonzero(of_row == number)
        if len(rows):
            begin_s = video_s[chosen[rows]] - 1 + min(1 / rate_hz, one.speed) / 2
            at = np.searchsorted(video_s[own[number]], begin_s, side="right")
            begins[rows] = np.minimum(own[number][np.minimum(at, len(own[number]) - 1)], chosen[rows])
    return begins


def _windows(
    samples: Samples, first: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """The mean, lowest, highest and number of the finer readings in each row's second, from sample `first` to sample
    `chosen`."""
    has = np.flatnonzero(chosen >= 0)
    bounds = np.column_stack([first[has], chosen[has] + 1]).ravel()
    flags, n_of = samples.rows["flags"], samples.rows["n"].astype(np.int64)
    # Such a sample counts the readings before the wire broke; if there were none, its one number is the last known
    # value.
    n_of[((flags & message.NO_RATING > 0) & (n_of == 1)) | (flags & OFF_SCALE > 0)] = 0

    def reduce(function: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        # One extra value, because the last window may end at the end of the array.
        return function.reduceat(np.append(values, values[:1]), bounds)[::2]

    mean, low, high = (np.full(len(chosen), np.nan) for _ in range(3))
    n = np.zeros(len(chosen), dtype=np.int64)
    if len(has):
        total = reduce(np.add, n_of)
        n[has] = total
        some = total > 0
        mean[has[some]] = reduce(np.add, samples.rows["mean_milli"] * n_of)[some] / total[some] / 1e3
        none = n_of == 0
        low[has[some]] = reduce(np.minimum, np.where(none, np.iinfo(np.int16).max, samples.rows["min"]))[some]
        high[has[some]] = reduce(np.maximum, np.where(none, np.iinfo(np.int16).min, samples.rows["max"]))[some]
    return mean, low, high, n


def _lacks_readings(
    recording: Recording, samples: Samples, first: NDArray[np.int64], chosen: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Marks rows with a mean, lowest and highest value that may cover only part of their second, because a record of
    the dial is missing there."""
    lacking = np.zeros(len(chosen), dtype=bool)
    missing = _missing_before(recording, samples)
    if missing is None:
        return lacking
    has = chosen >= 0
    begin, end = first[has], chosen[has]
    # A record missing just before the first sample may belong to this second too.
    boot = samples.rows["boot"]
    before = np.where((begin > 0) & (boot[begin - 1] == boot[begin]), missing[begin - 1], 0)
    fewer = end - begin + 1 < round(recording.header["rate_hz"])
    lacking[has] = fewer & (missing[end] != before)
    return lacking


def _missing_before(recording: Recording, samples: Samples) -> NDArray[np.int64] | None:
    """How many records of its boot are missing before each sample: shape (n_samples,). None if none is missing."""
    missing, any_missing = np.zeros(len(samples), dtype=np.int64), False
    for boot in recording.boots:
        own = np.flatnonzero(samples.rows["boot"] == boot)
        if not len(own):
            continue
        seq = samples.rows["seq"][own].astype(np.int64)
        marks = np.sort(np.array([mark.seq for mark in recording.marks if mark.boot == boot], dtype=np.int64))
        # If the dial's first record number is unknown, a record before the first sample may be missing.
        first = min((start.first_seq for start in recording.starts if start.boot == boot), default=seq[0] - 1)
        first = min(first, seq[0])
        known = np.arange(len(own)) + np.searchsorted(marks, seq) - np.searchsorted(marks, first)
        missing[own] = seq - first - known
        any_missing = any_missing or bool(missing[own[-1]])
    return missing if any_missing else None


def _goes_on(before: Stretch, after: Stretch, within_s: float) -> bool:
    """Whether the video continued within `within_s` (video time) of where it had stopped."""
    return abs(after.video_start_s - before.video_end_s) < within_s


def paused_seconds(stretches: list[Stretch], n_seconds: int) -> list[int]:
    """Seconds at (or just before) which the video stood still for a while."""
    seconds = []
    for before, after in itertools.pairwise(stretches):
        if after.host_start_s - before.host_end_s > EDGE_S and _goes_on(before, after, PAUSED_S):
            seconds.append(min(math.floor(before.video_end_s + 1e-6), n_seconds - 1))
    return sorted(set(seconds))
