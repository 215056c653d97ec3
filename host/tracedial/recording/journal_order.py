"""The order of a journal's lines: which lines are doubled, out of place or lost, and whether that matters."""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.recording.journal_lines import COPY_AFTER, TWICE
from tracedial.recording.record_kinds import Kind
from tracedial.recording.samples import ROW, Samples

LINE = np.dtype([("at", "u4"), ("number", "u4"), ("player", "u4"), ("frames", "u4"), ("ref", "i4")])
"""A whole line: its place in the file, its own number (0: none stated), the numbers of the last player's line and the
last frames before it, and the index of its record or, below zero, of its row in the samples."""
TELLING = (Kind.PLAYER.encode(), Kind.FRAMES.encode())
"""Kinds of lines that say where the video was."""
HARMLESS = (b"sample", b"rating", b"sync", b"event", b"hello", b"started", b"page_sync", b"page", b"link", b"gone",
            b"log", b"refused", b"journal", b"end")  # fmt: skip
"""Kinds of lines that do not say where the video was. A damaged line that still shows one of these kinds is taken to be
of that kind."""


@dataclass(frozen=True)
class Gap:
    """Missing or damaged lines: `count` lines from number `first` on. `player`, `frames`: whether a line of that kind
    is, or may be, among them. `before_ns`, `after_ns`: host times of the last whole line before the gap and the first
    whole line after it; None at either end of the file."""

    first: int
    count: int
    player: bool
    frames: bool
    before_ns: int | None
    after_ns: int | None


@dataclass(frozen=True)
class JournalContent:
    """A journal as read: the whole records, each once, in the order in which they were written.

    `damaged_lines`: numbers of the lines in the file (from 1) with a wrong checksum; `damaged`: the bytes of the first
    of them; `cut_bytes`: the length of a last line without its end, as a killed program or a full disk leaves it.
    `gaps`: lines lost to damage or without a trace; only a numbered journal (format 2) shows the latter. `doubled`:
    lines that came again; `misplaced`: lines that were out of order and are put back; `copies_lost`: lines that are
    written twice but were found once; `foreign`: whole lines of another journal, not used. `edited`: what an editor did
    to the file, in words. `samples`: the samples if they were asked for separately; then they are not among the
    records.
    """

    records: list[dict[str, Any]]
    damaged_lines: list[int]
    cut_bytes: int
    gaps: list[Gap]
    doubled: int
    misplaced: int
    copies_lost: int
    foreign: int
    edited: list[str]
    damaged: dict[int, bytes]
    numbered: bool
    samples: Samples | None

    @property
    def lines_lost(self) -> int:
        """How many lines are damaged, cut or missing."""
        return sum(gap.count for gap in self.gaps) + bool(self.cut_bytes) + self.foreign


@dataclass
class Gathered:
    """What a reader found in the file, in file order; `table` in blocks of `LINE`, `rows` in blocks of samples."""

    samples_apart: bool
    records: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    rows: list[NDArray[Any]] = field(default_factory=list[NDArray[Any]])
    table: list[NDArray[Any]] = field(default_factory=list[NDArray[Any]])
    damaged: dict[int, bytes] = field(default_factory=dict[int, bytes])
    damaged_lines: list[int] = field(default_factory=list[int])
    cut_bytes: int = 0
    edited: list[str] = field(default_factory=list[str])


def in_order(found: Gathered) -> JournalContent:
    """The journal's content. This uses up `found`."""
    rows = np.concatenate(found.rows) if found.rows else np.zeros(0, ROW)
    found.rows.clear()
    table = np.concatenate(found.table) if found.table else np.zeros(0, LINE)
    found.table.clear()
    lines = _Lines(found, rows, table)
    numbered = np.flatnonzero(table["number"])
    first = int(numbered[0]) if len(numbered) else len(table)
    # Lines without a number come from a version that did not number them, and stand before all others; any later ones
    # are foreign.
    head, tail = table[:first], table[first:]
    foreign = int(np.count_nonzero(tail["number"] == 0))
    if foreign:
        tail = tail[tail["number"] > 0]
    gaps = lines.gaps_without_numbers(head, until=int(tail["at"][0]) if len(tail) else None)
    if len(tail):
        tail, more = lines.sorted(tail, expected=int(head["at"][-1]) + 1 if len(head) else 1)
        gaps += more
    return lines.content(head, tail, gaps, foreign)


class _Lines:
    """Puts the lines of one journal in order."""

    def __init__(self, found: Gathered, rows: NDArray[Any], table: NDArray[Any]) -> None:
        self._found = found
        self._rows = rows
        self._table = table
        self._doubled = self._misplaced = self._copies_lost = 0

    def gaps_without_numbers(self, head: NDArray[Any], until: int | None) -> list[Gap]:
        """Gaps from damaged lines among lines without numbers. Lines that are missing altogether leave no gap."""
        gaps: list[Gap] = []
        damaged = [at for at in self._found.damaged_lines if until is None or at < until]
        if until is not None and not len(head):
            return []
        for at in damaged:
            kinds = _kinds_in(self._found.damaged.get(at, b""))
            player, frames = (not kinds or kind in kinds for kind in TELLING)
            if gaps and gaps[-1].first + gaps[-1].count == at:
                last = gaps.pop()
                gaps.append(
                    Gap(
                        first=last.first,
                        count=last.count + 1,
                        player=last.player or player,
                        frames=last.frames or frames,
                        before_ns=last.before_ns,
                        after_ns=None,
                    )
                )
            else:
                gaps.append(Gap(first=at, count=1, player=player, frames=frames, before_ns=None, after_ns=None))
        where = np.searchsorted(head["at"], [gap.first for gap in gaps])
        return [
            Gap(gap.first, gap.count, gap.player, gap.frames, *self._times_around(head, int(index)))
            for gap, index in zip(gaps, where, strict=True)
        ]

    def sorted(self, tail: NDArray[Any], *, expected: int) -> tuple[NDArray[Any], list[Gap]]:
        """Numbered lines in order, each once, and the gaps between them; the first line should have the number
        `expected`."""
        tail = self._without_copies(tail)
        steps = np.diff(tail["number"].astype(np.int64))
        if not (steps > 0).all():
            tail = self._put_in_order(tail)
        numbers = tail["number"].astype(np.int64)
        before = np.concatenate([[min(expected, int(numbers[0])) - 1], numbers[:-1]])
        gaps: list[Gap] = []
        for index in np.flatnonzero(numbers - before > 1):
            first, after = int(before[index]) + 1, tail[index]
            gaps.append(
                Gap(first, int(numbers[index]) - first, bool(after["player"] >= first), bool(after["frames"] >= first),
                    *self._times_around(tail, int(index)))
            )  # fmt: skip
        return tail, gaps

    def content(self, head: NDArray[Any], tail: NDArray[Any], gaps: list[Gap], foreign: int) -> JournalContent:
        """All of it."""
        found = self._found
        refs = np.concatenate([head["ref"], tail["ref"]])
        records: list[dict[str, Any]] = [found.records[ref] for ref in refs[refs >= 0].tolist()]
        of_rows = -1 - refs[refs < 0]
        # Usually they are in order already, and there can be millions.
        if len(of_rows) != len(self._rows) or not (np.diff(of_rows) > 0).all():
            self._rows = self._rows[of_rows]
        return JournalContent(
            records=records,
            damaged_lines=found.damaged_lines,
            cut_bytes=found.cut_bytes,
            gaps=gaps,
            doubled=self._doubled,
            misplaced=self._misplaced,
            copies_lost=self._copies_lost,
            foreign=foreign,
            edited=found.edited,
            damaged=found.damaged,
            numbered=len(tail) > 0,
            samples=Samples(self._rows) if found.samples_apart else None,
        )

    def _kind(self, line: Any) -> str:
        ref = int(line["ref"])
        return "sample" if ref < 0 else self._found.records[ref]["kind"]

    def _without_copies(self, tail: NDArray[Any]) -> NDArray[Any]:
        """The lines without the second copies of those that are written twice. Counts lines that came too often or too
        seldom."""
        last = int(tail["number"].max())
        seen: dict[int, int] = {}
        drop: list[int] = []
        of_records = np.flatnonzero(tail["ref"] >= 0)
        for index in (int(i) for i in of_records if self._kind(tail[i]) in TWICE):
            number = int(tail["number"][index])
            seen[number] = seen.get(number, 0) + 1
            if seen[number] > 1:
                drop.append(index)
        self._doubled += sum(count - 2 for count in seen.values() if count > 2)
        self._copies_lost += sum(count == 1 and last > number + COPY_AFTER for number, count in seen.items())
        return np.delete(tail, drop) if drop else tail

    def _put_in_order(self, tail: NDArray[Any]) -> NDArray[Any]:
        numbers = tail["number"]
        late = np.flatnonzero(numbers < np.maximum.accumulate(numbers))
        order = np.argsort(numbers, kind="stable")
        again = np.flatnonzero(np.diff(numbers[order].astype(np.int64)) == 0) + 1
        self._doubled += len(again)
        # Each repetition of a line comes late, and if only the copy is left, it comes late too.
        self._misplaced += len(set(late.tolist()) - set(order[again].tolist()) - {
            int(i) for i in late if self._kind(tail[i]) in TWICE
        })  # fmt: skip
        return tail[np.delete(order, again)]

    def _times_around(self, table: NDArray[Any], index: int) -> tuple[int | None, int | None]:
        """Host times of the nearest lines before an index, and from it on, that were written at the time that they
        state."""
        before = next((t for i in range(index - 1, -1, -1) if (t := self._arrived_ns(table[i]))), None)
        after = next((t for i in range(index, len(table)) if (t := self._arrived_ns(table[i]))), None)
        return before, after

    def _arrived_ns(self, line: Any) -> int | None:
        ref = int(line["ref"])
        if ref < 0:
            return int(self._rows["host_ns"][-1 - ref])
        record = self._found.records[ref]
        # A player reports its actions in advance, and a page's exchanges from before the recording are written at its
        # beginning.
        if record["kind"] in (Kind.PLAYER, Kind.PAGE_SYNC):
            return None
        return record.get("host_ns") or record.get("host_received_ns")


def _kinds_in(line: bytes) -> set[bytes]:
    """The kinds that a damaged line may have; empty if it may have any. If a line's end was damaged, it runs into the
    next and shows two kinds."""
    found = re.findall(rb'"kind":"(\w+)"', line)
    if len(found) == 1 and line.count(b'{"') <= 1 + (found[0] == b"hello") and found[0] in HARMLESS:
        return {found[0]}
    return (
        set(found)
        if found and set(found) <= {Kind.PLAYER.encode(), Kind.FRAMES.encode()} and len(found) == 1
        else set()
    )
