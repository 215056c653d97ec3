"""Raspberry Pi Pico W: nothing but data. `hardware/wiring.md` shows it; a test compares the two."""

MACHINE = "Raspberry Pi Pico W"
"""What its MicroPython calls the board."""

# Signal, pin.
PINS = (
    ("wiper", 26),
    ("encoder_a", 14),
    ("encoder_b", 15),
    ("button", 13),
    ("lamp", "LED"),
    ("feedback", 16),
    ("sync_in", 17),
    ("sync_out", 18),
)

QUIET = "WL_GPIO1"
"""A pin that is held high for a converter with less noise, None if there is none."""

PULLS = True
"""Whether a cut wiper is found by the pulls of its pin; if not, by the resistors that `hardware/wiring.md` shows."""

WIPER_LOWEST = 0
WIPER_HIGHEST = 65535
"""Readings outside these come from no wiper, only from a cut wire."""

LATCH_US = 1000
"""Distance of two conversions of the wiper."""

PACKET = 64
"""Bytes of a packet of the console, 1 for one without packets."""

MAX_RATE_HZ = (125, 50)
"""Samples a second that it sustains with a potentiometer and with an encoder: see `docs/timing.md`."""

RADIO = True
"""Whether the board has Bluetooth; `tracedial flash` leaves out what a board without it does not need."""
