"""The wire and the scale: everything that dial and laptop must agree on, in code that both interpreters import.

Written for the more limited dialect (MicroPython, 30-bit ticks, integers only); `docs/protocol.md` describes it. Import
the modules themselves: a board has no memory to spare for names that it does not use.
"""


def const(number):
    """The number. A board's compiler inserts it for any name that begins with `_`, which then costs nothing."""
    return number
