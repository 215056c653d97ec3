"""The family of errors. Each message is one sentence that a user can act on; each error carries its datum.

The command line prints the message and exits with 1. Anything that reaches the user as a traceback is a bug.
"""

from pathlib import Path


class TracedialError(Exception):
    """An error with a known reason, which its message states."""


def os_sentence(error: OSError) -> str:
    """Say in a sentence what the system refused: which file or folder, and why."""
    where = f"{error.filename} cannot be used" if error.filename else "A file or a connection failed"
    return f"{where}: {error.strerror or error}."


class LinkError(TracedialError):
    """A port cannot be opened or was lost; `port` names it."""

    def __init__(self, port: str, text: str) -> None:
        super().__init__(text)
        self.port = port


class NotADialError(LinkError):
    """Nothing answered, or what answered is not a dial."""


class SilentPortError(NotADialError):
    """The port opens, but no dial speaks on it."""


class ProtocolError(LinkError):
    """Dial and host speak different major versions; `dial` and `host` are (major, minor)."""

    def __init__(self, port: str, text: str, *, dial: tuple[int, int] | None, host: tuple[int, int]) -> None:
        super().__init__(port, text)
        self.dial = dial
        self.host = host


class FlashError(LinkError):
    """The firmware cannot be put on a board, or was put there incompletely; `port` names it."""


class RefusedLinkError(LinkError):
    """The dial is there but cannot be used: trying again changes nothing until somebody acts."""


class StrangerError(RefusedLinkError):
    """Dial and computer do not share a key; `port` names where they met."""


class BusyDialError(RefusedLinkError):
    """Another program uses the dial over another link; `port` names the port that was tried."""


class IntroductionError(TracedialError):
    """The keys of dials cannot be read or stored; `path` is their file."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class AmbiguousDialError(TracedialError):
    """Several dials answer and none was chosen; `ports` names them."""

    def __init__(self, ports: list[str], text: str) -> None:
        super().__init__(text)
        self.ports = ports


class ClockError(TracedialError):
    """No clock can be fitted to the sync exchanges."""


class JournalError(TracedialError):
    """A journal cannot be written or read; `path` is its file."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class RecordingError(TracedialError):
    """A recording or session folder lacks something; `path` is the folder or file."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class NothingRatedError(RecordingError):
    """A recording has nothing to align: it was closed before the video ran or before a sample arrived."""


class StudyError(TracedialError):
    """A study's file or folder is inconsistent; `path` is the file or folder."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class PageError(TracedialError):
    """A page of the rating room asked for something that it cannot have."""


class TraceError(TracedialError):
    """A trace file cannot be read; `path` and `line` say where."""

    def __init__(self, path: Path, text: str, *, line: int | None = None) -> None:
        super().__init__(text)
        self.path = path
        self.line = line


class VideoError(TracedialError):
    """A video file cannot be read; `path` is the file."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class EmulatorError(TracedialError):
    """The emulated dial did not start or ended early."""


class AnalysisError(TracedialError):
    """Traces cannot be compared, or settings make no sense."""


class FaceError(TracedialError):
    """A dial's face cannot be drawn as requested."""


class ExchangeError(TracedialError):
    """An export cannot be made; `path` is the file or folder."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path
