"""A video that a page plays while dials are recorded: when it is to begin, what it tells, which frames it showed."""

import asyncio
import math
import statistics
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from tracedial.errors import PageError
from tracedial.host_clock import host_clock_ns
from tracedial.link.connection import LinkChange
from tracedial.link.messages import Event, Hello, SyncExchange
from tracedial.link.stream import open_stream
from tracedial.recording.recorder import SessionRecorder
from tracedial.room.page_clock import PageClock
from tracedial.room.page_link import PagePort
from tracedial.room.page_player import EVENT_KINDS, PagePlayer
from tracedial.timing.player import PlayerEvent
from tracedial.timing.shown_frames import BREAK_S, UNTOLD

CUE_S = 0.5
"""How long before the video begins the dials are told to tick with it."""
LATE_S = 0.06
"""A page begins a few frames after it was asked to: the first tick is not to come before the first frame."""
CLOCK_TURNS = 100
MAX_FRAMES = 600
FRAMES_TO_FOLLOW = 12
RECENT_FRAMES = 120
MAX_PAGE_US = 2**53
MAX_COUNT = 2**31


class PagePlayback:
    """The playing page of a recording. `push` sends a message to the page, from any thread.

    `record` begins to hand on to a recorder; before it, and after `finish`, what the page tells is dropped.
    """

    def __init__(self, duration_s: float) -> None:
        self.duration_s = duration_s
        self.port = PagePort(open_stream)
        self.push: Callable[[dict[str, Any]], None] = lambda message: None
        self.player: PagePlayer | None = None
        self.clock: PageClock | None = None
        self._closed = False
        self._recorder: SessionRecorder | None = None
        self._last_frame: tuple[int, float] | None = None
        self._recent: deque[tuple[int, float]] = deque(maxlen=RECENT_FRAMES)

    @property
    def playing(self) -> bool:
        """Whether the video runs, as far as the page has told."""
        return bool(self.player and self.player.last and self.player.last.kind == "play")

    async def attach(self, send_bytes: Callable[[bytes], None]) -> None:
        """A page is there (again)."""
        self.port.attach(send_bytes)
        if self.clock is None:
            self.clock = await asyncio.to_thread(PageClock, self.port.open_port, self._hear)
            if self._closed:
                # It was closed meanwhile.
                self.close()

    def detach(self) -> float | None:
        """The page has gone: its video stands still where its last frame was; returns where, if it had been playing."""
        self.port.detach()
        if not (self.playing and self.player and self.clock and self.player.last):
            return None
        at_us, video_s = self._last_frame or (None, self.player.last.video_s)
        host_ns = None if at_us is None else self.clock.host_ns(at_us)
        if host_ns is None:
            self.player.tell(PlayerEvent("pause", host_clock_ns(), video_s, 0.0))
        else:
            self.player.tell(
                PlayerEvent(
                    kind="pause", host_ns=host_ns, video_s=video_s, speed=0.0, page_boot=self.clock.boot, page_us=at_us
                )
            )
        self.note("page", what="gone")
        return video_s

    def record(self, recorder: SessionRecorder) -> PagePlayer:
        """Hand on to a recorder from now on; returns the player that it is to run."""
        self._recorder = recorder
        self._last_frame = None
        self.player = PagePlayer(recorder.on_player_event)
        if self.clock:
            for exchange in self.clock.exchanges:
                recorder.note("page_sync", **asdict(exchange))
        return self.player

    def finish(self) -> None:
        """The recording has ended."""
        self._recorder = self.player = None

    async def cue(self, video_s: float) -> None:
        """Have the dials tick and the page play, both from one instant on."""
        recorder, player, clock = self._recorder, self.player, self.clock
        if not (recorder and player and clock):
            return
        for _ in range(CLOCK_TURNS):
            if clock.ready and recorder.ready:
                break
            await asyncio.sleep(0.05)
        at_ns = host_clock_ns() + int(CUE_S * 1e9)
        at_us = clock.page_us(at_ns)
        if at_us is None:
            raise PageError("The clocks of this page and this computer cannot be compared: load the page again.")
        event = PlayerEvent("play", at_ns + int(LATE_S * 1e9), video_s, 1.0)
        player.later(lambda: recorder.cue(event))
        self.push({"play_at": {"at_us": at_us, "video_s": video_s}})

    def take_event(self, said: dict[str, Any]) -> float | None:
        """The page's player tells; returns where the video is. Raises `PageError` for what no player tells."""
        player, clock = self.player, self.clock
        if not (player and clock):
            return None
        kind = EVENT_KINDS.get(str(said.get("event")))
        if kind is None:
            raise PageError(f"The page told of {said.get('event')!r}, which no player does: load it again.")
        at_us = number(said.get("at_us"), 0, MAX_PAGE_US)
        video_s = number(said.get("video_s"), 0.0, self.duration_s)
        self._recent.clear()
        speed = 1.0 if kind in ("play", "rate") else 0.0
        host_ns = clock.host_ns(at_us) if said.get("boot") == clock.boot else None
        if host_ns is None:
            player.tell(PlayerEvent(kind, host_clock_ns(), video_s, speed))
        else:
            player.tell(
                PlayerEvent(
                    kind=kind, host_ns=host_ns, video_s=video_s, speed=speed, page_boot=clock.boot, page_us=round(at_us)
                )
            )
        return video_s

    def take_frames(self, said: dict[str, Any]) -> None:
        """The page tells which frames it showed. Raises `PageError` for what are no frames."""
        clock = self.clock
        at_us, media_s = said.get("at_us"), said.get("media_s")
        if not isinstance(at_us, list) or not isinstance(media_s, list) or len(at_us) != len(media_s):
            raise PageError("The page sent frames that are none: load it again.")
        if not at_us or clock is None or said.get("boot") != clock.boot:
            return
        at = [round(number(value, 0, MAX_PAGE_US)) for value in at_us[:MAX_FRAMES]]
        media = [round(number(value, 0.0, 1e6), 6) for value in media_s[:MAX_FRAMES]]
        self._last_frame = (at[-1], media[-1])
        counts = {name: _counts(said.get(name), len(at)) for name in ("shown", "passed", "late_us")}
        self.note("frames", host_ns=host_clock_ns(), page_boot=clock.boot, at_us=at, media_s=media, **counts)
        self._follow(clock, at, media)

    def note(self, kind: str, **fields: Any) -> None:
        """Write a record into the journals, if there is a recording."""
        if self._recorder:
            if kind == "page":
                fields.setdefault("host_ns", host_clock_ns())
            self._recorder.note(kind, **fields)

    def _follow(self, clock: PageClock, at_us: list[int], media_s: list[float]) -> None:
        """Keep the dials' ticks on the frames: one says where the video is to a screen's grid, many say better."""
        for frame in zip(at_us, media_s, strict=True):
            if (
                self._recent
                and abs((frame[0] - self._recent[-1][0]) / 1e6 - (frame[1] - self._recent[-1][1])) > BREAK_S
            ):
                # The video stood still or leapt: what was before it says nothing of where the video is now.
                self._recent.clear()
            self._recent.append(frame)
        recorder, player = self._recorder, self.player
        if not (recorder and player and self.playing) or len(self._recent) < FRAMES_TO_FOLLOW:
            return
        behind_s = statistics.median(at / 1e6 - media for at, media in self._recent)
        video_s = media_s[-1]
        host_ns = clock.host_ns((video_s + behind_s) * 1e6)
        if host_ns is not None:
            event = PlayerEvent("play", host_ns, video_s, 1.0)
            player.later(lambda: recorder.follow(event))

    def close(self) -> None:
        """Let the page go."""
        self._closed = True
        self.port.detach()
        if self.clock:
            self.clock.close()
            self.clock = None

    def _hear(self, event: Event | LinkChange) -> None:
        if isinstance(event, SyncExchange):
            self.note("page_sync", **asdict(event))
        elif isinstance(event, Hello):
            self.note("page", host_ns=event.host_ns, what="hello", page_boot=event.boot, text=event.interpreter)


def _counts(value: Any, n: int) -> list[int]:
    """What the browser counts at each frame of a batch, or nothing where it does not."""
    if not isinstance(value, list) or len(value) < n:
        return []
    return [round(number(one, UNTOLD, MAX_COUNT)) for one in value[:n]]


def number(value: Any, low: float, high: float) -> float:
    """A number from a page, brought within its range. Raises `PageError` for anything else."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise PageError(f"The page sent {value!r} for a number: load it again.")
        return min(max(float(value), low), high)
    except OverflowError:
        raise PageError("The page sent a number that is none: load it again.") from None
