"""Video time from the frames that a page really showed.

For each frame a browser reports which second of the video it is (`mediaTime`, exact) and when it is expected on the
screen (`expectedDisplayTime`, on the page's clock, on the screen's own grid of some 17 ms). **These frames are the
truth; a player's own reports (play, pause, stall …) are hints.** The frames alone show where the video stood still (a
frozen browser, a stall, a pause), where it leapt ahead, and where it went back. The timeline is split there, whatever
the player reported. In between it follows the running median of the frames, which removes the screen's grid, but it
never lies farther from any frame than `NEAR_S`.

All of this uses one quantity, how late a frame is: `host_s - video_s`. It rises where the video stands still and falls
where the video leaps ahead.
"""

import itertools
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from tracedial.timing.player import PlayerEvent, Stretch

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BREAK_S = 0.15
"""A frame that comes later or earlier than the previous frame predicts, by more than this, begins a new stretch."""
UNSEEN_S = 0.5
"""A video that ran for this long without a new frame on the screen was not seen during that time."""
NEAR_S = 0.02
"""The timeline is never farther than this from a frame: less than two of a screen's grid."""
SCREEN_S = 1 / 60
"""One refresh of a screen. A frame is expected at a refresh; only a light sensor can tell when it really lit up."""
MEDIAN_S = 0.5
"""Length of the running median."""
BOUND_REACH_S = 0.25
"""The residuals of the frames within this distance of an instant show how well it is placed."""
GAP_REACH_S = 1.0
"""The same distance where no frames were reported for longer than that."""
MAX_MEDIAN_FRAMES = 61
STEADY = 0.1
"""In a video of a steady rate, the usual distance of two frames differs from that of the average rate by at most this
share."""
WORD_S = 0.25
"""How far a video may be from the position that a page's player alone reports: players report their time in such
steps."""
UNTOLD = -1
"""The counter of a page that does not count its frames."""


@dataclass(frozen=True)
class FrameBatch:
    """Frames as a page reported them: `at_us` on the clock of `page_boot`, `media_s` seconds of the video. If the
    browser counts frames: how many it had `shown` and `passed` (shown or dropped) up to each frame. `late_us`: how long
    after a frame's time the page was notified of it."""

    page_boot: int
    at_us: list[int]
    media_s: list[float]
    shown: list[int] = field(default_factory=list[int])
    passed: list[int] = field(default_factory=list[int])
    late_us: list[int] = field(default_factory=list[int])


@dataclass(frozen=True)
class Frames:
    """Frames on the host's clock in the order of their reports, arrays of shape (n_frames,): when each is expected on
    the screen (`host_s`), its second of the video, the counters (`UNTOLD` where there are none), how far the page's
    clock may be off at that time, and how long after the frame's time the page was notified of it."""

    host_s: Floats
    video_s: Floats
    shown: NDArray[np.int64]
    passed: NDArray[np.int64]
    clock_bound_s: Floats
    told_late_s: Floats

    def part(self, own: Bools | NDArray[np.int64]) -> "Frames":
        """Some of the frames."""
        return Frames(
            host_s=self.host_s[own],
            video_s=self.video_s[own],
            shown=self.shown[own],
            passed=self.passed[own],
            clock_bound_s=self.clock_bound_s[own],
            told_late_s=self.told_late_s[own],
        )


class Unseen(NamedTuple):
    """Seconds of the video that passed without a frame on the screen, and the host times between which they passed."""

    video_from_s: float
    video_to_s: float
    host_from_s: float
    host_to_s: float


@dataclass(frozen=True)
class ShownVideo:
    """What the frames show: the stretches in which the video ran on the screen, the seconds that passed unseen, how
    often and how long it stood still without a report from the player, and for each frame used how much later it
    appeared than the timeline says (seconds; positive: late)."""

    stretches: list[Stretch]
    unseen: list[Unseen]
    frozen: int
    frozen_s: float
    late_s: Floats


def shown_video(
    frames: Frames,
    events: list[PlayerEvent],
    told: list[Stretch],
    *,
    origin_ns: int,
    frame_rate_hz: float | None,
) -> ShownVideo:
    """The timeline through frames. `events` and `told`, the stretches made from them, are hints: they can end a stretch
    between two frames, and they can supply a stretch in which no frame was reported, nothing more. `frame_rate_hz` is
    the video's average rate, if known."""
    frames = _in_order(frames)
    if not len(frames.host_s):
        return ShownVideo(told, [], 0, 0.0, np.zeros(0))
    usual_s = _usual_step(frames.video_s)
    hints = sorted(_Hint((event.host_ns - origin_ns) / 1e9, event.kind, event.video_s) for event in events)
    stops_s = np.array([one.host_s for one in hints if not one.runs])
    hidden_s = _hidden(frames, usual_s, frame_rate_hz)
    breaks = _breaks(frames, usual_s, hidden_s, stops_s)
    edges = [0, *(breaks + 1).tolist(), len(frames.host_s)]
    ran = np.abs(np.diff(frames.host_s) - np.diff(frames.video_s)) < BREAK_S
    longest_s = float(np.max((np.diff(frames.video_s) - hidden_s)[ran], initial=2 * usual_s))
    stretches: list[Stretch] = []
    unseen: list[Unseen] = []
    late: list[Floats] = []
    frozen: list[float] = []
    for first, last in itertools.pairwise(edges):
        stretch, residual = _stretch(frames.part(np.arange(first, last)), hidden_s[first : last - 1])
        since_s = frames.host_s[first - 1] if first else -np.inf
        until_s = frames.host_s[last] if last < len(frames.host_s) else np.inf
        near = [one for one in hints if since_s < one.host_s < until_s]
        stretch, lacking = _with_ends(stretch, near, usual_s=usual_s, longest_s=longest_s)
        unseen += [one for one in lacking if one.host_to_s <= frames.host_s[0] or one.host_from_s >= frames.host_s[-1]]
        if stretches:
            before = replace(stretches[-1], host_end_s=min(stretches[-1].host_end_s, stretch.host_start_s))
            stretches[-1] = before
            # A player reports a pause before its last frame is on the screen.
            from_s, to_s = since_s - BREAK_S, frames.host_s[first] + BREAK_S
            meanwhile = [one for one in hints if from_s < one.host_s < to_s]
            stood_s = stretch.host_start_s - before.host_end_s
            if stood_s > BREAK_S and all(one.runs for one in meanwhile):
                frozen.append(stood_s)
            leapt_s = stretch.video_start_s - before.video_end_s
            if leapt_s > BREAK_S and not any(one.kind == "seek" for one in meanwhile):
                unseen.append(
                    Unseen(before.video_end_s, stretch.video_start_s, before.host_end_s, stretch.host_start_s)
                )
        stretches.append(stretch)
        late.append(residual)
    alone, passed = _without_frames(told, stretches)
    stretches = sorted([*stretches, *alone], key=lambda one: one.host_start_s)
    return ShownVideo(stretches, sorted([*unseen, *passed]), len(frozen), sum(frozen), np.concatenate(late))


def on_its_word(stretch: Stretch) -> Stretch:
    """A stretch that only a page's player reported, with a bound to match."""
    ends_s = np.array([stretch.host_start_s, stretch.host_end_s])
    return replace(
        stretch, anchor_host_s=ends_s, anchor_video_s=stretch.video_s(ends_s), anchor_bound_s=np.full(2, WORD_S)
    )


def _without_frames(told: list[Stretch], shown: list[Stretch]) -> tuple[list[Stretch], list[Unseen]]:
    """The stretches that a player reported but that have no frame: short ones are accepted, longer ones count as
    unseen."""
    alone = [one for one in told if not _overlaps(one, shown)]
    short = [on_its_word(one) for one in alone if one.video_end_s - one.video_start_s < UNSEEN_S]
    long = [one for one in alone if one.video_end_s - one.video_start_s >= UNSEEN_S]
    return short, [Unseen(one.video_start_s, one.video_end_s, one.host_start_s, one.host_end_s) for one in long]


class _Hint(NamedTuple):
    """A player's report, on the host's clock."""

    host_s: float
    kind: str
    video_s: float

    @property
    def runs(self) -> bool:
        return self.kind in ("play", "rate")


def _in_order(frames: Frames) -> Frames:
    """The largest set of frames in order: a frame that is expected later than its successor never appears."""
    if np.all(np.diff(frames.host_s) > 0):
        return frames
    ends: list[float] = []
    at: list[int] = []
    came_from = np.full(len(frames.host_s), -1)
    for index, host_s in enumerate(frames.host_s.tolist()):
        place = bisect_left(ends, host_s)
        came_from[index] = at[place - 1] if place else -1
        ends[place : place + 1] = [host_s]
        at[place : place + 1] = [index]
    kept: list[int] = []
    index = at[-1] if at else -1
    while index >= 0:
        kept.append(index)
        index = int(came_from[index])
    return frames.part(np.array(kept[::-1]))


def _usual_step(video_s: Floats) -> float:
    """How far apart the video's frames usually are (seconds)."""
    steps = np.diff(video_s)
    steps = steps[(steps > 0) & (steps < 1)]
    return float(np.median(steps)) if len(steps) else 0.04


def _hidden(frames: Frames, usual_s: float, frame_rate_hz: float | None) -> Floats:
    """Between neighbouring frames: seconds of the video that passed on no screen, shape (n_frames - 1,).

    A browser that counts its frames reports how many it passed without showing them. A frame that lasts long is not
    hidden, and neither are frames that were shown while the page was too busy to be notified. Without counters, the
    gaps show what is missing if the video has a steady rate (its usual step is that of its average rate).
    """
    step_s = np.diff(frames.video_s)
    passed, shown = np.diff(frames.passed), np.diff(frames.shown)
    counted = (frames.passed[1:] > UNTOLD) & (frames.passed[:-1] > UNTOLD) & (passed > 0) & (shown > 0)
    share = np.zeros(len(step_s))
    share[counted] = np.clip((passed[counted] - shown[counted]) / passed[counted], 0.0, 1.0)
    steady = frame_rate_hz is not None and abs(usual_s * frame_rate_hz - 1) < STEADY
    if steady:
        share[~counted] = np.clip(1 - usual_s / np.maximum(step_s[~counted], usual_s), 0.0, 1.0)
    # Nothing is hidden between two frames that follow each other in the file; the counters may be one frame ahead.
    return np.where(step_s > 1.5 * usual_s, step_s * share, 0.0)


def _breaks(frames: Frames, usual_s: float, hidden_s: Floats, stops_s: Floats) -> NDArray[np.int64]:
    """The frames after which the timeline is split."""
    host_step_s, video_step_s = np.diff(frames.host_s), np.diff(frames.video_s)
    leap = np.abs(host_step_s - video_step_s) > BREAK_S
    stopped = np.searchsorted(stops_s, frames.host_s[:-1]) < np.searchsorted(stops_s, frames.host_s[1:])
    stopped &= host_step_s > max(BREAK_S, 2 * usual_s)
    back = video_step_s < -usual_s / 2
    return np.flatnonzero(leap | back | stopped | (hidden_s > UNSEEN_S))


def _stretch(frames: Frames, hidden_s: Floats) -> tuple[Stretch, Floats]:
    """A stretch through frames without a break, from the first to the last, with its bound; and how late each frame
    was."""
    late_s = frames.host_s - frames.video_s
    middle_s = np.clip(_running_median(late_s, frames.host_s), late_s - NEAR_S, late_s + NEAR_S)
    # The video does not run back between two frames.
    video_s = np.maximum.accumulate(frames.host_s - middle_s)
    residual_s = late_s - middle_s
    # While a frame stays on the screen too long by more than the screen's grid, the picture lags behind the line to the
    # next frame.
    stale_s = np.diff(frames.host_s) - np.diff(frames.video_s)
    stale_s = np.where(stale_s > SCREEN_S, stale_s, 0.0) + hidden_s
    # If the page was notified late of a frame, the screen may have shown it just as late.
    doubt_s = np.maximum(np.abs(residual_s), frames.told_late_s)
    doubt_s[:-1] = np.maximum(doubt_s[:-1], stale_s)
    doubt_s[1:] = np.maximum(doubt_s[1:], stale_s)
    stretch = Stretch(
        host_start_s=float(frames.host_s[0]),
        host_end_s=float(frames.host_s[-1]),
        video_start_s=float(video_s[0]),
        speed=1.0,
        anchor_host_s=frames.host_s,
        anchor_video_s=video_s,
        anchor_bound_s=_local_maximum(doubt_s, frames.host_s) + SCREEN_S + frames.clock_bound_s,
    )
    return stretch, residual_s


def _with_ends(
    stretch: Stretch, hints: list[_Hint], *, usual_s: float, longest_s: float
) -> tuple[Stretch, list[Unseen]]:
    """Extend a stretch to the beginning and end that the player reported, where these agree with its first and last
    frame; else it runs from the first frame to one frame's time after the last. If the player's report adds more than
    any frame lasts, that part was not seen."""
    begin_s, end_s = stretch.host_start_s, stretch.host_end_s
    earliest_s, latest_s = begin_s, end_s + usual_s
    unseen: list[Unseen] = []
    late_s = begin_s - float(stretch.video_s(begin_s))
    plays_s = [
        one.host_s
        for one in hints
        if one.runs and one.host_s < begin_s and abs(one.host_s - one.video_s - late_s) < BREAK_S
    ]
    if plays_s:
        if begin_s - plays_s[-1] <= longest_s:
            earliest_s = plays_s[-1]
        elif begin_s - plays_s[-1] > UNSEEN_S:
            unseen.append(_passed(stretch, plays_s[-1], begin_s))
    late_s = end_s - float(stretch.video_s(end_s))
    stops_s = [
        one.host_s
        for one in hints
        if not one.runs and one.host_s > end_s - BREAK_S and abs(one.host_s - one.video_s - late_s) < BREAK_S
    ]
    if stops_s:
        if stops_s[0] - end_s <= longest_s:
            latest_s = max(stops_s[0], end_s)
        elif stops_s[0] - latest_s > UNSEEN_S:
            unseen.append(_passed(stretch, latest_s, stops_s[0]))
    bound_s = stretch.anchor_bound_s
    if bound_s is not None and longest_s <= 2 * usual_s:
        # In a video of a steady rate, a frame that stays longer than its time is out of date.
        bound_s = bound_s.copy()
        bound_s[0] += max(begin_s - earliest_s - usual_s, 0.0)
        bound_s[-1] += max(latest_s - end_s - usual_s, 0.0)
    stretch = replace(
        stretch,
        host_start_s=earliest_s,
        host_end_s=latest_s,
        video_start_s=float(stretch.video_s(earliest_s)),
        anchor_bound_s=bound_s,
    )
    return stretch, unseen


def _passed(stretch: Stretch, host_from_s: float, host_to_s: float) -> Unseen:
    return Unseen(float(stretch.video_s(host_from_s)), float(stretch.video_s(host_to_s)), host_from_s, host_to_s)


def _running_median(values: Floats, at_s: Floats) -> Floats:
    """The median of the values around each, over about `MEDIAN_S`."""
    # Only recordings that a page played need scipy's filter, and it takes a while to load.
    from scipy.ndimage import median_filter  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    usual_s = float(np.median(np.diff(at_s))) if len(at_s) > 1 else MEDIAN_S
    width = int(np.clip(2 * round(MEDIAN_S / max(usual_s, 1e-3) / 2) + 1, 3, MAX_MEDIAN_FRAMES))
    return cast(Floats, median_filter(values, size=width, mode="reflect"))


def _local_maximum(values: Floats, at_s: Floats) -> Floats:
    """The largest of the values around each: up to `BOUND_REACH_S` from it, or up to `GAP_REACH_S` beside a gap."""
    gap = np.diff(at_s) > BOUND_REACH_S
    beside = np.append(gap, False) | np.insert(gap, 0, False)
    reach_s = np.where(beside, GAP_REACH_S, BOUND_REACH_S)
    first = np.searchsorted(at_s, at_s - reach_s)
    last = np.searchsorted(at_s, at_s + reach_s, side="right")
    bounds = np.column_stack([first, last]).ravel()
    return np.maximum.reduceat(np.append(values, 0.0), bounds)[::2]


def _overlaps(one: Stretch, stretches: list[Stretch]) -> bool:
    return any(one.host_start_s < other.host_end_s and other.host_start_s < one.host_end_s for other in stretches)
