"""Prints a board's interpreter facts: name, version, platform, machine, format of compiled files."""

import sys


def identity():
    """The five facts, the version as three numbers; "" or 0 for a fact that the interpreter does not know."""
    found = sys.implementation
    return (
        found.name,
        tuple(found.version[:3]),
        sys.platform,
        getattr(found, "_machine", ""),
        getattr(found, "_mpy", 0) & 255,
    )


print(repr(identity()))
