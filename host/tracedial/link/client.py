"""The protocol seen from the host, as a pure machine: bytes in, events out, frames to send. No thread, no port.

The caller gives the clock (nanoseconds, monotonic) and moves the bytes. `docs/protocol.md` is the text behind it.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dialwire import frame, message
from dialwire.errors import WireError
from dialwire.scale import Scale
from tracedial.errors import ProtocolError
from tracedial.files.plain_text import plain_text
from tracedial.link.limits import BURST_MESSAGES, MESSAGES_PER_S, Budget, check_message
from tracedial.link.runs import Runs

BURST_EXCHANGES = 30
BURST_INTERVAL_S = (0.02, 0.06)
SYNC_INTERVAL_S = (0.35, 0.95)
"""Irregular, so that no periodic load of the host can meet every exchange; 0.65 s on average."""
EXCHANGE_TIMEOUT_S = 2.0
REQUEST_INTERVAL_S = 0.5
STATUS_INTERVAL_S = 1.0
RESEND_TIMEOUT_S = 0.3
MAX_RESEND = 500
HOST_VERSION = (message.PROTOCOL_MAJOR, message.PROTOCOL_MINOR)


@dataclass(frozen=True)
class Hello:
    """Who the dial is. `boot` changes with each reset."""

    host_ns: int
    protocol: tuple[int, int]
    boot: int
    unique_id: str
    firmware: str
    board: str
    interpreter: str
    name: str
    knob: str
    outbox: int
    min_rate_hz: int
    max_rate_hz: int
    scale: Scale
    pins: int = 0


@dataclass(frozen=True)
class SyncExchange:
    """Four timestamps: host sent, dial received, dial sent, host received. Host in ns, dial in us since its boot."""

    boot: int
    exchange: int
    host_sent_ns: int
    dial_received_us: int
    dial_sent_us: int
    host_received_ns: int


@dataclass(frozen=True)
class Started:
    """The dial samples on `first_tick_us` + k periods; `first_seq` is the next record's number."""

    host_ns: int
    boot: int
    start: int
    first_seq: int
    first_tick_us: int
    period_ns: int


@dataclass(frozen=True)
class Sample:
    """One sample as it came over the wire; see `docs/protocol.md`."""

    host_ns: int
    boot: int
    seq: int
    t_us: int
    rating: int
    mean_milli: int
    min: int
    max: int
    n: int
    raw: int
    flags: int


@dataclass(frozen=True)
class Mark:
    """An event of the dial: a detent landed on, the button pressed, an edge on the sync input, a wire that broke."""

    host_ns: int
    boot: int
    seq: int
    t_us: int
    event: int
    value: int
    flags: int


@dataclass(frozen=True)
class Gone:
    """Records that the dial no longer holds: they are lost, and it says so."""

    host_ns: int
    boot: int
    first_seq: int
    count: int


@dataclass(frozen=True)
class Status:
    """What the dial says of itself."""

    host_ns: int
    boot: int
    t_us: int
    state: int
    oldest_seq: int
    next_seq: int
    rating: int
    raw: int
    missed_ticks: int
    bad_frames: int
    dropped_replies: int
    knob_state: int = 0
    free_bytes: int = 0


@dataclass(frozen=True)
class Refused:
    """The dial refused a message, with its reason."""

    host_ns: int
    kind: str
    reason: int
    text: str


@dataclass(frozen=True)
class Log:
    """A line of text from the dial."""

    host_ns: int
    level: int
    text: str


@dataclass(frozen=True)
class ConfigValue:
    """The value of a setting."""

    host_ns: int
    key: int
    value: bytes


@dataclass(frozen=True)
class OtherDial:
    """A dial that is not this client's answers on its port: nothing that it says is taken."""

    host_ns: int
    port: str
    unique_id: str
    name: str


Event = Hello | SyncExchange | Started | Sample | Mark | Gone | Status | Refused | Log | ConfigValue | OtherDial


class SequenceTracker:
    """Which records have come in, which are missing, which came twice. Numbers count from 0 at the dial's boot.

    `kept` is how many records the dial keeps: what is missing of older ones is gone.
    """

    def __init__(self, first_seq: int, *, kept: int = 0xFFFF) -> None:
        self.first_seq = first_seq
        self.next_seq = first_seq
        self.kept = kept
        self.duplicates = 0
        self.recovered = 0
        self.gone = 0
        self.answered = 0
        """Of what was missing, how much the dial has sent or said to be gone."""
        self.missing = Runs()

    def take(self, seq: int) -> bool:
        """Note that record `seq` came in; False if it had come before, or belongs to what was before this recording."""
        if seq < self.first_seq:
            return False
        if seq >= self.next_seq:
            self.expect(seq)
            self.next_seq = seq + 1
            return True
        if self.missing.remove(seq, seq + 1):
            self.recovered += 1
            self.answered += 1
            return True
        self.duplicates += 1
        return False

    def expect(self, next_seq: int) -> None:
        """Note that the dial has numbered its records up to `next_seq` (exclusive)."""
        if next_seq <= self.next_seq:
            return
        self.missing.append(self.next_seq, next_seq)
        self.next_seq = next_seq
        # What was asked for while the dial still had it may be under way.
        oldest = next_seq - self.kept - MAX_RESEND
        self.give_up(self.first_seq, oldest - self.first_seq)

    def give_up(self, first_seq: int, count: int) -> int:
        """Note that the dial no longer holds these; returns how many of them were missing."""
        lost = self.missing.remove(first_seq, first_seq + count) if count > 0 else 0
        self.gone += lost
        return lost

    def first_missing(self) -> tuple[int, int] | None:
        """`(first, count)` of the first run of missing records, at most `MAX_RESEND` of them."""
        run = self.missing.lowest()
        return None if run is None else (run[0], min(run[1] - run[0], MAX_RESEND))


class DialClient:
    """One dial, as the host sees it through one link.

    `clock_ns` is the host's monotonic clock. `feed` takes bytes and returns events; `outgoing` returns the frames
    that are due. `reconnect` begins anew on another link to the same dial, keeping what is known of its records. The
    first HELLO says which dial that is; another one that answers later is an `OtherDial` and is heard no further.
    """

    def __init__(self, port: str, clock_ns: Callable[[], int], rng: random.Random | None = None) -> None:
        self.port = port
        self.hello: Hello | None = None
        self.tracker: SequenceTracker | None = None
        self.status: Status | None = None
        self.unknown_kinds = 0
        self.malformed = 0
        self.foreign_boot = 0
        self.exchanges_lost = 0
        self.lost_in_resets = 0
        self.over_budget = 0
        self.status_interval_s = STATUS_INTERVAL_S
        self._clock_ns = clock_ns
        self._rng = rng or random.Random()
        self._exchange = self._rng.randrange(1 << 16)
        self._wanted_start: dict[str, int] | None = None
        self._start_number = self._rng.randrange(1 << 16)
        self._stop_wanted = False
        self._stop_sent = False
        self._outbox: list[bytes] = []
        self._budget = Budget(MESSAGES_PER_S, BURST_MESSAGES)
        self._past_bad_frames = 0
        self._past_dropped_bytes = 0
        self._decoder = frame.Decoder()
        self.reconnect()

    def reconnect(self, port: str | None = None) -> None:
        """A new link, on another port if one is given: ask the dial who it is before anything else."""
        self.port = port or self.port
        self._past_bad_frames += self._decoder.bad_frames
        self._past_dropped_bytes += self._decoder.dropped_bytes
        self._decoder = frame.Decoder()
        self.connected = self._asked = False
        self._pending: dict[int, int] = {}
        self._burst_left = BURST_EXCHANGES
        self._hello_due_ns = self._sync_due_ns = self._status_due_ns = self._start_due_ns = self._clock_ns()
        self._resend_due_ns = self._hello_due_ns

    @property
    def bad_frames(self) -> int:
        """Runs of bytes that were no frame, since the first link."""
        return self._past_bad_frames + self._decoder.bad_frames

    @property
    def dropped_bytes(self) -> int:
        """Bytes that belonged to no frame, since the first link."""
        return self._past_dropped_bytes + self._decoder.dropped_bytes

    @property
    def missing(self) -> int:
        """Records known to exist that have not come in."""
        return len(self.tracker.missing) if self.tracker else 0

    def start(self, *, tick0_us: int, period_ns: int, correction: bool = False) -> int:
        """Have the dial tick on `tick0_us` + k periods of its clock; asked again until it answers.

        As a `correction` of the ticks that it already makes, the next tick is moved, none repeated or left out.
        Returns the start's number; raises `WireError` for ticks that no dial can make.
        """
        self._start_number = (self._start_number + 1) & 0xFFFF
        wanted = {
            "start": self._start_number,
            "tick0_us": tick0_us,
            "period_ns": period_ns,
            "correction": int(correction),
        }
        message.pack(message.START, **wanted)
        self._wanted_start = wanted
        self._start_due_ns = self._clock_ns()
        self._stop_wanted = False
        return self._start_number

    def stop(self) -> None:
        """Have the dial stop; asked again until its STATUS says that it has."""
        self._wanted_start = None
        self._stop_wanted = True
        self._stop_sent = False
        self._start_due_ns = self._clock_ns()

    def is_stopped(self) -> bool:
        """Whether a STOP that was asked for has been confirmed."""
        return not self._stop_wanted

    def burst(self) -> None:
        """Exchange sync pulses quickly for a while."""
        self._burst_left = BURST_EXCHANGES
        self._sync_due_ns = self._clock_ns()

    def send(self, kind: int, **values: Any) -> None:
        """Queue any other message."""
        self._outbox.append(frame.encode(message.pack(kind, **values)))

    def outgoing(self) -> Iterator[bytes]:
        """The frames that are due now, one at a time: write each before taking the next, its time is in it."""
        now_ns = self._clock_ns()
        if not (self.connected and self._asked):
            if now_ns >= self._hello_due_ns:
                self._asked = True
                self._hello_due_ns = now_ns + int(REQUEST_INTERVAL_S * 1e9)
                yield frame.encode(
                    message.pack(message.HELLO_REQUEST, major=message.PROTOCOL_MAJOR, minor=message.PROTOCOL_MINOR)
                )
            if not self.connected:
                return
        while self._outbox:
            yield self._outbox.pop(0)
        if now_ns >= self._start_due_ns and (self._wanted_start or self._stop_wanted):
            self._start_due_ns = now_ns + int(REQUEST_INTERVAL_S * 0.5e9)
            # Not before its STATUS has said where its records begin: none of this recording's may be taken for older.
            if self._wanted_start and self.tracker:
                yield frame.encode(message.pack(message.START, **self._wanted_start))
            elif self._stop_wanted:
                self._stop_sent = True
                yield frame.encode(message.pack(message.STOP))
        if now_ns >= self._status_due_ns:
            self._status_due_ns = now_ns + int(self.status_interval_s * 1e9)
            yield frame.encode(message.pack(message.STATUS_REQUEST))
        if self.tracker and now_ns >= self._resend_due_ns and (run := self.tracker.first_missing()):
            self._resend_due_ns = now_ns + int(RESEND_TIMEOUT_S * 1e9)
            yield frame.encode(message.pack(message.RESEND, first_seq=run[0], count=run[1]))
        if now_ns >= self._sync_due_ns:
            yield self._sync_request()

    def feed(self, data: bytes, host_ns: int) -> list[Event]:
        """Take in bytes that arrived at `host_ns`; returns what they said. Raises `ProtocolError` on another major."""
        events: list[Event] = []
        for payload in self._decoder.feed(data):
            if not self._budget.spend(1, host_ns):
                self.over_budget += 1
                continue
            try:
                kind, fields = message.unpack(payload)
            except message.UnknownKindError:
                self.unknown_kinds += 1
                continue
            except WireError:
                self._check_major(payload)
                self.malformed += 1
                continue
            try:
                event = self._event(kind, fields, host_ns)
            except WireError:
                self.malformed += 1
                continue
            if event:
                events.append(event)
        return events

    def _sync_request(self) -> bytes:
        low_s, high_s = BURST_INTERVAL_S if self._burst_left else SYNC_INTERVAL_S
        self._burst_left = max(self._burst_left - 1, 0)
        request = self._next_exchange()
        now_ns = self._clock_ns()
        self._sync_due_ns = now_ns + int(self._rng.uniform(low_s, high_s) * 1e9)
        for number, sent_ns in list(self._pending.items()):
            if now_ns - sent_ns > EXCHANGE_TIMEOUT_S * 1e9:
                del self._pending[number]
                self.exchanges_lost += 1
        self._pending[self._exchange] = self._clock_ns()
        return request

    def _next_exchange(self) -> bytes:
        """The frame of the next exchange, numbered so that no byte of it is a Ctrl-C, which would stop a board that is
        just booting: what a host sends without being asked, HELLO_REQUEST and STATUS_REQUEST too, holds none."""
        while True:
            self._exchange = (self._exchange + 1) & 0xFFFFFFFF
            request = frame.encode(message.pack(message.SYNC_REQUEST, exchange=self._exchange))
            if b"\x03" not in request:
                return request

    def _check_major(self, payload: bytes) -> None:
        if len(payload) > 2 and payload[0] == message.HELLO and payload[1] != message.PROTOCOL_MAJOR:
            raise self._other_major((payload[1], payload[2]))

    def _other_major(self, dial: tuple[int, int]) -> ProtocolError:
        return ProtocolError(
            self.port,
            f"The dial on {self.port} speaks protocol {dial[0]}.{dial[1]}, this program {HOST_VERSION[0]}."
            f"{HOST_VERSION[1]}: update the older of the two.",
            dial=dial,
            host=HOST_VERSION,
        )

    def _event(self, kind: int, fields: dict[str, Any], host_ns: int) -> Event | None:
        if kind == message.HELLO:
            check_message(kind, fields, fields["outbox"])
            return self._on_hello(fields, host_ns)
        if kind == message.REFUSED:
            if fields["of_kind"] == message.HELLO_REQUEST and fields["reason"] == message.REFUSED_PROTOCOL:
                raise ProtocolError(
                    self.port,
                    f"The dial on {self.port} refused: {plain_text(fields['text'])}.",
                    dial=None,
                    host=HOST_VERSION,
                )
            return Refused(host_ns, message.name_of(fields["of_kind"]), fields["reason"], plain_text(fields["text"]))
        if kind == message.LOG:
            return Log(host_ns, fields["level"], plain_text(fields["text"]))
        if kind == message.CONFIG:
            return ConfigValue(host_ns, fields["key"], fields["value"])
        if self.hello is None or not self.connected:
            return None
        if fields.get("boot16") != self.hello.boot & 0xFFFF:
            # A dial that was reset speaks before its HELLO was heard: nothing is taken until it says who it is.
            self.foreign_boot += 1
            self.connected = False
            return None
        check_message(kind, fields, self.hello.outbox)
        boot = self.hello.boot
        if kind == message.SYNC_REPLY:
            sent_ns = self._pending.pop(fields["exchange"], None)
            if sent_ns is None:
                return None
            return SyncExchange(boot, fields["exchange"], sent_ns, fields["received_us"], fields["sent_us"], host_ns)
        if kind == message.STARTED:
            return self._on_started(fields, boot, host_ns)
        if kind == message.STATUS:
            return self._on_status(fields, boot, host_ns)
        if kind == message.GONE:
            if self.tracker and (lost := self.tracker.give_up(fields["first_seq"], fields["count"])):
                self.tracker.answered += lost
                self._resend_due_ns = host_ns
            return Gone(host_ns, boot, fields["first_seq"], fields["count"])
        if self.tracker is None or not self.tracker.take(fields["seq"]):
            return None
        if fields["flags"] & message.FLAG_RESENT and fields["seq"] + 1 not in self.tracker.missing:
            self._resend_due_ns = host_ns
        del fields["boot16"]
        return Sample(host_ns, boot, **fields) if kind == message.SAMPLE else Mark(host_ns, boot, **fields)

    def _on_hello(self, fields: dict[str, Any], host_ns: int) -> Hello | OtherDial:
        if fields["major"] != message.PROTOCOL_MAJOR:
            raise self._other_major((fields["major"], fields["minor"]))
        hello = Hello(
            host_ns=host_ns,
            protocol=(fields["major"], fields["minor"]),
            boot=fields["boot"],
            unique_id=fields["unique_id"].hex(),
            scale=Scale(
                fields["low"],
                fields["high"],
                fields["step"],
                [(rating, plain_text(label)) for rating, label in fields["detents"]],
            ),
            **{key: plain_text(fields[key]) for key in ("firmware", "board", "interpreter", "name", "knob")},
            **{key: fields[key] for key in ("outbox", "min_rate_hz", "max_rate_hz", "pins")},
        )
        if self.hello is not None and self.hello.unique_id != hello.unique_id:
            self.connected = False
            return OtherDial(host_ns, self.port, hello.unique_id, hello.name)
        if self.hello is not None and self.hello.boot != hello.boot:
            # What the dial still held for the host went with its memory.
            self.lost_in_resets += self.missing
            self.tracker = None
            self.status = None
            self._wanted_start = None
            self._pending.clear()
            self.burst()
        self.hello = hello
        self._budget.burst = BURST_MESSAGES + hello.outbox
        if self.tracker:
            self.tracker.kept = hello.outbox
        self.connected = True
        self._status_due_ns = host_ns
        return hello

    def _on_started(self, fields: dict[str, Any], boot: int, host_ns: int) -> Started | None:
        if self._wanted_start is None or fields["start"] != self._wanted_start["start"]:
            return None
        self._wanted_start = None
        del fields["boot16"]
        return Started(host_ns, boot, **fields)

    def _on_status(self, fields: dict[str, Any], boot: int, host_ns: int) -> Status:
        del fields["boot16"], fields["start"]
        self.status = Status(host_ns, boot, **fields)
        if fields["state"] == message.IDLE and self._stop_sent:
            self._stop_wanted = False
        if self.tracker is None:
            assert self.hello is not None
            self.tracker = SequenceTracker(fields["next_seq"], kept=self.hello.outbox)
        self.tracker.expect(fields["next_seq"])
        return self.status
