"""Who changed the segments of a rating, when, how and why: the log of `segments.tdj` as rows."""

from dataclasses import dataclass
from pathlib import Path

from tracedial.study.segments import Choice, Segment, carry_out, read_changes

ACTIONS = ("automatic", "accept", "reopen", "add", "move", "rank", "delete", "restore")
_OF_KIND = {"accepted": "accept", "reopened": "reopen", "automatic": "automatic"}


@dataclass(frozen=True)
class Edit:
    """A line of the log: `action` is one of `ACTIONS`; `before` and `after` are the segment as it was and as it then
    is, None where there is none."""

    at: str
    who: str
    action: str
    why: str
    before: Segment | None = None
    after: Segment | None = None


def read_edits(folder: Path) -> list[Edit]:
    """The changes of a rating's segments in their order. Raises `StudyError` for a journal that cannot be read."""
    choice = Choice({}, [], {}, [])
    found = []
    for record in read_changes(folder)[0]:
        name = str(record.get("id", ""))
        before = choice.segments.get(name)
        carry_out(choice, record)
        action = record.get("action") if record["kind"] == "change" else _OF_KIND.get(record["kind"])
        if action in ACTIONS:
            after = choice.segments.get(name)
            who = str(record.get("who", "rule"))
            found.append(
                Edit(
                    at=str(record.get("wall_clock", "")),
                    who=who,
                    action=action,
                    why=str(record.get("why", "")),
                    before=before,
                    after=after,
                )
            )
    return found
