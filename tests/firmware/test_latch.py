from dial.knobs import Potentiometer
from dial.latch import READINGS, WINDOW, Edges, Latch
from dialwire import message
from dialwire.ticks import BOARD_TOP
from plain import FakeTicks

PERIOD_US = 1000


class Wiper:
    def __init__(self):
        self.raw = 1000

    def __call__(self):
        return self.raw


def latched(us=0):
    clock = FakeTicks(us)
    wiper = Wiper()
    return clock, wiper, Latch(clock, wiper)


def run(clock, latch, count):
    for _ in range(count):
        clock.us += PERIOD_US
        latch.latch()


def test_the_reading_is_that_of_the_instant_asked_for_however_late_the_loop_comes():
    clock, wiper, latch = latched()
    run(clock, latch, 50)
    due = clock() + 500
    wiper.raw = 2000
    run(clock, latch, 300)
    wiper.raw = 9000
    run(clock, latch, 60)
    assert latch.take(due, clock(), 0)
    assert latch.ticks - due == 500
    assert latch.raw < 2000
    assert latch.take(due + 100000, clock(), 0)
    assert latch.raw == 2000 and latch.lost == 0


def test_the_nearest_reading_may_come_a_little_early():
    clock, _, latch = latched()
    run(clock, latch, 20)
    assert latch.take(10400, clock(), 500) and latch.ticks == 10000
    assert latch.take(10600, clock(), 500) and latch.ticks == 11000


def test_there_is_no_reading_before_its_time():
    clock, _, latch = latched()
    run(clock, latch, 5)
    assert not latch.take(clock() + 2000, clock(), 500)
    run(clock, latch, 2)
    assert latch.take(7000, clock(), 500)


def test_readings_wrap_with_the_counter():
    clock, _, latch = latched(BOARD_TOP - 5 * PERIOD_US)
    run(clock, latch, 12)
    assert latch.take(3000, clock(), 0)
    assert latch.ticks == 3999


def test_a_loop_that_sleeps_too_long_is_counted_and_goes_on():
    clock, _, latch = latched()
    run(clock, latch, 3 * READINGS)
    assert latch.take(1000, clock(), 0)
    assert latch.lost == 1
    assert latch.ticks > 1000 and clock() - latch.ticks < READINGS * PERIOD_US


def test_spikes_and_noise_have_no_say():
    clock, wiper, latch = latched()
    for n in range(100):
        clock.us += PERIOD_US
        # Noise about 5000, and every seventh conversion wild.
        wiper.raw = 5000 + (n * 37 % 21 - 10) if n % 7 else 60000
        latch.latch()
    assert latch.take(clock(), clock(), 0)
    assert abs(latch.raw - 5000) <= 10


def test_an_interrupt_that_stopped_coming_does_not_silence_the_dial():
    clock, wiper, latch = latched()
    run(clock, latch, 5)
    clock.us += 100000
    wiper.raw = 3000
    due = clock() - 50000
    assert not latch.take(due, clock(), 0)
    assert latch.stalls == 1
    assert latch.take(due, clock(), 0)


def test_an_interrupt_that_comes_while_the_loop_stands_in_for_it_writes_nothing():
    clock, wiper, latch = latched()
    run(clock, latch, 5)
    written = latch._written

    def interrupted():
        # The interrupt, in the middle of the loop's own reading.
        latch.read = wiper
        wiper.raw = 7000
        latch.latch()
        wiper.raw = 3000
        return wiper.raw

    latch.read = interrupted
    clock.us += 100000
    due = clock() - 50000
    assert not latch.take(due, clock(), 0)
    assert (latch._written - written, latch.stalls, latch.paused) == (1, 1, False)
    assert latch._raws[written] == 3000
    # From then on it writes again.
    run(clock, latch, 1)
    assert latch._written - written == 2


def test_a_loop_that_uses_the_converter_itself_is_not_written_for():
    clock, _, latch = latched()
    run(clock, latch, 5)
    latch.paused = True
    clock.us += 100000
    assert not latch.take(clock() - 50000, clock(), 0)
    assert latch._written == 5 and latch.paused


def test_counts_beyond_a_small_int_are_masked():
    clock, _, latch = latched()
    latch._written = latch._at = 0x0FFFFFFF - 20
    run(clock, latch, 60)
    assert latch.take(50000, clock(), 0) and latch.ticks == 50000
    assert latch._written < 1 << 28
    assert WINDOW < READINGS


def test_edges_are_kept_in_order_and_a_flood_is_counted():
    clock = FakeTicks(BOARD_TOP)
    edges = Edges(clock)
    assert not edges.waiting()
    for _ in range(20):
        edges.latch()
        clock.us += 10
    assert edges.lost == 4
    assert [edges.take() for _ in range(16)] == [(BOARD_TOP + 10 * n) % (1 << 30) for n in range(16)]
    assert not edges.waiting()
    edges.latch()
    assert edges.waiting()


def test_a_wire_that_is_mended_between_a_reading_and_its_check_makes_no_rating_of_it():
    for mended_after_ms in range(0, 60, 3):
        clock, wiper, latch = latched()
        wire = [True]
        knob = Potentiometer(latch, lambda wire=wire: wire[0])
        wiper.raw = 40000
        run(clock, latch, 40)
        assert knob.read(clock(), clock())
        knob.recheck()
        assert knob.state == message.KNOB_OK
        wire[0], wiper.raw = False, 55555
        run(clock, latch, 40)
        assert knob.read(clock(), clock())
        knob.recheck()
        assert knob.state == message.KNOB_FAULT
        run(clock, latch, mended_after_ms)
        for _ in range(6):
            # Read while the wire is in the air, mended before it is looked at.
            run(clock, latch, 10)
            assert knob.read(clock(), clock())
            wire[0], wiper.raw = True, 40000
            knob.recheck()
            assert knob.state == message.KNOB_FAULT or knob.raw == 40000
        assert knob.state == message.KNOB_OK


def test_the_reading_is_the_mean_of_the_middle_half_wherever_it_lies_in_the_ring():
    clock, wiper, latch = latched()
    values = []
    for n in range(3 * READINGS):
        wiper.raw = n * 7919 % 65536
        run(clock, latch, 1)
        values = (values + [wiper.raw])[-WINDOW:]
        if n >= WINDOW:
            assert latch.take(clock(), clock(), 0)
            middle = sorted(values)[WINDOW // 4 : -(WINDOW // 4)]
            assert latch.raw == (sum(middle) + len(middle) // 2) // len(middle)
