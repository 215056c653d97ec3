"""A board made of two sockets and a clock that can be set wrong: the dial without hardware.

Runs on the unix MicroPython and, where that has no build, on CPython. Wire and knob connect to the emulator on the same
machine (`port.emulated_line`); whatever turns the knob (a script, a key, a test) is outside the dial. This file and
`emulated_line` are the only ones of the firmware that use floats, because they simulate the world.
"""

import gc
import math
import os
import sys

from dial.calibrate import Calibration
from dial.direct import Direct
from dial.settings import Options, Settings, SettingsStore
from dial.wheel import Encoder, Wheel
from dialwire import message
from dialwire.scale import ALLIANCE, Scale
from dialwire.ticks import BOARD_TOP, ticks_diff
from port import primitives
from port.emulated_bluetooth import BLE, UUID
from port.emulated_line import connect, machine_us
from port.slots import FileSlots
from port.wireless import Wireless, radio_bits

# Memory is collected while there is nothing to do: left to itself, MicroPython collects when its memory is full, for
# several milliseconds, even if a tick is due.
COLLECT_EVERY_US = 200000
COLLECT_IDLE_US = 3000
STALL_US = 200000000

RAW_TOP = 65535
RESTART_CODE = 75
"""How this program ends when the dial was told to restart: the emulator boots it again."""


class KnobScript:
    """Knob positions over time: rows of (time, rating), a straight line between two rows, a step where times repeat.

    Before the first row the first rating holds, and after the last row the last.
    """

    def __init__(self, rows):
        self._times_us = [int(row[0] * 1000000) for row in rows]
        self._ratings = [float(row[1]) for row in rows]
        self._at = 0

    def rating(self, time_us):
        """The rating at `time_us` of the script."""
        times = self._times_us
        at = self._at
        if at >= len(times) or times[at] > time_us:
            at = 0
        while at < len(times) and times[at] <= time_us:
            at += 1
        self._at = max(at - 1, 0)
        if at == 0:
            return self._ratings[0]
        if at == len(times):
            return self._ratings[-1]
        share = (time_us - times[at - 1]) / (times[at] - times[at - 1])
        return self._ratings[at - 1] + share * (self._ratings[at] - self._ratings[at - 1])


def urandom16():
    """Two random bytes as a number."""
    low, high = os.urandom(2)
    return low | high << 8


class World:
    """What the emulated wiper reads: set to a rating, or moved by a script. Its wire can be cut."""

    def __init__(self, scale, script, true_us=machine_us):
        self.script = script
        self._true_us = true_us
        self.script_started = False
        self.cut = False
        self.scale = scale
        self.calibration = Calibration(0, RAW_TOP)
        self._raw = RAW_TOP // 2
        self._script_us = 0
        self._began_us = 0
        self._speed = 0.0

    def raw(self):
        """The converter's reading, 0 .. 65535, the ends of the scale at the ends of the travel."""
        if self.cut:
            # A floating wire reads anything.
            return urandom16()
        if self._speed:
            true_us = self._true_us()
            if true_us >= self._began_us:
                self.turn(self.script.rating(self._script_us + int((true_us - self._began_us) * self._speed)))
        return self._raw

    def count(self, counts_per_step):
        """The count of an encoder in place of the wiper: 0 at the knob's half-way position at the start. Neighbouring
        values of the scale are a whole number of steps apart."""
        counts = (self.scale.positions - 1) * counts_per_step
        return self._counted(self.raw(), counts) - self._counted(RAW_TOP // 2, counts)

    def _counted(self, raw, counts):
        return (raw * counts + RAW_TOP // 2) // RAW_TOP

    def turn(self, rating):
        """Put the knob on `rating` (between two positions, if it is not a whole number)."""
        share = (rating - self.scale.low) / (self.scale.high - self.scale.low)
        low, high = self.calibration.raw_low, self.calibration.raw_high
        self.turn_raw(int(low + share * (high - low) + 0.5))

    def turn_raw(self, raw):
        """Put the wiper where the converter reads `raw`."""
        self._raw = min(max(raw, 0), RAW_TOP)

    def play(self, script_us, speed, delay_us):
        """Go to the script's position at `script_us`; after `delay_us` follow it at `speed` script seconds per
        second."""
        self.script_started = True
        self.turn(self.script.rating(script_us))
        self._script_us = script_us
        self._began_us = self._true_us() + delay_us
        self._speed = speed

    def hold(self):
        """Stay where the knob is."""
        self.raw()
        self._speed = 0.0


class Board:
    """The emulated board. `settings`: as read by `connect`; `line`: the line that they came from."""

    board = "emulated"
    knob_kind = "emulated"
    max_rate_hz = 200
    pins = message.HAS_SYNC_IN | message.HAS_SYNC_OUT | message.HAS_BUTTON

    def __init__(self, settings, line):
        self.unique_id = bytes([int(settings["id"][i : i + 2], 16) for i in range(0, len(settings["id"]), 2)])
        low, high, step, detents = settings["scale"] or (ALLIANCE.low, ALLIANCE.high, ALLIANCE.step, ALLIANCE.detents)
        defaults = Settings(settings["name"], Scale(low, high, step, detents), Calibration(0, RAW_TOP), Options())
        folder = settings["keep"]
        self.store = SettingsStore(FileSlots(folder) if folder else Forgetful())
        self.settings = self.store.load(defaults)
        rows = settings["script"]
        self.world = World(self.settings.scale, KnobScript(rows) if rows else None, line.true_us)
        options = self.settings.options
        if options.knob == message.ENCODER:
            wheel = Wheel(options.counts_per_step, bool(options.switches & message.REVERSE))
            self.knob = Encoder(lambda: self.world.count(options.counts_per_step), self.ticks_us, wheel)
        else:
            self.world.calibration = self.settings.calibration
            self.knob = Direct(self.world.raw, self.ticks_us, lambda: self.world.cut)
        self._offset_us = int(settings["clock_offset_us"])
        self._drift_ppb = int(settings["drift_ppm"] * 1000)
        self._wander_us = settings["wander_us"]
        self._wander_period_us = settings["wander_period_s"] * 1e6
        self._line = line
        self._began_us = line.true_us()
        self._collected_us = self._seen_us = self._began_us
        self._happened = []
        self._told_rest = b""
        self._boot = settings["boot"]
        self.radio, self._ble, self._wireless = 0, None, None
        if settings["radio"]:
            self._open_radio()
        self._link = self._wireless or line

    @property
    def interpreter(self):
        """The interpreter that runs this firmware, as HELLO reports it."""
        name = sys.implementation.name
        version = sys.implementation.version
        return "%s %d.%d.%d" % (name, version[0], version[1], version[2])

    def random_u32(self):
        """A number of 32 bits that is not 0, for the boot id: random, or the given one in a simulation."""
        if self._boot:
            return self._boot
        a, b, c, d = os.urandom(4)
        return (a | b << 8 | c << 16 | d << 24) or 1

    def ticks_us(self):
        """The board's own clock: true time through offset, drift and wander, wrapped as on a real board."""
        true_us = self._line.true_us()
        if true_us - self._seen_us > STALL_US:
            # This program was stopped (Ctrl-Z); on a board, the clock would have stopped with its program.
            self._began_us += true_us - self._seen_us
        self._seen_us = true_us
        true_us -= self._began_us
        us = self._offset_us + true_us + true_us * self._drift_ppb // 1000000000
        if self._wander_us:
            us += int(self._wander_us * math.sin(2 * math.pi * true_us / self._wander_period_us))
        return us % (BOARD_TOP + 1)

    def raise_pulse(self):
        """The sync output, which is not connected."""

    def free_bytes(self):
        """Bytes of memory left to the interpreter; 0 where it does not say."""
        return gc.mem_free() if hasattr(gc, "mem_free") else 0

    def start(self):
        """Carry out the commands that came with the settings."""
        self._obey(self._line.told())

    def ready(self):
        """Whether the link takes another frame; the cable always does."""
        return self._link.ready()

    def read(self):
        """The bytes that have come in, possibly none. The emulator closing the line ends the program."""
        self._line.look()
        self._obey(self._line.told())
        return self._link.read()

    def came(self, ticks):
        """When the bytes just read arrived; `ticks` is when the loop looked for them."""
        return self._wireless.came(ticks) if self._wireless else ticks

    def held(self):
        """The link of the host that has the dial, None if there is only the cable."""
        return self._wireless.held if self._wireless else None

    def write(self, data):
        """Send bytes to the host."""
        self._link.write(data)

    def wait(self, wait_us):
        """Sleep until bytes come in or `wait_us` have passed."""
        idle = wait_us >= COLLECT_IDLE_US and hasattr(gc, "mem_free")
        if idle and self._line.true_us() - self._collected_us > COLLECT_EVERY_US:
            gc.collect()
            self._collected_us = self._line.true_us()
        else:
            self._line.wait(wait_us)

    def serve(self, dial):
        """Pass on outside events. A script that nobody starts begins by itself with the first tick."""
        self.world.scale = dial.scale
        self._dial_settings = dial.settings
        if not self.knob.incremental:
            self.world.calibration = dial.settings.calibration
        sampler = dial.sampler
        if self.world.script and not self.world.script_started and sampler.running:
            self.world.play(0, 1.0, max(ticks_diff(sampler.due, self.ticks_us()), 0))
        while self._happened:
            what = self._happened.pop(0)
            now = self.ticks_us()
            if what == "press":
                dial.press(now)
            elif what == "home":
                dial.hold(now)
            else:
                dial.edge(now)

    def restart(self, into):
        """End with the code that makes the emulator boot again; there is no prompt or bootloader to restart into."""
        raise SystemExit(RESTART_CODE)

    def crashed(self, dial, error):
        """Send the traceback as a board would, then end."""
        for frame in dial.last_words(repr(error)):
            self._line.write(frame)
        raise error

    def _open_radio(self):
        self._dial_settings = self.settings
        self.radio = radio_bits(self.settings, primitives.make_cipher)
        if self.radio & message.RADIO_ON:
            self._ble = BLE(self._line.say)
            self._wireless = Wireless(
                self._line,
                self._ble,
                UUID,
                unique_id=self.unique_id,
                settings=lambda: self._dial_settings,
                ticks_us=self.ticks_us,
            )

    def _obey(self, data):
        if not data:
            return
        lines = (self._told_rest + data).split(b"\n")
        self._told_rest = lines[-1]
        for line in lines[:-1]:
            words = line.decode().split()
            if words[0] == "rating":
                self.world.hold()
                self.world.turn(float(words[1]))
            elif words[0] == "raw":
                self.world.hold()
                self.world.turn_raw(int(words[1]))
            elif words[0] == "play":
                self.world.play(int(float(words[1]) * 1e6), float(words[2]), int(float(words[3]) * 1e6))
            elif words[0] == "hold":
                self.world.hold()
            elif words[0] == "wire":
                self.world.cut = words[1] == "cut"
            elif words[0] == "radio":
                if self._ble:
                    self._ble.hear(words[1:])
            elif words[0] in ("press", "home", "edge"):
                self._happened.append(words[0])


class Forgetful:
    """Slots that hold settings until the board is switched off."""

    def __init__(self):
        self._slots = [b"", b""]

    def read(self, number):
        """What the slot holds."""
        return self._slots[number]

    def write(self, number, data):
        """Put data into the slot."""
        self._slots[number] = data


def open_board(argv):
    """The board that the emulator describes."""
    settings, line = connect(argv)
    return Board(settings, line)
