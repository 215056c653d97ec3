"""Interrupts of pins and timers: in the interrupt itself where the port can, soon after it where it cannot (ESP32)."""

from machine import Timer


def watch(pin, handler, trigger):
    """Call `handler` at edges of `pin`. Returns a function that sets another trigger (0: none), usable in an interrupt
    too."""
    try:
        irq = pin.irq(handler, trigger, hard=True)
    except TypeError:
        irq = pin.irq(handler, trigger)
    return irq.trigger


def watch_edges(pin, edges, trigger):
    """Latch edges of `pin` in `edges`, which shuts the pin when they come too fast."""
    edges.guard(watch(pin, edges.latch, trigger), trigger)


def start_timer(latch, period_us):
    """A timer that calls `latch` every `period_us`; keep a reference to it, or it stops."""
    timer = Timer(-1) if _has_soft_timer() else Timer(0)
    try:
        timer.init(mode=Timer.PERIODIC, freq=1000000 // period_us, callback=latch, hard=True)
    except (TypeError, ValueError):
        timer.init(mode=Timer.PERIODIC, freq=1000000 // period_us, callback=latch)
    return timer


def _has_soft_timer():
    try:
        Timer(-1)
    except ValueError:
        return False
    return True
