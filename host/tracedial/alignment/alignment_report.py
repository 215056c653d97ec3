"""The content of `alignment.json`: what the trace was made from, and how well it is placed."""

from typing import Any

import numpy as np

from dialwire import message
from tracedial import __version__
from tracedial.alignment.placing import EDGE_S, OFF_PHASE_S, STOOD_STILL, Floats, first_moved
from tracedial.alignment.result import Alignment
from tracedial.alignment.video_time import VideoTime
from tracedial.recording.finding_words import sentence
from tracedial.recording.findings import Finding
from tracedial.recording.on_scale import OFF_SCALE
from tracedial.recording.recording import Recording
from tracedial.timing.clock_fit import ClockFit
from tracedial.timing.player import Stretch

OF_DIAL = ("name", "board", "unique_id", "firmware", "interpreter", "protocol", "knob", "scale")


def report_of(alignment: Alignment, *, repeats: int, missing: int) -> dict[str, Any]:
    """The content of `alignment.json`. `repeats`: records that arrived again; `missing`: records that never arrived."""
    recording, trace = alignment.recording, alignment.trace
    offset_s = trace.offset_s
    assert offset_s is not None
    flags = alignment.samples.rows["flags"]
    first_hello = recording.hellos[0] if recording.hellos else {}
    moved_s = first_moved(trace.rating)
    return {
        "rater": recording.rater,
        "synthetic": recording.header["synthetic"],
        "software": f"tracedial {__version__}",
        "recorded_with": recording.header["software"],
        "recorded_at": recording.header["wall_clock"],
        "video": recording.header["video"],
        "dial": {key: first_hello.get(key) for key in OF_DIAL},
        "seconds": len(trace.rating),
        "rated_seconds": len(trace.rating) - trace.missing,
        "samples": len(alignment.samples),
        "samples_while_video_stood_still": int(np.count_nonzero(alignment.stretch == STOOD_STILL)),
        "samples_without_rating": int(np.count_nonzero(flags & (message.NO_RATING | OFF_SCALE))),
        "resent": int(np.count_nonzero(flags & message.FLAG_RESENT)),
        "repeats": repeats,
        "records_missing": missing,
        "offset_definition": "video time of the sample minus the whole second it stands for",
        "first_moved_s": moved_s if moved_s < len(trace.rating) else None,
        "offset_ms": offset_report(offset_s),
        "clocks": [clock_report(fit) for fit in alignment.fits.values()],
        "stretches": [_stretch_report(one) for one in alignment.stretches],
        "parameters": {
            "edge_s": EDGE_S,
            "off_phase_s": OFF_PHASE_S,
            "nearest_within": "half the distance of two samples",
            "revisited": "last",
        },
        **findings_report(alignment.findings),
        **({"page": _page_report(recording, alignment.video)} if alignment.video.shown else {}),
    }


def findings_report(findings: list[Finding]) -> dict[str, Any]:
    """The findings as sentences for people, and as codes and values for programs, in the same order."""
    return {
        "findings": [sentence(one) for one in findings],
        "finding_codes": [one.entry for one in findings],
    }


def _stretch_report(stretch: Stretch) -> dict[str, float]:
    return {
        "video_start_s": round(stretch.video_start_s, 6),
        "video_end_s": round(stretch.video_end_s, 6),
        "host_start_s": round(stretch.host_start_s, 6),
        "host_end_s": round(stretch.host_end_s, 6),
        "speed": stretch.speed,
    }


def offset_report(offset_s: Floats) -> dict[str, float | None]:
    """The distances of samples from their seconds, shape (n_seconds,), summarized in milliseconds."""
    known = offset_s[~np.isnan(offset_s)]
    if not len(known):
        return {"median": None, "p99_abs": None, "max_abs": None}
    return {
        "median": ms(np.median(known)),
        "p99_abs": ms(np.quantile(np.abs(known), 0.99)),
        "max_abs": ms(np.abs(known).max()),
    }


def clock_report(fit: ClockFit) -> dict[str, Any]:
    """The figures of a clock's fit."""
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
