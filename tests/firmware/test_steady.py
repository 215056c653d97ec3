"""A noisy knob: no change while it rests and no value lost, for any noise that `tracedial calibrate` may measure."""

from dial.calibrate import Calibration, Settler
from dial.direct import Direct
from dial.settings import Settings
from dialwire import message
from dialwire.scale import ALLIANCE, Scale
from test_every_value import Dice

READING_US = 20000
CONVERSIONS = 16
STEP = 65535 // 100


class Noise:
    """Nearly Gaussian, the same on both interpreters: the sum of twelve dice."""

    def __init__(self, sigma):
        self.dice = Dice()
        self.sigma = sigma

    def __call__(self):
        return sum([self.dice.below(2001) - 1000 for _ in range(12)]) * self.sigma // 2000


class NoisyKnob:
    def __init__(self, sigma, scale=ALLIANCE, apart_us=READING_US, every_us=READING_US):
        self.noise = Noise(sigma)
        self.ticks = 0
        self.at = 0
        self.every_us = every_us
        self.knob = Direct(self.read, lambda: self.ticks)
        self.knob.apart_us = apart_us
        self.knob.follow(Settings("t", scale, Calibration(0, 65535), noise=sigma))
        self.settler = Settler(scale, self.knob.hysteresis_64)

    def read(self):
        return max(0, min(65535, self.at + self.noise()))

    def rating(self):
        self.ticks = (self.ticks + self.every_us) & ((1 << 30) - 1)
        self.knob.read(self.ticks, self.ticks)
        return self.settler.settle(self.knob.position[0])


def changes(knob, readings):
    seen = [knob.rating() for _ in range(readings)]
    return sum([seen[n] != seen[n - 1] for n in range(1, len(seen))])


def test_half_way_between_two_ratings_a_still_knob_does_not_change():
    # 20 steps of a 12-bit converter are 320 raw counts, and 90 once 16 conversions are one reading.
    for sigma in (20, 60, 90, 131):
        for place in range(5):
            knob = NoisyKnob(sigma)
            knob.at = STEP * (20 + 13 * place) + STEP // 2
            assert changes(knob, 4000) <= 1, (sigma, place)
            knob.knob.follow(Settings("t", ALLIANCE, Calibration(0, 65535)))
            knob.settler = Settler(ALLIANCE, knob.knob.hysteresis_64)
            if sigma >= 90:
                # What it was without the measured noise.
                assert changes(knob, 4000) > 50


def test_readings_that_share_conversions_are_one():
    class Overlapping(NoisyKnob):
        def __init__(self):
            super().__init__(100, apart_us=16000, every_us=4000)
            self.last = [0] * 4

        def read(self):
            self.last = self.last[1:] + [2 * self.noise()]
            return self.at + sum(self.last) // 4

    knob = Overlapping()
    knob.at = STEP * 30 + STEP // 2
    assert changes(knob, 10000) <= 1


def test_a_moved_knob_is_followed_within_three_readings_of_a_step():
    for sigma in (30, 90, 131):
        late = []
        for trial in range(40):
            knob = NoisyKnob(sigma)
            knob.at = STEP * (10 + trial)
            for _ in range(20):
                knob.rating()
            knob.at += 3 * STEP
            readings = 1
            while knob.rating() != 13 + trial:
                readings += 1
                assert readings < 40
            late.append(readings)
        assert sorted(late)[len(late) // 2] <= 3, (sigma, late)


def test_every_value_is_given_by_a_noisy_knob_too():
    for sigma in (0, 30, 90, 131):
        knob = NoisyKnob(sigma)
        for ratings in (range(101), range(100, -1, -1)):
            for index in ratings:
                knob.at = 65535 * index // 100
                for _ in range(29):
                    knob.rating()
                assert knob.rating() == index, (sigma, index)


def test_a_quiet_knob_is_not_steadied_and_the_hysteresis_never_takes_a_value():
    for noise, steadied in ((0, False), (13, False), (40, False), (45, True), (90, True)):
        assert (NoisyKnob(noise).knob._steady is not None) == steadied
    for noise in (0, 5, 40, 200, 3000, 65535):
        for scale in (ALLIANCE, Scale(0, 255), Scale(0, 1)):
            knob = Direct(lambda: 0, None)
            knob.follow(Settings("t", scale, Calibration(0, 65535), noise=noise))
            assert 0 <= knob.hysteresis_64 <= 20


def test_the_noise_is_a_setting_like_the_others():
    settings = Settings("t", ALLIANCE, Calibration(0, 65535))
    assert settings.value(message.CONFIG_NOISE) == b"\x00\x00"
    settings.set(message.CONFIG_NOISE, b"\x5a\x00")
    assert settings.copy().noise == 90
