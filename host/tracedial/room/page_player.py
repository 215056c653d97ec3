"""The player that is a page: what it tells is handed to the recorder in the recorder's own thread."""

import queue
from collections.abc import Callable

from tracedial.timing.player import EventKind, PlayerEvent


class PagePlayer:
    """A `Player` (see `player.py`): `tell` is called in the server's thread, `advance` hands on in the recorder's."""

    def __init__(self, on_event: Callable[[PlayerEvent], None]) -> None:
        self.ended = False
        self.last: PlayerEvent | None = None
        self._on_event = on_event
        self._told: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def tell(self, event: PlayerEvent) -> None:
        """Note what the page said."""
        self._told.put(lambda: self._take(event))

    def later(self, action: Callable[[], None]) -> None:
        """Have something done in the recorder's thread, in its turn among the events."""
        self._told.put(action)

    def play(self, now_ns: int) -> None:
        """The page begins when its rater does."""

    def advance(self, now_ns: int) -> None:
        """Hand on what was told since the last time."""
        while not self.ended and not self._told.empty():
            self._told.get()()

    def stop(self, now_ns: int) -> None:
        """End where the video stands."""
        self.advance(now_ns)
        if not self.ended:
            self._take(PlayerEvent("ended", now_ns, self.video_s(now_ns), 0.0))

    def video_s(self, now_ns: int) -> float:
        """Where the video stands, as far as the page has told."""
        if self.last is None:
            return 0.0
        if self.last.kind in ("play", "rate"):
            return self.last.video_s + max(now_ns - self.last.host_ns, 0) / 1e9 * self.last.speed
        return self.last.video_s

    def _take(self, event: PlayerEvent) -> None:
        self.last = event
        self.ended = event.kind == "ended"
        self._on_event(event)


EVENT_KINDS: dict[str, EventKind] = {
    "play": "play", "pause": "pause", "seek": "seek", "rate": "rate", "stall": "stall", "ended": "ended",
}  # fmt: skip
