"""Numbers held as runs: a run of thousands of missing records costs as much as one."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Set


class Runs(Set[int]):
    """A set of whole numbers. The cost of an operation grows with the number of runs, not of numbers."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._ends: list[int] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        at = bisect_right(self._firsts, number) - 1
        return at >= 0 and number < self._ends[at]

    def __iter__(self) -> Iterator[int]:
        for run in zip(self._firsts, self._ends, strict=True):
            yield from range(*run)

    def lowest(self) -> tuple[int, int] | None:
        """The lowest run as its first number and the one after its last; None if the set is empty."""
        return (self._firsts[0], self._ends[0]) if self._firsts else None

    def update(self, numbers: Iterable[int]) -> None:
        """Add any numbers."""
        wanted = sorted({*self, *numbers})
        self._firsts, self._ends, self._count = [], [], 0
        for number in wanted:
            self.append(number, number + 1)

    def append(self, first: int, end: int) -> None:
        """Add `first` .. `end` - 1, all of them higher than any so far."""
        if end <= first:
            return
        if self._ends and self._ends[-1] == first:
            self._ends[-1] = end
        else:
            self._firsts.append(first)
            self._ends.append(end)
        self._count += end - first

    def remove(self, first: int, end: int) -> int:
        """Remove those of `first` .. `end` - 1 that are in the set; returns how many it removed."""
        begin = max(bisect_right(self._firsts, first) - 1, 0)
        behind = bisect_right(self._firsts, end - 1)
        runs = list(zip(self._firsts[begin:behind], self._ends[begin:behind], strict=True))
        left = [part for a, b in runs for part in ((a, min(b, first)), (max(a, end), b)) if part[0] < part[1]]
        self._firsts[begin:behind] = [part[0] for part in left]
        self._ends[begin:behind] = [part[1] for part in left]
        removed = sum(b - a for a, b in runs) - sum(b - a for a, b in left)
        self._count -= removed
        return removed
