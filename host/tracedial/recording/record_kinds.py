"""The kinds of records that a recording's journal has; `docs/recording.md` says what each holds."""

from enum import StrEnum


class Kind(StrEnum):
    """The kinds of a recording's records."""

    RECORDING = "recording"
    HELLO = "hello"
    SYNC = "sync"
    STARTED = "started"
    SAMPLE = "sample"
    RATING = "rating"
    EVENT = "event"
    GONE = "gone"
    REFUSED = "refused"
    LOG = "log"
    LINK = "link"
    OTHER_DIAL = "other_dial"
    PLAYER = "player"
    FRAMES = "frames"
    PAGE = "page"
    PAGE_SYNC = "page_sync"
    JOURNAL = "journal"
    END = "end"
