"""When the video's position is unknown because of a damaged journal.

A `player` line is valid until the next one. If one is lost, or may be, all samples from there until the player's next
report are in doubt: they stay where they are, get a flag, and the findings name them.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.recording.findings import Code
from tracedial.recording.journal import Gap, JournalContent
from tracedial.timing.player import PlayerEvent
from tracedial.timing.shown_frames import FrameBatch

AHEAD_NS = 300_000_000
"""A player reports an action at most this far ahead."""
BEHIND_NS = 1_000_000_000
"""On a busy computer, a player's line is written at most this long after the action that it reports."""
FRAMES_NS = 2_000_000_000
"""Frames are reported within this time after they were shown."""
TOLERANCE_S = 5e-3
"""A virtual player reports its position exactly; a player on a page is checked against its frames instead."""
RUNNING = ("play", "rate")
FROM_RUNNING = ("pause", "stall", "seek", "rate")
"""Actions that a virtual player takes only while it plays."""
FOREVER_NS = 1 << 62


@dataclass(frozen=True)
class Doubt:
    """Samples from `from_ns` until `to_ns` (host time) may belong to another second of the video; `code` and `values`
    belong to the finding that says why."""

    from_ns: int
    to_ns: int
    code: Code
    values: dict[str, Any] = field(default_factory=dict[str, Any])

    def covers(self, host_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Marks the host times that lie within the doubt: same shape."""
        return (host_ns >= self.from_ns) & (host_ns < self.to_ns)


def doubts_of(
    content: JournalContent, player: list[PlayerEvent], frames: list[FrameBatch], *, ended: bool, last_ns: int
) -> list[Doubt]:
    """All doubts about a recording whose journal was read; `ended` says whether it has its last line."""
    doubts = [doubt for gap in content.gaps if (doubt := _of_gap(gap, player))]
    if not content.numbered and not frames:
        # Lines without numbers can vanish without a trace, so the remaining lines must agree with each other.
        doubts += _contradictions(player, ended=ended)
    if not ended:
        doubts.append(Doubt(last_ns - BEHIND_NS, FOREVER_NS, Code.DOUBT_AT_END))
    return doubts


def _of_gap(gap: Gap, player: list[PlayerEvent]) -> Doubt | None:
    before_ns = -FOREVER_NS if gap.before_ns is None else gap.before_ns
    values = {"line": [gap.first, gap.count], "count": gap.count}
    if gap.player:
        known_ns = min((e.host_ns for e in player if e.host_ns > before_ns + AHEAD_NS), default=FOREVER_NS)
        return Doubt(before_ns - BEHIND_NS, known_ns, Code.DOUBT_PLAYER_LINES, values)
    if gap.frames:
        after_ns = FOREVER_NS if gap.after_ns is None else gap.after_ns
        return Doubt(before_ns - FRAMES_NS, after_ns, Code.DOUBT_FRAME_LINES, values)
    return None


def _contradictions(player: Iterable[PlayerEvent], *, ended: bool) -> list[Doubt]:
    """Times between two actions of a virtual player that contradict each other."""
    events = sorted((event for event in player if event.page_boot is None), key=lambda event: event.host_ns)
    doubts: list[Doubt] = []
    began = PlayerEvent("pause", -FOREVER_NS, 0.0, 0.0)
    for one, after in itertools.pairwise([began, *events]):
        running = one.kind in RUNNING
        came_to_s = one.video_s + (after.host_ns - one.host_ns) / 1e9 * one.speed * running
        if after.kind in FROM_RUNNING and not running:
            code, values = Code.DOUBT_STOOD_STILL, {"action": after.kind, "video_s": after.video_s}
        elif after.kind != "seek" and abs(after.video_s - came_to_s) > TOLERANCE_S:
            code, values = Code.DOUBT_JUMPED, {"video_s": one.video_s, "then_s": after.video_s}
        else:
            continue
        doubts.append(Doubt(one.host_ns - BEHIND_NS, after.host_ns, code, values))
    if ended and events and events[-1].kind != "ended":
        doubts.append(Doubt(events[-1].host_ns - BEHIND_NS, FOREVER_NS, Code.DOUBT_NO_END))
    return doubts
