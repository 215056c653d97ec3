"""What tests need that must also run on MicroPython, which has no pytest."""


def raises(kind, function, *args, **kwargs):
    """Call `function`, which must raise `kind`; returns the error."""
    try:
        function(*args, **kwargs)
    except kind as error:
        return error
    raise AssertionError("%s was not raised" % kind.__name__)


class FakeTicks:
    """A clock that a test turns by hand, wrapping as a board's does."""

    def __init__(self, us=0):
        self.us = us

    def __call__(self):
        return self.us % (1 << 30)
