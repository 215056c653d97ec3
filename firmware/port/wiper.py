"""The wiper of a potentiometer: a converter that a timer latches, and a look at whether its wire holds."""

from dial.knobs import Potentiometer
from dial.latch import Latch
from machine import ADC, Pin
from port.boards import pin_of
from port.interrupts import start_timer
from time import sleep_us, ticks_us

SETTLE_US = 30
BROKEN_SPAN = 39321
"""A wiper at most 12.5 kOhm from its supply is moved by a third of this by the pulls (50 to 80 kOhm) of its pin, a
floating one from end to end: 60 % of the range lie between."""


def open_wiper(data, platform):
    """`(knob, read, timer)`: the potentiometer on a board, its converter, and the timer, which stops if it is not kept."""
    pin = Pin(pin_of(data, "wiper"))
    read = _rp2_reader(pin) if platform == "rp2" else _esp32_reader(pin)
    latch = Latch(ticks_us, read)

    def connected():
        if not data.PULLS:
            return True
        latch.paused = True
        pin.init(pull=Pin.PULL_UP)
        sleep_us(SETTLE_US)
        up = read()
        pin.init(pull=Pin.PULL_DOWN)
        sleep_us(SETTLE_US)
        down = read()
        pin.init(pull=None)
        sleep_us(SETTLE_US)
        latch.paused = False
        return up - down < BROKEN_SPAN

    knob = Potentiometer(latch, connected, data.WIPER_LOWEST, data.WIPER_HIGHEST)
    return knob, read, start_timer(latch.latch, data.LATCH_US)


def _rp2_reader(pin):
    return ADC(pin).read_u16


def _esp32_reader(pin):
    converter = ADC(pin, atten=ADC.ATTN_11DB)
    # Calibrated at the factory: the converter's own curve bends. 3.3 V are 65,535 counts.
    return lambda: converter.read_uv() // 51
