"""The shape of a file's content: what each entry must be. It is checked before any entry is used.

A shape is an `Entry` (text, number, …), a dict of shapes by name (a file may have further names), or a list with one
shape (for any number of items). Files are edited by hand, cut short by full disks and written by other versions, so the
check names an entry that does not fit, its place, and what it must be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

from tracedial.files.safe_text import is_control

LARGEST = 1e15
"""More than any number in these files; larger numbers would spoil later computations."""


@dataclass(frozen=True)
class Entry:
    """One value. `words` say what it must be; `may_lack`: the name may be absent."""

    words: str
    fits: Callable[[Any], bool]
    may_lack: bool = False


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a number to compute with; true, false and NaN are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST < value < LARGEST


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a list of any items."""
    return isinstance(value, list)


def is_table(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a table of names and values, as in JSON."""
    return isinstance(value, dict)


def is_line(value: Any) -> bool:
    """Whether a value is one line of text that a terminal and a file can hold: no controls, no lone surrogates."""
    return isinstance(value, str) and not any(map(is_control, value))


def _is_whole(value: Any) -> bool:
    return is_number(value) and isinstance(value, int)


NUMBER = Entry("a number", is_number)
WHOLE = Entry("a whole number", _is_whole)
COUNT = Entry("a whole number from 0 on", lambda value: _is_whole(value) and value >= 0)
TEXT = Entry("a text", lambda value: isinstance(value, str))
LINE = Entry("a line of text", is_line)
YES_OR_NO = Entry("true or false", lambda value: isinstance(value, bool))


def or_null(entry: Entry) -> Entry:
    """The same entry, which may also be null."""
    return Entry(f"{entry.words}, or null", lambda value: value is None or entry.fits(value), entry.may_lack)


def if_there(entry: Entry) -> Entry:
    """The same entry, which may also be absent."""
    return Entry(entry.words, entry.fits, may_lack=True)


def misfit(content: Any, shape: Any, place: str = "") -> str:
    """The entry that does not fit, as in `video.duration_s is 'x'; it must be a number`; empty if everything fits."""
    if isinstance(shape, Entry):
        return "" if shape.fits(content) else _said(content, place, shape.words)
    if isinstance(shape, list):
        if not isinstance(content, list):
            return _said(content, place, "a list")
        found = (misfit(item, shape[0], f"{place}[{at}]") for at, item in enumerate(content))
        return next(filter(None, found), "")
    if not isinstance(content, dict):
        return _said(content, place, "a table of names and values")
    for name, inner in shape.items():
        inside = f"{place}.{name}" if place else name
        if name not in content:
            if isinstance(inner, Entry) and inner.may_lack:
                continue
            return f"{inside} is missing"
        if said := misfit(content[name], inner, inside):
            return said
    return ""


def _said(value: Any, place: str, words: str) -> str:
    # At most one line: the value may be anything.
    shown = ascii(value)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
    return f"{place or 'the content'} is {shown}; it must be {words}"
