"""Emulated dials: the firmware's own files on an interpreter of their own, behind a pty or a TCP port.

One process serves any number of dials. Between dial and host lies a link whose latency, jitter, loss and corruption
are set, so that every claim about time can be held against a known truth. Nothing here knows the protocol.
"""

import asyncio
import contextlib
import json
import math
import os
import random
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tracedial.emulation.emulated_link import Pipe, link_changes
from tracedial.emulation.emulated_settings import DialSettings, Standing
from tracedial.errors import EmulatorError
from tracedial.files.whole_file import write_whole
from tracedial.firmware_files import firmware_dir, interpreter_command

BOOT_TIMEOUT_S = 30.0
RESTART_CODE = 75
"""How the firmware's program ends when its dial was told to restart (`firmware/port/emulated.py`)."""


class _Stream(asyncio.Protocol):
    """A TCP connection that hands its bytes to a function."""

    def __init__(self, on_data: Callable[[bytes], None], on_made: Callable[["_Stream"], None] | None = None) -> None:
        self.transport: asyncio.Transport | None = None
        self.made = asyncio.get_running_loop().create_future()
        self._on_data = on_data
        self._on_made = on_made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if not self.made.done():
            self.made.set_result(None)
        if self._on_made:
            self._on_made(self)

    def data_received(self, data: bytes) -> None:
        self._on_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()


class TcpEnd:
    """The host's end of the wire as a TCP port. One host at a time, as on a serial port."""

    def __init__(self, port: int) -> None:
        self.on_data: Callable[[bytes], None] = lambda data: None
        self._port = port
        self._server: asyncio.Server | None = None
        self._client: _Stream | None = None

    @property
    def url(self) -> str:
        """What a host opens."""
        return f"socket://127.0.0.1:{self._port}"

    async def open(self) -> None:
        """Begin to listen; a port number of 0 is replaced by a free one, and kept."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Stream(self.on_data, self._take), "127.0.0.1", self._port)
        except OSError as error:
            raise EmulatorError(
                f"TCP port {self._port} cannot be used for an emulated dial: {error.strerror}."
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]

    def write(self, data: bytes) -> None:
        """Towards the host; lost, as on an unplugged cable, when there is none."""
        if self._client:
            self._client.write(data)

    async def cut(self) -> None:
        """Unplug: the connection ends and no new one is taken."""
        if self._server:
            self._server.close()
            self._server = None
        if self._client:
            self._client.close()
            self._client = None

    async def restore(self) -> None:
        """Plug in again."""
        if self._server is None:
            await self.open()

    def _take(self, stream: _Stream) -> None:
        if self._client is not None and self._client.transport is not None:
            stream.close()
            return
        self._client = stream


class PtyEnd:
    """The host's end of the wire as a pseudo-terminal, which pyserial opens like a serial port. POSIX only."""

    def __init__(self) -> None:
        import pty
        import tty

        self.on_data: Callable[[bytes], None] = lambda data: None
        self._cut = False
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.url = os.ttyname(self._slave)

    async def open(self) -> None:
        """Begin to listen."""
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def write(self, data: bytes) -> None:
        """Towards the host; lost when nobody reads and the terminal's buffer is full."""
        if not self._cut:
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    async def cut(self) -> None:
        """Out of range: bytes of both directions are lost, the terminal stays."""
        self._cut = True

    async def restore(self) -> None:
        """In range again."""
        self._cut = False

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._master, 4096)
            if not self._cut:
                self.on_data(data)


class EmulatedDial:
    """One dial: a process with the firmware, a wire to the host, a line to its knob."""

    def __init__(self, settings: DialSettings, end: TcpEnd | PtyEnd, *, interpreter: str, seed: int) -> None:
        self.settings = settings
        self.end = end
        self.conditions = settings.link
        self._interpreter = interpreter
        rng = random.Random(seed)
        self._to_host = Pipe(lambda: self.conditions, rng, asyncio.get_running_loop)
        self._to_dial = Pipe(lambda: self.conditions, rng, asyncio.get_running_loop)
        self._process: asyncio.subprocess.Process | None = None
        self._wire: _Stream | None = None
        self._control: _Stream | None = None
        self.ended: asyncio.Event = asyncio.Event()
        self._standing = Standing()

    async def start(self) -> None:
        """Open the host's end and boot."""
        self._to_dial.deliver = lambda data: self._wire.write(data) if self._wire else None
        self.plug_into(self.end)
        await self.end.open()
        await self._boot()

    def plug_into(self, end: TcpEnd | PtyEnd) -> None:
        """Have the dial speak at another port."""
        self.end = end
        self._to_host.deliver = end.write
        end.on_data = self._to_dial.send

    async def reboot(self) -> None:
        """Reset the board: a new boot id, a clock that starts again, an empty memory."""
        await self._kill()
        await self._boot()
        for line in self._standing.lines():
            self.command(line)

    async def stop(self) -> None:
        """End the dial and its wire."""
        await self.end.cut()
        await self._kill()

    async def last_words(self) -> str:
        """What the dial's process wrote before it ended: a traceback, if its firmware crashed."""
        if self._process is None or self._process.stdout is None:
            return ""
        return (await self._process.stdout.read()).decode(errors="replace").strip()[-2000:]

    def command(self, line: str) -> None:
        """Tell the board's world something: `rating 12`, `raw 3000`, `play T SPEED DELAY`, `hold`, `press`, `home`,
        `edge`, `wire cut`, `wire mend`."""
        self._standing.note(line)
        if self._control:
            self._control.write(line.encode() + b"\n")

    async def _boot(self) -> None:
        loop = asyncio.get_running_loop()
        self.ended.clear()
        wire = _Stream(self._to_host.send)
        control = _Stream(lambda data: None)
        servers = [await loop.create_server(lambda s=s: s, "127.0.0.1", 0) for s in (wire, control)]
        ports = [str(server.sockets[0].getsockname()[1]) for server in servers]
        self._process = await asyncio.create_subprocess_exec(
            *interpreter_command(self._interpreter),
            str(firmware_dir() / "main.py"),
            *ports,
            stdin=asyncio.subprocess.DEVNULL,
            # MicroPython puts a traceback here, CPython there.
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        died = asyncio.ensure_future(self._process.wait())
        for made in (wire.made, control.made):
            await asyncio.wait([died, made], timeout=BOOT_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        for server in servers:
            server.close()
        if not control.made.done():
            text = await self.last_words() if died.done() else "it does not connect"
            raise EmulatorError(f"The emulated dial {self.settings.name} did not start: {text}")
        control.write(self.settings.to_firmware().encode() + b"\n")
        process = self._process
        died.add_done_callback(lambda _: self._note_end(process))
        self._wire, self._control = wire, control

    def _note_end(self, process: asyncio.subprocess.Process) -> None:
        if process is not self._process:
            # It was ended for a reboot; the next one runs already, or soon.
            return
        self.ended.set()
        if process.returncode == RESTART_CODE:
            self._rebooting = asyncio.ensure_future(self.reboot())

    async def _kill(self) -> None:
        for stream in (self._wire, self._control):
            if stream:
                stream.close()
        self._wire = self._control = None
        process, self._process = self._process, None
        if process and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class Emulator:
    """A set of emulated dials and the port that controls them."""

    def __init__(self, dials: list[EmulatedDial]) -> None:
        self.dials = dials
        self.control_port = 0
        self._server: asyncio.Server | None = None
        self._announcement: Path | None = None

    async def start(self) -> None:
        """Boot all dials and open the control port."""
        await asyncio.gather(*(dial.start() for dial in self.dials))
        self._server = await asyncio.start_server(self._serve_control, "127.0.0.1", 0)
        self.control_port = self._server.sockets[0].getsockname()[1]
        self._announce()

    async def stop(self) -> None:
        """End all dials."""
        if self._announcement:
            self._announcement.unlink(missing_ok=True)
        if self._server:
            self._server.close()
        await asyncio.gather(*(dial.stop() for dial in self.dials))

    def description(self) -> dict[str, object]:
        """Where dials and control port are, for a program that started the emulator."""
        return {
            "control": f"127.0.0.1:{self.control_port}",
            "dials": [{"name": dial.settings.name, "url": dial.end.url} for dial in self.dials],
        }

    async def obey(self, line: str) -> str:
        """Carry out one line of the control port; `N: command` speaks to dial N (from 1), else to all.

        Returns `ok`, or `error: ` and a sentence.
        """
        head, colon, rest = line.partition(":")
        dials = self.dials
        if colon and head.strip().isdigit():
            number = int(head)
            if not 1 <= number <= len(self.dials):
                return f"error: there is no dial {number}, only 1 to {len(self.dials)}"
            dials, line = [self.dials[number - 1]], rest
        words = line.split()
        try:
            await self._carry_out(words, dials)
        except (ValueError, IndexError, TypeError):
            return f"error: not a command: {line.strip()!r}"
        return "ok"

    async def _carry_out(self, words: list[str], dials: list[EmulatedDial]) -> None:
        name, values = words[0], words[1:]
        if name == "swap":
            await _swap(dials)
            return
        for dial in dials:
            if name == "wire":
                if values not in (["cut"], ["mend"]):
                    raise ValueError(name)
                dial.command(f"wire {values[0]}")
            elif name in ("rating", "raw", "play", "hold", "press", "home", "edge"):
                wanted = {"rating": 1, "raw": 1, "play": 3}.get(name, 0)
                if len(values) != wanted or (name == "play" and not dial.settings.script):
                    raise ValueError(name)
                numbers = [int(value) if name == "raw" else float(value) for value in values]
                if not all(map(math.isfinite, numbers)):
                    raise ValueError(name)
                dial.command(" ".join([name, *map(str, numbers)]))
            elif name == "cut":
                await dial.end.cut()
            elif name == "restore":
                await dial.end.restore()
            elif name == "reboot":
                await dial.reboot()
            elif name == "link":
                dial.conditions = replace(dial.conditions, **link_changes(values))
            else:
                raise ValueError(name)

    async def _serve_control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # ValueError: a line longer than any command.
        with contextlib.suppress(ConnectionError, ValueError):
            while line := await reader.readline():
                writer.write((await self.obey(line.decode(errors="replace").strip()) + "\n").encode())
                await writer.drain()
        writer.close()

    def _announce(self) -> None:
        folder = announcements_dir()
        folder.mkdir(exist_ok=True)
        self._announcement = folder / f"{os.getpid()}.json"
        write_whole(self._announcement, json.dumps(self.description()))


async def _swap(dials: list[EmulatedDial]) -> None:
    """What a hub's reset does: all dials vanish, and each comes back on the next one's port."""
    ends = [dial.end for dial in dials]
    for end in ends:
        await end.cut()
    for dial, end in zip(dials, [*ends[1:], ends[0]], strict=True):
        dial.plug_into(end)
    for end in ends:
        await end.restore()


def announcements_dir() -> Path:
    """Where running emulators say their ports, so that `tracedial devices` finds emulated dials as it finds boards."""
    user = os.environ.get("USER") or os.environ.get("USERNAME") or "user"
    return Path(tempfile.gettempdir()) / f"tracedial-emulated-{user}"
