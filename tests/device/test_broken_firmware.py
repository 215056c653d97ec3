"""What a board does when its firmware fails: the test installs a module that fails on purpose, then restores its own.

`pytest tests/device -s --device PORT`; needs a board that `tracedial flash` can write to.
"""

import time

import pytest

from dialwire import message
from tracedial.dial_setup.board_port import leave_to_prompt, wait_for_dial
from tracedial.dial_setup.board_prompt import BoardPrompt
from tracedial.dial_setup.flash import flash
from tracedial.errors import FlashError
from tracedial.firmware_files import firmware_dir
from tracedial.link.connection import DialConnection
from tracedial.link.messages import Hello, Log, Sample

pytestmark = pytest.mark.device

# A source beside a compiled file is the one that is run, and flashing takes it away.
LAMP = "dial/lamp.py"
GIVE_UP_S = 600
"""The watchdog's 8 s are the board's: an emulated one on a busy machine takes several times as long over them. This
only ends a test whose board never comes back."""


def broken_lamp(failure):
    """The lamp's module, in which the pattern of IDENTIFY fails."""
    source = (firmware_dir() / LAMP).read_text()
    head = "def lit(pattern, ms):\n"
    assert head in source
    return (source.replace(head, "def _lit(pattern, ms):\n") + LIT.replace("FAILURE", failure)).encode()


LIT = """

def lit(pattern, ms):
    if pattern is IDENTIFY:
        FAILURE
    return _lit(pattern, ms)
"""


@pytest.fixture(scope="module")
def port(request):
    url = request.config.getoption("--device")
    try:
        assert leave_to_prompt(url, lambda text: None), "no dial runs there"
    except FlashError as error:
        pytest.skip(f"its firmware cannot be changed: {error}")
    prompt = BoardPrompt(url)
    prompt.reset()
    prompt.close()
    wait_for_dial(url)
    yield url
    flash(url, board=None, replace=False, say=lambda text: None)


def break_lamp(port, failure):
    assert leave_to_prompt(port, lambda text: None)
    prompt = BoardPrompt(port)
    prompt.write(LAMP, broken_lamp(failure))
    prompt.reset()
    prompt.close()
    wait_for_dial(port)


class Failing:
    """A connection to a dial that is brought to fail while it records."""

    def __init__(self, port):
        self.events = []
        self.connection = DialConnection(port, lambda event: self.events.append((time.monotonic(), event)))
        self.boot = self.connection.wait_hello(10).boot

    def wait_for(self, that, timeout_s):
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            for at_s, event in list(self.events):
                if that(event):
                    return at_s, event
            time.sleep(0.005)
        raise AssertionError(f"not heard in {timeout_s} s; heard {[event for _, event in self.events[-5:]]}")

    def fail(self):
        """Start a recording, and have it fail after its first samples."""
        status = self.wait_for(lambda event: hasattr(event, "t_us"), GIVE_UP_S)[1]
        with self.connection.lock:
            self.connection.client.start(tick0_us=status.t_us + 1_000_000, period_ns=100_000_000)
        self.wait_for(lambda event: isinstance(event, Sample), GIVE_UP_S)
        with self.connection.lock:
            self.connection.client.send(message.IDENTIFY, seconds=5)
        return time.monotonic()

    def back(self):
        return self.wait_for(lambda event: isinstance(event, Hello) and event.boot != self.boot, GIVE_UP_S)[0]


@pytest.fixture
def failing(port, request):
    break_lamp(port, request.param)
    failing = Failing(port)
    yield failing
    failing.connection.close()


@pytest.mark.parametrize("failing", ["return 1 // 0"], indirect=True, ids=["crash"])
def test_a_crash_is_told_and_the_dial_starts_again(failing):
    failed_s = failing.fail()
    failing.wait_for(lambda event: isinstance(event, Log) and "ZeroDivisionError" in event.text, GIVE_UP_S)
    # A traceback comes in as many messages as it takes.
    text = "".join(event.text for _, event in failing.events if isinstance(event, Log))
    assert "lamp.py" in text
    back_s = failing.back() - failed_s
    print(
        f"\n    traceback as LOG ({len(text)} characters), HELLO of a new boot {back_s:.1f} s after the crash", end=" "
    )


@pytest.mark.parametrize("failing", ["while True: pass"], indirect=True, ids=["hang"])
def test_a_hang_is_ended_by_the_watchdog(failing):
    failed_s = failing.fail()
    back_s = failing.back() - failed_s
    assert not [event for _, event in failing.events if isinstance(event, Log) and "Traceback" in event.text]
    print(f"\n    HELLO of a new boot {back_s:.1f} s after the hang", end=" ")
