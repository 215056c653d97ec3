"""Quadrature: turns the two pins of a rotary encoder into a count. Pure; the caller passes the pins' levels.

The pins go through 00, 01, 11, 10 (level of B, level of A) when the knob turns up, and back when it turns down. A
contact that bounces alternates between two neighbours, which adds up to nothing. If both levels change at once, a step
was missed: its direction is unknown, so it is counted separately and not guessed.
"""

UP, DOWN, STILL, MISSED = 1, -1, 0, 2
# By (old level pair << 2) | new level pair, a pair being (B << 1) | A.
TRANSITIONS = (
    STILL, UP, DOWN, MISSED,
    DOWN, STILL, MISSED, UP,
    UP, MISSED, STILL, DOWN,
    MISSED, DOWN, UP, STILL,
)  # fmt: skip


class Quadrature:
    """Counts transitions: four to a full cycle of both pins. `step` may be called in an interrupt."""

    def __init__(self, a, b):
        self.count = 0
        self.missed = 0
        self._pair = (b << 1) | a

    def step(self, a, b):
        """Take in the levels (0 or 1) of the pins A and B."""
        pair = (b << 1) | a
        move = TRANSITIONS[(self._pair << 2) | pair]
        self._pair = pair
        if move == MISSED:
            self.missed += 1
        else:
            self.count += move
