"""The shape of a file's content: what each entry must be, looked at before any of it is used.

A shape is an `Entry` (text, number, …), a dict of shapes by name (others may stand beside them), or a list of one shape
(any number of such). Files are opened in editors, cut by full disks and written by other versions: what does not fit is
named, with its place and what must stand there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

from tracedial.files.safe_text import is_control

LARGEST = 1e15
"""Beyond any number that these files hold; larger ones upset what is computed from them."""


@dataclass(frozen=True)
class Entry:
    """One value. `words` say what it must be; `may_lack`: its name may be absent."""

    words: str
    fits: Callable[[Any], bool]
    may_lack: bool = False


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a number that can be computed with (true and false are none, nor is NaN)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST < value < LARGEST


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a list, of whatever."""
    return isinstance(value, list)


def is_table(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a table of names and values, as JSON has them."""
    return isinstance(value, dict)


def is_line(value: Any) -> bool:
    """Whether a value is a text of one line that a terminal and a file can hold: no controls, no half characters."""
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
    """The same, or null."""
    return Entry(f"{entry.words}, or null", lambda value: value is None or entry.fits(value), entry.may_lack)


def if_there(entry: Entry) -> Entry:
    """The same, or nothing."""
    return Entry(entry.words, entry.fits, may_lack=True)


def misfit(content: Any, shape: Any, place: str = "") -> str:
    """What does not fit, as in `video.duration_s is 'x'; it must be a number`; empty where all does."""
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
    # At most a line of it: the value may be anything.
    shown = ascii(value)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
    return f"{place or 'the content'} is {shown}; it must be {words}"
