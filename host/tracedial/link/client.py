"""The protocol seen from the host, as a pure machine: bytes in, events out, frames to send. No thread, no port.

The caller supplies the clock (nanoseconds, monotonic) and moves the bytes. `docs/protocol.md` specifies the protocol.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

from dialwire import frame, message
from dialwire.errors import WireError
from dialwire.scale import Scale
from tracedial.errors import BusyDialError, ProtocolError
from tracedial.files.plain_text import plain_text
from tracedial.link.limits import BURST_MESSAGES, MESSAGES_PER_S, Budget, check_message
from tracedial.link.messages import (
    ConfigValue,
    Event,
    Gone,
    Hello,
    Log,
    Mark,
    OtherDial,
    Refused,
    Sample,
    Started,
    Status,
    SyncExchange,
)
from tracedial.link.pulses import SyncPulses
from tracedial.link.sequence import SequenceTracker

REQUEST_INTERVAL_S = 0.5
STATUS_INTERVAL_S = 1.0
RESEND_TIMEOUT_S = 0.3
HOST_VERSION = (message.PROTOCOL_MAJOR, message.PROTOCOL_MINOR)


class DialClient:
    """One dial, as the host sees it through one link.

    `clock_ns` is the host's monotonic clock. `feed` takes bytes and returns events; `outgoing` returns the frames
    that are due. `reconnect` starts again on another link to the same dial and keeps what the client knows of its
    records. The first HELLO identifies the dial; a different dial later gives an `OtherDial` and is then ignored.
    """

    def __init__(self, port: str, clock_ns: Callable[[], int], rng: random.Random | None = None) -> None:
        self.port = port
        self.hello: Hello | None = None
        self.tracker: SequenceTracker | None = None
        self.status: Status | None = None
        self.unknown_kinds = 0
        self.malformed = 0
        self.foreign_boot = 0
        self.lost_in_resets = 0
        self.over_budget = 0
        self.status_interval_s = STATUS_INTERVAL_S
        self._clock_ns = clock_ns
        self._rng = rng or random.Random()
        self._pulses = SyncPulses(clock_ns, self._rng)
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
        """Start on a new link, on another port if one is given: first ask the dial who it is."""
        self.port = port or self.port
        self._past_bad_frames += self._decoder.bad_frames
        self._past_dropped_bytes += self._decoder.dropped_bytes
        self._decoder = frame.Decoder()
        self.connected = self._asked = False
        self._hello_due_ns = self._status_due_ns = self._start_due_ns = self._resend_due_ns = self._clock_ns()
        self._pulses.begin()

    @property
    def bad_frames(self) -> int:
        """How many runs of bytes did not form a frame, since the first link."""
        return self._past_bad_frames + self._decoder.bad_frames

    @property
    def dropped_bytes(self) -> int:
        """How many bytes did not belong to any frame, since the first link."""
        return self._past_dropped_bytes + self._decoder.dropped_bytes

    @property
    def exchanges_lost(self) -> int:
        """How many sync pulses were not answered in time."""
        return self._pulses.lost

    @property
    def missing(self) -> int:
        """How many records are known to exist but have not arrived."""
        return len(self.tracker.missing) if self.tracker else 0

    def start(self, *, tick0_us: int, period_ns: int, correction: bool = False) -> int:
        """Have the dial tick at `tick0_us` + k periods of its clock; the request is repeated until the dial answers.

        With `correction`, the dial already ticks: its next tick moves, and no tick is repeated or left out.
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
        """Have the dial stop; the request is repeated until the dial's STATUS says that it has stopped."""
        self._wanted_start = None
        self._stop_wanted = True
        self._stop_sent = False
        self._start_due_ns = self._clock_ns()

    def is_stopped(self) -> bool:
        """Whether the dial has confirmed a requested STOP."""
        return not self._stop_wanted

    def burst(self) -> None:
        """Exchange sync pulses quickly for a while."""
        self._pulses.burst()

    def send(self, kind: int, **values: Any) -> None:
        """Queue any other message."""
        self._outbox.append(frame.encode(message.pack(kind, **values)))

    def outgoing(self) -> Iterator[bytes]:
        """The frames that are due now, one at a time. Write each before you take the next: a frame holds its time."""
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
            # Only after the STATUS that says where its records begin: new records must not pass for older ones.
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
        if self._pulses.is_due(now_ns):
            yield self._pulses.request()

    def feed(self, data: bytes, host_ns: int) -> list[Event]:
        """Process bytes that arrived at `host_ns`; returns events. Raises `ProtocolError` on another major version."""
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
            if kind in message.OF_THE_AIR:
                # On a cable, or inside a link over the air, these kinds have no meaning.
                self.unknown_kinds += 1
                continue
            try:
                event = self._event(kind, fields, host_ns)
            except WireError:
                self.malformed += 1
                continue
            if event:
                events.append(event)
        return events

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
        if take := _AT_ANY_TIME.get(kind):
            return take(self, fields, host_ns)
        if self.hello is None or not self.connected:
            return None
        if fields.get("boot16") != self.hello.boot & 0xFFFF:
            # After a reset the dial may speak before its HELLO arrives: ignore it until it says who it is.
            self.foreign_boot += 1
            self.connected = False
            return None
        check_message(kind, fields, self.hello.outbox)
        del fields["boot16"]
        return _OF_THIS_BOOT[kind](self, fields, self.hello.boot, host_ns)

    def _on_hello(self, fields: dict[str, Any], host_ns: int) -> Hello | OtherDial:
        check_message(message.HELLO, fields, fields["outbox"])
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
            **{key: fields[key] for key in ("outbox", "min_rate_hz", "max_rate_hz", "pins", "radio")},
        )
        if self.hello is not None and self.hello.unique_id != hello.unique_id:
            self.connected = False
            return OtherDial(host_ns, self.port, hello.unique_id, hello.name)
        if self.hello is not None and self.hello.boot != hello.boot:
            # The reset cleared the dial's memory, and with it the records that it still held for the host.
            self.lost_in_resets += self.missing
            self.tracker = None
            self.status = None
            self._wanted_start = None
            self._pulses.begin()
        self.hello = hello
        self._budget.burst = BURST_MESSAGES + hello.outbox
        if self.tracker:
            self.tracker.kept = hello.outbox
        self.connected = True
        self._status_due_ns = host_ns
        return hello

    def _on_refused(self, fields: dict[str, Any], host_ns: int) -> Refused:
        if fields["of_kind"] == message.HELLO_REQUEST and fields["reason"] == message.REFUSED_PROTOCOL:
            raise ProtocolError(
                self.port,
                f"The dial on {self.port} refused: {plain_text(fields['text'])}.",
                dial=None,
                host=HOST_VERSION,
            )
        asked = fields["of_kind"] == message.HELLO_REQUEST and not self.connected
        if asked and fields["reason"] == message.REFUSED_BUSY:
            why = plain_text(fields["text"])
            raise BusyDialError(self.port, f"The dial on {self.port} is in use ({why}): end that first.")
        return Refused(host_ns, message.name_of(fields["of_kind"]), fields["reason"], plain_text(fields["text"]))

    def _on_log(self, fields: dict[str, Any], host_ns: int) -> Log:
        return Log(host_ns, fields["level"], plain_text(fields["text"]))

    def _on_config(self, fields: dict[str, Any], host_ns: int) -> ConfigValue:
        return ConfigValue(host_ns, fields["key"], fields["value"])

    def _on_sync_reply(self, fields: dict[str, Any], boot: int, host_ns: int) -> SyncExchange | None:
        sent_ns = self._pulses.answered(fields["exchange"])
        if sent_ns is None:
            return None
        return SyncExchange(
            boot=boot,
            exchange=fields["exchange"],
            host_sent_ns=sent_ns,
            dial_received_us=fields["received_us"],
            dial_sent_us=fields["sent_us"],
            host_received_ns=host_ns,
        )

    def _on_started(self, fields: dict[str, Any], boot: int, host_ns: int) -> Started | None:
        if self._wanted_start is None or fields["start"] != self._wanted_start["start"]:
            return None
        self._wanted_start = None
        return Started(host_ns, boot, **fields)

    def _on_status(self, fields: dict[str, Any], boot: int, host_ns: int) -> Status:
        del fields["start"]
        self.status = Status(host_ns, boot, **fields)
        if fields["state"] == message.IDLE and self._stop_sent:
            self._stop_wanted = False
        if self.tracker is None:
            assert self.hello is not None
            self.tracker = SequenceTracker(fields["next_seq"], kept=self.hello.outbox)
        self.tracker.expect(fields["next_seq"])
        return self.status

    def _on_gone(self, fields: dict[str, Any], boot: int, host_ns: int) -> Gone:
        if self.tracker and (lost := self.tracker.give_up(fields["first_seq"], fields["count"])):
            self.tracker.answered += lost
            self._resend_due_ns = host_ns
        return Gone(host_ns, boot, fields["first_seq"], fields["count"])

    def _on_sample(self, fields: dict[str, Any], boot: int, host_ns: int) -> Sample | None:
        return Sample(host_ns, boot, **fields) if self._is_new(fields, host_ns) else None

    def _on_mark(self, fields: dict[str, Any], boot: int, host_ns: int) -> Mark | None:
        return Mark(host_ns, boot, **fields) if self._is_new(fields, host_ns) else None

    def _is_new(self, fields: dict[str, Any], host_ns: int) -> bool:
        """Whether a numbered record arrives for the first time."""
        if self.tracker is None or not self.tracker.take(fields["seq"]):
            return False
        if fields["flags"] & message.FLAG_RESENT and fields["seq"] + 1 not in self.tracker.missing:
            self._resend_due_ns = host_ns
        return True


_AT_ANY_TIME: dict[int, Callable[[DialClient, dict[str, Any], int], Event | None]] = {
    message.HELLO: DialClient._on_hello,
    message.REFUSED: DialClient._on_refused,
    message.LOG: DialClient._on_log,
    message.CONFIG: DialClient._on_config,
}
"""The handlers of messages that are accepted before a HELLO."""
_OF_THIS_BOOT: dict[int, Callable[[DialClient, dict[str, Any], int, int], Event | None]] = {
    message.SYNC_REPLY: DialClient._on_sync_reply,
    message.STARTED: DialClient._on_started,
    message.STATUS: DialClient._on_status,
    message.GONE: DialClient._on_gone,
    message.SAMPLE: DialClient._on_sample,
    message.EVENT: DialClient._on_mark,
}
"""The handlers of messages that must carry the boot id of the dial's last HELLO."""
