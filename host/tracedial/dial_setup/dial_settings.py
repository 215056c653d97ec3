"""Reads and changes a dial's settings, one at a time, over its link."""

import contextlib
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

from dialwire import message
from dialwire.errors import WireError
from dialwire.scale import Scale
from tracedial.errors import LinkError, TracedialError
from tracedial.files.plain_text import plain_text
from tracedial.link.connection import DialConnection, LinkChange
from tracedial.link.messages import ConfigValue, Event, Hello, Log, Refused, Status

ANSWER_TIMEOUT_S = 3.0
RESTART_TIMEOUT_S = 20.0
STALE_RECORDING = " If no recording runs (a program was ended by force), unplug the dial and plug it in again."


@dataclass(frozen=True)
class Options:
    """The options that a lab chose for its board; see CONFIG_OPTIONS in `docs/protocol.md`."""

    knob: int
    counts_per_step: int
    switches: int

    def pack(self) -> bytes:
        """The value of CONFIG_OPTIONS."""
        return message.pack_options(self.knob, self.counts_per_step, self.switches)


class DialSettingsClient:
    """A connection that reads and changes one dial's settings. Closes its port at the end of a `with`."""

    def __init__(self, port: str) -> None:
        self.port = port
        self.events: list[Event | LinkChange] = []
        self.connection = DialConnection(port, self.events.append)
        try:
            self.hello: Hello = self.connection.wait_hello()
        except LinkError:
            self.connection.close()
            raise

    def ask(self, kind: int, **fields: object) -> bytes:
        """Send CONFIG_GET or CONFIG_SET and return the setting's value; raises on a refusal or silence."""
        event = self._answered(kind, ConfigValue, **fields)
        assert isinstance(event, ConfigValue)
        return event.value

    def get(self, key: int) -> bytes:
        """The value of a setting."""
        return self.ask(message.CONFIG_GET, key=key)

    def set(self, key: int, value: bytes) -> bytes:
        """Change a setting; returns the value that the dial stored."""
        return self.ask(message.CONFIG_SET, key=key, value=value)

    def name(self) -> str:
        """The dial's name, safe to show on a terminal."""
        return plain_text(self.get(message.CONFIG_NAME).decode(errors="replace"))

    def scale(self) -> Scale:
        """The scale in force, with labels that are safe to show on a terminal."""
        with self._understood("scale"):
            low, high, step, detents = message.unpack_scale(self.get(message.CONFIG_SCALE))
            return Scale(low, high, step, [(rating, plain_text(label)) for rating, label in detents])

    def calibration(self) -> tuple[int, int]:
        """Raw readings (0 .. 65535) at the lowest rating and at the highest."""
        with self._understood("calibration"):
            low, high = struct.unpack("<HH", self.get(message.CONFIG_CALIBRATION))
            return low, high

    def options(self) -> Options:
        """The options that take effect at the next start."""
        with self._understood("options"):
            return Options(*message.unpack_options(self.get(message.CONFIG_OPTIONS)))

    @contextlib.contextmanager
    def _understood(self, what: str) -> Iterator[None]:
        try:
            yield
        except (WireError, struct.error) as error:
            raise LinkError(
                self.port,
                f"The {what} of the dial on {self.port} makes no sense ({error}): put the firmware on it anew "
                "(`tracedial flash`).",
            ) from None

    def identify(self, seconds: int) -> None:
        """Have the dial's lamp flash."""
        self._answered(message.IDENTIFY, Status, seconds=seconds)

    def restart(self, into: int) -> Hello | None:
        """Restart the dial; returns its new HELLO, or None if it restarted into something else."""
        boot = self.hello.boot
        mark = len(self.events)
        self._send(message.RESTART, into=into)
        deadline_s = time.monotonic() + RESTART_TIMEOUT_S
        if into != message.INTO_DIAL:
            # Stop once the dial has confirmed it: later bytes would be typed at the prompt.
            while time.monotonic() < deadline_s and not any(isinstance(event, Log) for event in self.events[mark:]):
                self._refusals(mark)
                time.sleep(0.005)
            self.close()
            return None
        while time.monotonic() < deadline_s:
            self._refusals(mark)
            for event in self.events[mark:]:
                if isinstance(event, Hello) and event.boot != boot:
                    self.hello = event
                    return event
            time.sleep(0.01)
        raise LinkError(self.port, f"The dial on {self.port} did not come back after its restart: plug it in again.")

    def close(self) -> None:
        """Close the port."""
        self.connection.close()

    def __enter__(self) -> "DialSettingsClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, kind: int, **fields: object) -> None:
        with self.connection.lock:
            try:
                self.connection.client.send(kind, **fields)
            except WireError as error:
                raise TracedialError(f"The dial cannot hold that: {error}.") from None

    def _refusals(self, mark: int) -> None:
        for event in self.events[mark:]:
            if isinstance(event, Refused):
                remedy = STALE_RECORDING if event.reason == message.REFUSED_STATE else ""
                raise TracedialError(f"The dial refused: {event.text}.{remedy}")

    def _answered(self, kind: int, answer: type, **fields: object) -> Event | LinkChange:
        mark = len(self.events)
        self._send(kind, **fields)
        deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
        while time.monotonic() < deadline_s:
            self._refusals(mark)
            for event in self.events[mark:]:
                if isinstance(event, answer) and ("key" not in fields or getattr(event, "key", None) == fields["key"]):
                    return event
            time.sleep(0.01)
        raise LinkError(self.port, f"The dial on {self.port} does not answer; try again.")
