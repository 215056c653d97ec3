"""A real board: console, knob, button, lamp, sync pins, watchdog, settings. The loop in `main.py` runs on it."""

import gc
import io
import os
import sys
import time
from binascii import crc32
from time import ticks_diff, ticks_ms, ticks_us

import machine
from machine import Pin

from dial import lamp
from dial.app import WARNING
from dial.button import Button
from dial.calibrate import Calibration
from dial.latch import Edges
from dial.settings import KNOB_NAMES, Settings, SettingsStore
from dialwire import const, message
from dialwire.scale import ALLIANCE
from port.boards import find_board, pin_of
from port.console import Console
from port.interrupts import watch_edges
from port.slots import FileSlots

_WATCHDOG_MS = const(8000)
RESCUE = "rescue"
"""A file of this name stops the dial from starting, once: the prompt is there instead."""
CHOSEN = "board"
"""A file of this name holds the name of the board's file."""
_PULSE_US = const(5000)
_GAP_US = const(200)
_FEEDBACK_US = const(30000)
_LOOK_US = const(10000)
_AIR_LOOK_US = const(2000)
_TELL_US = const(10000000)
_COLLECT_MS = const(250)
# A collection takes about 10 ms with the outbox in place: only when nothing is due for longer than that.
_COLLECT_IDLE_US = const(14000)


class Board:
    """A board as `main.run` needs it. `knob` is made by the settings."""

    def __init__(self, board, data, button, unique_id, store, settings):
        platform = sys.platform
        self.board = board
        self.unique_id = unique_id
        self.store = store
        self.settings = settings
        options = settings.options
        self.knob_kind = KNOB_NAMES[options.knob]
        self.max_rate_hz = data.MAX_RATE_HZ[options.knob]
        self.interpreter = "micropython %d.%d.%d" % sys.implementation.version[:3]
        self.pins = message.HAS_SYNC_IN | message.HAS_SYNC_OUT | message.HAS_BUTTON | message.HAS_LAMP
        if options.switches & message.FEEDBACK:
            self.pins |= message.HAS_FEEDBACK
        if data.QUIET is not None:
            Pin(data.QUIET, Pin.OUT, value=1)
        self._noise = self.latch = None
        if options.knob == message.ENCODER:
            self.knob = self._encoder(data, platform, options)
        else:
            # Imported only where it is needed, like the encoder.
            from port.wiper import open_wiper

            self.knob, self.latch, self._timer = open_wiper(data, platform)
            self._noise = self.latch.read
        self._console = Console(data.PACKET)
        self._dial_settings = settings
        self.radio, self._wireless = self._open_radio(settings)
        self._link = self._wireless or self._console
        self._button_pin = button
        presses = Edges(ticks_us)
        watch_edges(self._button_pin, presses, Pin.IRQ_FALLING)
        self._presses = presses
        self._button = Button(presses)
        self._edges = Edges(ticks_us)
        sync_in = Pin(pin_of(data, "sync_in"), Pin.IN, Pin.PULL_DOWN)
        edge = Pin.IRQ_FALLING if options.switches & message.SYNC_FALLING else Pin.IRQ_RISING
        watch_edges(sync_in, self._edges, edge)
        self._sync_out = Pin(pin_of(data, "sync_out"), Pin.OUT, value=0)
        self._lamp = Pin(pin_of(data, "lamp"), Pin.OUT, value=0)
        self._feedback = (
            Pin(pin_of(data, "feedback"), Pin.OUT, value=0) if options.switches & message.FEEDBACK else None
        )
        self._lit = False
        self._pulse_since = None
        self._feedback_since = None
        self._landings = 0
        self._looked = ticks_us()
        self._free = 0
        self._collected_ms = ticks_ms()
        self._edges_lost = self._readings_lost = 0
        self._told = ticks_us()
        self._watchdog = None

    ticks_us = staticmethod(ticks_us)

    def random_u32(self):
        """A random number of 32 bits that is not 0, for the boot id: from the port's source and, in case that is poor,
        also from the time and the converter's noise."""
        seed = bytearray(os.urandom(8))
        seed.append(ticks_diff(ticks_us(), 0) & 255)
        if self._noise is not None:
            for _ in range(16):
                seed.append(self._noise() & 255)
        return crc32(seed) or 1

    def free_bytes(self):
        """Bytes of memory that were free after the last collection."""
        return self._free

    def start(self):
        """Start the watchdog."""
        self._collect()
        self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)

    def read(self):
        """The bytes that have come in, possibly none."""
        return self._link.read()

    def came(self, ticks):
        """When the bytes just read arrived; `ticks` is when the loop looked for them."""
        return self._wireless.came(ticks) if self._wireless else ticks

    def held(self):
        """The link of the host that has the dial, None on a board whose radio is off."""
        return self._wireless.held if self._wireless else None

    def ready(self):
        """Whether the link takes another frame."""
        return self._link.ready()

    def write(self, frame):
        """Send a frame."""
        self._link.write(frame)

    def raise_pulse(self):
        """Raise the sync output; `serve` lowers it after `_PULSE_US`."""
        if self._pulse_since is not None:
            # Still high from the last pulse: a counter of pulses would miss one that does not rise.
            self._sync_out.value(0)
            time.sleep_us(_GAP_US)
        self._sync_out.value(1)
        self._pulse_since = ticks_us()

    def serve(self, dial):
        """Serve the input and output pins. Called each turn of the loop."""
        if self._watchdog is not None:
            self._watchdog.feed()
        self._dial_settings = dial.settings
        while self._edges.waiting():
            dial.edge(self._edges.take())
        now = ticks_us()
        if self._pulse_since is not None and ticks_diff(now, self._pulse_since) >= _PULSE_US:
            self._sync_out.value(0)
            self._pulse_since = None
        if ticks_diff(now, self._looked) >= _LOOK_US or ticks_diff(now, self._looked) < 0:
            self._looked = now
            self._look(dial, now)

    def wait(self, wait_us):
        """Sleep until bytes come in or `wait_us` have passed."""
        if wait_us >= _COLLECT_IDLE_US and ticks_diff(ticks_ms(), self._collected_ms) > _COLLECT_MS:
            self._collect()
        elif self._wireless and self._wireless.hurries():
            # Bytes over the air do not wake a loop that waits for the console.
            if wait_us >= 1000 and not self._wireless.waiting():
                self._console.wait(min(wait_us, _AIR_LOOK_US) // 1000)
        elif wait_us >= 1000:
            self._console.wait(min(wait_us, _LOOK_US) // 1000)

    def restart(self, into):
        """Restart: into the dial again, to the prompt, or into the bootloader."""
        if into == message.INTO_REPL:
            with open(RESCUE, "w") as file:
                file.write("1")
        self._drain()
        if into == message.INTO_BOOTLOADER and hasattr(machine, "bootloader"):
            # Not every port has one.
            getattr(machine, "bootloader")()  # noqa: B009
        machine.reset()

    def crashed(self, dial, error):
        """Send the traceback as LOG, and restart with a new boot id."""
        text = io.StringIO()
        # The type stubs of MicroPython's library declare StringIO without its own methods.
        sys.print_exception(error, text)  # pyright: ignore[reportArgumentType]
        for frame in dial.last_words(text.getvalue()):  # pyright: ignore[reportAttributeAccessIssue]
            self._drain()
            if self._watchdog is not None:
                self._watchdog.feed()
            self._link.write(frame)
        self._drain()
        machine.reset()

    def _collect(self):
        gc.collect()
        self._free = gc.mem_free()
        self._collected_ms = ticks_ms()

    def _look(self, dial, now):
        flood = self._edges.look(now)
        if flood is not None:
            dial.flood(now, flood)
        if self._presses.look(now) == 1:
            dial.log(WARNING, "the button's pin changes too fast: look at its wire")
        button = self._button
        button.look(not self._button_pin.value(), now)
        if button.pressed:
            dial.press(button.ticks)
        if button.held:
            dial.hold(now)
        since_us = ticks_diff(now, self._told)
        if since_us > _TELL_US or since_us < 0:
            self._told = now
            self._tell(dial)
        lit = lamp.lit(dial.lamp(), ticks_ms())
        if lit != self._lit:
            # On a W board each write of the lamp goes through the radio chip.
            self._lit = lit
            self._lamp.value(lit)
        if self._feedback is not None:
            if dial.landings != self._landings:
                self._landings = dial.landings
                self._feedback.value(1)
                self._feedback_since = now
            elif self._feedback_since is not None and ticks_diff(now, self._feedback_since) >= _FEEDBACK_US:
                self._feedback.value(0)
                self._feedback_since = None

    def _tell(self, dial):
        """Report once what went wrong since the last call."""
        lost = self._edges.lost + dial.edges_left_out
        if lost != self._edges_lost:
            self._edges_lost = lost
            dial.log(WARNING, "%d edges of the sync input came too fast to be kept" % lost)
        if self.latch is not None and self.latch.lost + self.latch.stalls != self._readings_lost:
            self._readings_lost = self.latch.lost + self.latch.stalls
            dial.log(WARNING, "readings of the knob were late %d times" % self._readings_lost)

    def _drain(self):
        """Wait, a second at most, until the link has taken what was written."""
        began = ticks_ms()
        while not self._link.ready() and ticks_diff(ticks_ms(), began) < 1000:
            time.sleep_ms(1)
        time.sleep_ms(20)

    def _open_radio(self, settings):
        """HELLO's bits for the radio, and both links if it is on."""
        try:
            # Imported only where they are needed: a board without a radio does not even have the files.
            import bluetooth

            from port import primitives
            from port.wireless import Wireless, radio_bits
        except ImportError:
            return 0, None
        bits = radio_bits(settings, primitives.make_cipher)
        if not bits & message.RADIO_ON:
            return bits, None
        try:
            return bits, Wireless(
                self._console,
                bluetooth.BLE(),
                bluetooth.UUID,
                unique_id=self.unique_id,
                settings=lambda: self._dial_settings,
                ticks_us=ticks_us,
            )
        except (OSError, MemoryError) as error:
            self.store.problem = "the radio cannot be switched on (%r)" % error
            return bits & ~message.RADIO_ON, None

    def _encoder(self, data, platform, options):
        """The encoder, or a broken knob if it cannot be opened: the dial must start, or nobody could choose another
        knob."""
        try:
            return self._open_encoder(data, platform, options)
        except Exception as error:  # noqa: BLE001  (whatever the port raises)
            from dial.direct import Direct

            self.store.problem = "the encoder cannot be read (%r)" % error
            return Direct(lambda: 0, ticks_us, lambda: True)

    def _open_encoder(self, data, platform, options):
        # Imported only where they are needed: a dial with a potentiometer has no memory to spare for them.
        from dial.wheel import Encoder, Wheel

        if platform == "rp2":
            from port.encoder_rp2 import open_counter
        else:
            from port.encoder_esp32 import open_counter
        counter, missed = open_counter(pin_of(data, "encoder_a"), pin_of(data, "encoder_b"))
        wheel = Wheel(options.counts_per_step, bool(options.switches & message.REVERSE))
        return Encoder(counter, ticks_us, wheel, missed)


def chosen_board():
    """The board that `tracedial flash --board` named because this one cannot tell by itself, or an empty string."""
    if CHOSEN not in os.listdir():
        return ""
    with open(CHOSEN) as file:
        return file.read().strip()


def rescued(button):
    """Whether to start the prompt instead: the button is held, or the last start asked for it."""
    if RESCUE in os.listdir():
        os.remove(RESCUE)
        return True
    return not button.value()


def open_board(_argv):
    """The board, or None if the prompt was asked for."""
    unique_id = machine.unique_id()
    store = SettingsStore(FileSlots(""))
    name = "dial-" + "".join("%02x" % byte for byte in unique_id[-2:])
    settings = store.load(Settings(name, ALLIANCE, Calibration(0, 65535)))
    board, data = find_board(sys.implementation._machine, chosen_board())
    button = Pin(pin_of(data, "button"), Pin.IN, Pin.PULL_UP)
    time.sleep_ms(1)
    if rescued(button):
        print("Tracedial: not started, the prompt is yours. Reset the board to start the dial.")  # noqa: T201
        return None
    return Board(board, data, button, unique_id, store, settings)
