"""The names of all files of a recording: in a session's folder and in each rater's folder inside it."""

from pathlib import Path

SESSION_FILE = "session.json"
"""In the session's folder: which video, which raters."""
JOURNAL_NAME = "journal.tdj"
"""In a rater's folder, like all that follow: the recorded data, from which everything else is made."""
PRACTICE_FILE = "practice.tdj"
"""The readings and results of the practice before the recording."""
ALIGNMENT_FILE = "alignment.json"
"""What the trace was made from, and how well it is placed."""
TRACE_FILE = "trace.csv"
SAMPLES_FILE = "samples.csv"
MARKS_FILE = "marks.csv"
RECORDING_LOCK_FILE = ".recording.lock"
"""Held by the program that records the rater."""


def journals(folder: Path) -> list[str]:
    """The names of a recording's journals: `journal.tdj`, and another for each resumption."""
    later = [path.name for path in folder.glob("journal-*.tdj") if path.stem.removeprefix("journal-").isdigit()]
    first = [JOURNAL_NAME] if (folder / JOURNAL_NAME).is_file() else []
    return first + sorted(later, key=lambda name: int(name[len("journal-") : -len(".tdj")]))


def next_journal(folder: Path) -> str:
    """The name of the journal in which the recording in `folder` would continue."""
    number = len(journals(folder)) + 1
    return JOURNAL_NAME if number == 1 else f"journal-{number}.tdj"
