"""Which seconds of the video are replayed for a rupture, its repair, or any other segment.

No second is shown twice: a clip ends where the next one begins. Segments that begin too close together for clips of
their own share one clip. So do a rupture and its repair where a study asks for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LEAST_SHARE = 1 / 6
"""If the next clip would cut a clip to less than this share of its length, the two are shown as one: 20 seconds of two
minutes."""
PAIRS = ("apart", "together")
"""How a rupture and its repair are shown: in two clips, the first ending where the second begins, or in one clip."""


@dataclass(frozen=True)
class Window:
    """Seconds `start_s` (included) to `end_s` (excluded) of the video, at least as long as asked unless `cut`.
    `segments`: the indices, in the given list, of the segments that it shows, in the order of the video."""

    start_s: float
    end_s: float
    cut: bool
    segments: tuple[int, ...]


def windows(
    starts_s: Sequence[float], *, pair_of: Sequence[object], length_s: float, end_of_video_s: float, pairs: str
) -> list[Window]:
    """The windows to replay for segments that begin at `starts_s`, in the order of the video.

    Each window runs `length_s` from the beginning of its (last) segment; it is cut where the next window begins and at
    the video's end. `pair_of` says for each segment which rupture it belongs to: segments of one pair share a window
    where `pairs` is "together" and the second begins within `length_s` of the first.
    """
    groups: list[list[int]] = []
    for at in sorted(range(len(starts_s)), key=lambda at: starts_s[at]):
        if groups:
            first, *_ = groups[-1]
            ahead_s = starts_s[at] - starts_s[first]
            of_pair = pairs == "together" and pair_of[at] in [pair_of[other] for other in groups[-1]]
            if ahead_s < LEAST_SHARE * length_s or (of_pair and starts_s[at] < starts_s[groups[-1][-1]] + length_s):
                groups[-1].append(at)
                continue
        groups.append([at])
    made: list[Window] = []
    for number, group in enumerate(groups):
        next_s = starts_s[groups[number + 1][0]] if number + 1 < len(groups) else end_of_video_s
        full_s = starts_s[group[-1]] + length_s
        end_s = min(full_s, next_s, end_of_video_s)
        made.append(Window(starts_s[group[0]], end_s, end_s < full_s, tuple(group)))
    return made
