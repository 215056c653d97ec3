"""Which of a dial's numbered records have come in, and which to ask for again."""

from tracedial.link.runs import Runs

MAX_RESEND = 500
"""Records asked for at once."""


class SequenceTracker:
    """Which records have come in, which are missing, which came twice. Numbers count from 0 at the dial's boot.

    `kept` is how many records the dial keeps: what is missing of older ones is gone.
    """

    def __init__(self, first_seq: int, *, kept: int = 0xFFFF) -> None:
        self.first_seq = first_seq
        self.next_seq = first_seq
        self.kept = kept
        self.duplicates = 0
        self.recovered = 0
        self.gone = 0
        self.answered = 0
        """Of what was missing, how much the dial has sent or said to be gone."""
        self.missing = Runs()

    def take(self, seq: int) -> bool:
        """Note that record `seq` came in; False if it had come before, or belongs to what was before this recording."""
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
        # What was asked for while the dial still had it may be under way.
        oldest = next_seq - self.kept - MAX_RESEND
        self.give_up(self.first_seq, oldest - self.first_seq)

    def give_up(self, first_seq: int, count: int) -> int:
        """Note that the dial no longer holds these; returns how many of them were missing."""
        lost = self.missing.remove(first_seq, first_seq + count) if count > 0 else 0
        self.gone += lost
        return lost

    def first_missing(self) -> tuple[int, int] | None:
        """`(first, count)` of the first run of missing records, at most `MAX_RESEND` of them."""
        run = self.missing.lowest()
        return None if run is None else (run[0], min(run[1] - run[0], MAX_RESEND))
