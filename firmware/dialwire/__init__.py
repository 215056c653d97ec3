"""The wire and the scale: what dial and laptop must agree on, in code that both interpreters import.

Written in the poorer dialect (MicroPython, 30-bit ticks, integers only); `docs/protocol.md` is its text.
Import the modules themselves: a board has no memory to spare for names that it does not use.
"""


def const(number):
    """The number. A board's compiler puts it in the places of a name that begins with `_`, which then costs nothing."""
    return number
