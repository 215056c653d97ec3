"""When the video ran, on the host's clock: from the player's reports and, if a page played it, from the frames that it
showed."""

import contextlib
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import ClockError
from tracedial.recording.findings import Code, Finding, finding
from tracedial.recording.recording import Recording
from tracedial.timing.clock import fit_clock, page_tick_us
from tracedial.timing.clock_fit import ClockFit
from tracedial.timing.player import PlayerEvent, Stretch, timeline
from tracedial.timing.shown_frames import (
    UNSEEN_S,
    UNTOLD,
    FrameBatch,
    Frames,
    ShownVideo,
    Unseen,
    on_its_word,
    shown_video,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class VideoTime:
    """The periods in which the video ran, and the seconds of it that were not shown. If a page played it: `page_fits`,
    the clock of each page by its boot, and `shown`, the result of its frames."""

    stretches: list[Stretch]
    unseen: list[Unseen] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list[Finding])
    page_fits: dict[int, ClockFit] = field(default_factory=dict)
    shown: ShownVideo | None = None

    def bound_s(self, host_s: Floats, stretch: NDArray[np.int32]) -> Floats:
        """How far the video may have been from the position that the stretches give, at host times in the stretches
        with the given indices: arrays of one shape; 0 outside (index below 0)."""
        bound_s = np.zeros(len(host_s))
        for number, one in enumerate(self.stretches):
            own = stretch == number
            bound_s[own] = one.bound_s(host_s[own])
        return bound_s


def video_time(recording: Recording, *, origin_ns: int) -> VideoTime:
    """The video time of a recording."""
    fits = _page_fits(recording, origin_ns)
    events = [_placed(event, fits, origin_ns) for event in recording.player]
    told = timeline(events, origin_ns=origin_ns, until_ns=recording.last_ns)
    batches = [batch for batch in recording.frames if batch.page_boot in fits and batch.at_us]
    if not batches:
        if any(event.page_us is not None for event in events):
            return VideoTime([on_its_word(one) for one in told], [], [finding(Code.NO_FRAME_PLACED)], fits)
        return VideoTime(told)
    shown = shown_video(
        _frames(batches, fits),
        events,
        told,
        origin_ns=origin_ns,
        frame_rate_hz=recording.header["video"].get("frame_rate_hz"),
    )
    return VideoTime(shown.stretches, shown.unseen, _findings(shown), fits, shown)


def flag_unseen(flags: list[str], unseen: list[Unseen], has_row: NDArray[np.bool_]) -> list[str]:
    """The flags of a trace's seconds, with `unseen` added for seconds that were on no screen and have no sample."""
    flags = list(flags)
    for one in unseen:
        for second in range(max(int(np.ceil(one.video_from_s)), 0), int(np.floor(one.video_to_s)) + 1):
            if second < len(flags) and not has_row[second] and "unseen" not in flags[second].split("|"):
                flags[second] = f"{flags[second]}|unseen" if flags[second] else "unseen"
    return flags


def _page_fits(recording: Recording, origin_ns: int) -> dict[int, ClockFit]:
    fits: dict[int, ClockFit] = {}
    for boot in dict.fromkeys(exchange.boot for exchange in recording.page_exchanges):
        own = [exchange for exchange in recording.page_exchanges if exchange.boot == boot]
        # A page that was closed at once has no clock; its reports keep the host's own stamps.
        with contextlib.suppress(ClockError):
            fits[boot] = fit_clock(own, origin_ns=origin_ns, tick_us=page_tick_us(own))
    return fits


def _placed(event: PlayerEvent, fits: dict[int, ClockFit], origin_ns: int) -> PlayerEvent:
    """An event that a page stamped, on the host's clock by the final fit."""
    if event.page_us is None or event.page_boot not in fits:
        return event
    host_s = float(fits[event.page_boot].host_s(event.page_us / 1e6))
    return replace(event, host_ns=origin_ns + round(host_s * 1e9))


def _frames(batches: list[FrameBatch], fits: dict[int, ClockFit]) -> Frames:
    """All frames in the order of their reports: pages in the order in which they came, batches by their first frame."""
    pages = {boot: at for at, boot in enumerate(dict.fromkeys(batch.page_boot for batch in batches))}
    batches = sorted(batches, key=lambda batch: (pages[batch.page_boot], batch.at_us[0]))
    page_s = [np.array(batch.at_us) / 1e6 for batch in batches]
    return Frames(
        host_s=np.concatenate([fits[b.page_boot].host_s(at) for b, at in zip(batches, page_s, strict=True)]),
        video_s=np.concatenate([np.array(batch.media_s, dtype=float) for batch in batches]),
        shown=np.concatenate([_counts(batch.shown, len(batch.at_us)) for batch in batches]),
        passed=np.concatenate([_counts(batch.passed, len(batch.at_us)) for batch in batches]),
        clock_bound_s=np.concatenate([fits[b.page_boot].bound_at(at) for b, at in zip(batches, page_s, strict=True)]),
        told_late_s=np.maximum(np.concatenate([_counts(b.late_us, len(b.at_us)) for b in batches]), 0) / 1e6,
    )


def _counts(counts: list[int], n: int) -> NDArray[np.int64]:
    return np.array(counts, dtype=np.int64) if len(counts) == n else np.full(n, UNTOLD)


def _findings(shown: ShownVideo) -> list[Finding]:
    found: list[Finding] = []
    if shown.frozen:
        found.append(finding(Code.PICTURE_STOOD_STILL, count=shown.frozen, total_s=round(shown.frozen_s, 3)))
    lengths_s = [one.video_to_s - one.video_from_s for one in shown.unseen]
    unseen_s = sum(length_s for length_s in lengths_s if length_s >= UNSEEN_S)
    if unseen_s:
        found.append(finding(Code.VIDEO_UNSEEN, total_s=round(unseen_s, 3)))
    return found
