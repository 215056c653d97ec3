"""How a recording ended, as data and in a sentence."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(kw_only=True)
class RecordingSummary:
    """How one rater's recording ended: `complete` if every record that the dial numbered is in the journal.

    `samples`: samples in the journal; `recovered`: records that came when asked for again; `missing`: records that
    never came; `gone`: records that the dial no longer held; `breaks`: resets of the dial.
    """

    rater: str
    folder: Path
    samples: int
    recovered: int
    missing: int
    gone: int
    breaks: int
    link_losses: int
    complete: bool

    @property
    def lacks(self) -> str:
        """What the recording lacks, in a sentence that begins with the rater; empty where it is complete."""
        if self.complete:
            return ""
        reasons: list[str] = []
        if self.breaks:
            reasons.append("the dial was reset, and what it held then is lost")
        if self.missing + self.gone:
            reasons.append(f"{self.missing + self.gone} records of the dial are missing")
        why = " and ".join(reasons) or (
            "the dial was not there to confirm the end, and what it still holds is not recorded"
        )
        return f"{self.rater}: {why}; the trace says which seconds have no rating."
