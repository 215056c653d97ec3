"""The messages: one table of kinds and fields, and the code that packs and unpacks by it.

`docs/protocol.md` explains each message; a test compares its tables with this one. The ranges are checked here and not
left to `struct`: on MicroPython it wraps a value that is too large instead of refusing it.
"""

import struct

from dialwire.errors import WireError
from dialwire.scale import MAX_DETENT_BYTES, MAX_DETENTS, MAX_LABEL_BYTES

PROTOCOL_MAJOR = 1
PROTOCOL_MINOR = 2

U8 = 0xFF
U16 = 0xFFFF
U32 = 0xFFFFFFFF
U64 = 0xFFFFFFFFFFFFFFFF
RATING = 10000

MIN_PERIOD_NS = 4900000
MAX_PERIOD_NS = 1020000000
"""Tick periods: 1 to 200 ticks a second on the host's clock, measured on a dial's clock that is up to 2 % off."""

# States of a dial (STATUS.state).
IDLE = 0
SAMPLING = 1

# Flags of a sample (SAMPLE.flags).
FLAG_CLIPPED = 1
FLAG_LATE = 2
FLAG_RESENT = 4
FLAG_FAULT = 8
FLAG_UNHOMED = 16
FLAG_EVENT = 128

NO_RATING = FLAG_FAULT | FLAG_UNHOMED
"""A sample with one of these flags holds no rating: its numbers are the last known ones."""

# Kinds of events (EVENT.event).
EVENT_DETENT = 1
EVENT_BUTTON = 2
EVENT_FAULT = 3
EVENT_HOME = 4
EVENT_SYNC_IN = 5
EVENT_SYNC_OUT = 6
EVENT_SYNC_FLOOD = 7

# States of the knob (STATUS.knob_state).
KNOB_OK = 0
KNOB_FAULT = 1
KNOB_UNHOMED = 2

# What a board has (HELLO.pins, one bit each).
HAS_SYNC_IN = 1
HAS_SYNC_OUT = 2
HAS_BUTTON = 4
HAS_LAMP = 8
HAS_FEEDBACK = 16

# The radio of a board (HELLO.radio, one bit each).
RADIO_FITTED = 1
RADIO_ON = 2
RADIO_CIPHER = 4

# When a radio is on (CONFIG_RADIO).
RADIO_OFF = 0
RADIO_SECRET = 1
RADIO_READABLE = 2

# What RESTART restarts into (RESTART.into).
INTO_DIAL = 0
INTO_REPL = 1
INTO_BOOTLOADER = 2

# Reasons of a refusal (REFUSED.reason).
REFUSED_PROTOCOL = 1
REFUSED_VALUE = 2
REFUSED_STATE = 3
REFUSED_UNKNOWN = 4
REFUSED_BUSY = 5
REFUSED_STRANGER = 6

# Keys of the settings (CONFIG.key).
CONFIG_NAME = 1
CONFIG_SCALE = 2
CONFIG_CALIBRATION = 3
CONFIG_OPTIONS = 4
CONFIG_NOISE = 5
CONFIG_HOSTS = 6
CONFIG_RADIO = 7

# Knobs of the options, and their switches.
POTENTIOMETER = 0
ENCODER = 1
REVERSE = 1
FEEDBACK = 2
SYNC_FALLING = 4
SWITCHES = REVERSE | FEEDBACK | SYNC_FALLING
MAX_COUNTS_PER_STEP = 1000

HELLO_REQUEST = 0x01
SYNC_REQUEST = 0x02
START = 0x03
STOP = 0x04
RESEND = 0x05
CONFIG_GET = 0x06
CONFIG_SET = 0x07
STATUS_REQUEST = 0x08
RESTART = 0x09
IDENTIFY = 0x0A
KNOCK = 0x0B
PROOF = 0x0C
SEALED_TO_DIAL = 0x0D
HELLO = 0x81
SYNC_REPLY = 0x82
STARTED = 0x83
SAMPLE = 0x84
EVENT = 0x85
STATUS = 0x86
CONFIG = 0x87
REFUSED = 0x88
LOG = 0x89
GONE = 0x8A
CHALLENGE = 0x8B
SEALED_TO_HOST = 0x8C

# Field types: the letters of struct, then `text` (u8 length, UTF-8), `blob` (u8 length, bytes) and `detents`
# (u8 count; each i16 rating and a text).
_BOOT16 = ("boot16", "H", "", 0, U16)
_T_US = ("t_us", "Q", "us", 0, U64)
_COUNTER = ("counter", "I", "", 0, U32)
_PIECE = ("piece", "blob", "", 0, 192)
_TAG = ("tag", "blob", "", 0, 8)
MESSAGES = (
    # kind, name, fields: (name, type, unit, low, high)
    (HELLO_REQUEST, "HELLO_REQUEST", (("major", "B", "", 0, U8), ("minor", "B", "", 0, U8))),
    (SYNC_REQUEST, "SYNC_REQUEST", (("exchange", "I", "", 0, U32),)),
    (
        START,
        "START",
        (
            ("start", "H", "", 0, U16),
            ("tick0_us", "Q", "us", 0, U64),
            ("period_ns", "I", "ns", MIN_PERIOD_NS, MAX_PERIOD_NS),
            ("correction", "B", "", 0, 1),
        ),
    ),
    (STOP, "STOP", ()),
    (RESEND, "RESEND", (("first_seq", "I", "", 0, U32), ("count", "H", "", 1, U16))),
    (CONFIG_GET, "CONFIG_GET", (("key", "B", "", 0, U8),)),
    (CONFIG_SET, "CONFIG_SET", (("key", "B", "", 0, U8), ("value", "blob", "", 0, U8))),
    (STATUS_REQUEST, "STATUS_REQUEST", ()),
    (RESTART, "RESTART", (("into", "B", "", 0, 2),)),
    (IDENTIFY, "IDENTIFY", (("seconds", "B", "s", 0, 60),)),
    (
        KNOCK,
        "KNOCK",
        (
            ("major", "B", "", 0, U8),
            ("minor", "B", "", 0, U8),
            ("host_id", "blob", "", 0, 8),
            ("nonce", "blob", "", 0, 16),
        ),
    ),
    (PROOF, "PROOF", (("proof", "blob", "", 0, 16),)),
    (SEALED_TO_DIAL, "SEALED_TO_DIAL", (_COUNTER, _PIECE, _TAG)),
    (
        HELLO,
        "HELLO",
        (
            ("major", "B", "", 0, U8),
            ("minor", "B", "", 0, U8),
            ("boot", "I", "", 1, U32),
            ("unique_id", "blob", "", 0, 16),
            ("firmware", "text", "", 0, 24),
            ("board", "text", "", 0, 32),
            ("interpreter", "text", "", 0, 40),
            ("name", "text", "", 0, 32),
            ("knob", "text", "", 0, 16),
            ("tick_bits", "B", "bit", 16, 64),
            ("outbox", "H", "sample", 1, U16),
            ("min_rate_hz", "H", "Hz", 1, U16),
            ("max_rate_hz", "H", "Hz", 1, U16),
            ("low", "h", "rating", -RATING, RATING),
            ("high", "h", "rating", -RATING, RATING),
            ("step", "H", "rating", 1, 2 * RATING),
            ("detents", "detents", "rating", -RATING, RATING),
            ("pins", "B", "", 0, U8),
            ("radio", "B", "", 0, U8),
        ),
    ),
    (
        SYNC_REPLY,
        "SYNC_REPLY",
        (
            _BOOT16,
            ("exchange", "I", "", 0, U32),
            ("received_us", "Q", "us", 0, U64),
            ("sent_us", "Q", "us", 0, U64),
        ),
    ),
    (
        STARTED,
        "STARTED",
        (
            _BOOT16,
            ("start", "H", "", 0, U16),
            ("first_seq", "I", "", 0, U32),
            ("first_tick_us", "Q", "us", 0, U64),
            ("period_ns", "I", "ns", MIN_PERIOD_NS, MAX_PERIOD_NS),
        ),
    ),
    (
        SAMPLE,
        "SAMPLE",
        (
            _BOOT16,
            ("seq", "I", "", 0, U32),
            _T_US,
            ("rating", "h", "rating", -RATING, RATING),
            ("mean_milli", "i", "rating/1000", -RATING * 1000, RATING * 1000),
            ("min", "h", "rating", -RATING, RATING),
            ("max", "h", "rating", -RATING, RATING),
            ("n", "B", "reading", 1, U8),
            ("raw", "H", "count", 0, U16),
            ("flags", "B", "", 0, U8),
        ),
    ),
    (
        EVENT,
        "EVENT",
        (
            _BOOT16,
            ("seq", "I", "", 0, U32),
            _T_US,
            ("event", "B", "", 0, U8),
            ("value", "H", "", 0, U16),
            ("flags", "B", "", 0, U8),
        ),
    ),
    (
        STATUS,
        "STATUS",
        (
            _BOOT16,
            _T_US,
            ("state", "B", "", 0, 1),
            ("start", "H", "", 0, U16),
            ("oldest_seq", "I", "", 0, U32),
            ("next_seq", "I", "", 0, U32),
            ("rating", "h", "rating", -RATING, RATING),
            ("raw", "H", "count", 0, U16),
            ("missed_ticks", "I", "tick", 0, U32),
            ("bad_frames", "I", "", 0, U32),
            ("dropped_replies", "I", "", 0, U32),
            ("knob_state", "B", "", 0, 2),
            ("free_bytes", "I", "byte", 0, U32),
        ),
    ),
    (CONFIG, "CONFIG", (("key", "B", "", 0, U8), ("value", "blob", "", 0, U8))),
    (REFUSED, "REFUSED", (("of_kind", "B", "", 0, U8), ("reason", "B", "", 0, U8), ("text", "text", "", 0, 160))),
    (LOG, "LOG", (("level", "B", "", 0, U8), ("text", "text", "", 0, 200))),
    (GONE, "GONE", (_BOOT16, ("first_seq", "I", "", 0, U32), ("count", "I", "", 1, U32))),
    (
        CHALLENGE,
        "CHALLENGE",
        (
            ("unique_id", "blob", "", 0, 16),
            ("cipher", "B", "", 0, 1),
            ("nonce", "blob", "", 0, 16),
            ("proof", "blob", "", 0, 16),
        ),
    ),
    (SEALED_TO_HOST, "SEALED_TO_HOST", (_COUNTER, _PIECE, _TAG)),
)

OF_THE_AIR = (KNOCK, PROOF, SEALED_TO_DIAL, CHALLENGE, SEALED_TO_HOST)
"""Kinds that carry a link over the air; they have no meaning inside such a link or on a cable."""

ADDED = ((HELLO, "pins", 0), (STATUS, "knob_state", KNOB_OK), (STATUS, "free_bytes", 0), (HELLO, "radio", 0))
"""Fields added in a later minor version, with the default for each when an older sender's message ends before it."""

_BY_KIND = {}
for _entry in MESSAGES:
    _BY_KIND[_entry[0]] = _entry
_DEFAULTS = {}
for _entry in ADDED:
    _DEFAULTS[_entry[0], _entry[1]] = _entry[2]
_FORMATS = {}


class UnknownKindError(WireError):
    """A kind of message that this version does not know; `kind` is its number. Count it and continue."""

    def __init__(self, kind):
        super().__init__("unknown message kind 0x%02x" % kind)
        self.kind = kind


def name_of(kind):
    """The name of a kind of message, for people."""
    entry = _BY_KIND.get(kind)
    return entry[1] if entry else "0x%02x" % kind


def pack(kind, **values):
    """The payload of a message. Raises `WireError` if a value is missing, unknown or out of its range."""
    entry = _BY_KIND.get(kind)
    if entry is None:
        raise UnknownKindError(kind)
    if len(values) != len(entry[2]):
        raise WireError("%s takes %d fields, %d given" % (entry[1], len(entry[2]), len(values)))
    if format_of(kind):
        return _pack_numbers(entry, values)
    out = bytearray((kind,))
    for name, form, _unit, low, high in entry[2]:
        if name not in values:
            raise WireError("%s lacks %s" % (entry[1], name))
        value = values[name]
        if form == "detents":
            out.extend(pack_detents(value))
        elif form == "text" or form == "blob":
            data = value.encode() if form == "text" else bytes(value)
            if len(data) > high:
                raise WireError("%s.%s is %d bytes long, at most %d fit" % (entry[1], name, len(data), high))
            out.append(len(data))
            out.extend(data)
        else:
            _check(entry[1], name, value, low, high)
            out.extend(struct.pack("<" + form, value))
    return bytes(out)


def format_of(kind):
    """The struct format for a kind with only numeric fields, with the kind's own byte first; empty for other kinds."""
    if kind not in _FORMATS:
        forms = [field[1] for field in _BY_KIND[kind][2]]
        _FORMATS[kind] = "<B" + "".join(forms) if max([1] + [len(form) for form in forms]) == 1 else ""
    return _FORMATS[kind]


def _pack_numbers(entry, values):
    numbers = [entry[0]]
    for name, _form, _unit, low, high in entry[2]:
        if name not in values:
            raise WireError("%s lacks %s" % (entry[1], name))
        value = values[name]
        _check(entry[1], name, value, low, high)
        numbers.append(value)
    return struct.pack(format_of(entry[0]), *numbers)


def unpack(payload):
    """`(kind, fields)` of a payload, `fields` a dict by name.

    Bytes after the last known field are ignored: a later minor version may append fields. A field that an older minor
    version does not send has its default. Raises `UnknownKindError`, and `WireError` for a payload that is too short or
    holds a value out of its range.
    """
    if not len(payload):
        raise WireError("an empty payload")
    kind = payload[0]
    entry = _BY_KIND.get(kind)
    if entry is None:
        raise UnknownKindError(kind)
    name_of_message = entry[1]
    values = {}
    at = 1
    for name, form, _unit, low, high in entry[2]:
        if at == len(payload) and (kind, name) in _DEFAULTS:
            value = _DEFAULTS[kind, name]
        elif form == "detents":
            value, at = _unpack_detents(payload, at)
        elif form == "text" or form == "blob":
            data, at = _unpack_blob(payload, at, name_of_message)
            if len(data) > high:
                raise WireError("%s.%s is %d bytes long, at most %d fit" % (name_of_message, name, len(data), high))
            value = _text(data, name_of_message) if form == "text" else data
        else:
            size = struct.calcsize("<" + form)
            if at + size > len(payload):
                raise WireError("%s ends before %s" % (name_of_message, name))
            value = struct.unpack_from("<" + form, payload, at)[0]
            _check(name_of_message, name, value, low, high)
            at += size
        values[name] = value
    return kind, values


def _check(message, name, value, low, high):
    if not isinstance(value, int) or not low <= value <= high:
        raise WireError("%s.%s is %r, not a whole number from %d to %d" % (message, name, value, low, high))


def _text(data, message):
    try:
        return bytes(data).decode()
    except ValueError:
        raise WireError("a text in %s is not UTF-8" % message)


def _unpack_blob(payload, at, message):
    if at >= len(payload) or at + 1 + payload[at] > len(payload):
        raise WireError("%s ends inside a text" % message)
    end = at + 1 + payload[at]
    return bytes(payload[at + 1 : end]), end


def pack_detents(detents):
    """Detents on the wire: their number, then each one's rating (i16) and label (u8 length, UTF-8)."""
    if len(detents) > MAX_DETENTS:
        raise WireError("%d detents, at most %d fit" % (len(detents), MAX_DETENTS))
    out = bytearray((len(detents),))
    for rating, label in detents:
        data = label.encode()
        _check_detent(rating, data)
        out.extend(struct.pack("<h", rating))
        out.append(len(data))
        out.extend(data)
    _check_detents_bytes(len(out) - 1)
    return bytes(out)


def _check_detent(rating, label):
    _check("detent", "rating", rating, -RATING, RATING)
    if not 0 < len(label) <= MAX_LABEL_BYTES:
        raise WireError("a label is %d bytes long, 1 to %d fit" % (len(label), MAX_LABEL_BYTES))


def _check_detents_bytes(total):
    if total > MAX_DETENT_BYTES:
        raise WireError("the detents take %d bytes, at most %d fit" % (total, MAX_DETENT_BYTES))


def _unpack_detents(payload, at):
    if at >= len(payload):
        raise WireError("a message ends before its detents")
    count = payload[at]
    if count > MAX_DETENTS:
        raise WireError("%d detents, at most %d fit" % (count, MAX_DETENTS))
    at += 1
    first = at
    detents = []
    for _ in range(count):
        if at + 2 > len(payload):
            raise WireError("a message ends inside its detents")
        rating = struct.unpack_from("<h", payload, at)[0]
        data, at = _unpack_blob(payload, at + 2, "detents")
        _check_detent(rating, data)
        detents.append((rating, _text(data, "detents")))
    _check_detents_bytes(at - first)
    return tuple(detents), at


def pack_scale(low, high, step, detents):
    """A scale as the value of CONFIG_SCALE: i16 low, i16 high, u16 step, then the detents."""
    for name, value in (("low", low), ("high", high)):
        _check("scale", name, value, -RATING, RATING)
    _check("scale", "step", step, 1, 2 * RATING)
    return struct.pack("<hhH", low, high, step) + pack_detents(detents)


def unpack_scale(value):
    """`(low, high, step, detents)` from the value of CONFIG_SCALE."""
    if len(value) < 6:
        raise WireError("a scale of %d bytes is too short" % len(value))
    low, high, step = struct.unpack_from("<hhH", value, 0)
    detents, _ = _unpack_detents(value, 6)
    return low, high, step, detents


def pack_options(knob, counts_per_step, switches):
    """The value of CONFIG_OPTIONS: u8 knob, u16 counts of an encoder in a step of the scale, u8 switches."""
    _check("options", "knob", knob, POTENTIOMETER, ENCODER)
    _check("options", "counts_per_step", counts_per_step, 1, MAX_COUNTS_PER_STEP)
    _check("options", "switches", switches, 0, SWITCHES)
    return struct.pack("<BHB", knob, counts_per_step, switches)


def unpack_options(value):
    """`(knob, counts_per_step, switches)` from the value of CONFIG_OPTIONS."""
    if len(value) != 4:
        raise WireError("options of %d bytes, 4 are needed" % len(value))
    options = struct.unpack("<BHB", value)
    pack_options(*options)
    return options
