"""ESP32-S3 DevKit: nothing but data. `hardware/wiring.md` shows it; a test compares the two."""

MACHINE = "Generic ESP32S3 module"
"""What its MicroPython calls the board."""

# Signal, pin.
PINS = (
    ("wiper", 1),
    ("encoder_a", 4),
    ("encoder_b", 5),
    ("button", 6),
    ("lamp", 9),
    ("feedback", 7),
    ("sync_in", 15),
    ("sync_out", 16),
)

QUIET = None
"""A pin that is held high for a converter with less noise, None if there is none."""

PULLS = False
"""Whether a cut wiper is found by the pulls of its pin; if not, by the resistors that `hardware/wiring.md` shows."""

WIPER_LOWEST = 5000
WIPER_HIGHEST = 50500
"""Readings outside these come from no wiper, only from a cut wire."""

LATCH_US = 2000
"""Distance of two conversions of the wiper."""

PACKET = 1
"""Bytes of a packet of the console, 1 for one without packets."""

MAX_RATE_HZ = (50, 50)
"""Samples a second that it sustains with a potentiometer and with an encoder; not measured, set low."""

RADIO = True
"""Whether the board has Bluetooth; `tracedial flash` leaves out what a board without it does not need."""
