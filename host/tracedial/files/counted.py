"""Counts in words."""


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 second`, `2 seconds`, `1,000 seconds`; `plural` where it is more than an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
