"""When it is not known where the video was: what a journal's damage takes from the player's story.

A line of the player's holds until the next one. Where one is lost, or may be, all that was sampled from there until
the player told again of itself is in doubt: kept where it stands, flagged, and named in the findings.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.recording.journal import Gap, JournalContent
from tracedial.timing.player import PlayerEvent
from tracedial.timing.shown_frames import FrameBatch

AHEAD_NS = 300_000_000
"""A player tells at most this far ahead of what it does."""
BEHIND_NS = 1_000_000_000
"""A line of the player's is written at most this long after what it tells of, on a busy computer."""
FRAMES_NS = 2_000_000_000
"""Frames are told within this time after they were shown."""
TOLERANCE_S = 5e-3
"""A virtual player tells where it stands exactly; one on a page is held to its frames instead."""
RUNNING = ("play", "rate")
FROM_RUNNING = ("pause", "stall", "seek", "rate")
"""What a virtual player does only while it plays."""
FOREVER_NS = 1 << 62


@dataclass(frozen=True)
class Doubt:
    """What was sampled from `from_ns` until `to_ns` (host time) may stand at a wrong second of the video. `why` is a
    sentence without its end; empty for the last moment before a program was killed, which is said anyway."""

    from_ns: int
    to_ns: int
    why: str

    def covers(self, host_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which host times lie within: same shape."""
        return (host_ns >= self.from_ns) & (host_ns < self.to_ns)


def doubts_of(
    content: JournalContent, player: list[PlayerEvent], frames: list[FrameBatch], *, ended: bool, last_ns: int
) -> list[Doubt]:
    """All doubts about a recording whose journal was read; `ended` says whether it has its last line."""
    doubts = [doubt for gap in content.gaps if (doubt := _of_gap(gap, player))]
    if not content.numbered and not frames:
        # Lines without numbers can be missing without a trace: what the others say has to fit.
        doubts += _contradictions(player, ended=ended)
    if not ended:
        doubts.append(Doubt(last_ns - BEHIND_NS, FOREVER_NS, ""))
    return doubts


def _of_gap(gap: Gap, player: list[PlayerEvent]) -> Doubt | None:
    before_ns = -FOREVER_NS if gap.before_ns is None else gap.before_ns
    lost = f"{gap.words} of the journal {'is' if gap.count == 1 else 'are'} damaged or missing"
    if gap.player:
        known_ns = min((e.host_ns for e in player if e.host_ns > before_ns + AHEAD_NS), default=FOREVER_NS)
        why = f"{lost}, which may have told what the player did"
        return Doubt(before_ns - BEHIND_NS, known_ns, why)
    if gap.frames:
        after_ns = FOREVER_NS if gap.after_ns is None else gap.after_ns
        return Doubt(before_ns - FRAMES_NS, after_ns, f"{lost}, which may have told what was shown")
    return None


def _contradictions(player: Iterable[PlayerEvent], *, ended: bool) -> list[Doubt]:
    """Times between two acts of a virtual player of which the second cannot follow on the first."""
    events = sorted((event for event in player if event.page_boot is None), key=lambda event: event.host_ns)
    doubts: list[Doubt] = []
    began = PlayerEvent("pause", -FOREVER_NS, 0.0, 0.0)
    for one, after in itertools.pairwise([began, *events]):
        running = one.kind in RUNNING
        came_to_s = one.video_s + (after.host_ns - one.host_ns) / 1e9 * one.speed * running
        if after.kind in FROM_RUNNING and not running:
            why = f"The player tells of a {after.kind} at {after.video_s:.1f} s of the video while it stood still"
        elif after.kind != "seek" and abs(after.video_s - came_to_s) > TOLERANCE_S:
            why = f"The player was at {one.video_s:.1f} s of the video and then, untold, at {after.video_s:.1f} s"
        else:
            continue
        doubts.append(Doubt(one.host_ns - BEHIND_NS, after.host_ns, f"{why}, so that a line of it is missing"))
    if ended and events and events[-1].kind != "ended":
        why = "The journal has its last line and none that says where the player ended, so that a line is missing"
        doubts.append(Doubt(events[-1].host_ns - BEHIND_NS, FOREVER_NS, why))
    return doubts


def findings_of(content: JournalContent, end: dict[str, Any] | None, n_samples: int) -> list[str]:
    """Sentences about the state of a journal's lines."""
    findings: list[str] = []
    if content.edited:
        findings.append(f"The journal was saved by an editor ({'; '.join(content.edited)}): it is read all the same.")
    if content.cut_bytes:
        findings.append(f"The journal was cut in the middle of its last line ({content.cut_bytes} bytes, not used).")
    if content.damaged_lines:
        shown = ", ".join(map(str, content.damaged_lines[:5])) + ("…" if len(content.damaged_lines) > 5 else "")
        findings.append(f"{len(content.damaged_lines)} lines of the journal are damaged and not used (line {shown}).")
    lost = sum(gap.count for gap in content.gaps)
    if content.numbered and lost:
        shown = ", ".join(gap.words.lower() for gap in content.gaps[:5]) + ("…" if len(content.gaps) > 5 else "")
        findings.append(f"{lost} lines of the journal are lost ({shown}).")
    if content.copies_lost:
        findings.append(
            f"{content.copies_lost} lines that are written twice are there once: that is enough, nothing is lost."
        )
    if content.doubled:
        findings.append(f"{content.doubled} lines of the journal came again and are used once.")
    if content.misplaced:
        findings.append(f"{content.misplaced} lines of the journal were out of their order and are put back into it.")
    if content.foreign:
        findings.append(f"{content.foreign} lines without a number stand among those with one and are not used.")
    written = (end or {}).get("samples")
    if isinstance(written, int) and written > n_samples and not (content.numbered or content.damaged_lines):
        findings.append(f"{written - n_samples} samples that were written are not in the journal: lines are missing.")
    return findings
