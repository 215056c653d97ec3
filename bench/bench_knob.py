"""Knob: a potentiometer on a noisy converter through the dial's own filter, hysteresis and clock, simulated.

The noise is that of the RP2040's converter at its 8.7 effective bits: 2.8 of 4,096 steps, with a wild conversion in a
thousand. A day: the dial at 1 Hz and 50 readings a second, its 30-bit counter wrapping 80 times, its latch's counters
past their own wrap.
"""

import random
import sys
import tracemalloc
from array import array
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "firmware"))

import numpy as np

from dial.app import Dial, Identity
from dial.calibrate import Calibration, Settler
from dial.direct import Direct
from dial.knobs import Potentiometer
from dial.latch import Latch
from dial.settings import Settings
from dialwire import frame, message
from dialwire.scale import ALLIANCE
from dialwire.ticks import ticks_diff

NOISE_LSB = 2.8
WILD_SHARE = 1e-3
HOUR_READINGS = 3600 * 50
PLACES = 12
STEP_TRIALS = 200
LATCH_US = 1000
TOP = 1 << 30


def run() -> None:
    """Print changes of a still knob, the delay of a moved one, and what a day did to times and memory."""
    changes = sum(_still_hour(place) for place in range(PLACES))
    print(f"  still knob, {PLACES} hours in {PLACES} places between two ratings: {changes} rating changes   (limit 0)")
    delays = [_step_delay_ms(trial) for trial in range(STEP_TRIALS)]
    print(
        f"  knob moved by 1 unit, {STEP_TRIALS} times: seen after median {np.median(delays):.0f} ms, worst "
        f"{max(delays):.0f} ms   (limit 50)"
    )
    wrong, ticks, wraps, grown = _day()
    print(f"  24 h at 1 Hz: {ticks} ticks, {wraps} wraps of the counter, {wrong} wrong times   (limit 0)")
    print(f"  memory from the third hour to the last: {grown:+d} bytes   (limit 4096, what the measuring itself moves)")


def _still_hour(place: int) -> int:
    """Rating changes in an hour of a knob held at a place that is the worst to tell: between two ratings."""
    rng = np.random.default_rng(place)
    latch = Latch(lambda: 0, lambda: 0)
    settler = Settler(ALLIANCE)
    calibration = Calibration(400, 65100)
    # At an edge between two ratings, and from there on in eighths of a step.
    raw = 400 + (64700 * (20 + 5 * place)) // 100 + 323 + 81 * (place % 4)
    changes, before = 0, None
    for _ in range(HOUR_READINGS // 5000):
        noise = rng.normal(0.0, NOISE_LSB * 16, (5000, 16))
        noise[rng.random(noise.shape) < WILD_SHARE] += 20000
        values = (np.clip(np.round((raw + noise) / 16), 0, 4095) * 16).astype(np.uint16)
        for conversions in values:
            latch._raws = array("H", conversions.tobytes()) + array("H", bytes(2 * (512 - 16)))
            latch._filled = 16
            index = settler.settle(calibration.position_64(latch._middle(15), 101)[0])
            changes += before is not None and index != before
            before = index
    return changes


class _Bench:
    """A dial on a latched potentiometer, on simulated time."""

    def __init__(self, seed: int) -> None:
        self.us = 1000 + seed * 137
        self.rng = random.Random(seed)
        self.position = 0.20
        self.latch = Latch(lambda: self.us % TOP, self._read)
        knob = Potentiometer(self.latch, lambda: True)
        identity = Identity(boot=1, unique_id=b"b", board="bench", interpreter="bench", knob="potentiometer")
        settings = Settings("bench", ALLIANCE, Calibration(0, 65535))
        self.dial = Dial(ticks_us=lambda: self.us % TOP, identity=identity, settings=settings, knob=knob)

    def _read(self) -> int:
        return max(0, min(4095, round(self.position * 4095 + self.rng.gauss(0, NOISE_LSB)))) * 16

    def turn(self, ms: int) -> None:
        for _ in range(ms):
            self.us += LATCH_US
            self.latch.latch()
            self.dial.poll()


def _step_delay_ms(trial: int) -> float:
    bench = _Bench(trial)
    bench.turn(200 + trial % 20)
    before = bench.dial._settler.index
    bench.position += 0.01
    began_us = bench.us
    while bench.dial._settler.index == before:
        bench.turn(1)
    return (bench.us - began_us) / 1e3


def _day() -> tuple[int, int, int, int]:
    """A dial's day from tick to tick; what was sent is decoded and compared with the grid."""
    us = TOP - 5_000_000
    clock = [us]
    identity = Identity(boot=1, unique_id=b"b", board="bench", interpreter="bench", knob="none")
    knob = Direct(lambda: 30000, lambda: clock[0] % TOP)
    dial = Dial(
        ticks_us=lambda: clock[0] % TOP,
        identity=identity,
        settings=Settings("bench", ALLIANCE, Calibration(0, 65535)),
        knob=knob,
    )
    decoder = frame.Decoder()
    start = message.pack(message.START, start=1, tick0_us=us, period_ns=1_000_000_000, correction=0)
    dial.receive(frame.encode(start), clock[0] % TOP)
    wrong = ticks = 0
    first_bytes = None
    tracemalloc.start()
    for second in range(24 * 3600):
        clock[0] += max(ticks_diff(dial.sampler.due, clock[0] % TOP), 0)
        dial.poll()
        while (data := dial.outgoing()) is not None:
            for payload in decoder.feed(data):
                kind, fields = message.unpack(payload)
                if kind == message.SAMPLE:
                    wrong += fields["t_us"] != us + ticks * 1_000_000
                    ticks += 1
        if second == 7500:
            # Once the ring of two hours has been round.
            first_bytes = tracemalloc.get_traced_memory()[0]
    grown = tracemalloc.get_traced_memory()[0] - (first_bytes or 0)
    tracemalloc.stop()
    return wrong, ticks, clock[0] // TOP, grown
