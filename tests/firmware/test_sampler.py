from dial.sampler import MAX_AHEAD_US, Sampler
from dialwire.errors import WireError
from dialwire.ticks import BOARD_TOP, WideClock, ticks_add, ticks_diff
from plain import FakeTicks, raises

SECOND_NS = 1000000000

BOARD_PERIOD = BOARD_TOP + 1


def ticks_of(sampler, clock, count, late_us=0):
    """The next `count` due ticks as microseconds since boot, each served `late_us` late."""
    wide = WideClock(clock())
    base = clock.us - clock()
    due = []
    for _ in range(count):
        clock.us += max(ticks_diff(sampler.due, clock()), 0)
        due.append(base + wide.us(clock()))
        clock.us += late_us
        sampler.tick_done(clock())
    return due


def make(us=0):
    clock = FakeTicks(us)
    return Sampler(clock()), clock


def test_ticks_fall_on_the_grid_without_drift():
    sampler, clock = make()
    # A dial that is 37.3 ppm fast: a host's second is 1,000,037.3 us of its own.
    assert sampler.start(clock(), 0, 500000, 1000037300) == 500000
    due = ticks_of(sampler, clock, 5000, late_us=700)
    for k in (0, 1, 10, 100, 4999):
        assert abs(due[k] * 1000 - (500000 * 1000 + k * 1000037300)) <= 1000


def test_a_start_in_the_past_begins_with_the_next_tick_of_its_grid():
    sampler, clock = make(10300000)
    assert sampler.start(clock(), 10300000, 2000000, SECOND_NS) == 11000000


def test_a_small_correction_neither_repeats_nor_skips_a_tick():
    for shift_us in (-400, 400):
        sampler, clock = make()
        sampler.start(clock(), 0, 1000000, SECOND_NS)
        ticks_of(sampler, clock, 3)
        # The third tick was at 3 s; the grid moves just after that tick, far from any, just before the next.
        for clock.us in (3000000, 3400000, 3999900):
            assert sampler.start(clock(), clock.us, 1000000 + shift_us, SECOND_NS, 1) == 4000000 + shift_us


def test_a_tick_that_a_correction_moves_into_the_past_is_served_at_once():
    sampler, clock = make()
    sampler.start(clock(), 0, 1000000, SECOND_NS)
    ticks_of(sampler, clock, 1)
    clock.us = 1999900
    assert sampler.start(clock(), clock.us, 5000000 - 300, SECOND_NS, 1) == 1999700
    assert sampler.tick_due(clock())
    assert sampler.tick_done(clock()) == 200
    assert sampler.due == 2999700


def test_a_new_start_ticks_from_its_tick_0_however_near_the_last():
    sampler, clock = make()
    sampler.start(clock(), 0, 1000000, SECOND_NS)
    ticks_of(sampler, clock, 2)
    clock.us = 2010000
    assert sampler.start(clock(), clock.us, 2060000, SECOND_NS) == 2060000


def test_ticks_that_went_by_are_counted():
    sampler, clock = make()
    sampler.start(clock(), 0, 1000000, SECOND_NS)
    clock.us = 1000000
    sampler.tick_done(clock())
    clock.us = 5200000
    assert sampler.tick_due(clock())
    assert sampler.tick_done(clock()) == 3200000
    assert sampler.missed_ticks == 3
    assert sampler.due == 6000000


def test_a_tick_too_far_ahead_is_refused():
    sampler, clock = make()
    raises(WireError, sampler.start, clock(), 0, MAX_AHEAD_US + 1, SECOND_NS)
    assert not sampler.running


def test_ticks_pass_the_wrap_of_the_counter():
    sampler, clock = make(BOARD_PERIOD - 2500000)
    start_us = clock.us
    sampler.start(clock(), start_us, start_us + 250000, SECOND_NS)
    due = ticks_of(sampler, clock, 6)
    assert due == [start_us + 250000 + k * 1000000 for k in range(6)]
    assert clock() < 4000000


def test_readings_come_fifty_times_a_second_and_the_last_is_the_ticks():
    sampler, clock = make()
    sampler.start(clock(), 0, 1000000, SECOND_NS)
    readings = 0
    while clock.us < 2000000:
        clock.us += sampler.wait_us(clock())
        tick = sampler.tick_due(clock())
        assert sampler.reading_due(clock())
        readings += clock.us > 1000000
        if tick:
            sampler.tick_done(clock())
        else:
            sampler.reading_done(clock())
    assert readings == 50


def test_at_two_hundred_a_second_every_reading_is_a_tick():
    sampler, clock = make()
    sampler.start(clock(), 0, 5000, 5000000)
    for _ in range(400):
        clock.us += sampler.wait_us(clock())
        if clock.us >= 5000:
            assert sampler.tick_due(clock())
            sampler.tick_done(clock())
        else:
            sampler.reading_done(clock())
    assert sampler.missed_ticks == 0


def test_stopping_stops_the_ticks_but_not_the_readings():
    sampler, clock = make()
    sampler.start(clock(), 0, 1000000, SECOND_NS)
    sampler.stop(clock())
    clock.us = ticks_add(0, 5000000)
    assert not sampler.tick_due(clock())
    assert sampler.reading_due(clock())
