"""A group that rates what happens in front of it, or one video: all dials at once, their mean, spread and number."""

import asyncio
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dialwire import message
from tracedial.errors import PageError
from tracedial.host_clock import REAL_TIME, HostTime
from tracedial.link.connection import LinkChange
from tracedial.link.messages import Event, Mark
from tracedial.link.stream import Stream, open_stream
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.recording.session import scale_to_json
from tracedial.recording.summary import RecordingSummary
from tracedial.room.page_playback import PagePlayback, number
from tracedial.room.page_player import PagePlayer
from tracedial.room.recording_thread import RecordingEnd, RecordingThread
from tracedial.timing.player import PlayerEvent
from tracedial.video import Video

POINT_S = 0.1
"""How often the group's point is taken."""
HISTORY_EVERY = 10
STATUS_S = 0.2
LEAD_NS = 400_000_000


class LivePlayer(PagePlayer):
    """The player of what happens before the raters' eyes: it plays from the beginning on, until it is stopped."""

    def play(self, now_ns: int) -> None:
        """Begin, a moment from now, so that the dials tick with it."""
        self.tell(PlayerEvent("play", now_ns + LEAD_NS, 0.0, 1.0))


class LiveRoom:
    """Dials that are recorded together. `listeners` hear each point of the group, in the recorder's thread."""

    def __init__(
        self,
        folder: Path,
        dials: list[DialChoice],
        *,
        video: Video | None,
        rate_hz: int,
        language: str = "en",
        time: HostTime = REAL_TIME,
        open_port: Callable[[str], Stream] = open_stream,
    ) -> None:
        self.folder, self.dials, self.video, self.language = folder, dials, video, language
        self.video_path = video.path if video else None
        self.playback = PagePlayback(video.duration_s if video else math.inf)
        self.listeners: set[Callable[[dict[str, Any]], None]] = set()
        self.state = "recording" if video is None else "waiting"
        self.problem = ""
        self.summaries: list[RecordingSummary] = []
        self._points: list[list[Any]] = []
        self._markers: list[dict[str, Any]] = []
        self._next_point_ns = 0
        self._time = time
        self.recorder = SessionRecorder(
            folder, dials, video, rate_hz=rate_hz, settings={"player": "page" if video else "live", "group": True},
            observers=[self._hear], time=time, open_port=open_port,
        )  # fmt: skip
        self._player: PagePlayer | None = None
        self._thread: RecordingThread | None = None

    async def begin(self) -> None:
        """Open the dials, and record. Raises where a dial is missing or the dials' scales differ."""
        await asyncio.to_thread(self.recorder.open)
        scales = {state.hello.scale for state in self.recorder.states}
        if len(scales) > 1:
            await asyncio.to_thread(self.recorder.close)
            raise PageError(
                "The dials have different scales: set them alike with `tracedial config`, then begin again."
            )
        self.recorder.ask_status_every(STATUS_S)
        if self.video:
            self._player = self.playback.record(self.recorder)
        else:
            self._player = LivePlayer(self.recorder.on_player_event)
        self._thread = RecordingThread(
            self.recorder, self._player, loop=asyncio.get_running_loop(), on_end=self._after_recording,
            on_turn=self._turn,
        )  # fmt: skip

    def overview(self) -> dict[str, Any]:
        """What the page shows beside the curves."""
        states = self.recorder.states
        scale = states[0].hello.scale if states else None
        return {
            "folder": str(self.folder),
            "state": self.state,
            "problem": self.problem,
            "video": self.video.path.name if self.video else None,
            "duration_s": self.video.duration_s if self.video else None,
            "scale": scale_to_json(scale) if scale else None,
            "raters": [
                {
                    "name": state.rater,
                    "dial": state.hello.name,
                    "samples": state.samples,
                    "missing": state.missing,
                    "lost": state.lost,
                    "link_up": state.link_up,
                    "problem": state.problem,
                }
                for state in states
            ],
            "complete": [summary.complete for summary in self.summaries],
        }

    def history(self) -> dict[str, Any]:
        """One point a second since the beginning, for a page that comes later."""
        return {
            "points": self._points[::HISTORY_EVERY],
            "markers": self._markers,
            "raters": [d.rater for d in self.dials],
        }

    async def carry_out(self, said: dict[str, Any]) -> dict[str, Any]:
        """What the page asks for: `stop`."""
        if said.get("do") != "stop":
            raise PageError(f"{said.get('do')!r} is nothing that a group can do.")
        await self._stop()
        return self.overview()

    async def receive(self, said: dict[str, Any]) -> None:
        """What the page that plays the video asks for or tells."""
        match said.get("do"):
            case "frames":
                self.playback.take_frames(said)
            case "player":
                self.playback.take_event(said)
            case "play":
                await self.playback.cue(number(said.get("video_s"), 0.0, self.playback.duration_s))
            case "note":
                self.playback.note("page", what=str(said.get("what"))[:40], text=str(said.get("text", ""))[:400])

    async def wait_for_end(self) -> None:
        """Wait until the recording has ended, for whatever reason."""
        if self._thread:
            await self._thread.wait()

    async def close(self) -> None:
        """End the recording properly."""
        await self._stop()
        await asyncio.to_thread(self.playback.close)

    async def _stop(self) -> None:
        if self._thread:
            await self._thread.stop()

    def _after_recording(self, end: RecordingEnd) -> None:
        self.summaries, self.problem, self.state = end.summaries, end.problem, "ended"
        self._tell({"state": self.overview()})

    def _turn(self) -> None:
        """In the recorder's thread: the group's point, ten times a second, while the video runs."""
        now_ns = self._time.now_ns()
        player = self._player
        if now_ns < self._next_point_ns or player is None or player.last is None:
            return
        if player.last.kind != "play" or now_ns < player.last.host_ns:
            return
        self.state = "recording"
        self._next_point_ns = now_ns + int(POINT_S * 1e9)
        ratings = [state.rating if state.link_up else None for state in self.recorder.states]
        point = group_point(round(player.video_s(now_ns), 3), ratings)
        self._points.append(point)
        self._tell({"point": point})

    def _hear(self, rater: str, event: Event | LinkChange) -> None:
        player = self._player
        if isinstance(event, Mark) and event.event == message.EVENT_BUTTON and player:
            marker = {"rater": rater, "video_s": round(player.video_s(event.host_ns), 2)}
            self._markers.append(marker)
            self._tell({"marker": marker})
        elif isinstance(event, LinkChange):
            self._tell({"link": {"rater": rater, "up": event.up}})

    def _tell(self, message_to_pages: dict[str, Any]) -> None:
        for listener in list(self.listeners):
            listener(message_to_pages)


def group_point(at_s: float, ratings: list[int | None]) -> list[Any]:
    """Second, mean, standard deviation (n − 1) and number of those who rate now, then each rating (None: none)."""
    known = [rating for rating in ratings if rating is not None]
    n = len(known)
    mean = sum(known) / n if n else None
    spread = None
    if mean is not None and n > 1:
        spread = round(math.sqrt(sum((rating - mean) ** 2 for rating in known) / (n - 1)), 3)
    return [at_s, None if mean is None else round(mean, 3), spread, n, ratings]
