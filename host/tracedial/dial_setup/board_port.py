"""A port on which a dial gives way to MicroPython's prompt, disappears, and comes back."""

import time
from collections.abc import Callable

from dialwire import message
from tracedial.dial_setup.dial_settings import DialSettingsClient
from tracedial.errors import FlashError, LinkError, SilentPortError
from tracedial.link.connection import DialConnection
from tracedial.link.messages import Hello
from tracedial.link.stream import open_stream

PROBE_S = 2.0
BACK_TIMEOUT_S = 20.0
Say = Callable[[str], None]


def leave_to_prompt(port: str, say: Say) -> bool:
    """Have a dial on `port` return to MicroPython's prompt; returns whether a dial ran there."""
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
    """Wait until a dial on `port` says who it is, after a restart that may remove the port for a while."""
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


def _wait_for_port(port: str) -> None:
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
