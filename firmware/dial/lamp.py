"""The lamp's patterns: one for each state of the dial, as milliseconds on and off in turn."""

WAITING = (100, 1900)
"""No host: a short flash every two seconds."""
SYNCED = (1000, 0)
"""A host exchanges sync pulses: steady."""
RECORDING = (500, 500)
"""Samples are taken: on and off, a second each turn."""
FAULT = (100, 100)
"""The knob's wire is broken, or it is not homed: five flashes a second."""
IDENTIFY = (40, 40, 40, 40, 40, 300)
"""Shows which dial was asked to identify itself: three quick flashes and a pause."""


def lit(pattern, ms):
    """Whether the lamp of `pattern` is on, `ms` after any instant."""
    total = 0
    for part in pattern:
        total += part
    ms %= total
    on = True
    for part in pattern:
        if ms < part:
            return on
        ms -= part
        on = not on
    return False
