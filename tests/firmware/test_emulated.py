"""The world of the emulated board: the knob can be turned to every value."""

from dial.calibrate import Calibration, Settler
from dial.direct import Direct
from dial.settings import Settings
from dial.wheel import Encoder, Wheel
from port.emulated import KnobScript, World
from test_every_value import scales


def ratings(scale):
    up = list(range(scale.low, scale.high + 1, scale.step))
    return up + up[::-1] + up[::7]


def given(scale, knob, world):
    settler = Settler(scale, knob.hysteresis_64)
    for rating in ratings(scale):
        world.turn(rating)
        knob.read(0, 0)
        yield scale.rating_at(settler.settle(knob.position[0]))


def test_a_potentiometer_gives_every_value_with_any_calibration():
    for scale in scales():
        for ends in ((0, 65535), (60000, 1000), (30000, 31024)):
            world = World(scale, None)
            world.calibration = Calibration(*ends)
            knob = Direct(world.raw, lambda: 0)
            knob.follow(Settings("t", scale, world.calibration))
            assert list(given(scale, knob, world)) == ratings(scale), (scale, ends)


def test_an_encoder_gives_every_value_with_any_counts_in_a_step():
    for scale in scales():
        for counts in (1, 2, 3, 4, 24, 1000):
            world = World(scale, None)
            wheel = Wheel(counts, False)
            knob = Encoder(lambda world=world, counts=counts: world.count(counts), lambda: 0, wheel)
            knob.follow(Settings("t", scale, Calibration(0, 65535)))
            home = scale.positions // 3
            world.turn(scale.rating_at(home))
            knob.home(home)
            assert list(given(scale, knob, world)) == ratings(scale), (scale, counts)


def test_a_knob_script_gives_every_value():
    for scale in scales():
        up = list(range(scale.low, scale.high + 1, scale.step))
        script = KnobScript([(second, rating) for second, rating in enumerate(up)])
        world = World(scale, script)
        knob = Direct(world.raw, lambda: 0)
        knob.follow(Settings("t", scale, world.calibration))
        settler = Settler(scale, knob.hysteresis_64)
        seen = []
        for second in range(len(up)):
            world.turn(script.rating(second * 1000000))
            knob.read(0, 0)
            seen.append(scale.rating_at(settler.settle(knob.position[0])))
        assert seen == up, scale
