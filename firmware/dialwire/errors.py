"""The one error of the shared code."""


class WireError(ValueError):
    """A value that the wire or the scale cannot hold, or bytes that are not a message.

    The message names the field, the value and the limits: MicroPython does not chain exceptions,
    so the facts must stand in the text.
    """
