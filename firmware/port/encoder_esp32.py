"""A quadrature encoder counted by the pulse counter of an ESP32; by interrupts on a chip without one (ESP32-C3)."""

from machine import Pin

from port.encoder_irq import open_counter as open_irq_counter

FILTER_NS = 12000


def open_counter(pin_a, pin_b):
    """A function that returns the count, and one that returns how many steps were missed, if the counter knows."""
    try:
        from machine import Encoder
    except ImportError:
        return open_irq_counter(pin_a, pin_b)
    a, b = Pin(pin_a, Pin.IN, Pin.PULL_UP), Pin(pin_b, Pin.IN, Pin.PULL_UP)
    return Encoder(0, a, b, filter_ns=FILTER_NS, phases=4).value, None
