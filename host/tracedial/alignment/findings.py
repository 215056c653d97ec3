"""What there is to say about an alignment: `alignment.json`, and the findings, sentences about what is not as it should
be."""

from typing import Any

import numpy as np

from dialwire import message
from tracedial import __version__
from tracedial.alignment.placing import EDGE_S, OFF_PHASE_S, STOOD_STILL, Floats, first_moved, rows_in_doubt
from tracedial.alignment.result import Alignment
from tracedial.alignment.video_time import VideoTime
from tracedial.measures.trace import Trace
from tracedial.recording.on_scale import OFF_SCALE
from tracedial.recording.recording import Recording, times
from tracedial.recording.samples import Samples
from tracedial.timing.clock_fit import ClockFit

PLACED_S = 0.045
"""How well each second is to be placed, at worst."""
LONG_UNMOVED_S = 30
"""A dial that was not moved for this long at the beginning is worth a word."""


def report_of(alignment: Alignment, repeats: int, conflicts: int, unfitted: list[str]) -> dict[str, Any]:
    """The content of `alignment.json`. `repeats`: records that came again, `conflicts`: with other content than the
    first time; `unfitted`: sentences about boots whose clock could not be fitted."""
    recording, trace = alignment.recording, alignment.trace
    offset = trace.offset_s
    assert offset is not None
    gaps = _gaps(alignment.samples, recording)
    findings = [*recording.findings, *_doubt_findings(alignment)]
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
    broken, unhomed, resent, off_scale, unrated = (
        int(np.count_nonzero(alignment.samples.rows["flags"] & flag))
        for flag in (
            message.FLAG_FAULT, message.FLAG_UNHOMED, message.FLAG_RESENT, OFF_SCALE, message.NO_RATING | OFF_SCALE,
        )
    )  # fmt: skip
    if off_scale:
        findings.append(
            f"The dial sent {off_scale} samples whose numbers are none of its scale: they are no ratings, and flagged "
            "off_scale."
        )
    if broken:
        findings.append(f"The knob's wire was broken at {broken} samples: they are no ratings, and none is made up.")
    if unhomed:
        findings.append(
            f"The dial had not been homed at {unhomed} samples (set the knob to zero and hold the button): they are "
            "no ratings."
        )
    lost_links = sum(not link["up"] for link in recording.links)
    revisited = int(np.count_nonzero(alignment.rows.revisits))
    if lost_links:
        findings.append(f"The link was lost {times(lost_links)}; {resent} samples were resent by the dial.")
    if revisited:
        findings.append(f"{revisited} seconds were watched more than once; the rating of the last time is used.")
    findings += alignment.video.findings
    findings += _placing_findings(trace)
    first_moved_s = first_moved(trace.rating)
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
        "samples_without_rating": unrated,
        "resent": resent,
        "repeats": repeats,
        "records_missing": sum(gaps.values()),
        "offset_definition": "video time of the sample minus the whole second it stands for",
        "first_moved_s": first_moved_s if first_moved_s < len(trace.rating) else None,
        "offset_ms": offset_report(offset),
        "clocks": [clock_report(fit) for fit in alignment.fits.values()],
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
        **({"page": _page_report(recording, alignment.video)} if alignment.video.shown else {}),
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


def offset_report(offset_s: Floats) -> dict[str, float | None]:
    """By how much samples lie off their seconds, shape (n_seconds,), in three numbers."""
    known = offset_s[~np.isnan(offset_s)]
    if not len(known):
        return {"median": None, "p99_abs": None, "max_abs": None}
    return {
        "median": ms(np.median(known)),
        "p99_abs": ms(np.quantile(np.abs(known), 0.99)),
        "max_abs": ms(np.abs(known).max()),
    }


def clock_report(fit: ClockFit) -> dict[str, Any]:
    """A clock's fit in numbers."""
    quick = fit.excess_s <= np.median(fit.excess_s)
    return {
        "boot": f"{fit.boot:08x}",
        "offset_definition": "to be added to dial time to get host time",
        "exchanges": len(fit.residual_s),
        "offset_s": round(float(fit.offset_s[0]), 6),
        "drift_ppm": round(fit.drift_ppm, 3),
        "rate_change_ppm": round(fit.rate_change * 1e6, 3),
        "round_trip_ms": {"min": ms(fit.round_trip_s.min()), "median": ms(np.median(fit.round_trip_s))},
        "residual_ms": {
            "sd_of_quicker_half": ms(np.std(fit.residual_s[quick])),
            "sd": ms(np.std(fit.residual_s)),
        },
        "bound_ms": {"median": ms(np.median(fit.bound_s)), "max": ms(fit.bound_s.max())},
    }


def ms(seconds: Any) -> float:
    """Seconds as milliseconds, to a tenth of a microsecond."""
    return round(float(seconds) * 1e3, 4)


def _page_report(recording: Recording, video: VideoTime) -> dict[str, Any]:
    late_s = video.shown.late_s if video.shown else np.zeros(0)
    return {
        "clocks": [clock_report(fit) for fit in video.page_fits.values()],
        "frames": sum(len(batch.at_us) for batch in recording.frames),
        "frames_used": len(late_s),
        "frame_residual_ms": {
            "p90_abs": ms(np.quantile(np.abs(late_s), 0.9)) if len(late_s) else None,
            "max_abs": ms(np.abs(late_s).max()) if len(late_s) else None,
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


def _gaps(samples: Samples, recording: Recording) -> dict[int, int]:
    """By boot, how many numbers between its first and last record never came in."""
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


def _doubt_findings(alignment: Alignment) -> list[str]:
    findings = []
    for doubt in alignment.recording.doubts:
        rows = np.flatnonzero(rows_in_doubt(doubt, alignment.recording, alignment.host_s, alignment.rows))
        if len(rows):
            why = doubt.why or "What the player did just before the end may not have been written"
            findings.append(f"{why}: {_seconds_words(rows)} in doubt (flag doubt).")
        elif doubt.why:
            findings.append(f"{doubt.why}: no second of the trace was rated then.")
    return findings


def _seconds_words(rows: Any) -> str:
    """`second 4 is`, `seconds 4 to 9 and 12 are`."""
    parts = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    words = [f"{part[0]}" if len(part) == 1 else f"{part[0]} to {part[-1]}" for part in parts]
    said = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"second {said} is" if len(rows) == 1 else f"seconds {said} are"
