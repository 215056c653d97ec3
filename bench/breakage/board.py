"""The board's parts under attack, simulated: knobs of every kind, noise, shorts, floods, a host that does not read."""

import numpy as np

from breakage import Figure
from dial.calibrate import FINE, Calibration, Settler
from dial.knobs import Potentiometer
from dial.latch import Edges, Latch
from dial.outlet import Outlet
from dial.settings import Settings
from dialwire.scale import ALLIANCE, Scale

TOP = 1 << 30
NOISE_STEPS = 20
COUNTS_PER_STEP_OF_THE_CONVERTER = 16
SAMPLES = 1998
PLACES = 8
QUEUE_BYTES = 256


def run() -> list[Figure]:
    """Each count beside its goal."""
    lost = sum(_lost_values(scale) for scale in _scales())
    changes = sum(_changes_half_way(place) for place in range(PLACES))
    missed = sum(not _short_is_flagged(stood, instant) for stood in range(6000, 60000, 6000) for instant in range(20))
    served = _served_of_a_flood()
    waits = _waits()
    return [
        Figure("values of 88 scales not given, turned slowly up and down", f"{lost}", "0", lost == 0),
        Figure(f"changes of a still, noisy knob in {PLACES} x {SAMPLES} samples", f"{changes}", "0", changes == 0),
        Figure("shorts of the wiper not flagged, of 180", f"{missed}", "0", missed == 0),
        Figure("interrupts of a 20-kHz flood served in 10 s", f"{served}", "at most 400", served <= 400),
        Figure("writes that waited for a host that does not read", f"{waits}", "0", waits == 0),
    ]


def _scales() -> list[Scale]:
    scales = []
    for positions in (2, 3, 7, 11, 21, 41, 101, 256):
        top = positions - 1
        for labelled in (
            (),
            (0,),
            (top,),
            (0, top),
            (0, top // 2, top),
            range(min(positions, 16)),
            (top // 2,),
            (0, 1),
        ):
            scales.append(Scale(0, top, 1, tuple((rating, "x") for rating in sorted(set(labelled)))))
        for counts in (1, 2, 3):
            scales.append(Scale(0, top * counts, counts))
    return scales


def _lost_values(scale: Scale) -> int:
    """For an encoder of one count in a step, and for a knob that gives every 64th of one."""
    lost = 0
    for stride in (FINE, 1):
        settler = Settler(scale)
        way = range(0, (scale.positions - 1) * FINE + 1, stride)
        lost += scale.positions - len({settler.settle(place) for place in way})
        lost += scale.positions - len({settler.settle(place) for place in reversed(way)})
    return lost


def _changes_half_way(place: int) -> int:
    """Changes of a dial at 50 Hz on a converter whose noise is 20 of its 4,096 steps, measured as `calibrate` does."""
    rng = np.random.default_rng(place)
    raw = 65535 * (20 + 7 * place) // 100 + 328
    us = 0

    def read() -> int:
        return int(np.clip(round(rng.normal(raw / 16, NOISE_STEPS)), 0, 4095)) * COUNTS_PER_STEP_OF_THE_CONVERTER

    latch = Latch(lambda: us % TOP, read)
    knob = Potentiometer(latch, lambda: True)
    knob.apart_us = 16000

    def readings(count: int) -> list[int]:
        nonlocal us
        positions = []
        for _ in range(count):
            for _ in range(20):
                us += 1000
                latch.latch()
            knob.read(us % TOP, us % TOP)
            found = knob.position
            assert found
            positions.append(found[0])
        return positions

    calibration = Calibration(0, 65535)
    raws = []
    for _ in range(75):
        readings(1)
        raws.append(knob.raw)
    knob.follow(Settings("bench", ALLIANCE, calibration, noise=int(np.ceil(np.std(raws)))))
    settler = Settler(ALLIANCE, knob.hysteresis_64)
    # It settles while nothing is recorded yet.
    for position in readings(50):
        settler.settle(position)
    indices = [settler.settle(position) for position in readings(SAMPLES)]
    return int(np.count_nonzero(np.diff(indices)))


def _short_is_flagged(stood: int, instant: int) -> bool:
    us, raw = 0, stood
    latch = Latch(lambda: us % TOP, lambda: raw)
    knob = Potentiometer(latch, lambda: True)
    for millisecond in range(200):
        us += 1000
        if millisecond == 100 + instant:
            raw = 0 if stood > 30000 else 65535
        latch.latch()
        if millisecond % 20 == 19:
            knob.read(us % TOP, us % TOP)
            knob.recheck()
    return knob.state != 0


def _served_of_a_flood() -> int:
    us, served, is_open = 0, 0, True

    def set_trigger(trigger: int) -> None:
        nonlocal is_open
        is_open = trigger != 0

    edges = Edges(lambda: us % TOP)
    edges.guard(set_trigger, 4)
    for edge in range(200_000):
        us += 50
        if is_open:
            served += 1
            edges.latch()
        if edge % 200 == 0:
            edges.look(us % TOP)
    return served


def _waits() -> int:
    """Writes of more than the queue of a USB port had room for."""
    queued = waits = 0

    def write(data: bytes) -> int:
        nonlocal queued, waits
        fits = min(len(data), QUEUE_BYTES - queued)
        waits += fits < len(data)
        queued += fits
        return fits

    outlet = Outlet(write, lambda: queued < QUEUE_BYTES, lambda: 0, 64)
    for length in range(3000):
        if outlet.ready():
            outlet.write(b"\x00" * (20 + length % 300))
    return waits
