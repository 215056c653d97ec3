"""The wiper of a potentiometer: a converter that a timer latches, and a look at whether its wire holds."""

from dial.knobs import Potentiometer
from dial.latch import Latch
from machine import ADC, Pin, Timer
from port.boards import pin_of
from time import sleep_us, ticks_us

SETTLE_US = 30
BROKEN_SPAN = 39321
"""A wiper at most 12.5 kOhm from its supply is moved by a third of this by the pulls (50 to 80 kOhm) of its pin, a
floating one from end to end: 60 % of the range lie between."""


def open_wiper(data, platform):
    """`(knob, timer)`: the potentiometer on a board; the timer must be kept, or it stops."""
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
    return knob, start_timer(latch.latch, data.LATCH_US)


def start_timer(latch, period_us):
    """A timer that calls `latch`: in the interrupt itself where the port can, soon after it where it cannot."""
    timer = Timer(-1) if _has_soft_timer() else Timer(0)
    try:
        timer.init(mode=Timer.PERIODIC, period=period_us, tick_hz=1000000, callback=latch, hard=True)
    except (TypeError, ValueError):
        timer.init(mode=Timer.PERIODIC, period=period_us, tick_hz=1000000, callback=latch)
    return timer


def _has_soft_timer():
    try:
        Timer(-1)
    except ValueError:
        return False
    return True


def _rp2_reader(pin):
    return ADC(pin).read_u16


def _esp32_reader(pin):
    converter = ADC(pin, atten=ADC.ATTN_11DB)
    # Calibrated at the factory: the converter's own curve bends. 3.3 V are 65,535 counts.
    return lambda: converter.read_uv() // 51
