"""Texts from a dial are plain text: never markup, and never code that a terminal obeys."""

import os
import struct
import subprocess
import sys

import pytest

from commands import tracedial
from dialwire import message
from emulation import emulate
from requirements import needs_posix
from tracedial.cli.live_view import LiveView
from tracedial.dial_setup.dial_settings import DialSettingsClient
from tracedial.files.plain_text import plain_text
from tracedial.recording.rater_state import RaterState, Trouble

pytestmark = pytest.mark.real_time("commands run in a terminal, beside a dial in a process of its own")

EVIL = "\x1b]0;evil\x07"
MARKUP = "[/x][red]"
NAME = f"{MARKUP}{EVIL}\r"
LABELS = [(-50, f"low {EVIL}"), (0, MARKUP), (50, "a\nb\x9b2J")]


@pytest.fixture(scope="module")
def evil():
    """An emulated dial whose name and labels are what no lab would give."""
    with emulate("--name", NAME) as emulator:
        emulator.command("rating 0")
        with DialSettingsClient(emulator.urls[0]) as dial:
            dial.set(message.CONFIG_SCALE, message.pack_scale(-50, 50, 1, LABELS))
        yield emulator.urls[0]


def check_plain(text):
    """Nothing of the dial's that steers a terminal, no traceback; its markup stands there as it is."""
    assert "evil" not in text or EVIL not in text
    for code in ("\x1b]", "\x07", "\x9b", "a\nb"):
        assert code not in text, text
    assert "Traceback" not in text and "MarkupError" not in text


def test_commands_print_a_dials_texts_and_obey_none(evil):
    for arguments in (
        ("devices", "--port", evil),
        ("devices", "--port", evil, "--identify"),
        ("config", evil),
        ("check", evil, "--no-turn", "--seconds", 5),
        ("calibrate", evil),
    ):
        done = tracedial(*arguments, stdin=subprocess.DEVNULL)
        check_plain(done.stdout + done.stderr)
    assert MARKUP in tracedial("devices", "--port", evil).stdout
    assert MARKUP in tracedial("config", evil).stdout


@needs_posix
@pytest.mark.parametrize("width", [200, 60])
def test_record_shows_them_in_a_terminal_and_obeys_none(tmp_path, short_video, evil, width):
    import fcntl
    import pty
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    run = subprocess.Popen(
        [
            sys.executable, "-m", "tracedial", "record", str(tmp_path / "s"), "--video", str(short_video), "--dial",
            f"client={evil}", "--seconds", "3",
        ],
        stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(slave)
    shown = b""
    try:
        while data := os.read(master, 65536):
            shown += data
    except OSError:
        pass
    run.wait()
    text = shown.decode(errors="replace").replace("\r\n", "")
    assert run.returncode == 0, text
    check_plain(text)
    if width == 200:
        assert MARKUP in text


def test_a_refusal_in_markup_is_shown_as_it_is(capsys, simulated):
    simulated.run(0.2)
    state = RaterState("client", simulated.client.hello)
    state.set(Trouble.REFUSED, kind="START", text="[/x]")
    view = LiveView(lambda: [state], lambda: 1.0, end_s=2.0, synthetic=False)
    with view:
        view.turn()
    assert "client: The dial refused START: [/x]." in capsys.readouterr().err


@pytest.mark.parametrize("text", ["\x1b[31m", "a\u202eb", "\x9b1m", "x\u2028y", "\r\n\x00\x7f"])
def test_plain_text_has_nothing_that_steers_and_is_no_longer(text):
    shown = plain_text(text)
    assert shown.isprintable() and len(shown.encode()) <= len(text.encode())
    assert plain_text("Schwächste · نیم‌فاصله 👍🏽") == "Schwächste · نیم‌فاصله 👍🏽"
