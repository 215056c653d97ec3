"""Raspberry Pi Pico: nothing but data. `hardware/wiring.md` shows it; a test compares the two."""

MACHINE = "Raspberry Pi Pico"
"""The name that its MicroPython gives the board."""

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

QUIET = 23
"""A pin that is held high for a converter with less noise, None if there is none."""

PULLS = True
"""Whether the pulls of its pin reveal a cut wiper; if not, the resistors in `hardware/wiring.md` do."""

WIPER_LOWEST = 0
WIPER_HIGHEST = 65535
"""Readings outside these limits come only from a cut wire, never from a wiper."""

LATCH_US = 1000
"""Time between two conversions of the wiper."""

PACKET = 64
"""Bytes in a packet of the console, 1 for a console without packets."""

MAX_RATE_HZ = (125, 50)
"""Samples a second that it sustains with a potentiometer and with an encoder: see `docs/timing.md`."""

RADIO = False
"""Whether the board has Bluetooth; without it, `tracedial flash` leaves out the files that only a radio needs."""
