"""ESP32 DevKit: nothing but data. `hardware/wiring.md` shows it; a test compares the two."""

MACHINE = "Generic ESP32 module"
"""What its MicroPython calls the board."""

# Signal, pin, where it is on the board.
PINS = (
    ("wiper", 32, "IO32"),
    ("encoder_a", 25, "IO25"),
    ("encoder_b", 26, "IO26"),
    ("button", 27, "IO27"),
    ("lamp", 2, "IO2, on most boards"),
    ("feedback", 18, "IO18"),
    ("sync_in", 19, "IO19"),
    ("sync_out", 21, "IO21"),
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
