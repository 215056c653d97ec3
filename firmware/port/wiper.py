"""The wiper of a potentiometer: a converter that a timer latches, and a check that its wire is intact."""

from time import sleep_us, ticks_us

from machine import ADC, Pin

from dial.knobs import Potentiometer
from dial.latch import WINDOW, Latch
from dialwire import const
from port.boards import pin_of
from port.interrupts import start_timer

_SETTLE_US = const(100)
"""Enough for the pulls to move a floating wire of 800 pF."""
_RETURN_US = const(20)
"""Enough for a live wiper, at most 12.5 kOhm from its supply, to bring the wire back."""
_BROKEN_SPAN = const(39321)
"""The pulls of the pin (50 to 80 kOhm) move a wiper at most 12.5 kOhm from its supply by a third of this, and a
floating wire from end to end. This is 60 % of the range, between the two."""


def open_wiper(data, platform):
    """`(knob, latch, timer)`: the potentiometer, its latch, and the timer, which stops if no reference to it is
    kept."""
    pin = Pin(pin_of(data, "wiper"))
    if platform == "rp2":
        read = ADC(pin).read_u16
    else:
        from port.converter_esp32 import open_converter

        read = open_converter(pin)
    latch = Latch(ticks_us, read)

    def connected():
        if not data.PULLS:
            return True
        latch.paused = True
        pin.init(pull=Pin.PULL_UP)
        sleep_us(_SETTLE_US)
        up = read()
        pin.init(pull=Pin.PULL_DOWN)
        sleep_us(_SETTLE_US)
        down = read()
        pin.init()  # no pull
        sleep_us(_RETURN_US)
        latch.paused = False
        return up - down < _BROKEN_SPAN

    knob = Potentiometer(latch, connected, data.WIPER_LOWEST, data.WIPER_HIGHEST)
    knob.apart_us = WINDOW * data.LATCH_US
    return knob, latch, start_timer(latch.latch, data.LATCH_US)
