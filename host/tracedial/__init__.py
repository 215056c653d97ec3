"""Tracedial: moment-to-moment ratings, from the knob to the statistics."""

__version__ = "0.1.0"
