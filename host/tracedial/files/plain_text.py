"""Makes a dial's texts safe to show: no control codes, no line ends, no reversed direction."""

from tracedial.files.safe_text import is_control

_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
"""Characters that change the direction of the text around them."""


def plain_text(text: str) -> str:
    """The text with a question mark for each character that cannot be shown; never longer than before."""
    return "".join("?" if is_control(sign) or ord(sign) in _TURNING else sign for sign in text)
