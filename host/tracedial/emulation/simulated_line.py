"""Emulated dials in lock step with the host: time advances only when dials and host have done all the work due by then.

Each dial is a process that runs the firmware's own files on a real MicroPython, as `tracedial emulate` does, but it is
told its time: it computes, says for how long it has nothing to do, and stands still until then. The host waits by the
same time. So an hour's recording takes only as long as its computing, a busy machine only makes it slower, and the same
seed gives the same recording.
"""

import contextlib
import random
import socket
import struct
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace

from tracedial.emulation.emulated_link import Pipe, link_changes
from tracedial.emulation.emulated_settings import DialSettings, Standing
from tracedial.emulation.simulated_time import SimulatedTime
from tracedial.errors import EmulatorError, LinkError
from tracedial.firmware_files import firmware_dir, interpreter_command

BOOT_TIMEOUT_S = 60.0
LAST_WORDS_S = 5.0
GRANT = struct.Struct("<QII")
IDLE = struct.Struct("<III")
"""The format in which host and dial talk to each other: see `firmware/port/emulated_line.py`."""


class SimulatedDial:
    """One dial in a simulated time: a process that runs the firmware, its link, and the control of its knob."""

    def __init__(self, settings: DialSettings, time: SimulatedTime, rng: random.Random, interpreter: str) -> None:
        self.settings = settings
        self.is_cut = False
        self.conditions = settings.link
        self.to_host = Pipe(lambda: self.conditions, rng, lambda: time)
        self.to_dial = Pipe(lambda: self.conditions, rng, lambda: time)
        self.to_dial.deliver = self._deliver
        self.radio_said: list[str] = []
        self.radio_says: Callable[[str], None] = self.radio_said.append
        """Receives the dial's requests to its radio: see `firmware/port/emulated_bluetooth.py`."""
        self.wake_host: Callable[[], None] = lambda: None
        """Wakes the reader of the wire when there is something to read."""
        self._time = time
        self._rng = rng
        self._interpreter = interpreter
        self._standing = Standing()
        self._step_number = 0
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the dial)
        self._boot()

    def command(self, line: str) -> None:
        """Execute a command now, as on the control port of `tracedial emulate`: `cut`, `restore` or change the link
        (`link latency=100`), `reboot` the dial, or tell its world `rating 12`, `play TIME SPEED DELAY`, `hold`,
        `press`, `wire cut`."""
        if line in ("cut", "restore"):
            self.is_cut = line == "cut"
            self.wake_host()
        elif line.startswith("link "):
            self.conditions = replace(self.conditions, **link_changes(line.split()[1:]))
        elif line == "reboot":
            self._end()
            self._boot()
            for told in self._standing.lines():
                self.command(told)
        else:
            self._standing.note(line)
            self._told += line.encode() + b"\n"
            self._step_at(self._time.now_ns())

    def close(self) -> None:
        """End the dial."""
        self._end()
        self._said.close()

    def _boot(self) -> None:
        """Start a new process, with a new boot id and a clock that starts again."""
        self._began_ns = self._time.now_ns()
        self._came = self._told = b""
        loopback = ("127.0.0.1", 0)
        with socket.create_server(loopback) as wire_port, socket.create_server(loopback) as control_port:
            self._process = subprocess.Popen(
                [
                    *interpreter_command(self._interpreter),
                    str(firmware_dir() / "main.py"),
                    *[str(port.getsockname()[1]) for port in (wire_port, control_port)],
                ],
                stdin=subprocess.DEVNULL,
                # MicroPython writes a traceback to stdout, CPython to stderr.
                stdout=self._said,
                stderr=self._said,
            )
            self._wire, self._control = self._accept(wire_port), self._accept(control_port)
        self._wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        boot = self._rng.randrange(1, 1 << 32)
        self._control.sendall(self.settings.to_firmware(true_us=0, boot=boot).encode() + b"\n")
        self._take_answer()

    def _end(self) -> None:
        self._step_number += 1
        for connection in (self._wire, self._control):
            connection.close()
        self._process.kill()
        self._process.wait()

    def _accept(self, server: socket.socket) -> socket.socket:
        server.settimeout(BOOT_TIMEOUT_S)
        try:
            connection, _ = server.accept()
        except TimeoutError:
            raise EmulatorError(f"The emulated dial {self.settings.name} did not start: {self._last_words()}") from None
        connection.settimeout(None)
        return connection

    def _deliver(self, data: bytes) -> None:
        if not self.is_cut:
            self._came += data
            self._step_at(self._time.now_ns())

    def _step_at(self, when_ns: int) -> None:
        """Have the dial compute at `when_ns` instead of at the time set before."""
        self._step_number += 1
        number = self._step_number
        self._time.at(when_ns, lambda: self._step(number))

    def _step(self, number: int) -> None:
        if number != self._step_number:
            return
        came, self._came = self._came, b""
        told, self._told = self._told, b""
        true_us = (self._time.now_ns() - self._began_ns) // 1000
        try:
            self._wire.sendall(GRANT.pack(true_us, len(came), len(told)) + came + told)
        except OSError:
            self._has_ended()
        self._take_answer()

    def _take_answer(self) -> None:
        """Read what the dial sends, and until when it has nothing more to do."""
        wait_us, n_leaving, n_said = IDLE.unpack(self._exactly(IDLE.size))
        if n_leaving:
            self.to_host.send(self._exactly(n_leaving))
        for line in self._exactly(n_said).decode().splitlines():
            self.radio_says(line)
        self._step_at(self._time.now_ns() + wait_us * 1000)

    def _exactly(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            try:
                part = self._wire.recv(length - len(data))
            except OSError:
                part = b""
            if not part:
                self._has_ended()
            data += part
        return data

    def _has_ended(self) -> None:
        raise EmulatorError(f"The emulated dial {self.settings.name} has ended by itself: {self._last_words()}")

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(LAST_WORDS_S)
        self._said.seek(0)
        return self._said.read().decode(errors="replace").strip()[-2000:] or "it said nothing"


class _SimulatedStream:
    """The host's end of a simulated dial's wire."""

    def __init__(self, port: str, dial: SimulatedDial, time: SimulatedTime) -> None:
        self._port = port
        self._dial = dial
        self._time = time
        self._came = b""
        dial.to_host.deliver = self._take

    def read(self) -> bytes:
        if self._time.turning:
            self._dial.wake_host = self._time.turning.wake
        self._check()
        data, self._came = self._came, b""
        return data

    def write(self, data: bytes) -> None:
        self._check()
        self._dial.to_dial.send(data)

    def close(self) -> None:
        self._dial.to_host.deliver = lambda data: None

    def _check(self) -> None:
        if self._dial.is_cut:
            raise LinkError(self._port, f"The connection to {self._port} was lost.")

    def _take(self, data: bytes) -> None:
        if not self._dial.is_cut:
            self._came += data
            self._dial.wake_host()


class SimulatedLine:
    """Any number of dials and one host in one simulated time. Add dials, open their ports, and wait with `time`."""

    def __init__(self, *, seed: int, interpreter: str = "auto") -> None:
        self.time = SimulatedTime()
        self.rng = random.Random(seed)
        self.dials: dict[str, SimulatedDial] = {}
        self._interpreter = interpreter

    def add(self, settings: DialSettings) -> str:
        """Boot a dial; returns its port."""
        port = f"simulated:{len(self.dials) + 1}"
        self.dials[port] = SimulatedDial(settings, self.time, self.rng, self._interpreter)
        return port

    def open_port(self, port: str) -> _SimulatedStream:
        """The host's end of a dial's wire. Raises `LinkError` if no dial has the port or its link is cut."""
        dial = self.dials.get(port)
        if dial is None or dial.is_cut:
            raise LinkError(port, f"No simulated dial answers at {port}.")
        return _SimulatedStream(port, dial, self.time)

    def __enter__(self) -> "SimulatedLine":
        return self

    def __exit__(self, *_: object) -> None:
        for dial in self.dials.values():
            dial.close()
