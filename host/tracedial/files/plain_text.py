"""Texts that a dial says of itself, made fit to be shown: no control codes, no end of a line, no reversed direction."""

from tracedial.files.safe_text import is_control

_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
"""Characters that turn the direction in which the text around them is shown."""


def plain_text(text: str) -> str:
    """A text with a question mark for each character that cannot be shown; never longer than it was."""
    return "".join("?" if is_control(sign) or ord(sign) in _TURNING else sign for sign in text)
