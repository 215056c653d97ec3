"""Kept apart from `test_ticks.py`, because MicroPython cannot compare a subclass of int."""

from dialwire.ticks import BOARD_TOP, ticks_add, ticks_diff

BOARD_PERIOD = BOARD_TOP + 1


class Small(int):
    """An integer of a 32-bit board: any result beyond 31 bits would have to be allocated there, and fails here."""

    def _checked(self, value):
        assert -(1 << 30) <= value < (1 << 30), value
        return Small(value)

    def __rshift__(self, other):
        return self._checked(int(self) >> int(other))

    def __add__(self, other):
        return self._checked(int(self) + int(other))

    def __radd__(self, other):
        return self._checked(int(self) + int(other))

    def __sub__(self, other):
        return self._checked(int(self) - int(other))

    def __rsub__(self, other):
        return self._checked(int(other) - int(self))


def test_no_step_of_the_arithmetic_needs_more_than_a_small_int():
    marks = (0, 1, BOARD_PERIOD // 2, BOARD_TOP)
    for a in marks:
        for b in marks:
            assert int(ticks_diff(Small(a), Small(b), Small(BOARD_TOP))) == ticks_diff(a, b)
        for delta in (-(1 << 29), -1, 0, 1, (1 << 29)):
            assert int(ticks_add(Small(a), Small(delta), Small(BOARD_TOP))) == ticks_add(a, delta)
