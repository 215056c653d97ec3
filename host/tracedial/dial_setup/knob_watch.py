"""Watches a dial that samples quickly while somebody turns its knob, for calibration and self-test."""

import time
from collections.abc import Callable

from dialwire import message
from tracedial.dial_setup.dial_settings import STALE_RECORDING, DialSettingsClient
from tracedial.errors import LinkError
from tracedial.link.messages import Sample, Started, Status

RATE_HZ = 50
AHEAD_US = 200_000
START_TIMEOUT_S = 5.0


class KnobWatch:
    """Samples at `RATE_HZ` inside a `with` block. The dial must not be recording."""

    def __init__(self, dial: DialSettingsClient) -> None:
        self.dial = dial
        self.started: Started | None = None
        self._mark = 0

    def __enter__(self) -> "KnobWatch":
        status = self._wait(Status, 0)
        assert isinstance(status, Status)
        if status.state == message.SAMPLING:
            raise LinkError(
                self.dial.port, f"The dial on {self.dial.port} is recording: end the recording first.{STALE_RECORDING}"
            )
        self._mark = len(self.dial.events)
        with self.dial.connection.lock:
            self.dial.connection.client.start(
                tick0_us=status.t_us + AHEAD_US, period_ns=1_000_000_000 // RATE_HZ, correction=False
            )
        started = self._wait(Started, self._mark)
        assert isinstance(started, Started)
        self.started = started
        return self

    def __exit__(self, *_: object) -> None:
        client = self.dial.connection.client
        with self.dial.connection.lock:
            client.stop()
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not client.is_stopped() and time.monotonic() < deadline_s:
            time.sleep(0.01)

    def mark(self) -> int:
        """The current position in the received events, for `samples`."""
        return len(self.dial.events)

    def samples(self, since: int | None = None) -> list[Sample]:
        """The samples received since a mark (without one, since the start), sorted by number."""
        events = self.dial.events[self._mark if since is None else since :]
        return sorted((event for event in events if isinstance(event, Sample)), key=lambda sample: sample.seq)

    def for_seconds(self, seconds: float, on_turn: Callable[[], None] = lambda: None) -> list[Sample]:
        """The samples of the next `seconds`."""
        mark = self.mark()
        deadline_s = time.monotonic() + seconds
        while time.monotonic() < deadline_s:
            self._check()
            on_turn()
            time.sleep(0.02)
        return self.samples(mark)

    def _check(self) -> None:
        if error := self.dial.connection.error:
            raise error
        if not self.dial.connection.up:
            raise LinkError(self.dial.port, f"The dial on {self.dial.port} was unplugged: plug it in and begin again.")

    def _wait(self, kind: type, since: int) -> object:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline_s:
            for event in self.dial.events[since:]:
                if isinstance(event, kind):
                    return event
            time.sleep(0.01)
        raise LinkError(self.dial.port, f"The dial on {self.dial.port} does not answer; try again.")
