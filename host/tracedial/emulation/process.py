"""Emulated dials in a separate program, started and ended by the program that needs them."""

import json
import socket
import subprocess
import sys
from urllib.parse import parse_qsl

from tracedial.errors import EmulatorError


class EmulatorProcess:
    """Emulated dials in a separate process that ends with this one. `urls` are their ports, one for each dial."""

    def __init__(self, arguments: list[str]) -> None:
        command = [sys.executable, "-m", "tracedial", "emulate", "--tcp", "0", "--announce", *arguments]
        # In its own process group: Ctrl-C must reach only the recording, which ends the emulator when it is done.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            text = self._process.stderr.read().decode(errors="replace").strip()
            self.close()
            said = text.splitlines()[-1] if text else "The emulator did not start."
            raise EmulatorError(said.removeprefix("tracedial: ").removeprefix("Error: "))
        description = json.loads(line)
        self.urls = [str(dial["url"]) for dial in description["dials"]]
        host, _, port = description["control"].partition(":")
        self._control = socket.create_connection((host, int(port)), timeout=10.0)
        self._control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._control.makefile("r", encoding="utf-8")

    def command(self, line: str) -> None:
        """Send a line to the control port; raises `EmulatorError` if the emulator refuses it."""
        try:
            self._control.sendall(line.encode() + b"\n")
            answer = self._answers.readline().strip()
        except OSError:
            answer = ""
        if answer != "ok":
            raise EmulatorError(f"The emulator refused {line!r}: {answer.removeprefix('error: ') or 'it has ended'}.")

    def close(self) -> None:
        """End the emulated dials."""
        if control := getattr(self, "_control", None):
            self._answers.close()
            control.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> "EmulatorProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def emulator_arguments(url: str) -> list[str]:
    """The options of `tracedial emulate` that an `emulated:` URL gives, such as `emulated:?knob=a.csv&drift-ppm=40`."""
    options = parse_qsl(url.removeprefix("emulated:").removeprefix("?"), keep_blank_values=True)
    return [f"--{key}={value}" for key, value in options]
