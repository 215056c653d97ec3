from dial.calibrate import FINE
from dial.quadrature import DOWN, MISSED, STILL, TRANSITIONS, UP, Quadrature
from dial.wheel import Encoder, Wheel
from dialwire import message
from plain import FakeTicks

# The levels (A, B) of a knob turned up.
CYCLE = ((0, 0), (1, 0), (1, 1), (0, 1))


def test_every_transition_is_what_the_cycle_says():
    for at, (a, b) in enumerate(CYCLE):
        for steps, move in ((0, STILL), (1, UP), (-1, DOWN), (2, MISSED)):
            after_a, after_b = CYCLE[(at + steps) % 4]
            assert TRANSITIONS[((b << 1 | a) << 2) | (after_b << 1 | after_a)] == move


def test_a_turn_up_and_back_ends_where_it_began():
    decoder = Quadrature(0, 0)
    for n in range(1, 401):
        decoder.step(*CYCLE[n % 4])
    assert decoder.count == 400
    for n in range(399, -101, -1):
        decoder.step(*CYCLE[n % 4])
    assert (decoder.count, decoder.missed) == (-100, 0)


def test_bounce_adds_up_to_nothing():
    decoder = Quadrature(0, 0)
    for n in range(1, 200):
        before, after = CYCLE[(n - 1) % 4], CYCLE[n % 4]
        for _ in range(n % 6):
            decoder.step(*after)
            decoder.step(*before)
        decoder.step(*after)
    assert (decoder.count, decoder.missed) == (199, 0)


def test_a_missed_step_is_counted_and_not_guessed():
    decoder = Quadrature(0, 0)
    decoder.step(1, 1)
    assert (decoder.count, decoder.missed) == (0, 1)
    decoder.step(0, 1)
    assert decoder.count == 1


def test_the_ends_hold_the_rating_and_keep_the_angle():
    wheel = Wheel(4, False)
    wheel.home(1000, 50)
    assert wheel.position_64(1000, 101) == (50 * FINE, False)
    assert wheel.position_64(1004, 101) == (51 * FINE, False)
    assert wheel.position_64(1200, 101) == (100 * FINE, False)
    assert wheel.position_64(1300, 101) == (100 * FINE, True)
    # Turned back from far beyond the end, the rating begins to fall only where the printed mark says so.
    assert wheel.position_64(1204, 101)[0] == 100 * FINE
    assert wheel.position_64(1196, 101)[0] == 99 * FINE
    assert wheel.position_64(-1000000, 101) == (0, True)


def test_counts_in_a_step_and_direction():
    wheel = Wheel(2, True)
    wheel.home(-7, 10)
    assert wheel.position_64(-7 - 6, 101)[0] == 13 * FINE
    assert wheel.position_64(-7 + 1, 101)[0] == 10 * FINE - FINE // 2


def test_an_encoder_has_no_position_until_it_is_homed():
    counts = [5]
    encoder = Encoder(lambda: counts[0], FakeTicks(77), Wheel(4, False))

    class Settings:
        class scale:  # noqa: N801
            positions = 101

    encoder.follow(Settings)
    assert encoder.read(0, 0) and encoder.ticks == 77
    assert encoder.state == message.KNOB_UNHOMED and encoder.position is None
    assert encoder.raw == 32773
    assert encoder.home(50) is None
    assert encoder.state == message.KNOB_OK and encoder.position == (50 * FINE, False)
    counts[0] = -32769 - 10
    encoder.read(0, 0)
    assert 0 <= encoder.raw <= 65535 and encoder.position == (0, True)


def test_a_step_that_the_counter_missed_takes_the_position_away():
    counts, missed = [0], [0]
    encoder = Encoder(lambda: counts[0], FakeTicks(), Wheel(4, False), lambda: missed[0])
    encoder.home(50)
    encoder.read(0, 0)
    assert encoder.state == message.KNOB_OK
    missed[0] = 1
    encoder.read(0, 0)
    assert encoder.state == message.KNOB_UNHOMED
    encoder.home(50)
    encoder.read(0, 0)
    assert encoder.state == message.KNOB_OK
