"""The page's dial answers like the firmware: both receive the same messages at the same times and are compared."""

import struct

import hypothesis
import pytest
from hypothesis import strategies as st

from dial.app import Dial, Identity
from dial.calibrate import Calibration
from dial.direct import Direct
from dial.settings import Settings
from dialwire import frame, message
from dialwire.scale import Scale
from page_code import answers
from plain import FakeTicks

NAME = "alike"
CAPACITY = 60
# Without detents: where a knob rests is an event, which the page finds by its own rule and numbers among the samples.
SCALE = Scale(-50, 50)
RAW = 45875
TO_DIAL = {entry[0] for entry in message.MESSAGES if entry[0] < 0x80}
# What is each dial's own: who it is, how often it reads its knob, what it says to people.
OWN = {
    "boot16", "boot", "unique_id", "firmware", "board", "interpreter", "knob", "tick_bits", "outbox", "pins", "radio",
    "n", "text", "missed_ticks", "free_bytes",
}  # fmt: skip


class OfTheFirmware:
    """The firmware's dial on a clock that is turned by hand."""

    def __init__(self, us):
        self.clock = FakeTicks(us)
        identity = Identity(boot=1, unique_id=b"\x01", board="test", interpreter="test", knob="mouse")
        self.dial = Dial(
            ticks_us=self.clock,
            identity=identity,
            settings=Settings(NAME, SCALE, Calibration(0, 65535)),
            knob=Direct(lambda: RAW, self.clock, lambda: False),
            outbox_capacity=CAPACITY,
        )
        self.dial.poll()
        self.drain()

    def drain(self):
        frames = []
        while (data := self.dial.outgoing()) is not None:
            frames.append(data)
        return frames

    def step(self, step):
        frames = []
        if "us" in step:
            while self.clock.us < step["us"]:
                self.clock.us += min(self.dial.wait_us(), step["us"] - self.clock.us)
                self.dial.poll()
                frames += self.drain()
        elif "bytes" in step:
            self.dial.receive(bytes.fromhex(step["bytes"]), self.clock())
        else:
            self.dial.press(self.clock())
        frames += self.drain()
        self.dial.poll()
        return frames + self.drain()


def understood(frames):
    """Each message by name, with what the two have in common; none may be malformed."""
    said = []
    for data in frames:
        (payload,) = frame.Decoder().feed(data)
        kind, fields = message.unpack(payload)
        said.append((message.name_of(kind), {name: value for name, value in fields.items() if name not in OWN}))
    return said


def of_the_firmware(scenario):
    dial = OfTheFirmware(scenario["us"])
    said = []
    for step in scenario["steps"]:
        heard = understood(dial.step(step))
        # A page cannot restart itself, and says so.
        if heard == [("LOG", {"level": 1})]:
            heard = [("REFUSED", {"of_kind": message.RESTART, "reason": message.REFUSED_UNKNOWN})]
        said.append(heard)
    return said


def of_the_page(scenarios):
    said = answers("page_answers.mjs", scenarios)
    return [[understood(map(bytes.fromhex, frames)) for frames in steps] for steps in said]


def scenario(us, steps):
    """`steps` from `us` on: waits in microseconds, payloads as bytes, functions of the time that make some, presses."""
    now = us
    told = []
    for step in steps:
        if isinstance(step, int):
            now += step
            told.append({"us": now})
        elif step == "press":
            told.append({"press": True})
        else:
            payload = step(now) if callable(step) else step
            told.append({"bytes": frame.encode(payload).hex()})
    scale = {"low": SCALE.low, "high": SCALE.high, "step": SCALE.step, "detents": []}
    return {"name": NAME, "scale": scale, "capacity": CAPACITY, "us": us, "position": RAW / 65535, "steps": told}


def in_range_or_beside(low, high, most):
    """Whole numbers around a range's ends, within it, and up to what the wire's type holds."""
    beside = [low - 1, low, low + 1, high - 1, high, high + 1, 0, most]
    return st.one_of(st.integers(low, high), st.sampled_from([n for n in beside if 0 <= n <= most]))


def starts():
    def start(number, ahead_us, period_ns, correction):
        # Not `message.pack`: it would refuse what is out of range before the dials could.
        def at(now):
            tick0_us = min(max(now + ahead_us, 0), message.U64)
            return struct.pack("<BHQIB", message.START, number, tick0_us, period_ns, correction)

        return at

    ahead_us = st.one_of(
        st.integers(-2_000_000, 2_000_000), st.integers(-(10**12), 310_000_000),
        st.sampled_from([299_999_999, 300_000_000, 300_000_001, 2**53, 2**63, 2**64]),
    )  # fmt: skip
    period_ns = in_range_or_beside(message.MIN_PERIOD_NS, message.MAX_PERIOD_NS, message.U32)
    return st.builds(start, st.integers(1, 3), ahead_us, period_ns, st.sampled_from([0, 0, 1, 1, 2, 255]))


def payloads():
    u8 = st.integers(0, 255)
    few = st.integers(0, 2 * CAPACITY)
    # A page holds no calibration, options or noise, and no setting of it is changed by a message.
    key = st.one_of(st.sampled_from([1, 2]), st.integers(6, 255), st.just(0))
    known = st.one_of(
        st.builds(lambda major, minor: bytes([message.HELLO_REQUEST, major, minor]),
                  st.sampled_from([0, 1, 1, 1, 2]), u8),
        st.builds(lambda n: struct.pack("<BI", message.SYNC_REQUEST, n), st.integers(0, message.U32)),
        st.builds(lambda first, count: struct.pack("<BIH", message.RESEND, first, count),
                  st.one_of(few, st.integers(0, message.U32)), st.one_of(few, st.integers(0, message.U16))),
        st.builds(lambda key: bytes([message.CONFIG_GET, key]), key),
        st.builds(lambda key, value: bytes([message.CONFIG_SET, key, len(value), *value]),
                  st.integers(6, 255), st.binary(max_size=20)),
        st.sampled_from([bytes([message.STOP]), bytes([message.STATUS_REQUEST])]),
        st.builds(lambda into: bytes([message.RESTART, into]), in_range_or_beside(0, 2, 255)),
        st.builds(lambda seconds: bytes([message.IDENTIFY, seconds]), in_range_or_beside(0, 60, 255)),
    )  # fmt: skip
    longer_or_shorter = st.builds(
        lambda payload, cut, more: payload[: max(len(payload) - cut, 1)] + more,
        known, st.integers(0, 3), st.binary(max_size=3),
    )  # fmt: skip
    # Random bytes behind every other kind: those that only a dial sends, and those that nobody knows.
    strange = st.builds(
        lambda kind, rest: bytes([kind, *rest]),
        st.integers(0, 255).filter(lambda kind: kind not in TO_DIAL), st.binary(max_size=60),
    )  # fmt: skip
    return st.one_of(known, longer_or_shorter, strange).filter(is_shared)


def is_shared(payload):
    """Whether a page has what the message asks for: cutting may have left the key of a setting that it has not."""
    return not (payload[0] in (message.CONFIG_GET, message.CONFIG_SET) and len(payload) > 1 and payload[1] in (3, 4, 5))


def scenarios():
    waits = st.one_of(st.integers(0, 100_000), st.integers(0, 2_500_000))
    step = st.one_of(waits, waits, starts(), starts(), payloads(), st.just("press"))
    return st.builds(scenario, st.integers(0, 2**29), st.lists(step, max_size=12))


@hypothesis.settings(max_examples=15, deadline=None)
@hypothesis.given(st.lists(scenarios(), min_size=1, max_size=40))
def test_whatever_comes_both_answer_alike(scenarios):
    assert of_the_page(scenarios) == [of_the_firmware(one) for one in scenarios]


def start(number=1, ahead_us=0, period_ns=10**9, correction=0):
    return lambda now: struct.pack("<BHQIB", message.START, number, now + ahead_us, period_ns, correction)


@pytest.mark.parametrize("period_ns", [0, 50_000, message.MIN_PERIOD_NS - 1, message.MAX_PERIOD_NS + 1, message.U32])
def test_no_period_out_of_range_is_started(period_ns):
    told = scenario(0, [start(period_ns=period_ns), bytes([message.STATUS_REQUEST])])
    ((refused,), (status,)) = of_the_page([told])[0]
    assert refused == ("REFUSED", {"of_kind": message.START, "reason": message.REFUSED_VALUE})
    assert status[1]["state"] == message.IDLE
    assert of_the_page([told]) == [of_the_firmware(told)]


def test_a_start_after_a_stop_samples_again_though_its_number_is_the_last_ones():
    told = scenario(0, [start(), 2_500_000, bytes([message.STOP]), 2_500_000, start(), 2_500_000])
    said = of_the_page([told])[0]
    assert [name for name, _ in said[-1]] == ["SAMPLE", "SAMPLE"]
    assert said == of_the_firmware(told)


def test_nothing_is_recorded_while_no_samples_are_taken():
    told = scenario(0, ["press", start(), "press", 1_500_000, bytes([message.STOP]), "press"])
    said = of_the_page([told])[0]
    assert [[name for name, _ in step] for step in (said[0], said[2], said[5])] == [[], ["EVENT"], []]
    assert said == of_the_firmware(told)


@pytest.mark.parametrize("key", [3, 4, 5])
def test_a_page_refuses_settings_that_it_has_not(key):
    said = of_the_page([scenario(0, [bytes([message.CONFIG_GET, key]), bytes([message.CONFIG_SET, key, 0])])])[0]
    for kind, step in zip((message.CONFIG_GET, message.CONFIG_SET), said, strict=True):
        assert step == [("REFUSED", {"of_kind": kind, "reason": message.REFUSED_VALUE})]


def test_it_answers_garbage_with_a_refusal_and_goes_on():
    told = scenario(0, [bytes([0x7F, 1]), bytes([message.START, 1]), bytes([message.HELLO_REQUEST, 9, 0])])
    told["steps"] += [{"bytes": "01020300090900"}, {"bytes": frame.encode(bytes([message.HELLO_REQUEST, 1, 0])).hex()}]
    said = of_the_page([told])[0]
    assert [[name for name, _ in step] for step in said] == [["REFUSED"], ["REFUSED"], ["REFUSED"], [], ["HELLO"]]
    assert said == of_the_firmware(told)
