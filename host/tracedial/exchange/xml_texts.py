"""Free texts for XML files, which cannot hold every character."""

from tracedial.files.safe_text import whole_text


def xml_text(text: str) -> str:
    """A text with a mark in place of each character that XML 1.0 cannot hold, not even escaped."""
    return "".join(sign if _fits(ord(sign)) else "\ufffd" for sign in whole_text(text))


def _fits(code: int) -> bool:
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
