"""MicroPython's prompt on a board: runs programs, writes files and restarts the board."""

import ast
import contextlib
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tracedial.errors import FlashError, LinkError
from tracedial.files.plain_text import plain_text
from tracedial.firmware_files import prompt_program

PROMPT_READ_S = 5.0
QUIET_S = 0.4
PROMPT_TIMEOUT_S = 10.0
RESCUE = "rescue"
"""A file on a board that asks for the prompt at the next start (`firmware/port/hardware.py` reads it)."""
_REMEDY = (
    "check the cable (some only charge), close other programs that use the port, unplug the board and plug it in "
    "again; a board without MicroPython needs it first (docs/build.md)."
)


@dataclass(frozen=True)
class BoardIdentity:
    """The facts that a board's interpreter reports about itself."""

    interpreter: str
    version: tuple[int, int, int]
    platform: str
    machine: str
    mpy_format: int


class BoardPrompt:
    """MicroPython's prompt on a board, through mpremote's own library. Errors become sentences that name the port."""

    def __init__(self, port: str) -> None:
        self.port = port
        with self.sentences("cannot be opened"):
            from mpremote.transport_serial import SerialTransport

            self._transport = SerialTransport(port)
            self._patience(PROMPT_READ_S)
        try:
            # Without a prompt mpremote prints what it received; our sentence explains it better.
            with contextlib.redirect_stdout(io.StringIO()), self.sentences("has no prompt of MicroPython"):
                self._enter()
        except LinkError:
            self.close()
            raise

    def _enter(self) -> None:
        """Ask for the prompt until it appears: a board that was just plugged in or restarted takes a while."""
        from mpremote.transport import TransportError

        deadline_s = time.monotonic() + PROMPT_TIMEOUT_S
        while True:
            try:
                self._transport.enter_raw_repl(soft_reset=False, timeout_overall=2)
                # A slow board answers every request, and its late answers would be taken for answers to later programs.
                # Drop them, so that only the answer to the last request remains.
                self._drain()
                self._transport.enter_raw_repl(soft_reset=False, timeout_overall=2)
                return
            except TransportError:
                if time.monotonic() > deadline_s:
                    raise

    def _drain(self) -> None:
        """Read and drop bytes until no more arrive."""
        self._patience(QUIET_S)
        while self._transport.serial.read(1024):
            pass
        self._patience(PROMPT_READ_S)

    def _patience(self, read_s: float) -> None:
        # Without a timeout mpremote would wait for ever on a pseudo-terminal that sends nothing.
        self._transport.serial.timeout = read_s  # pyright: ignore[reportAttributeAccessIssue]

    def run(self, program: str) -> str:
        """Run `program` on the board and return what it prints."""
        with self.sentences("does not answer"):
            return self._transport.exec(program).decode(errors="replace")

    def write(self, name: str, data: bytes) -> None:
        """Write a file."""
        with self.sentences(f"did not take the file {name}"):
            self._transport.fs_writefile(name, data)

    def reset(self) -> None:
        """Restart the board with the files that are on it."""
        # If the prompt appeared before the dial saw its rescue file, that file is still there.
        self.run(f"import os\nif {RESCUE!r} in os.listdir(): os.remove({RESCUE!r})")
        with self.sentences("did not restart"):
            self._transport.exec_raw_no_follow("import machine\nmachine.reset()")

    def close(self) -> None:
        """Close the port."""
        # If the board was unplugged, closing the port fails.
        with contextlib.suppress(OSError, Exception):
            self._transport.close()

    @contextlib.contextmanager
    def sentences(self, what: str) -> Iterator[None]:
        """Turn errors inside the block into one sentence: "The board on PORT `what` ..."."""
        from mpremote.transport import TransportError, TransportExecError

        try:
            yield
        except TransportExecError as error:
            lines = error.error_output.strip().splitlines()
            said = plain_text(lines[-1] if lines else str(error))
            raise FlashError(self.port, f"The board on {self.port} {what}: {said}.") from error
        except (TransportError, OSError) as error:
            raise FlashError(
                self.port, f"The board on {self.port} {what} ({plain_text(str(error))}): {_REMEDY}"
            ) from error
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise FlashError(self.port, f"The board on {self.port} {what}: what it printed is no answer.") from error


def identify(prompt: BoardPrompt) -> BoardIdentity:
    """Find out what runs on the board."""
    with prompt.sentences("does not say what it is"):
        name, version, platform, machine, mpy_format = ast.literal_eval(prompt.run(prompt_program("identify")).strip())
        name, platform, machine = (plain_text(str(text)) for text in (name, platform, machine))
        major, minor, patch = map(int, version)
        return BoardIdentity(name, (major, minor, patch), platform, machine, int(mpy_format))
