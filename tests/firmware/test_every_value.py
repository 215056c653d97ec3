"""Every value of every scale: a slow turn up or down reaches it, and a knob that rests on it gives it."""

from dial.calibrate import FINE, Calibration, Settler
from dial.direct import Direct
from dial.knobs import Potentiometer
from dial.settings import Settings
from dial.wheel import Encoder, Wheel
from dialwire.message import MAX_COUNTS_PER_STEP
from dialwire.scale import ALLIANCE, Scale

SIZES = (2, 3, 4, 7, 11, 21, 41, 101, 128, 201, 256)
STEPS = (1, 3, 10)


class Dice:
    """The same numbers on both interpreters, each time."""

    def __init__(self):
        self.state = 1

    def below(self, top):
        self.state = (self.state * 75 + 74) % 65537
        return self.state % top


def labelled(size, step, indices):
    low = -step * (size // 2)
    return Scale(low, low + step * (size - 1), step, tuple((low + step * index, "x") for index in sorted(set(indices))))


def scales():
    """Scales of all sizes and steps, with no labels, labels at the ends, side by side, many, and anywhere."""
    dice = Dice()
    for size in SIZES:
        top = size - 1
        for indices in (
            (),
            (0, top),
            (0, top // 2, top),
            (top // 2, (top + 1) // 2),
            range(min(size, 16)),
            range(max(0, size - 16), size),
            range(0, size, -(-size // 16)),
            [dice.below(size) for _ in range(8)],
        ):
            yield labelled(size, STEPS[dice.below(3)], indices)


def check(scale, settler, slowly, resting):
    """`slowly` are the fine positions from one end to the other, `resting` one for each value."""
    slowly = list(slowly)
    settler.settle(slowly[0])
    for way in (slowly, slowly[::-1], slowly):
        seen = [settler.settle(position) for position in way]
        assert set(seen) == set(range(scale.positions)), scale
        # One after the other, none of them twice.
        assert sorted(seen) == seen or sorted(seen) == seen[::-1]
    dice = Dice()
    for n in range(4 * scale.positions):
        index = n if n < scale.positions else dice.below(scale.positions)
        assert settler.settle(resting[index]) == index, (scale, index)


def potentiometer(scale, low, high):
    knob = Direct(lambda: 0, None)
    knob.follow(Settings("t", scale, Calibration(low, high)))

    def position(raw):
        knob.raw = raw
        return knob.position[0]

    return knob, position


def test_of_a_potentiometer_with_any_ends():
    for scale in scales():
        top = scale.positions - 1
        for low, high in ((0, 65535), (65535, 0), (400, 65100), (30000, 31024), (9000, 4000), (50000, 58192)):
            knob, position = potentiometer(scale, low, high)
            way = 1 if high > low else -1
            count = abs(high - low)
            slowly = [position(low + way * at) for at in range(0, count, max(1, count // (top * 5)))]
            slowly.append(position(high))
            resting = [position(low + (2 * (high - low) * index + top) // (2 * top)) for index in range(top + 1)]
            check(scale, Settler(scale, knob.hysteresis_64), slowly, resting)


def converter(raw):
    """What a 12-bit converter makes of a wiper at `raw`."""
    step = raw >> 4
    return step << 4 | step >> 8


def test_of_a_converter_that_tells_few_steps_apart():
    for scale in scales():
        top = scale.positions - 1
        for narrow in (2, 3, 5):
            span = max(1024, narrow * 17 * top)
            low = (65535 - span) // 2
            if span > 65000:
                continue
            knob, position = potentiometer(scale, converter(low), converter(low + span))
            slowly = [position(converter(low + at)) for at in range(0, span + 1, 16)]
            slowly.append(position(converter(low + span)))
            # The wiper on a value reads up to a whole step of the converter beside it.
            resting = [position(converter(low + (2 * span * index + top) // (2 * top))) for index in range(top + 1)]
            check(scale, Settler(scale, knob.hysteresis_64), slowly, resting)


def test_of_an_encoder_with_any_counts_in_a_step():
    for scale in scales():
        top = scale.positions - 1
        for counts in (1, 2, 3, 4, 5, 24, 63, 64, 65, 100, MAX_COUNTS_PER_STEP):
            for reverse in (False, True):
                home = top // 2
                wheel = Wheel(counts, reverse)
                knob = Encoder(lambda: 0, None, wheel)
                wheel.home(7, home)

                def position(steps, wheel=wheel, reverse=reverse, top=top):
                    return wheel.position_64(7 - steps if reverse else 7 + steps, top + 1)[0]

                stride = max(1, counts // 3)
                slowly = [position(count) for count in range(-home * counts, (top - home) * counts, stride)]
                slowly.append(position((top - home) * counts))
                resting = [position((index - home) * counts) for index in range(top + 1)]
                check(scale, Settler(scale, knob.hysteresis_64), slowly, resting)


def test_of_readings_a_whole_step_apart_wherever_they_lie():
    for offset in range(FINE):
        settler = Settler(ALLIANCE)
        way = [0] + [offset + FINE * n for n in range(100)] + [100 * FINE]
        assert {settler.settle(position) for position in way} == set(range(101)), offset
        assert {settler.settle(position) for position in way[::-1]} == set(range(101)), offset


def test_next_to_a_label_as_anywhere():
    # The cases that were lost: 1 gave 0 and 49 gave 50; 1, 4, 6 and 9 of ten were never given.
    settler = Settler(ALLIANCE)
    for rating in (0, 1, 0, -1, 0, 49, 50, 49, -49, -50, -49):
        assert settler.settle((rating + 50) * FINE) == rating + 50
    ten = Scale(0, 10, 1, ((0, "none"), (5, "some"), (10, "all")))
    settler = Settler(ten)
    assert [settler.settle(index * FINE) for index in range(11)] == list(range(11))


def test_a_knob_at_rest_stays_calm_wherever_it_rests():
    for scale in scales():
        settler = Settler(scale)
        for place in range(0, (scale.positions - 1) * FINE, 11):
            index = settler.settle(place)
            changes = 0
            around = [place + (n * 37 % 31) - 15 for n in range(60)]
            top = (scale.positions - 1) * FINE
            for position in around:
                before, index = index, settler.settle(max(0, min(top, position)))
                changes += index != before
            assert changes <= 1, (scale, place)


def test_the_converter_of_a_dial_with_a_narrow_travel_is_the_one_that_it_reckons_with():
    for ends, most in (((0, 65535), 16), ((30000, 31024), 0)):
        for knob in (Direct(lambda: 0, None), Potentiometer(None, lambda: True)):
            knob.follow(Settings("t", ALLIANCE, Calibration(*ends)))
            assert knob.hysteresis_64 == most
