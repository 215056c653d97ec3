"""Samples by the million: a recording's samples as one array, and how to make it from their journal lines."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from tracedial.link.messages import Sample
from tracedial.recording.journal_lines import PLACE

FIELDS = tuple(entry.name for entry in fields(Sample))
TYPES = {"host_ns": "i8", "t_us": "i8", "boot": "u4", "seq": "u4", "mean_milli": "i4", "rating": "i2", "min": "i2",
         "max": "i2", "n": "u2", "raw": "u2", "flags": "u2"}  # fmt: skip
ROW = np.dtype([(name, TYPES[name]) for name in FIELDS])
"""A sample in 38 bytes; the ranges are those of the wire (`docs/protocol.md`)."""

START = b'{"kind":"sample",'
NOT_IN_FORM = b"0123456789-"
ALL_BUT_NUMBERS = bytes(set(range(256)) - set(NOT_IN_FORM + b","))
_PLAIN = START + b",".join(f'"{name}":'.encode() for name in FIELDS)
FORMS = {
    _PLAIN + b"}": len(FIELDS),
    _PLAIN + f',"{PLACE}":[,,]'.encode() + b"}": len(FIELDS) + 3,
}
"""A line's body with its digits removed, without and with its place in the journal, and how many numbers it holds.
Lines of any other form, as a later version may write, are read one by one."""


class Samples(Sequence[Sample]):
    """A recording's samples: `rows` is an array of shape (n_samples,) with the fields of `Sample`."""

    def __init__(self, rows: NDArray[Any]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def boots(self) -> list[int]:
        """Boot ids in the order in which their samples came."""
        boot = self.rows["boot"]
        changes = np.flatnonzero(np.diff(boot)) + 1
        return list(dict.fromkeys(int(boot[at]) for at in (0, *changes.tolist()))) if len(boot) else []

    @overload
    def __getitem__(self, at: int) -> Sample: ...
    @overload
    def __getitem__(self, at: slice) -> "Samples": ...
    def __getitem__(self, at: int | slice) -> "Sample | Samples":
        return Samples(self.rows[at]) if isinstance(at, slice) else Sample(*self.rows[at].item())

    def __iter__(self) -> Iterator[Sample]:
        for begin in range(0, len(self.rows), 4096):
            yield from (Sample(*row) for row in self.rows[begin : begin + 4096].tolist())


def numbers_of(bodies: list[bytes], form: bytes) -> NDArray[np.int64]:
    """The numbers in line bodies of one form: shape (n_lines, numbers in a line)."""
    text = b"".join(body[len(START) - 1 :] for body in bodies).translate(None, ALL_BUT_NUMBERS)
    return np.fromstring(text[1:], dtype=np.int64, sep=",").reshape(len(bodies), FORMS[form])


def rows_of(numbers: NDArray[np.int64]) -> NDArray[Any]:
    """Rows from numbers of shape (n_lines, at least the fields). Raises `OverflowError` for a number that no dial
    sends."""
    rows = np.empty(len(numbers), ROW)
    for at, name in enumerate(FIELDS):
        column = numbers[:, at]
        limits = np.iinfo(ROW[name])
        if len(column) and (column.min() < limits.min or column.max() > limits.max):
            raise OverflowError(f"a sample's {name} is beyond what a dial sends")
        rows[name] = column
    return rows


def without_repeats(samples: Samples) -> tuple[Samples, int, int]:
    """Each record once, as it first came; also how many came again, and how many of these with other content."""
    key = samples.rows["boot"].astype(np.uint64) << np.uint64(32) | samples.rows["seq"]
    if (key[1:] > key[:-1]).all():
        return samples, 0, 0
    order = np.argsort(key, kind="stable")
    again = np.flatnonzero(np.diff(key[order]) == 0) + 1
    if not len(again):
        return samples, 0, 0
    first = np.delete(order, again)
    group = np.arange(len(order)) - np.searchsorted(again, np.arange(len(order)), side="right")
    own, original = samples.rows[order[again]], samples.rows[first[group[again]]]
    differs = np.zeros(len(again), dtype=bool)
    for name in ("t_us", "rating", "raw"):
        differs |= own[name] != original[name]
    return Samples(samples.rows[np.sort(first)]), len(again), int(np.count_nonzero(differs))
