"""The air between simulated dials and a host: sent bytes wait for the next event of their connection.

This is not a model of a radio: it loses and repeats nothing by itself. A connection has events at a fixed interval,
with its own phase; each event carries a fixed number of 20-byte packets each way. A connection is lost when a caller or
the dial says so.
"""

import random
from collections import deque

from tracedial.emulation.simulated_line import SimulatedDial
from tracedial.emulation.simulated_time import SimulatedTime
from tracedial.errors import LinkError

PACKET_BYTES = 20
PACKETS_AN_EVENT = 4


class SimulatedAir:
    """One dial's radio and whoever is connected to it, one at a time. `interval_s` may be changed between events."""

    def __init__(self, dial: SimulatedDial, time: SimulatedTime, rng: random.Random, *, interval_s: float) -> None:
        self.interval_s = interval_s
        self.in_range = True
        self.held_up = False
        """While set, the events carry nothing; the waiting packets arrive once it is cleared."""
        self.heard = b""
        """All bytes sent over the air, as somebody nearby would record them."""
        self._dial = dial
        self._time = time
        self._rng = rng
        self._advertised = False
        self._stream: AirStream | None = None
        for line in dial.radio_said:
            self._said(line)
        dial.radio_says = self._said

    def connect(self, port: str) -> "AirStream":
        """Connect. Raises `LinkError` if the dial is out of range, off, or already connected."""
        if not (self.in_range and self._advertised) or self._stream:
            raise LinkError(port, f"No dial was found at {port}.")
        self._advertised = False
        self._stream = AirStream(self, port, self._rng.uniform(0, self.interval_s))
        self._dial.command("radio connected")
        self._event_in(self._stream, self._stream.phase_s)
        return self._stream

    def lose(self) -> None:
        """Put the dial out of range: the connection is lost, and there is no other until `find`."""
        self.in_range = False
        self.end()

    def find(self) -> None:
        """Bring the dial back into range."""
        self.in_range = True

    def end(self) -> None:
        """End the connection, on both sides."""
        if self._stream:
            self._stream.is_lost = True
            self._stream.wake()
            self._stream = None
            self._dial.command("radio disconnected")

    def turning_wake(self, stream: "AirStream") -> None:
        """Have the turn that reads the stream now woken when bytes arrive."""
        if self._time.turning:
            stream.wake = self._time.turning.wake

    def _said(self, line: str) -> None:
        words = line.split()
        if words[0] == "advertise":
            if self._stream:
                # The dial was reset: it no longer has a connection.
                self.end()
            self._advertised = True
        elif words[0] == "disconnect":
            self.end()
        elif words[0] == "notify" and self._stream:
            self._stream.to_host.append(bytes.fromhex(words[1]))

    def _event_in(self, stream: "AirStream", seconds: float) -> None:
        self._time.at(self._time.now_ns() + round(seconds * 1e9), lambda: self._event(stream))

    def _event(self, stream: "AirStream") -> None:
        if stream is not self._stream:
            return
        # While held up, packets pile up in both radios; they arrive afterwards.
        most = 0 if self.held_up else PACKETS_AN_EVENT
        for _ in range(min(most, len(stream.to_dial))):
            packet = stream.to_dial.popleft()
            self.heard += packet
            self._dial.command(f"radio written {packet.hex()}")
        came = [stream.to_host.popleft() for _ in range(min(most, len(stream.to_host)))]
        if came:
            self.heard += b"".join(came)
            stream.came += b"".join(came)
            stream.wake()
        self._event_in(stream, self.interval_s)


class AirStream:
    """The host's end of a connection: carries any bytes to whoever is connected."""

    def __init__(self, air: SimulatedAir, port: str, phase_s: float) -> None:
        self.phase_s = phase_s
        self.is_lost = False
        self.came = b""
        self.to_dial: deque[bytes] = deque()
        self.to_host: deque[bytes] = deque()
        self.wake = lambda: None
        self._air = air
        self._port = port

    def read(self) -> bytes:
        """The bytes that have arrived."""
        self._air.turning_wake(self)
        data, self.came = self.came, b""
        if not data:
            self._check()
        return data

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._check()
        for at in range(0, len(data), PACKET_BYTES):
            self.to_dial.append(data[at : at + PACKET_BYTES])

    def close(self) -> None:
        """End the connection."""
        if not self.is_lost:
            self._air.end()

    def _check(self) -> None:
        if self.is_lost:
            raise LinkError(self._port, f"The connection over the air to {self._port} was lost.")
