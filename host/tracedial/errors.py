"""The family of errors. Each message is one sentence that a user can act on; each error carries its datum.

The command line prints the message and exits with 1. Anything that reaches the user as a traceback is a bug.
"""

from pathlib import Path


class TracedialError(Exception):
    """Something that went wrong for a reason that is said."""


def os_sentence(error: OSError) -> str:
    """What the system refused, in a sentence: which file or folder, and why."""
    where = f"{error.filename} cannot be used" if error.filename else "A file or a connection failed"
    return f"{where}: {error.strerror or error}."


class LinkError(TracedialError):
    """A port that cannot be opened or was lost; `port` names it."""

    def __init__(self, port: str, text: str) -> None:
        super().__init__(text)
        self.port = port


class NotADialError(LinkError):
    """Something answered, or nothing did, but it was not a dial."""


class SilentPortError(NotADialError):
    """A port that opens, and from which no dial speaks."""


class ProtocolError(LinkError):
    """Dial and host speak different major versions; `dial` and `host` are (major, minor)."""

    def __init__(self, port: str, text: str, *, dial: tuple[int, int] | None, host: tuple[int, int]) -> None:
        super().__init__(port, text)
        self.dial = dial
        self.host = host


class FlashError(LinkError):
    """A board that the firmware cannot be put on, or was not put on whole; `port` names it."""


class RefusedLinkError(LinkError):
    """A dial that is there and will not be used: trying again changes nothing before somebody acts."""


class StrangerError(RefusedLinkError):
    """Dial and computer do not share a key; `port` names where they met."""


class BusyDialError(RefusedLinkError):
    """A dial that another program uses by another link; `port` names where it was asked."""


class IntroductionError(TracedialError):
    """Keys of dials that cannot be read or kept; `path` is their file."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class AmbiguousDialError(TracedialError):
    """Several dials answer and none was chosen; `ports` names them."""

    def __init__(self, ports: list[str], text: str) -> None:
        super().__init__(text)
        self.ports = ports


class ClockError(TracedialError):
    """Sync exchanges that no clock can be fitted to."""


class JournalError(TracedialError):
    """A journal that cannot be written or read; `path` is its file."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class RecordingError(TracedialError):
    """A recording or session folder that lacks something; `path` is the folder or file."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class NothingRatedError(RecordingError):
    """A recording in which there is nothing to align: it was closed before the video ran, or before a sample came."""


class StudyError(TracedialError):
    """A study's file or folder that does not hold together; `path` is the file or folder."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class PageError(TracedialError):
    """Something that a page of the rating room asked for and cannot have."""


class TraceError(TracedialError):
    """A trace file that cannot be read as one; `path` and `line` say where."""

    def __init__(self, path: Path, text: str, *, line: int | None = None) -> None:
        super().__init__(text)
        self.path = path
        self.line = line


class VideoError(TracedialError):
    """A video file that cannot be read; `path` is the file."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class EmulatorError(TracedialError):
    """The emulated dial did not start or ended early."""


class AnalysisError(TracedialError):
    """Traces that cannot be compared or settings that make no sense."""


class FaceError(TracedialError):
    """A dial's face that cannot be drawn as asked for."""


class ExchangeError(TracedialError):
    """An export that cannot be made; `path` is the file or folder."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path
