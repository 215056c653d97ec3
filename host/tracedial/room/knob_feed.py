"""A knob that is listened to before anything is recorded: for the practice task, and to show that a dial works."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tracedial.host_clock import host_clock_ns
from tracedial.link.connection import DialConnection, LinkChange
from tracedial.link.messages import Event, Hello, Status, SyncExchange
from tracedial.link.stream import Stream
from tracedial.recording.on_scale import is_on_scale
from tracedial.timing.live_clock import fit_boots

STATUS_S = 0.03


class KnobFeed:
    """Reads where a knob stands some thirty times a second. `on_event` hears all events, in the link's thread."""

    def __init__(
        self, port: str, open_port: Callable[[str], Stream], on_event: Callable[[Event | LinkChange], None]
    ) -> None:
        self.origin_ns = host_clock_ns()
        self._on_event = on_event
        self._exchanges: list[SyncExchange] = []
        self._readings: list[Status] = []
        self._connection = DialConnection(port, self._hear, open_port=open_port)
        with self._connection.lock:
            self._connection.client.status_interval_s = STATUS_S

    def wait_hello(self) -> Hello:
        """Who the dial is; raises where none answers."""
        return self._connection.wait_hello()

    def clear(self) -> None:
        """Forget the readings so far."""
        self._readings.clear()

    def readings(self) -> tuple[np.ndarray, np.ndarray]:
        """Host times (seconds since `origin_ns`) and ratings (NaN where the knob had none) since `clear`."""
        readings = list(self._readings)
        hello = self._connection.client.hello
        times, ratings = np.full(len(readings), np.nan), np.full(len(readings), np.nan)
        boots = list(dict.fromkeys(reading.boot for reading in readings))
        fits, _ = fit_boots(list(self._exchanges), boots, origin_ns=self.origin_ns)
        for at, reading in enumerate(readings):
            if fit := fits.get(reading.boot):
                times[at] = fit.host_s(reading.t_us / 1e6)
                known = not reading.knob_state and hello is not None and is_on_scale(hello.scale, reading.rating)
                ratings[at] = reading.rating if known else np.nan
        return times, ratings

    def close(self) -> None:
        """Let the port go."""
        self._connection.close()

    def _hear(self, event: Event | LinkChange) -> None:
        if isinstance(event, SyncExchange):
            self._exchanges.append(event)
        elif isinstance(event, Status):
            self._readings.append(event)
        self._on_event(event)


def knob_words(hello: Hello) -> dict[str, Any]:
    """What a page shows of a dial."""
    return {"name": hello.name, "board": hello.board, "knob": hello.knob, "firmware": hello.firmware}
