"""Video time: a player's events, the timeline made from them, and a virtual player for a real video file.

A player reports each change when it happens, as a `PlayerEvent`; the journal keeps these unchanged. `Timeline` turns
them into stretches in which the video ran steadily; between stretches it stood still.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import TracedialError
from tracedial.video import Video

EventKind = Literal["play", "pause", "seek", "rate", "stall", "ended"]


@dataclass(frozen=True)
class PlayerEvent:
    """A change of the player at a host time.

    `play` and `rate`: from `host_ns` on the video runs at `speed` from `video_s`. `pause`, `stall`, `ended`: it stands
    still at `video_s`. `seek`: it stands still, now at `video_s`. Events may be reported ahead of time, so that dials
    can be set to tick with the video's first second. A player on a page stamps with the page's own clock: `page_us`
    since that page's `page_boot`; `host_ns` was computed from it on arrival.
    """

    kind: EventKind
    host_ns: int
    video_s: float
    speed: float
    page_boot: int | None = None
    page_us: int | None = None

    def seen_from(self, host_ns: int) -> "PlayerEvent":
        """The same running video, described from a later instant. For an instant before the event's own, the event
        unchanged."""
        if host_ns <= self.host_ns:
            return self
        video_s = self.video_s + (host_ns - self.host_ns) / 1e9 * self.speed
        return PlayerEvent(self.kind, host_ns, video_s, self.speed)


@dataclass(frozen=True)
class Stretch:
    """The video ran from `video_s` at `speed` between two host times (seconds since the recording's origin).

    `anchor_host_s`, `anchor_video_s`: arrays of shape (n_anchors,), instants at which the video is known to have stood
    there, from the frames that a page showed. Between two anchors it ran steadily, outside them at `speed`.
    `anchor_bound_s`, of the same shape: how far the video may have been from that position.
    """

    host_start_s: float
    host_end_s: float
    video_start_s: float
    speed: float
    anchor_host_s: NDArray[np.float64] | None = None
    anchor_video_s: NDArray[np.float64] | None = None
    anchor_bound_s: NDArray[np.float64] | None = None

    def video_s(self, host_s: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Video time of host times inside (or near) the stretch."""
        host_s = np.asarray(host_s, dtype=float)
        if self.anchor_host_s is None or self.anchor_video_s is None:
            return self.video_start_s + (host_s - self.host_start_s) * self.speed
        ahead_s = self.anchor_video_s - self.anchor_host_s * self.speed
        return host_s * self.speed + np.interp(host_s, self.anchor_host_s, ahead_s)

    def host_s(self, video_s: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Host time of video times inside (or near) the stretch: the inverse of `video_s`."""
        video_s = np.asarray(video_s, dtype=float)
        if self.anchor_host_s is None or self.anchor_video_s is None:
            return self.host_start_s + (video_s - self.video_start_s) / self.speed
        behind_s = self.anchor_host_s - self.anchor_video_s / self.speed
        return video_s / self.speed + np.interp(video_s, self.anchor_video_s, behind_s)

    def bound_s(self, host_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far the video may have been from `video_s` at host times; 0 for a player that does exactly what it
        reports."""
        if self.anchor_host_s is None or self.anchor_bound_s is None:
            return np.zeros(np.shape(host_s))
        return np.interp(host_s, self.anchor_host_s, self.anchor_bound_s)

    @property
    def video_end_s(self) -> float:
        """Where the video stood when the stretch ended."""
        return float(self.video_s(self.host_end_s))


def timeline(events: Iterable[PlayerEvent], *, origin_ns: int, until_ns: int) -> list[Stretch]:
    """The stretches in which the video ran, in order of host time. `until_ns` ends a stretch that no event ended."""
    stretches: list[Stretch] = []
    running: PlayerEvent | None = None

    def close(end_ns: int) -> None:
        if running is not None and end_ns > running.host_ns:
            stretches.append(
                Stretch((running.host_ns - origin_ns) / 1e9, (end_ns - origin_ns) / 1e9, running.video_s, running.speed)
            )

    for event in sorted(events, key=lambda event: event.host_ns):
        close(event.host_ns)
        running = event if event.kind in ("play", "rate") else None
    close(until_ns)
    return stretches


@dataclass(frozen=True)
class Cue:
    """One scripted action of the virtual player: when the video reaches `at_video_s`, `pause` for `value` seconds of
    host time, `stall` likewise, `seek` to second `value`, or go on at speed `rate` times `value`."""

    at_video_s: float
    act: Literal["pause", "stall", "seek", "rate"]
    value: float


class CueError(TracedialError):
    """A cue that the virtual player cannot carry out; `cue` is its text."""

    def __init__(self, cue: str, text: str) -> None:
        super().__init__(text)
        self.cue = cue


def parse_cue(text: str) -> Cue:
    """A cue from `pause@12:3` (at second 12, for 3 s), `stall@12:3`, `seek@12:40`, `rate@12:1.5`."""
    act, _, rest = text.partition("@")
    at, _, value = rest.partition(":")
    try:
        cue = Cue(float(at), act, float(value))  # pyright: ignore[reportArgumentType]
    except ValueError:
        cue = None
    known = act in ("pause", "stall", "seek", "rate")
    if cue is None or not known or not (0 <= cue.at_video_s < math.inf and 0 <= cue.value < math.inf):
        raise CueError(text, f"{text!r} is not a cue: write pause@12:3, stall@12:3, seek@12:40 or rate@12:1.5.")
    if act == "rate" and not 0.1 <= cue.value <= 16:
        raise CueError(text, f"The speed in {text!r} is not within 0.1 to 16.")
    return cue


class Player(Protocol):
    """What a recorder needs from a player. The player reports its events as it goes."""

    ended: bool

    def play(self, now_ns: int) -> None:
        """Begin."""
        ...

    def advance(self, now_ns: int) -> None:
        """Carry out, or pass on, whatever is due by `now_ns`; called often."""
        ...

    def stop(self, now_ns: int) -> None:
        """End where the video stands."""
        ...


LEAD_NS = 250_000_000
"""How far in advance the virtual player reports that it will play (again)."""


class VirtualPlayer:
    """Plays a video file without showing it, from `begin_s` on, by the host's clock, at any speed; it follows cues.

    `advance` is called often and reports each event through `on_event`; it reports a `play` `LEAD_NS` ahead of its
    time.
    """

    def __init__(
        self,
        video: Video,
        on_event: Callable[[PlayerEvent], None],
        *,
        speed: float = 1.0,
        cues: Iterable[Cue] = (),
        begin_s: float = 0.0,
        end_s: float | None = None,
    ) -> None:
        self.video = video
        self.end_s = video.duration_s if end_s is None else min(end_s, video.duration_s)
        self.ended = False
        self._on_event = on_event
        self._base_speed = speed
        self._speed = speed
        # A cue is carried out once: a seek back does not trigger it again.
        self._cues = sorted(cues, key=lambda cue: cue.at_video_s)
        # Either running since `_since_ns` from `_video_s`, or standing at `_video_s` until `_resume_ns`, if that is
        # set.
        self._running = False
        self._since_ns = 0
        self._video_s = begin_s
        self._resume_ns: int | None = None

    def play(self, now_ns: int) -> None:
        """Begin."""
        self._resume_ns = now_ns + LEAD_NS
        self.advance(now_ns)

    def stop(self, now_ns: int) -> None:
        """End before the end of the video, at its present position."""
        if not self.ended:
            self.ended = True
            if self._running and now_ns < self._since_ns:
                now_ns = self._since_ns
            self._tell("ended", now_ns, self.video_s(now_ns), 0.0)

    def video_s(self, now_ns: int) -> float:
        """The video's present position."""
        if not self._running or now_ns <= self._since_ns:
            return self._video_s
        return min(self._video_s + (now_ns - self._since_ns) / 1e9 * self._speed, self.end_s)

    def advance(self, now_ns: int) -> None:
        """Carry out whatever is due by `now_ns`."""
        while not self.ended:
            if self._resume_ns is not None and now_ns >= self._resume_ns - LEAD_NS:
                self._running, self._since_ns, self._resume_ns = True, self._resume_ns, None
                self._tell("play", self._since_ns, self._video_s, self._speed)
            if not self._running or now_ns <= self._since_ns:
                return
            cue = next((cue for cue in self._cues if cue.at_video_s >= self._video_s), None)
            stop_s = min(cue.at_video_s if cue else self.end_s, self.end_s)
            at_ns = self._since_ns + round((stop_s - self._video_s) / self._speed * 1e9)
            if at_ns > now_ns:
                return
            if cue is None or cue.at_video_s >= self.end_s:
                self._stand(self.end_s)
                self.ended = True
                self._tell("ended", at_ns, self.end_s, 0.0)
            else:
                self._cues.remove(cue)
                self._carry_out(cue, at_ns)

    def _carry_out(self, cue: Cue, at_ns: int) -> None:
        if cue.act == "rate":
            self._video_s = cue.at_video_s
            self._speed = self._base_speed * cue.value
            self._since_ns = at_ns
            self._tell("rate", at_ns, self._video_s, self._speed)
            return
        self._stand(min(cue.value, self.end_s) if cue.act == "seek" else cue.at_video_s)
        still_s = 0.0 if cue.act == "seek" else cue.value
        self._tell(cue.act, at_ns, self._video_s, 0.0)
        self._resume_ns = at_ns + max(int(still_s * 1e9), LEAD_NS)

    def _stand(self, video_s: float) -> None:
        self._running = False
        self._video_s = video_s

    def _tell(self, kind: EventKind, host_ns: int, video_s: float, speed: float) -> None:
        self._on_event(PlayerEvent(kind, host_ns, video_s, speed))
