"""What a dial must do on any board: `pytest tests/device -s --device PORT`.

The same checks run on a real board and on an emulated one behind a pseudo-terminal. Each prints what it measured.
`--device-knob COMMAND` is a command that moves the knob: `{raw}` in it is replaced by 0 .. 65535, or by `cut` and
`mend` for the wiper's wire.
"""

import shlex
import struct
import subprocess
import time

import numpy as np
import pytest

from dialwire import frame, message
from tracedial.host_clock import host_clock_ns
from tracedial.link.connection import DialConnection
from tracedial.link.messages import ConfigValue, Hello, Log, Refused, Sample, Started, Status, SyncExchange
from tracedial.link.stream import open_stream
from tracedial.timing.clock import fit_clock

pytestmark = pytest.mark.device

FREE_BYTES = 80 * 1024


class Device:
    """A connection to the dial under test that remembers what it heard."""

    def __init__(self, port):
        self.port = port
        self.events = []
        self.connection = DialConnection(port, self.events.append)
        self.hello = self.connection.wait_hello(10)
        self.wait_for(Status)

    def of(self, kind, since=0):
        return [event for event in list(self.events)[since:] if isinstance(event, kind)]

    def wait_for(self, kind, since=0, timeout_s=10.0, that=lambda event: True):
        """The first event of a kind since mark `since`."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            if found := [event for event in self.of(kind, since) if that(event)]:
                return found[0]
            time.sleep(0.005)
        raise AssertionError(f"no {kind.__name__} in {timeout_s} s; heard {self.events[since:][-5:]}")

    def send(self, kind, **fields):
        with self.connection.lock:
            self.connection.client.send(kind, **fields)
        return len(self.events)

    def now_us(self):
        mark = self.send(message.STATUS_REQUEST)
        return self.wait_for(Status, mark).t_us

    def start(self, rate_hz, ahead_us=300_000):
        mark = len(self.events)
        tick0_us = self.now_us() + ahead_us
        with self.connection.lock:
            self.connection.client.start(tick0_us=tick0_us, period_ns=round(1e9 / rate_hz))
        return self.wait_for(Started, mark)

    def stop(self):
        with self.connection.lock:
            self.connection.client.stop()
        deadline_s = time.monotonic() + 10
        while not (self.connection.client.is_stopped() and not self.connection.client.missing):
            assert time.monotonic() < deadline_s, "the dial does not stop"
            time.sleep(0.01)

    def reopen(self, first_seq):
        """A new connection to the same boot; asks for all records since number `first_seq`."""
        boot = self.hello.boot
        self.__init__(self.port)
        assert self.hello.boot == boot
        with self.connection.lock:
            client = self.connection.client
            assert client.tracker and client.status
            client.tracker.first_seq = first_seq
            client.tracker.missing.update(range(first_seq, client.status.next_seq))

    def write_raw(self, data):
        self.connection._stream.write(data)

    def restart(self, into=message.INTO_DIAL):
        """Restart the dial; returns its new HELLO."""
        mark = len(self.events)
        boot = self.hello.boot
        self.send(message.RESTART, into=into)
        self.hello = self.wait_for(Hello, mark, 30, lambda hello: hello.boot != boot)
        self.wait_for(Status, mark, 10, lambda status: status.boot == self.hello.boot)
        return self.hello


@pytest.fixture(scope="module")
def device(request):
    port = request.config.getoption("--device")
    device = Device(port)
    device.stop()
    yield device
    device.connection.close()


@pytest.fixture
def knob(request, device):
    command = request.config.getoption("--device-knob")
    if not command:
        pytest.skip("needs --device-knob, a command that moves the board's knob")

    def move(raw):
        done = subprocess.run([part.replace("{raw}", str(raw)) for part in shlex.split(command)], capture_output=True)
        assert done.returncode == 0, done.stderr
        time.sleep(0.4)

    return move


def say(text):
    print(f"\n    {text}", end=" ")


def test_it_says_who_it_is(device):
    hello = device.hello
    assert hello.protocol[0] == message.PROTOCOL_MAJOR
    assert hello.boot and hello.outbox >= 7200 and hello.scale.positions > 1
    say(f"{hello.name}: {hello.board}, {hello.interpreter}, firmware {hello.firmware}, knob {hello.knob}")


def test_a_restart_takes_two_seconds_and_changes_the_boot_id(device):
    began_s = time.monotonic()
    boot = device.hello.boot
    assert device.restart().boot != boot
    # Its clock starts at 0 with its boot: the first STATUS came this long after it, with the host's finding it again.
    status = next(event for event in device.of(Status) if event.boot == device.hello.boot)
    say(
        f"first STATUS {status.t_us / 1e6:.2f} s after the board's boot, {time.monotonic() - began_s:.2f} s after "
        "RESTART"
    )
    assert status.t_us < 4e6


@pytest.fixture(params=["potentiometer", "encoder"])
def either_knob(request, device):
    """The dial with this knob; with its own again afterwards."""
    mark = device.send(message.CONFIG_GET, key=message.CONFIG_OPTIONS)
    own = device.wait_for(ConfigValue, mark).value
    kinds = {"potentiometer": message.POTENTIOMETER, "encoder": message.ENCODER}
    restart_with(device, bytes([kinds[request.param]]) + own[1:])
    yield request.param
    restart_with(device, own)


def restart_with(device, options):
    mark = device.send(message.CONFIG_SET, key=message.CONFIG_OPTIONS, value=options)
    assert device.wait_for(ConfigValue, mark).value == options
    device.restart()


def test_memory_is_left_with_the_outbox_in_place(device, either_knob):
    time.sleep(1)
    mark = device.send(message.STATUS_REQUEST)
    status = device.wait_for(Status, mark)
    say(f"{either_knob}: {status.free_bytes} bytes free with an outbox of {device.hello.outbox} records")
    assert status.free_bytes >= FREE_BYTES


@pytest.mark.parametrize(("rate_hz", "seconds"), [(1, 20), (10, 15), (50, 15)])
def test_ticks_stay_on_the_grid_while_the_link_is_busy(device, rate_hz, seconds):
    started = device.start(rate_hz)
    mark = len(device.events)
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        # Requests of all kinds, far more than a host makes.
        device.send(message.STATUS_REQUEST)
        device.send(message.CONFIG_GET, key=message.CONFIG_SCALE)
        device.send(message.SYNC_REQUEST, exchange=1)
        device.send(message.RESEND, first_seq=max(started.first_seq - 20, 0), count=20)
        time.sleep(0.1)
    device.stop()
    samples = sorted(device.of(Sample, mark), key=lambda sample: sample.seq)
    late_us = np.array([tick_error_us(sample, started) for sample in samples])
    p99_ms = np.quantile(np.abs(late_us), 0.99) / 1e3
    say(
        f"{rate_hz} Hz: {len(samples)} ticks, |tick - ideal| p50 {np.median(np.abs(late_us)) / 1e3:.2f} ms, "
        f"p99 {p99_ms:.2f} ms, max {np.abs(late_us).max() / 1e3:.2f} ms"
    )
    assert len(samples) >= 5
    assert p99_ms <= 1.0
    assert device.connection.client.status.missed_ticks == 0
    # No drift against the board's own clock: the grid's number of the last tick is the number of samples.
    periods = round((samples[-1].t_us - started.first_tick_us) * 1000 / started.period_ns)
    assert periods == len(samples) - 1


def test_the_rate_that_it_states_is_sustained_and_more_is_refused(device):
    rate_hz = device.hello.max_rate_hz
    missed = device.connection.client.status.missed_ticks
    started = device.start(rate_hz)
    mark = len(device.events)
    time.sleep(15)
    device.stop()
    samples = sorted(device.of(Sample, mark), key=lambda sample: sample.seq)
    ticks = [round((s.t_us - started.first_tick_us) * 1000 / started.period_ns) for s in samples]
    say(f"{rate_hz} Hz: {len(ticks)} ticks, {device.connection.client.status.missed_ticks - missed} missed")
    assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))
    assert device.connection.client.status.missed_ticks == missed
    period_ns = max(round(1e9 / rate_hz / 1.1), message.MIN_PERIOD_NS)
    if period_ns * rate_hz < 980_000_000:
        mark = device.send(
            message.START, start=4711, tick0_us=device.now_us() + 200_000, period_ns=period_ns, correction=0
        )
        assert f"sustains {rate_hz} samples a second" in device.wait_for(Refused, mark).text


def tick_error_us(sample, started):
    since_us = sample.t_us - started.first_tick_us
    periods = round(since_us * 1000 / started.period_ns)
    return since_us - periods * started.period_ns / 1000


def test_its_clock_can_be_fitted(device):
    mark = len(device.events)
    with device.connection.lock:
        device.connection.client.burst()
    time.sleep(10)
    exchanges = [e for e in device.of(SyncExchange, mark) if e.boot == device.hello.boot]
    fit = fit_clock(exchanges, origin_ns=host_clock_ns())
    say(
        f"{len(exchanges)} exchanges, round trip min {fit.round_trip_s.min() * 1e3:.2f} ms, median "
        f"{np.median(fit.round_trip_s) * 1e3:.2f} ms, bound {np.median(fit.bound_s) * 1e3:.2f} ms"
    )
    assert len(exchanges) >= 20
    assert fit.impossible == 0


def test_settings_survive_a_restart(device):
    for name in ("probe-a", "probe-b", device.hello.name):
        mark = device.send(message.CONFIG_SET, key=message.CONFIG_NAME, value=name.encode())
        assert device.wait_for(ConfigValue, mark).value == name.encode()
        assert device.restart().name == name


def test_a_scale_that_it_cannot_hold_is_refused(device):
    mark = device.send(message.CONFIG_SET, key=message.CONFIG_SCALE, value=struct.pack("<hhHB", 0, 10000, 1, 0))
    assert "positions" in device.wait_for(Refused, mark).text


def test_a_start_asked_twice_is_answered_the_same(device):
    tick0_us = device.now_us() + 200_000
    request = {"start": 777, "tick0_us": tick0_us, "period_ns": 100_000_000, "correction": 0}
    client = device.connection.client
    replies = []
    for _ in range(2):
        with device.connection.lock:
            client._wanted_start = dict(request)
        replies.append(device.wait_for(Started, len(device.events)))
        time.sleep(0.5)
    device.stop()
    assert [(r.first_seq, r.first_tick_us) for r in replies] == [(replies[0].first_seq, replies[0].first_tick_us)] * 2


def test_what_is_asked_for_is_sent_again(device):
    device.start(50)
    mark = len(device.events)
    time.sleep(3)
    device.stop()
    before = {sample.seq: sample for sample in device.of(Sample, mark)}
    wanted = sorted(before)[5:105]
    mark = len(device.events)
    with device.connection.lock:
        device.connection.client.tracker.missing.update(wanted)
    began_s = time.monotonic()
    while device.connection.client.missing:
        assert time.monotonic() - began_s < 30
        time.sleep(0.01)
    again = {sample.seq: sample for sample in device.of(Sample, mark)}
    say(f"100 samples resent in {time.monotonic() - began_s:.2f} s")
    for seq in wanted:
        assert again[seq].flags & message.FLAG_RESENT
        assert (again[seq].t_us, again[seq].rating, again[seq].raw) == (
            before[seq].t_us, before[seq].rating, before[seq].raw,
        )  # fmt: skip


def test_garbage_and_control_characters_do_it_no_harm(device):
    boot = device.hello.boot
    device.write_raw(b"\x03\x03\x04\x01\r\n>>> import machine\r\n\x02" * 20)
    half = frame.encode(message.pack(message.STATUS_REQUEST))
    device.write_raw(half[: len(half) // 2])
    device.write_raw(bytes(range(256)) * 4 + b"\x00")
    mark = device.send(message.STATUS_REQUEST)
    status = device.wait_for(Status, mark, 10, lambda status: status.bad_frames > 0)
    assert status.boot == boot


def test_a_host_that_never_reads_costs_no_tick(device):
    """Sampling goes on with the port open and nobody reading; what the host did not read, it asks for afterwards."""
    next_seq = device.connection.client.status.next_seq
    missed = device.connection.client.status.missed_ticks
    tick0_us = device.now_us() + 500_000
    device.connection.close()
    stream = open_stream(device.port)
    stream.write(
        frame.encode(message.pack(message.START, start=4242, tick0_us=tick0_us, period_ns=20_000_000, correction=0))
    )
    for _ in range(40):
        stream.write(frame.encode(message.pack(message.STATUS_REQUEST)))
        time.sleep(0.2)
    stream.close()
    device.reopen(next_seq)
    client = device.connection.client
    device.stop()
    samples = sorted(device.of(Sample), key=lambda sample: sample.seq)
    samples = [sample for sample in samples if sample.seq >= next_seq]
    status = client.status
    late_us = np.array([(s.t_us - tick0_us) - 20_000 * round((s.t_us - tick0_us) / 20_000) for s in samples])
    say(
        f"{len(samples)} ticks, max |tick - ideal| {np.abs(late_us).max() / 1e3:.2f} ms, "
        f"{status.missed_ticks - missed} missed, {status.free_bytes} bytes free"
    )
    ticks = [round((sample.t_us - tick0_us) / 20_000) for sample in samples]
    assert ticks == list(range(len(ticks))) and len(ticks) > 100
    assert status.missed_ticks == missed
    assert np.quantile(np.abs(late_us), 0.99) <= 1000
    assert status.free_bytes >= FREE_BYTES // 2


def test_a_soak_leaves_no_wrong_time_and_no_lost_memory(device, request):
    minutes = request.config.getoption("--device-minutes")
    started = device.start(10)
    mark = len(device.events)
    free = []
    end_s = time.monotonic() + minutes * 60
    while time.monotonic() < end_s:
        time.sleep(min(5, minutes * 20))
        free.append(device.connection.client.status.free_bytes)
    device.stop()
    samples = sorted(device.of(Sample, mark), key=lambda sample: sample.seq)
    late_us = np.array([tick_error_us(sample, started) for sample in samples])
    wraps = (samples[-1].t_us >> 30) - (samples[0].t_us >> 30)
    say(
        f"{len(samples)} ticks over {minutes} min and {wraps} wraps of the 30-bit counter: p99 "
        f"{np.quantile(np.abs(late_us), 0.99) / 1e3:.2f} ms, max {np.abs(late_us).max() / 1e3:.2f} ms; least free "
        f"{min(free)} bytes"
    )
    ticks = [round((s.t_us - started.first_tick_us) * 1000 / started.period_ns) for s in samples]
    assert ticks == list(range(len(ticks)))
    assert min(free) >= FREE_BYTES // 4
    assert not device.of(Log, mark)


def test_the_knob_is_followed(device, knob):
    ratings = []
    for raw in (6554, 32768, 58982):
        knob(raw)
        mark = device.send(message.STATUS_REQUEST)
        ratings.append(device.wait_for(Status, mark).rating)
    say(f"ratings {ratings} at 10, 50 and 90 % of the travel")
    assert ratings[0] < ratings[1] < ratings[2] or ratings[0] > ratings[1] > ratings[2]


def test_a_still_knob_does_not_flicker(device, knob):
    knob(33096)  # half-way between two ratings of a scale from -50 to 50
    device.start(50)
    mark = len(device.events)
    time.sleep(20)
    device.stop()
    ratings = {(sample.min, sample.max) for sample in device.of(Sample, mark)}
    assert len(ratings) == 1


def test_a_cut_wire_is_a_fault_and_not_a_rating(device, knob):
    knob(40000)
    device.start(10)
    mark = len(device.events)
    time.sleep(1)
    knob("cut")
    time.sleep(1)
    knob("mend")
    time.sleep(1)
    device.stop()
    samples = sorted(device.of(Sample, mark), key=lambda sample: sample.seq)
    broken = [bool(sample.flags & message.FLAG_FAULT) for sample in samples]
    assert not broken[0] and not broken[-1]
    first = broken.index(True)
    last = len(broken) - 1 - broken[::-1].index(True)
    assert all(broken[first : last + 1]) and last - first >= 8
    # Not one rating of a floating wire got through.
    ratings = {sample.rating for sample, fault in zip(samples, broken, strict=True) if not fault}
    say(f"{sum(broken)} samples flagged, ratings of the others: {sorted(ratings)}")
    assert len(ratings) == 1


def test_the_cable_may_be_pulled(device):
    next_seq = device.connection.client.status.next_seq
    started = device.start(10)
    time.sleep(1)
    device.connection.close()
    time.sleep(3)
    device.reopen(next_seq)
    time.sleep(1)
    device.stop()
    samples = sorted(device.of(Sample), key=lambda sample: sample.seq)
    ticks = [round((s.t_us - started.first_tick_us) * 1000 / started.period_ns) for s in samples]
    assert ticks == list(range(len(ticks))) and len(ticks) >= 40
