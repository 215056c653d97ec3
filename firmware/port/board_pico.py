"""Raspberry Pi Pico: nothing but data. `hardware/wiring.md` shows it; a test compares the two."""

MACHINE = "Raspberry Pi Pico"
"""What its MicroPython calls the board."""

# Signal, pin, where it is on the board.
PINS = (
    ("wiper", 26, "GP26, header pin 31"),
    ("encoder_a", 14, "GP14, header pin 19"),
    ("encoder_b", 15, "GP15, header pin 20"),
    ("button", 13, "GP13, header pin 17"),
    ("lamp", "LED", "on the board"),
    ("feedback", 16, "GP16, header pin 21"),
    ("sync_in", 17, "GP17, header pin 22"),
    ("sync_out", 18, "GP18, header pin 24"),
)

QUIET = 23
"""A pin that is held high for a converter with less noise, None if there is none."""

PULLS = True
"""Whether a cut wiper is found by the pulls of its pin; if not, by the resistors that `hardware/wiring.md` shows."""

WIPER_LOWEST = 0
WIPER_HIGHEST = 65535
"""Readings outside these come from no wiper, only from a cut wire."""

LATCH_US = 1000
"""Distance of two conversions of the wiper."""
