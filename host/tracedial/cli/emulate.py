"""`tracedial emulate`."""

import asyncio
import contextlib
import json
import re
import secrets
import signal
import sys
import threading
from pathlib import Path

import click

from tracedial.cli.numbers import FiniteRange
from tracedial.emulation.emulated_dial import EmulatedDial
from tracedial.emulation.emulated_link import LinkConditions
from tracedial.emulation.emulated_settings import DialSettings, read_knob_script
from tracedial.emulation.emulator import Emulator
from tracedial.emulation.host_end import PtyEnd, TcpEnd
from tracedial.errors import EmulatorError, TracedialError
from tracedial.files.private import make_folder
from tracedial.firmware_files import note_on_interpreter

MAX_NAME_BYTES = 28  # a dial's 32, less room for the number after the name when there are several dials

MAX_TCP_PORT = 65535
KEYS = {
    "\x1b[C": 1, "\x1b[D": -1, "\x1b[A": 5, "\x1b[B": -5, "\xe0M": 1, "\xe0K": -1, "\xe0H": 5, "\xe0P": -5,
    "+": 1, "-": -1,
}  # fmt: skip


@click.command()
@click.option("--count", type=click.IntRange(1, 256), default=1, show_default=True, help="How many dials.")
@click.option("--tcp", "tcp_port", type=click.IntRange(0, 65535), help="Listen on this TCP port (and the next ones) "
              "instead of pseudo-terminals; 0 takes free ones.")  # fmt: skip
@click.option("--name", "names", multiple=True, help="A dial's name; repeat for several.")
@click.option("--knob", "scripts", multiple=True, type=click.Path(path_type=Path), metavar="SCRIPT.csv",
              help="Turn the knob by this script (time_s,rating) from the first tick on; may be repeated.")  # fmt: skip
@click.option("--clock-offset", type=FiniteRange(0), default=0.0, metavar="S", help="The dial's clock when it boots.")
@click.option(
    "--drift-ppm",
    "drifts",
    multiple=True,
    type=FiniteRange(-1e5, 1e5),
    help="How fast its clock runs; repeat for several.",
)
@click.option("--wander", type=FiniteRange(0), default=0.0, metavar="MS", help="Slow swing of its clock.")
@click.option(
    "--wander-period", type=FiniteRange(0), default=1800.0, show_default=True, metavar="S", help="Period of the swing."
)
@click.option("--latency", type=FiniteRange(0), default=0.0, metavar="MS", help="Delay of the link, each way.")
@click.option("--jitter", type=FiniteRange(0), default=0.0, metavar="MS", help="Mean of an exponential delay on top.")
@click.option("--loss", type=FiniteRange(0, 1), default=0.0, metavar="P", help="Chance that a byte is lost.")
@click.option("--corrupt", type=FiniteRange(0, 1), default=0.0, metavar="P", help="Chance that a byte is hit.")
@click.option("--interpreter", type=click.Choice(["auto", "micropython", "cpython"]), default="auto", show_default=True)
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Keep the dials' settings in this folder, as a board keeps them in its flash.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), help="Seed of the link's accidents and of the ids  [default: random].")
@click.option("--announce", is_flag=True, hidden=True, help="Print one JSON line and end when standard input does.")
def command(
    count: int,
    tcp_port: int | None,
    names: tuple[str, ...],
    scripts: tuple[Path, ...],
    clock_offset: float,
    drifts: tuple[float, ...],
    wander: float,
    wander_period: float,
    latency: float,
    jitter: float,
    loss: float,
    corrupt: float,
    interpreter: str,
    keep: Path | None,
    seed: int | None,
    announce: bool,
) -> None:
    """Run emulated dials: the firmware's own files on a real MicroPython (CPython where that is not installed).

    Without --knob the arrow keys turn the knob (dial 1 until a digit chooses another), space presses the button, q
    ends. A control port takes lines: `rating 12`, `play TIME SPEED DELAY`, `hold`, `press`, `cut`, `restore`, `reboot`,
    `swap` (each dial to the next one's port), `raw COUNT`, `wire cut`, `wire mend`, `home` (the button held), `edge`
    (on the sync input), `link latency=MS jitter=MS loss=P corrupt=P`; `2: hold` speaks to dial 2, a line without a
    number to all.
    """
    if tcp_port is None and sys.platform.startswith("win"):
        tcp_port = 0
    if wander_period == 0:
        raise click.UsageError("The wander's period must be longer than 0.")
    for what, given in (("--name", names), ("--knob", scripts), ("--drift-ppm", drifts)):
        if len(given) not in (0, 1, count):
            raise click.UsageError(f"{what} is given {len(given)} times for {count} dials: once, or once for each.")
    if tcp_port and tcp_port + count - 1 > MAX_TCP_PORT:
        raise click.UsageError(f"There are no {count} TCP ports from {tcp_port} on.")
    if any(len(name.encode()) > MAX_NAME_BYTES for name in names):
        raise click.UsageError(f"A dial's name is at most {MAX_NAME_BYTES} bytes long.")
    link = LinkConditions(latency_s=latency / 1e3, jitter_s=jitter / 1e3, loss=loss, corrupt=corrupt)
    knob_scripts = [read_knob_script(path) for path in scripts]

    def of(given: list, number: int, default: object) -> object:
        return given[number if len(given) > 1 else 0] if given else default

    dials = []
    first = secrets.randbits(60) if seed is None else seed
    for number in range(count):
        settings = DialSettings(
            name=str(names[number] if len(names) == count else f"{names[0] if names else 'emulated'}-{number + 1}"),
            unique_id=f"e{(first * 0x9E3779B97F4A7C15 + number) % (1 << 60):015x}",
            clock_offset_s=clock_offset,
            drift_ppm=of(list(drifts), number, 0.0),  # pyright: ignore[reportArgumentType]
            wander_ms=wander,
            wander_period_s=wander_period,
            script=of(knob_scripts, number, ()),  # pyright: ignore[reportArgumentType]
            link=link,
            keep=_folder(keep, number),
        )
        end = PtyEnd() if tcp_port is None else TcpEnd(tcp_port + number if tcp_port else 0)
        dials.append(EmulatedDial(settings, end, interpreter=interpreter, seed=first * 1000 + number))
    if not announce and (note := note_on_interpreter(interpreter)):
        click.echo(note, err=True)
    keyboard = not scripts and not announce and sys.stdin.isatty()
    try:
        asyncio.run(_serve(Emulator(dials), announce=announce, keyboard=keyboard))
    except KeyboardInterrupt:
        click.echo("Ended.", err=True)


def _folder(keep: Path | None, number: int) -> Path | None:
    if keep is None:
        return None
    folder = keep.resolve() / f"dial-{number + 1}"
    try:
        make_folder(folder)
    except OSError as error:
        raise EmulatorError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    return folder


async def _serve(emulator: Emulator, *, announce: bool, keyboard: bool) -> None:
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    # Remove the announcement when the terminal closes or the program is told to end. Windows has no such call.
    for name in ("SIGTERM", "SIGHUP"):
        with contextlib.suppress(NotImplementedError, AttributeError):
            loop.add_signal_handler(getattr(signal, name), ending.set)
    try:
        await emulator.start()
        if announce:
            print(json.dumps(emulator.description()), flush=True)  # noqa: T201
            _in_thread(sys.stdin.buffer.read, lambda: loop.call_soon_threadsafe(ending.set))
        else:
            for number, dial in enumerate(emulator.dials, start=1):
                click.echo(f"Dial {number} ({dial.settings.name}): {dial.end.url}")
            click.echo(f"Control port: 127.0.0.1:{emulator.control_port}")
            click.echo("Arrow keys turn the knob, q ends." if keyboard else "Ctrl-C ends.")
        if keyboard:
            _in_thread(lambda: _read_keys(emulator, loop), lambda: loop.call_soon_threadsafe(ending.set))
        waits = [asyncio.ensure_future(ending.wait())]
        waits += [asyncio.ensure_future(_watch(dial)) for dial in emulator.dials]
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            if task in done:
                task.result()
            else:
                task.cancel()
    finally:
        await emulator.stop()


async def _watch(dial: EmulatedDial) -> None:
    """End with an error when a dial's process dies for any reason other than a reboot."""
    while True:
        await dial.ended.wait()
        await asyncio.sleep(2)
        if dial.ended.is_set():
            raise EmulatorError(
                f"The emulated dial {dial.settings.name} has ended by itself: {await dial.last_words()}"
            )


def _in_thread(work, then) -> None:
    def body() -> None:
        work()
        then()

    threading.Thread(target=body, daemon=True).start()


def _read_keys(emulator: Emulator, loop: asyncio.AbstractEventLoop) -> None:
    chosen = 1
    ratings = dict.fromkeys(range(1, len(emulator.dials) + 1), 0)
    while True:
        try:
            key = click.getchar()
        except (EOFError, KeyboardInterrupt, TracedialError):
            return
        # A key that is held down arrives several times at once.
        for one in re.findall("\x1b\\[.|\xe0.|.", key, re.DOTALL):
            if one in ("q", "\x03", "\x04"):
                return
            if one.isdigit() and int(one) in ratings:
                chosen = int(one)
            elif one == " ":
                asyncio.run_coroutine_threadsafe(emulator.obey(f"{chosen}: press"), loop)
            elif one in KEYS:
                ratings[chosen] = max(-50, min(50, ratings[chosen] + KEYS[one]))
                line = f"{chosen}: rating {ratings[chosen]}"
                asyncio.run_coroutine_threadsafe(emulator.obey(line), loop)
        click.echo(f"\rdial {chosen}: {ratings[chosen]:+4d} ", nl=False)
