"""ESP32 DevKit: nothing but data. `hardware/wiring.md` shows it; a test compares the two."""

MACHINE = "Generic ESP32 module"
"""The name that its MicroPython gives the board."""

# Signal, pin.
PINS = (
    ("wiper", 32),
    ("encoder_a", 25),
    ("encoder_b", 26),
    ("button", 27),
    ("lamp", 2),
    ("feedback", 18),
    ("sync_in", 19),
    ("sync_out", 21),
)

QUIET = None
"""A pin that is held high for a converter with less noise, None if there is none."""

PULLS = False
"""Whether the pulls of its pin reveal a cut wiper; if not, the resistors in `hardware/wiring.md` do."""

WIPER_LOWEST = 5000
WIPER_HIGHEST = 50500
"""Readings outside these limits come only from a cut wire, never from a wiper."""

LATCH_US = 2000
"""Time between two conversions of the wiper."""

PACKET = 1
"""Bytes in a packet of the console, 1 for a console without packets."""

MAX_RATE_HZ = (50, 50)
"""Samples a second that it sustains with a potentiometer and with an encoder; not measured, set low."""

RADIO = True
"""Whether the board has Bluetooth; without it, `tracedial flash` leaves out the files that only a radio needs."""
