"""The findings about a recording from its journal: its lines, its dial, its page."""

import json
from typing import Any

from tracedial.recording.finding_words import SHOWN
from tracedial.recording.findings import Code, Finding, finding
from tracedial.recording.journal import JournalContent
from tracedial.recording.record_kinds import Kind


def findings_of_lines(content: JournalContent, end: dict[str, Any] | None, n_samples: int) -> list[Finding]:
    """Findings about the journal's lines. `end`: its last record; `n_samples`: samples that could be read."""
    found: list[Finding] = []
    if content.edited:
        found.append(finding(Code.JOURNAL_EDITED, edits=content.edited))
    if content.damaged_lines:
        # If a file is damaged throughout, the first lines are enough.
        lines = content.damaged_lines[: SHOWN + 1]
        found.append(finding(Code.LINES_DAMAGED, count=len(content.damaged_lines), lines=lines))
    lost = sum(gap.count for gap in content.gaps)
    if content.numbered and lost:
        gaps = [[gap.first, gap.count] for gap in content.gaps[: SHOWN + 1]]
        found.append(finding(Code.LINES_LOST, count=lost, gaps=gaps))
    found += findings_of_counts(
        (Code.JOURNAL_CUT, content.cut_bytes),
        (Code.COPIES_LOST, content.copies_lost),
        (Code.LINES_DOUBLED, content.doubled),
        (Code.LINES_MISPLACED, content.misplaced),
        (Code.LINES_FOREIGN, content.foreign),
    )
    written = (end or {}).get("samples")
    if isinstance(written, int) and written > n_samples and not (content.numbered or content.damaged_lines):
        found.append(finding(Code.SAMPLES_LOST, count=written - n_samples))
    return found


def findings_of_records(by_kind: dict[str, list[dict[str, Any]]]) -> list[Finding]:
    """Findings about the dial, its link and the page; `by_kind` has the journal's records by kind."""
    hellos, others, links, pages, ends = (
        by_kind.get(kind, []) for kind in (Kind.HELLO, Kind.OTHER_DIAL, Kind.LINK, Kind.PAGE, Kind.END)
    )
    end = ends[-1] if ends else {}
    found = findings_of_counts(
        (Code.DIAL_FLOODED, end.get("over_budget", 0)), (Code.DIAL_MALFORMED, end.get("malformed", 0))
    )
    if not end.get("complete", True):
        found.append(finding(Code.END_INCOMPLETE))
    if len({json.dumps(hello["scale"], sort_keys=True) for hello in hellos}) > 1:
        found.append(finding(Code.SCALE_CHANGED))
    met = dict.fromkeys(f"{other['name']} (id {other['unique_id']}) on {other['port']}" for other in others)
    if met:
        found.append(finding(Code.OTHER_DIAL_MET, dials=list(met)))
    moves = [link["port"] for link in links if link.get("port")]
    if moves:
        found.append(finding(Code.PORT_CHANGED, count=len(moves), ports=moves))
    frames_from = {note.get("text") for note in pages if note.get("what") == "frames_from"}
    if "currentTime" in frames_from:
        found.append(finding(Code.NO_FRAME_REPORTS))
    if "sound" in frames_from:
        found.append(finding(Code.SOUND_ONLY))
    found += findings_of_counts((Code.PAGE_STOPPED, sum(note.get("what") == "slept" for note in pages)))
    if not ends:
        found.append(finding(Code.NOT_ENDED))
    return found


def findings_of_counts(*counts: tuple[Code, int]) -> list[Finding]:
    """A finding for each count above 0."""
    return [finding(code, count=count) for code, count in counts if count]
