"""Prints what a board's interpreter says of itself: name, version, platform, machine, format of compiled files."""

import sys


def identity():
    """The five, the version as three numbers; an interpreter that does not know one says "" or 0."""
    found = sys.implementation
    return (
        found.name,
        tuple(found.version[:3]),
        sys.platform,
        getattr(found, "_machine", ""),
        getattr(found, "_mpy", 0) & 255,
    )


print(repr(identity()))
