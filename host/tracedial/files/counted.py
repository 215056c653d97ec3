"""Counts with their nouns."""


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 second`, `2 seconds`, `1,000 seconds`; `plural` for nouns that need more than an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
