"""Which of a dial's numbered records have arrived, and which to ask for again."""

from tracedial.link.runs import Runs

MAX_RESEND = 500
"""Records asked for at once."""


class SequenceTracker:
    """Which records have arrived, which are missing, which came twice. Numbers count from 0 at the dial's boot.

    `kept` is how many records the dial keeps: older ones that are missing are lost.
    """

    def __init__(self, first_seq: int, *, kept: int = 0xFFFF) -> None:
        self.first_seq = first_seq
        self.next_seq = first_seq
        self.kept = kept
        self.duplicates = 0
        self.recovered = 0
        self.gone = 0
        self.answered = 0
        """How many missing records the dial has since sent or reported as gone."""
        self.missing = Runs()

    def take(self, seq: int) -> bool:
        """Note that record `seq` arrived; returns False if it came before or predates this recording."""
        if seq < self.first_seq:
            return False
        if seq >= self.next_seq:
            self.expect(seq)
            self.next_seq = seq + 1
            return True
        if self.missing.remove(seq, seq + 1):
            self.recovered += 1
            self.answered += 1
            return True
        self.duplicates += 1
        return False

    def expect(self, next_seq: int) -> None:
        """Note that the dial has numbered its records up to `next_seq` (exclusive)."""
        if next_seq <= self.next_seq:
            return
        self.missing.append(self.next_seq, next_seq)
        self.next_seq = next_seq
        # Records requested while the dial still had them may be on their way.
        oldest = next_seq - self.kept - MAX_RESEND
        self.give_up(self.first_seq, oldest - self.first_seq)

    def give_up(self, first_seq: int, count: int) -> int:
        """Note that the dial no longer holds these; returns how many of them were missing."""
        lost = self.missing.remove(first_seq, first_seq + count) if count > 0 else 0
        self.gone += lost
        return lost

    def first_missing(self) -> tuple[int, int] | None:
        """`(first, count)` of the first run of missing records, with `count` at most `MAX_RESEND`."""
        run = self.missing.lowest()
        return None if run is None else (run[0], min(run[1] - run[0], MAX_RESEND))
