"""A quadrature encoder counted by pin interrupts: the fallback where the chip has no counter."""

from machine import Pin

from dial.quadrature import Quadrature
from port.interrupts import watch


def open_counter(pin_a, pin_b):
    """Two functions: the count, and how many steps were missed."""
    a, b = Pin(pin_a, Pin.IN, Pin.PULL_UP), Pin(pin_b, Pin.IN, Pin.PULL_UP)
    decoder = Quadrature(a.value(), b.value())
    read_a, read_b, step = a.value, b.value, decoder.step

    def on_edge(_pin):
        # Integers only; the cost of `latch` in dial/latch.py is of the same kind.
        step(read_a(), read_b())

    for pin in (a, b):
        watch(pin, on_edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)
    return lambda: decoder.count, lambda: decoder.missed
