"""What is wrong with a recording, as a code and values. `finding_words.py` makes the sentences.

`alignment.json` has both: the sentences in `findings`, the codes and values in `finding_codes`.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """What a finding is about. Programs may rely on these names; the sentences can change."""

    # The journal's lines.
    JOURNAL_NOTE = "journal_note"
    BYTE_RESTORED = "byte_restored"
    JOURNAL_EDITED = "journal_edited"
    JOURNAL_CUT = "journal_cut"
    LINES_DAMAGED = "lines_damaged"
    LINES_LOST = "lines_lost"
    COPIES_LOST = "copies_lost"
    LINES_DOUBLED = "lines_doubled"
    LINES_MISPLACED = "lines_misplaced"
    LINES_FOREIGN = "lines_foreign"
    SAMPLES_LOST = "samples_lost"
    # The recording and its dial.
    DIAL_FLOODED = "dial_flooded"
    DIAL_MALFORMED = "dial_malformed"
    END_INCOMPLETE = "end_incomplete"
    SCALE_CHANGED = "scale_changed"
    OTHER_DIAL_MET = "other_dial_met"
    PORT_CHANGED = "port_changed"
    NOT_ENDED = "not_ended"
    RECORDS_MISSING = "records_missing"
    TICKS_MISSED = "ticks_missed"
    DIAL_RESET = "dial_reset"
    LINK_LOST = "link_lost"
    # The clocks.
    NO_CLOCK = "no_clock"
    COMPUTER_SLEPT = "computer_slept"
    EXCHANGES_IMPOSSIBLE = "exchanges_impossible"
    # The samples.
    RECORDS_CONFLICT = "records_conflict"
    OFF_SCALE = "off_scale"
    WIRE_BROKEN = "wire_broken"
    NOT_HOMED = "not_homed"
    SECONDS_REVISITED = "seconds_revisited"
    NEVER_MOVED = "never_moved"
    MOVED_LATE = "moved_late"
    # The video and its page.
    NO_FRAME_REPORTS = "no_frame_reports"
    SOUND_ONLY = "sound_only"
    NO_FRAME_PLACED = "no_frame_placed"
    PAGE_STOPPED = "page_stopped"
    PICTURE_STOOD_STILL = "picture_stood_still"
    VIDEO_UNSEEN = "video_unseen"
    PLACED_WIDELY = "placed_widely"
    # Times at which the video's position is in doubt; the value `seconds` lists the seconds concerned.
    DOUBT_AT_END = "doubt_at_end"
    DOUBT_PLAYER_LINES = "doubt_player_lines"
    DOUBT_FRAME_LINES = "doubt_frame_lines"
    DOUBT_STOOD_STILL = "doubt_stood_still"
    DOUBT_JUMPED = "doubt_jumped"
    DOUBT_NO_END = "doubt_no_end"
    # Several journals of one recording.
    RESUMED = "resumed"
    SEVERAL_DIALS_PERMITTED = "several_dials_permitted"
    SEVERAL_DIALS = "several_dials"
    JOURNAL_UNUSABLE = "journal_unusable"
    RATED_AGAIN = "rated_again"
    # Ratings from another program.
    IMPORTED = "imported"
    IMPORT_NOTE = "import_note"
    ROWS_UNREADABLE = "rows_unreadable"
    ROWS_UNRATED = "rows_unrated"
    RATED_SPARSELY = "rated_sparsely"
    RATED_AFTER_END = "rated_after_end"
    RATED_PART_ENDS = "rated_part_ends"
    SAME_AT_START = "same_at_start"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding: `code`, the `values` of its sentence (numbers, texts and lists of them), and, if a recording has
    several journals, the `journal` that it is about."""

    code: Code
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    journal: str | None = None

    @property
    def entry(self) -> dict[str, Any]:
        """The finding as `alignment.json` has it."""
        of_journal = {} if self.journal is None else {"journal": self.journal}
        return {"code": str(self.code), **of_journal, "values": self.values}


def finding(code: Code, **values: Any) -> Finding:
    """A finding with these values."""
    return Finding(code=code, values=values)
