"""`tracedial room`."""

import asyncio
import contextlib
import ipaddress
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from tracedial.errors import AmbiguousDialError, NotADialError
from tracedial.link.discover import find_dials
from tracedial.recording.rater_recording import DialChoice
from tracedial.study.study import LANGUAGES
from tracedial.video import check_playable, read_video

if TYPE_CHECKING:
    from tracedial.room.group_room import LiveRoom
    from tracedial.room.guard import Guard
    from tracedial.room.seat import Seat
    from tracedial.room.study_room import Room


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("session", required=False)
@click.argument("rater", required=False)
@click.option("--kiosk", is_flag=True,
              help="Open the participant's page of SESSION and RATER, which leads nowhere else.")  # fmt: skip
@click.option("--pin", default="", help="A PIN by which the researcher gets past a participant's page.")
@click.option("--live", is_flag=True, help="A group: record all dials together into FOLDER, and show their mean.")
@click.option("--dial", "dials", multiple=True, metavar="[RATER=]PORT", help="A dial to use besides those that "
              "are found; with --live RATER=PORT, instead of them. May be repeated.")  # fmt: skip
@click.option("--another-dial", is_flag=True,
              help="A rating that was broken off may go on with another dial than it began with.")  # fmt: skip
@click.option("--video", "video_file", type=click.Path(path_type=Path), help="With --live: what the group watches.")
@click.option("--rate", "rate_hz", type=click.IntRange(1, 50), default=10, show_default=True,
              help="With --live: samples a second.")  # fmt: skip
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True,
              help="With --live: the page's language (a study's own file says its).")  # fmt: skip
@click.option("--host", "address", default="127.0.0.1", show_default=True,
              help="The address to serve at: only this computer, unless you say another address.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=8420, show_default=True, help="0: any free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def command(
    folder: Path,
    session: str | None,
    rater: str | None,
    kiosk: bool,
    pin: str,
    live: bool,
    dials: tuple[str, ...],
    another_dial: bool,
    video_file: Path | None,
    rate_hz: int,
    language: str,
    address: str,
    port: int,
    no_browser: bool,
) -> None:
    """Open the rating room of the study in FOLDER in the browser.

    Nothing leaves this computer. The link that is printed lets one browser in, once, within 15 minutes; that browser
    may load the page again and open more tabs. Enter prints a new link, for another browser or one that was closed.
    Ctrl-C closes the room; a rating that runs is kept, and goes on when the room is opened again.

    Example: tracedial room my-study
    """
    if (session or kiosk) and (live or not rater):
        raise click.UsageError("Name the session and the rater of a study, as in `tracedial room my-study s01 client`.")
    if pin and (live or len(pin) < 4):
        raise click.UsageError("--pin is for a study's room, and has 4 characters or more.")
    if not live and (video_file or rate_hz != 10):
        raise click.UsageError("--video and --rate are for --live; a study says both itself.")
    if live and another_dial:
        raise click.UsageError("--another-dial is for a study's ratings; a group's recording is not taken up again.")
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(address).is_unspecified:
            raise click.UsageError("Say which of this computer's addresses the room is served at, not all of them.")
    from tracedial.room.group_room import LiveRoom
    from tracedial.room.seat import Seat
    from tracedial.room.study_room import Room

    if live:
        video = read_video(video_file) if video_file else None
        if video_file:
            check_playable(video_file)
        room = LiveRoom(folder, _group(dials), video=video, rate_hz=rate_hz, language=language)
    else:
        room = Room(folder, list(dials), another_dial=another_dial)
    place = _Place(Seat(session, rater) if session and rater else None, kiosk, pin)
    if place.seat and isinstance(room, Room):
        room.study.rater_folder(place.seat.session, place.seat.rater)
    asyncio.run(_serve(room, place, address=address, port=port, no_browser=no_browser))


class _Place(NamedTuple):
    """Where the browser is opened: at one rater's place, on the participant's side of the wall (`kiosk`) or not; and
    the PIN that takes the wall away."""

    seat: "Seat | None"
    kiosk: bool
    pin: str

    def link(self, link: str) -> str:
        """A researcher's link, which leads straight to the rater's sitting."""
        return f"{link}#/begin/{self.seat.session}/{self.seat.rater}" if self.seat else link


async def _serve(room: "Room | LiveRoom", place: _Place, *, address: str, port: int, no_browser: bool) -> None:
    from tracedial.room.server import serve

    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()

    def opened(guard: "Guard") -> None:
        guard.pin = place.pin
        seat = place.seat if place.kiosk else None
        shown = guard.seat_link(seat) if seat else place.link(guard.shown_link())
        click.echo(f"The room is open: {shown}")
        click.echo("The link works once, within 15 minutes. Enter prints a new one, Ctrl-C closes the room.")
        if sys.platform == "win32":
            click.echo(
                "On Windows the study's folder has the rights of the folder that it lies in: keep it in your own."
            )
        if not no_browser:
            webbrowser.open(guard.browser_link(seat) if seat else place.link(guard.browser_link()))
        _on_enter(lambda: loop.call_soon_threadsafe(lambda: click.echo(f"A new link: {guard.shown_link()}")))

    def close(*_: object) -> None:
        loop.call_soon_threadsafe(task.cancel)

    # asyncio's own signal handlers do not exist on Windows.
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), close)
    with contextlib.suppress(asyncio.CancelledError):
        await serve(room, address=address, port=port, on_open=opened)
    click.echo("The room is closed.")


def _on_enter(do: Callable[[], object]) -> None:
    """Do something whenever Enter is pressed, as long as there is a terminal or a pipe to read from."""
    if sys.stdin is None:
        return
    if hasattr(signal, "SIGTTIN"):
        # A room in the shell's background must not be stopped when it reads: another program has the terminal now.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    with contextlib.suppress(OSError, ValueError):
        handle = sys.stdin.fileno()
        threading.Thread(target=_read_lines, args=(handle, do), name="enter", daemon=True).start()


def _read_lines(handle: int, do: Callable[[], object]) -> None:
    # Do not use `sys.stdin`: a thread that waits in it would still hold its lock when the program ends.
    with contextlib.suppress(OSError, RuntimeError):
        while os.read(handle, 1024):
            do()


def _group(dials: tuple[str, ...]) -> list[DialChoice]:
    """The dials that were named, or else all that answer, with each dial's name as its rater."""
    if dials:
        choices = []
        for text in dials:
            rater, _, port = text.partition("=")
            if not port:
                raise click.UsageError(f"With --live, name the rater too: --dial RATER={text}")
            choices.append(DialChoice(rater, port))
        return choices
    found = [candidate for candidate in find_dials() if candidate.hello]
    if not found:
        raise NotADialError("", "No dial was found: plug them in, or start some with `tracedial emulate --count 4`.")
    names = [candidate.hello.name for candidate in found if candidate.hello]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise AmbiguousDialError(
            [candidate.port for candidate in found],
            f"Two dials are named {twice}: name them with `tracedial config`, or say --dial RATER=PORT for each.",
        )
    return [DialChoice(name, candidate.port) for name, candidate in zip(names, found, strict=True)]
