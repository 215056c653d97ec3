"""Finds dials: asks every serial port and every running emulator who it is."""

import contextlib
import itertools
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tracedial.emulation.emulator import announcements_dir
from tracedial.errors import AmbiguousDialError, LinkError, NotADialError
from tracedial.link.connection import DialConnection
from tracedial.link.messages import Hello

PROBE_S = 1.5


@dataclass(frozen=True)
class Candidate:
    """A port and its answer: `hello` if a dial answered, else `problem`, one sentence."""

    port: str
    hello: Hello | None
    problem: str = ""


def list_ports() -> list[str]:
    """The serial ports that pyserial lists, then the ports of emulators that run on this machine."""
    return [*_serial_ports(), *itertools.chain.from_iterable(_announced())]


def other_ports(port: str) -> list[str]:
    """The ports on which a dial from `port` may reappear: a board on any serial port, an emulated dial on any port of
    its emulator."""
    if port.startswith(("page:", "simulated:")):
        return []
    if port.startswith("ble:"):
        # If a dial's radio fails, its cable still leads back to it.
        return _serial_ports()
    emulated = [ports for ports in _announced() if port in ports]
    return emulated[0] if emulated else [] if port.startswith("socket:") else _serial_ports()


def _serial_ports() -> list[str]:
    from serial.tools import list_ports as serial_ports

    return [port.device for port in serial_ports.comports() if port.hwid != "n/a"]


def _announced() -> list[list[str]]:
    """The ports of each emulator that runs on this machine."""
    found = []
    folder = announcements_dir()
    if folder.is_dir():
        for file in sorted(folder.glob("*.json")):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                found.append(_running(file))
    return found


def _running(file: Path) -> list[str]:
    """The ports of an announced emulator, if its control port answers. An emulator that was killed leaves its file
    behind, and its terminals' names may by now belong to somebody's window."""
    announced = json.loads(file.read_text(encoding="utf-8"))
    host, _, port = announced["control"].partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=0.5).close()
    except OSError:
        file.unlink(missing_ok=True)
        return []
    return [str(dial["url"]) for dial in announced["dials"]]


def probe(port: str) -> Candidate:
    """Ask one port who it is."""
    try:
        with DialConnection(port, lambda event: None) as connection:
            return Candidate(port, connection.wait_hello(PROBE_S))
    except LinkError as error:
        return Candidate(port, None, str(error))


def find_dials(ports: list[str] | None = None) -> list[Candidate]:
    """Ask all ports at once, in the order of their listing."""
    ports = list_ports() if ports is None else ports
    if not ports:
        return []
    with ThreadPoolExecutor(max_workers=min(len(ports), 64)) as pool:
        return list(pool.map(probe, ports))


def the_only_dial() -> str:
    """The port of the only dial. Raises if no dial answers or several do."""
    candidates = find_dials()
    dials = [candidate for candidate in candidates if candidate.hello]
    if not dials:
        tried = "".join(f" {candidate.problem}" for candidate in candidates)
        raise NotADialError("", f"No dial was found: plug one in, or start one with `tracedial emulate`.{tried}")
    if len(dials) > 1:
        names = " and ".join(f"{c.port} ({c.hello.name})" for c in dials if c.hello)
        raise AmbiguousDialError(
            [dial.port for dial in dials],
            f"{len(dials)} dials answer, {names}: name one (`record … --dial RATER=PORT`, `config PORT`).",
        )
    return dials[0].port
