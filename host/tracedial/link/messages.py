"""The messages of a dial with the host's time stamps: one class for each kind of event."""

from dataclasses import dataclass

from dialwire.scale import Scale


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
    radio: int = 0


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
    """The dial's report that it no longer holds certain records: they are lost."""

    host_ns: int
    boot: int
    first_seq: int
    count: int


@dataclass(frozen=True)
class Status:
    """The dial's report on its own state."""

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
    """Another dial answers on this client's port; the client ignores what it says."""

    host_ns: int
    port: str
    unique_id: str
    name: str


Event = Hello | SyncExchange | Started | Sample | Mark | Gone | Status | Refused | Log | ConfigValue | OtherDial
