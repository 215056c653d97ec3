"""The dial: bytes and readings in, frames out. One object, one loop around it, no hardware.

The loop (`main.py`) calls, in this order of urgency: `poll` (a due tick must not wait), `receive`, `outgoing`.
"""

from dial import FIRMWARE_VERSION, lamp
from dial.calibrate import FINE, Calibration, Settler
from dial.outbox import TWO_HOURS, Outbox
from dial.sampler import Sampler
from dialwire import const, frame, message
from dialwire.errors import WireError
from dialwire.ticks import WideClock, ticks_add, ticks_diff

MAX_RATE_HZ = 200
_MAX_REPLIES = const(16)
_LATE_US = const(2000)
"""A tick later than this is flagged in its sample."""
_RESENDS_PER_LIVE = const(8)
_LOOK_US = const(120000000)
_SYNCED_US = const(5000000)
_EDGE_BURST = const(32)
_IDLE_RECHECK = const(10)
"""Readings between two checks of the knob's wires while no samples are taken; during sampling each sample checks
them."""
_INFORMATION = const(1)
WARNING = 2
_ERROR = const(3)


class Identity:
    """This dial's identity, as HELLO reports it."""

    def __init__(self, *, boot, unique_id, board, interpreter, knob, pins=0, max_rate_hz=MAX_RATE_HZ, radio=0):
        self.boot = boot
        self.unique_id = unique_id
        self.board = board
        self.interpreter = interpreter
        self.knob = knob
        self.pins = pins
        self.max_rate_hz = max_rate_hz
        self.radio = radio


class Dial:
    """The whole behaviour of a dial.

    `ticks_us` is the clock: a function without arguments that returns microseconds wrapped at 2**30. `knob` is one of
    `dial.knobs`. `keep`, if given, stores settings so that they survive a power cut, and raises `WireError` if it
    cannot; `raise_pulse` raises the sync output; `free_bytes` tells how much memory is free.
    """

    def __init__(
        self,
        *,
        ticks_us,
        identity,
        settings,
        knob,
        keep=None,
        raise_pulse=None,
        free_bytes=None,
        outbox_capacity=TWO_HOURS,
    ):
        self._ticks_us = ticks_us
        now = ticks_us()
        self.identity = identity
        self.settings = settings
        self.outbox = Outbox(outbox_capacity)
        self.sampler = Sampler(now, knob.early_us)
        self.start = 0
        self.dropped_replies = 0
        self.restart_into = None
        """Set when the host asked for a restart: one of message.INTO_*."""
        self.landings = 0
        """How often the knob has landed on a detent since boot."""
        self._knob = knob
        self._keep = keep
        self._link = None
        self._raise_pulse = raise_pulse
        self._free_bytes = free_bytes
        self._first_seq = 0
        self._first_tick_us = 0
        self._clock = WideClock(now)
        self._looked = now
        self._boot16 = identity.boot & 0xFFFF
        self._decoder = frame.Decoder()
        self._samples = frame.FrameBuffer(message.format_of(message.SAMPLE))
        self._replies = []
        self._sync = None
        self._synced = None
        self._identify_end = None
        self._status_wanted = False
        self._live_seq = 0
        self._resend_seq = 0
        self._resend_end = 0
        self._resent_in_a_row = 0
        self.edges_left_out = 0
        """Edges of the sync input that were counted but not kept."""
        self._edges = 0
        self._edge_room = _EDGE_BURST
        self._edge_refilled = now
        self._idle_readings = 0
        self._knob_state = message.KNOB_OK
        self._clipped = False
        self._detent = None
        self._felt = None
        knob.follow(settings)
        self._settler = Settler(settings.scale, knob.hysteresis_64)
        self._clear_window()
        self._say_hello()

    @property
    def scale(self):
        """The scale in force."""
        return self.settings.scale

    def receive(self, data, ticks, link=None):
        """Take in bytes from the host; `ticks` is when they arrived, `link` the link that carried them (None: a
        cable)."""
        if link is not self._link:
            self._change_link(link)
        received_us = self._clock.us(ticks)
        for payload in self._decoder.feed(data):
            try:
                kind, fields = message.unpack(payload)
                self._handle(kind, fields, received_us)
            except message.UnknownKindError as error:
                self._refuse(error.kind, message.REFUSED_UNKNOWN, str(error))
            except WireError as error:
                self._refuse(payload[0], message.REFUSED_VALUE, str(error))

    def _change_link(self, link):
        """Another host has the dial now: drop unfinished requests and answers of the previous host."""
        self._link = link
        self._decoder.feed(b"\x00")
        self._replies = []
        self._sync = None
        self._status_wanted = False
        self._resend_end = self._resend_seq

    def poll(self):
        """Read the knob if a reading is due, and take a sample if a tick is."""
        now = self._ticks_us()
        if not self.sampler.reading_due(now):
            return
        knob = self._knob
        # The reading for the due instant: a latching knob has it even if the loop is late.
        if not knob.read(self.sampler.next_due(), now):
            return
        ticks = knob.ticks
        tick = self.sampler.tick_due(ticks)
        if tick:
            knob.recheck()
        elif not self.sampler.running or knob.state == message.KNOB_FAULT:
            self._idle_readings += 1
            if self._idle_readings >= _IDLE_RECHECK:
                self._idle_readings = 0
                knob.recheck()
        self._read(ticks)
        if tick:
            late_us = self.sampler.tick_done(ticks)
            self._sample(self._clock.us(ticks), late_us)
        if ticks_diff(ticks, self._looked) > _LOOK_US:
            # The wide clock must see the counter long before it wraps; updating it at each reading would cost memory.
            self._looked = ticks
            self._clock.us(ticks)
        if not tick:
            self.sampler.reading_done(ticks)

    def wait_us(self):
        """How long the loop may sleep if no bytes come in."""
        return self.sampler.wait_us(self._ticks_us())

    def press(self, ticks):
        """The button was pressed at `ticks`: mark the moment."""
        self._event(ticks, message.EVENT_BUTTON, 1)

    def hold(self, ticks):
        """The button was held: the knob stands on the home mark (0, or the middle of a scale without one).

        An encoder accepts this at any time. A potentiometer's calibration is moved slightly to fit, but only while no
        samples are taken.
        """
        index = self._home_index()
        if self._knob.incremental:
            self._knob.home(index)
        elif self.sampler.running:
            self.log(WARNING, "the button was held: a potentiometer is zeroed between recordings only")
            return
        else:
            ends = self._knob.home(index) if self._knob.state == message.KNOB_OK else None
            if ends is None:
                self.log(WARNING, "the knob stands too far from its zero to be zeroed: calibrate it")
                return
            candidate = self.settings.copy()
            try:
                candidate.calibration = Calibration(ends[0], ends[1])
                self._take(candidate)
            except WireError as error:
                self.log(_ERROR, str(error))
                return
        self._settle(index * FINE)
        self._event(ticks, message.EVENT_HOME, index)
        self.log(_INFORMATION, "the knob stands on %d" % self.scale.rating_at(index))

    def edge(self, ticks):
        """An edge came in on the sync input at `ticks`.

        A flickering source must not push ratings out of the outbox: after a burst of `_EDGE_BURST` edges, only one edge
        a second is kept; `value` still counts all.
        """
        self._edges += 1
        since_us = ticks_diff(ticks, self._edge_refilled)
        if since_us >= 1000000 or since_us < 0:
            self._edge_room = min(_EDGE_BURST, self._edge_room + max(since_us // 1000000, 1))
            self._edge_refilled = ticks
        if not self._edge_room:
            self.edges_left_out += 1
            return
        self._edge_room -= 1
        self._event(ticks, message.EVENT_SYNC_IN, self._edges & 0xFFFF)

    def flood(self, ticks, began):
        """The sync input was shut because its edges came too fast (`began` 1), or has been calm for a while (0)."""
        self._event(ticks, message.EVENT_SYNC_FLOOD, began)
        self.log(
            WARNING,
            "the sync input changes too fast: it is shut, and tried again every second"
            if began
            else "the sync input is calm again",
        )

    def log(self, level, text):
        """Send the host a text, in as many LOG messages as needed."""
        data = text.encode()
        while data:
            cut = min(len(data), 200)
            # Do not split a character of several bytes.
            while cut < len(data) and data[cut] & 0xC0 == 0x80:
                cut -= 1
            self._reply(message.LOG, level=level, text=data[:cut].decode())
            data = data[cut:]

    def last_words(self, text):
        """The frames that tell the host why this program ends; nothing else is sent after them."""
        self._replies = []
        self.log(_ERROR, text)
        return self._replies

    def lamp(self):
        """The pattern that the lamp shows now."""
        now = self._ticks_us()
        if self._identify_end is not None:
            if ticks_diff(self._identify_end, now) > 0:
                return lamp.IDENTIFY
            self._identify_end = None
        if self._synced is not None and ticks_diff(now, self._synced) > _SYNCED_US:
            self._synced = None
        if self._knob_state != message.KNOB_OK:
            return lamp.FAULT
        if self.sampler.running:
            return lamp.RECORDING
        return lamp.WAITING if self._synced is None else lamp.SYNCED

    def outgoing(self):
        """The next frame to send, or None. It is called only when the link takes bytes, so nothing piles up here."""
        if self._sync is not None:
            exchange, received_us = self._sync
            self._sync = None
            return self._frame(
                message.SYNC_REPLY,
                boot16=self._boot16,
                exchange=exchange,
                received_us=received_us,
                sent_us=self._pulse_us(),
            )
        if self._replies:
            return self._replies.pop(0)
        live = self._live_seq < self.outbox.next_seq
        if self._resend_seq < self._resend_end and (not live or self._resent_in_a_row < _RESENDS_PER_LIVE):
            self._resent_in_a_row += 1
            return self._next_resent()
        self._resent_in_a_row = 0
        if live:
            oldest = self.outbox.oldest_seq
            if self._live_seq < oldest:
                first, self._live_seq = self._live_seq, oldest
                return self._gone(first, oldest - first)
            self._live_seq += 1
            return self._record(self._live_seq - 1, 0)
        if self._status_wanted:
            # Only after all records have been sent, so that the host can count any missing record as lost on the way.
            self._status_wanted = False
            return self._status()
        return None

    def _now_us(self):
        return self._clock.us(self._ticks_us())

    def _pulse_us(self):
        """The present time; the sync output, if there is one, rises now."""
        if self._raise_pulse:
            self._raise_pulse()
        return self._now_us()

    def _handle(self, kind, fields, received_us):
        if kind == message.SYNC_REQUEST:
            self._synced = self._ticks_us()
            if self._sync is not None:
                self.dropped_replies += 1
            self._sync = (fields["exchange"], received_us)
        elif kind == message.HELLO_REQUEST:
            self._hello(fields)
        elif kind == message.START:
            self._start(fields)
        elif kind == message.STOP:
            self.sampler.stop(self._ticks_us())
            self._status_wanted = True
        elif kind == message.STATUS_REQUEST:
            self._status_wanted = True
        elif kind == message.RESEND:
            self._resend(fields["first_seq"], fields["count"])
        elif kind == message.CONFIG_GET:
            self._config_get(fields["key"])
        elif kind == message.CONFIG_SET:
            self._config_set(fields["key"], fields["value"])
        elif kind == message.IDENTIFY:
            self._identify_end = ticks_add(self._ticks_us(), fields["seconds"] * 1000000)
            self._status_wanted = True
        elif kind == message.RESTART:
            self._restart(fields["into"])
        elif kind in message.OF_THE_AIR:
            self._refuse(kind, message.REFUSED_UNKNOWN, "%s belongs to a link over the air" % message.name_of(kind))
        else:
            self._refuse(kind, message.REFUSED_UNKNOWN, "%s is for the dial to send" % message.name_of(kind))

    def _hello(self, fields):
        if fields["major"] != message.PROTOCOL_MAJOR:
            self._refuse(
                message.HELLO_REQUEST,
                message.REFUSED_PROTOCOL,
                "this dial speaks protocol %d.%d, the host %d.%d: update the older one"
                % (message.PROTOCOL_MAJOR, message.PROTOCOL_MINOR, fields["major"], fields["minor"]),
            )
            return
        # A host that (re)connects requests missed records by number; it must not wait for another host's backlog.
        self._live_seq = self.outbox.next_seq
        self._resend_end = self._resend_seq
        self._say_hello()

    def _say_hello(self):
        who = self.identity
        self._reply(
            message.HELLO,
            major=message.PROTOCOL_MAJOR,
            minor=message.PROTOCOL_MINOR,
            boot=who.boot,
            unique_id=who.unique_id,
            firmware=FIRMWARE_VERSION,
            board=who.board,
            interpreter=who.interpreter,
            name=self.settings.name,
            knob=who.knob,
            tick_bits=30,
            outbox=self.outbox.capacity,
            min_rate_hz=1,
            max_rate_hz=who.max_rate_hz,
            low=self.scale.low,
            high=self.scale.high,
            step=self.scale.step,
            detents=self.scale.detents,
            pins=who.pins,
            radio=who.radio,
        )

    def _restart(self, into):
        if self.sampler.running:
            self._refuse(message.RESTART, message.REFUSED_STATE, "a dial that samples is not restarted: STOP it first")
            return
        self.log(_INFORMATION, "restarting")
        self.restart_into = into

    def _start(self, fields):
        most_hz = self.identity.max_rate_hz
        # The rate is by the host's clock, and a dial's clock may be 2 % off it.
        if fields["period_ns"] * most_hz < 980000000:
            raise WireError(
                "this dial sustains %d samples a second, not %d" % (most_hz, 1000000000 // fields["period_ns"])
            )
        # The same START again: its answer was lost, and the first record stays the first.
        if not (self.sampler.running and fields["start"] == self.start):
            ticks = self._ticks_us()
            self._first_tick_us = self.sampler.start(
                ticks, self._clock.us(ticks), fields["tick0_us"], fields["period_ns"], fields["correction"]
            )
            if not fields["correction"]:
                self._clear_window()
            self.start = fields["start"]
            self._first_seq = self.outbox.next_seq
            if self._raise_pulse and not fields["correction"]:
                self.outbox.add_event(t_us=self._pulse_us(), event=message.EVENT_SYNC_OUT, value=self.start)
        self._reply(
            message.STARTED,
            boot16=self._boot16,
            start=self.start,
            first_seq=self._first_seq,
            first_tick_us=self._first_tick_us,
            period_ns=self.sampler.period_ns,
        )

    def _resend(self, first_seq, count):
        end = min(first_seq + count, self._live_seq)
        oldest = self.outbox.oldest_seq
        if first_seq < oldest:
            gone_end = min(end, oldest)
            if gone_end > first_seq:
                self._reply(message.GONE, boot16=self._boot16, first_seq=first_seq, count=gone_end - first_seq)
            first_seq = gone_end
        self._resend_seq = first_seq
        self._resend_end = end

    def _next_resent(self):
        seq = self._resend_seq
        oldest = self.outbox.oldest_seq
        if seq < oldest:
            first, self._resend_seq = seq, min(oldest, self._resend_end)
            return self._gone(first, self._resend_seq - first)
        self._resend_seq = seq + 1
        return self._record(seq, message.FLAG_RESENT)

    def _status(self):
        rating = self.scale.low if self._settler.index is None else self.scale.rating_at(self._settler.index)
        return self._frame(
            message.STATUS,
            boot16=self._boot16,
            t_us=self._now_us(),
            state=message.SAMPLING if self.sampler.running else message.IDLE,
            start=self.start,
            oldest_seq=self.outbox.oldest_seq,
            next_seq=self.outbox.next_seq,
            rating=rating,
            raw=self._knob.raw,
            missed_ticks=self.sampler.missed_ticks,
            bad_frames=self._decoder.bad_frames,
            dropped_replies=self.dropped_replies,
            knob_state=self._knob.state,
            free_bytes=self._free_bytes() if self._free_bytes else 0,
        )

    def _config_get(self, key):
        self._reply(message.CONFIG, key=key, value=self.settings.value(key))

    def _config_set(self, key, value):
        if self.sampler.running:
            self._refuse(message.CONFIG_SET, message.REFUSED_STATE, "settings stay as they are while a dial records")
            return
        if key in (message.CONFIG_HOSTS, message.CONFIG_RADIO) and self._link is not None and not self._link.wired:
            text = "who may use a dial over the air is settled over the cable"
            self._refuse(message.CONFIG_SET, message.REFUSED_STATE, text)
            return
        candidate = self.settings.copy()
        candidate.set(key, value)
        self._take(candidate)
        if key == message.CONFIG_HOSTS and self._keep:
            # Save twice, so that the older slot does not keep the key of a forgotten host.
            self._keep(candidate)
        self._config_get(key)

    def _take(self, settings):
        """Store and apply these settings; on a `WireError` the old ones stay in force."""
        if self._keep:
            self._keep(settings)
        self._knob.follow(settings)
        index = self._settler.index
        self._settler = Settler(settings.scale, self._knob.hysteresis_64)
        if settings.scale == self.settings.scale:
            self._settler.index = index
        else:
            self._detent = None
            # Records measured on the old scale would be sent as ratings on the new one.
            self.outbox.forget()
            self._live_seq = self.outbox.next_seq
        self.settings = settings

    def _home_index(self):
        scale = self.scale
        if scale.low <= 0 <= scale.high and scale.low % scale.step == 0:
            return scale.index_of(0)
        return (scale.positions - 1) >> 1

    def _event(self, ticks, event, value):
        if self.sampler.running:
            self.outbox.add_event(t_us=self._clock.us(ticks), event=event, value=value)

    def _read(self, ticks):
        knob = self._knob
        if knob.state != self._knob_state:
            if message.KNOB_FAULT in (knob.state, self._knob_state):
                self._event(ticks, message.EVENT_FAULT, 1 if knob.state == message.KNOB_FAULT else 0)
            self._knob_state = knob.state
        found = knob.position
        if found is None:
            return
        index = self._settle(found[0])
        detent = self._felt
        if not self.sampler.in_window(ticks):
            return
        if found[1]:
            self._clipped = True
        if detent != self._detent:
            self._detent = detent
            if detent is not None:
                self._event(ticks, message.EVENT_DETENT, detent)
        self._n += 1
        self._sum += index
        if index < self._lowest:
            self._lowest = index
        if index > self._highest:
            self._highest = index

    def _settle(self, position_64):
        before = self._settler.index
        index = self._settler.settle(position_64)
        if index != before:
            self._felt = self._settler.detent_number()
            if self._felt is not None:
                self.landings += 1
        return index

    def _sample(self, t_us, late_us):
        flags = message.FLAG_CLIPPED if self._clipped else 0
        if late_us > _LATE_US:
            flags |= message.FLAG_LATE
        state = self._knob.state
        if state == message.KNOB_FAULT:
            flags |= message.FLAG_FAULT
        elif state == message.KNOB_UNHOMED:
            flags |= message.FLAG_UNHOMED
        index = self._settler.index
        if index is None:
            # No position was ever known. The field needs a number; the flag says that it is not a rating.
            index = self._home_index()
        if not self._n:
            self._n = 1
            self._sum = self._lowest = self._highest = index
        self.outbox.add_sample(
            t_us=t_us,
            flags=flags,
            index=index,
            low_index=self._lowest,
            high_index=self._highest,
            n=self._n,
            total=self._sum,
            raw=self._knob.raw,
        )
        self._clear_window()

    def _clear_window(self):
        self._n = 0
        self._sum = 0
        self._lowest = 255
        self._highest = 0
        self._clipped = False

    def _record(self, seq, more_flags):
        # The most frequent message; the scale and the outbox already keep its values in range.
        t_us, flags, index, low_index, high_index, n, total, raw = self.outbox.get(seq, self._clock.last_us)
        flags |= more_flags
        boot16 = self._boot16
        if flags & message.FLAG_EVENT:
            return self._frame(message.EVENT, boot16=boot16, seq=seq, t_us=t_us, event=index, value=total, flags=flags)
        low = self.scale.low
        step = self.scale.step
        return self._samples.encode(
            message.SAMPLE,
            boot16,
            seq,
            t_us,
            low + index * step,
            low * 1000 + (total * step * 1000 + (n >> 1)) // n,
            low + low_index * step,
            low + high_index * step,
            n,
            raw,
            flags,
        )

    def _gone(self, first_seq, count):
        return self._frame(message.GONE, boot16=self._boot16, first_seq=first_seq, count=count)

    def _refuse(self, kind, reason, text):
        while len(text.encode()) > 160:
            text = text[:-8]
        self._reply(message.REFUSED, of_kind=kind, reason=reason, text=text)

    def _reply(self, kind, **values):
        if len(self._replies) >= _MAX_REPLIES:
            self.dropped_replies += 1
            return
        self._replies.append(self._frame(kind, **values))

    def _frame(self, kind, **values):
        return frame.encode(message.pack(kind, **values))
