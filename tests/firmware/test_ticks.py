from dialwire.ticks import BOARD_TOP, WideClock, ticks_add, ticks_diff

BOARD_PERIOD = BOARD_TOP + 1


def test_a_difference_across_the_wrap_is_short():
    assert ticks_diff(5, BOARD_PERIOD - 5) == 10
    assert ticks_diff(BOARD_PERIOD - 5, 5) == -10
    assert ticks_diff(7, 7) == 0


def test_adding_wraps_both_ways():
    assert ticks_add(BOARD_TOP, 1) == 0
    assert ticks_add(0, -1) == BOARD_TOP
    assert ticks_add(100, 23) == 123


def test_adding_undoes_the_difference_everywhere():
    half = BOARD_PERIOD // 2
    marks = (0, 1, 2, 12345, half - 1, half, half + 1, BOARD_PERIOD - 2, BOARD_TOP)
    for a in marks:
        for b in marks:
            assert ticks_add(b, ticks_diff(a, b)) == a


def test_wide_time_goes_on_through_eighty_wraps():
    clock = WideClock(BOARD_PERIOD - 7)
    true_us = BOARD_PERIOD - 7
    while true_us < 80 * BOARD_PERIOD:
        true_us += 400 * 1000000
        assert clock.us(true_us % BOARD_PERIOD) == true_us


def test_ticks_latched_a_little_earlier_stay_before():
    clock = WideClock(100)
    assert clock.us(2000) == 2000
    assert clock.us(1990) == 1990
    assert clock.us(2001) == 2001
