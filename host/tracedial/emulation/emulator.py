"""Emulated dials: the firmware's own files, each dial on its own interpreter, behind a pty or a TCP port.

One process serves any number of dials. The link between dial and host has a set latency, jitter, loss and corruption,
so that every claim about time can be checked against a known truth. This module does not know the protocol.
"""

import asyncio
import contextlib
import json
import math
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from tracedial.emulation.emulated_dial import EmulatedDial
from tracedial.emulation.emulated_link import link_changes
from tracedial.files.whole_file import write_whole


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
        """The addresses of the dials and of the control port, for a program that started the emulator."""
        return {
            "control": f"127.0.0.1:{self.control_port}",
            "dials": [{"name": dial.settings.name, "url": dial.end.url} for dial in self.dials],
        }

    async def obey(self, line: str) -> str:
        """Execute one line from the control port: `N: command` for dial N (from 1), `command` for all dials.

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
    """Imitate a hub's reset: all dials vanish, and each comes back on the next dial's port."""
    ends = [dial.end for dial in dials]
    for end in ends:
        await end.cut()
    for dial, end in zip(dials, [*ends[1:], ends[0]], strict=True):
        dial.plug_into(end)
    for end in ends:
        await end.restore()


def announcements_dir() -> Path:
    """The folder in which running emulators list their ports, so that `tracedial devices` also finds emulated dials."""
    user = os.environ.get("USER") or os.environ.get("USERNAME") or "user"
    return Path(tempfile.gettempdir()) / f"tracedial-emulated-{user}"
