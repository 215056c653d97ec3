"""Free text on its way into tables that other programs open."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """A text that a spreadsheet shows and does not carry out: one that begins like a formula gets an apostrophe before
    it, as the spreadsheets themselves write it. The journal keeps what was typed."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def whole_text(text: str) -> str:
    """A text from a browser as UTF-8 can hold it: halves of characters, which JavaScript allows, become a mark."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\x00", "\ufffd")
