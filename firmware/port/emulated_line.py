"""Joins an emulated board to its emulator: bytes of the wire, lines about the world, and the time.

In real time, bytes and lines have a connection each, and the time is the machine's. In a simulation the emulator hands
out the time: this program computes, says how long it has nothing to do, and stands still until it is told the new time.
So the dial is never late, however busy the machine is.
"""

import json
import select
import socket
import struct
import time

TCP = 6
TCP_NODELAY = 1

GRANT = "<QII"
"""The emulator's answer: true time in microseconds, the lengths of the bytes from the wire and of the lines about the
world."""
IDLE = "<III"
"""A dial's message when it has nothing to do: for how many microseconds, the lengths of its bytes for the wire and of
its radio's lines."""
MAX_WAIT_US = 1000000

if hasattr(time, "ticks_us"):
    machine_us = time.ticks_us
else:

    def machine_us():
        """Microseconds of CPython's clock, which a board's type stubs do not have."""
        return time.monotonic_ns() // 1000  # pyright: ignore


class Arrivals:
    """Data that have arrived and were not taken yet: bytes of the wire, and lines about the world."""

    wired = True

    def __init__(self, told):
        self._told = told
        self._came = b""

    def read(self):
        """Bytes that arrived by the wire."""
        data, self._came = self._came, b""
        return data

    def ready(self):
        """Whether the cable takes another frame."""
        return True

    def is_there(self):
        """Whether a host can be at the other end: a cable does not say."""
        return True

    def hang_up(self):
        """A cable has no connection to end."""

    def told(self):
        """Lines that arrived about the world."""
        data, self._told = self._told, b""
        return data


class RealLine(Arrivals):
    """Two connections, in the machine's own time."""

    def __init__(self, wire, control, told):
        self.true_us = machine_us
        self._wire = wire
        self._control = control
        super().__init__(told)
        # MicroPython has only poll, which CPython on Windows lacks.
        self._poll = None if hasattr(select, "select") else select.poll()
        if self._poll:
            self._poll.register(wire, select.POLLIN)
            self._poll.register(control, select.POLLIN)

    def look(self):
        """Take in what has come by now."""
        ready = self._ready(0)
        if self._control in ready:
            self._told += _receive(self._control)
        if self._wire in ready:
            self._came += _receive(self._wire)

    def write(self, data):
        """Send by the wire."""
        try:
            self._wire.sendall(data)
        except OSError:
            raise SystemExit(0)

    def say(self, line):
        """Tell the emulator something."""
        try:
            self._control.sendall(line.encode() + b"\n")
        except OSError:
            raise SystemExit(0)

    def wait(self, wait_us):
        """Sleep until something comes or `wait_us` have passed."""
        if wait_us >= 1000:
            self._ready(wait_us // 1000)
        elif wait_us > 0:
            time.sleep(wait_us / 1e6)

    def _ready(self, wait_ms):
        if self._poll:
            return [entry[0] for entry in self._poll.poll(wait_ms)]
        return select.select([self._wire, self._control], [], [], wait_ms / 1000)[0]


class SimulatedLine(Arrivals):
    """One connection, in a time that the emulator hands out."""

    def __init__(self, wire, true_us, told):
        self._wire = wire
        self._now_us = true_us
        super().__init__(told)
        self._leaving = b""
        self._saying = b""

    def true_us(self):
        """The time that was handed out last: computing takes no time."""
        return self._now_us

    def look(self):
        """Nothing to do: data arrive together with the time."""

    def write(self, data):
        """Send by the wire, at the present simulated time."""
        self._leaving += data

    def say(self, line):
        """Tell the emulator something, at the present simulated time."""
        self._saying += line.encode() + b"\n"

    def wait(self, wait_us):
        """Stand still until the time has advanced by at least a microsecond and at most `wait_us`."""
        leaving, self._leaving = self._leaving, b""
        saying, self._saying = self._saying, b""
        wait_us = min(max(wait_us, 1), MAX_WAIT_US)
        try:
            self._wire.sendall(struct.pack(IDLE, wait_us, len(leaving), len(saying)) + leaving + saying)
        except OSError:
            raise SystemExit(0)
        self._now_us, n_came, n_told = struct.unpack(GRANT, self._exactly(struct.calcsize(GRANT)))
        self._came += self._exactly(n_came)
        self._told += self._exactly(n_told)

    def _exactly(self, length):
        data = b""
        while len(data) < length:
            data += _receive(self._wire, length - len(data))
        return data


def connect(argv):
    """Connect to the emulator's two ports, given as arguments; returns the settings that it sends first, and the line.

    The settings are not an argument because MicroPython fails on one of more than 255 bytes.
    """
    wire = _connect(int(argv[1]))
    control = _connect(int(argv[2]))
    data = b""
    while b"\n" not in data:
        data += _receive(control)
    # Lines sent right after the settings may have arrived with them.
    first, _, rest = data.partition(b"\n")
    settings = json.loads(first)
    if settings["true_us"] is None:
        return settings, RealLine(wire, control, rest)
    return settings, SimulatedLine(wire, settings["true_us"], rest)


def _connect(port):
    connection = socket.socket()
    connection.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    connection.setsockopt(TCP, TCP_NODELAY, 1)
    return connection


def _receive(connection, limit=4096):
    try:
        data = connection.recv(limit)
    except OSError:
        data = b""
    if not data:
        raise SystemExit(0)
    return data
