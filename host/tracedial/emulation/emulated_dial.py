"""One emulated dial: a process that runs the firmware, connected to the host's end of the wire and to its knob."""

import asyncio
import contextlib
import random

from tracedial.emulation.emulated_link import Pipe
from tracedial.emulation.emulated_settings import DialSettings, Standing
from tracedial.emulation.host_end import HandingStream, PtyEnd, TcpEnd
from tracedial.errors import EmulatorError
from tracedial.firmware_files import firmware_dir, interpreter_command

BOOT_TIMEOUT_S = 30.0
RESTART_CODE = 75
"""The firmware program's exit code when its dial was told to restart (`firmware/port/emulated.py`)."""


class EmulatedDial:
    """One dial: a process that runs the firmware, a wire to the host, a line to its knob."""

    def __init__(self, settings: DialSettings, end: TcpEnd | PtyEnd, *, interpreter: str, seed: int) -> None:
        self.settings = settings
        self.end = end
        self.conditions = settings.link
        self._interpreter = interpreter
        rng = random.Random(seed)
        self._to_host = Pipe(lambda: self.conditions, rng, asyncio.get_running_loop)
        self._to_dial = Pipe(lambda: self.conditions, rng, asyncio.get_running_loop)
        self._process: asyncio.subprocess.Process | None = None
        self._wire: HandingStream | None = None
        self._control: HandingStream | None = None
        self.ended: asyncio.Event = asyncio.Event()
        self._standing = Standing()

    async def start(self) -> None:
        """Open the host's end and boot."""
        self._to_dial.deliver = lambda data: self._wire.write(data) if self._wire else None
        self.plug_into(self.end)
        await self.end.open()
        await self._boot()

    def plug_into(self, end: TcpEnd | PtyEnd) -> None:
        """Connect the dial to another port."""
        self.end = end
        self._to_host.deliver = end.write
        end.on_data = self._to_dial.send

    async def reboot(self) -> None:
        """Reset the board: it gets a new boot id, its clock restarts, its memory is empty."""
        await self._kill()
        await self._boot()
        for line in self._standing.lines():
            self.command(line)

    async def stop(self) -> None:
        """End the dial and its wire."""
        await self.end.cut()
        await self._kill()

    async def last_words(self) -> str:
        """The last output of the dial's process: a traceback, if its firmware crashed."""
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
        wire = HandingStream(self._to_host.send)
        control = HandingStream(lambda data: None)
        servers = [await loop.create_server(lambda s=s: s, "127.0.0.1", 0) for s in (wire, control)]
        ports = [str(server.sockets[0].getsockname()[1]) for server in servers]
        self._process = await asyncio.create_subprocess_exec(
            *interpreter_command(self._interpreter),
            str(firmware_dir() / "main.py"),
            *ports,
            stdin=asyncio.subprocess.DEVNULL,
            # MicroPython writes a traceback to stdout, CPython to stderr.
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
            # A reboot ended it; the next process runs already or starts soon.
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
