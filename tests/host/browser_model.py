"""A model of a browser that plays a video: which frame stands on the screen when, and what the page tells of it.

The screen has a grid of 60 Hz. The player's clock runs up to 200 ppm off the host's. Whatever may go wrong is an act at
a second of host time: a pause, a seek, a frozen browser that goes on where it was or leaps to where it would have been,
frames that come late, a page that is too busy to be told of frames, a hidden page, reports that are lost, and a player
that tells the wrong things.
"""

from dataclasses import dataclass, field

import numpy as np

from tracedial.timing.player import PlayerEvent, timeline
from tracedial.timing.shown_frames import UNTOLD, Frames

GRID_S = 1 / 60


@dataclass
class Played:
    """Frames as shown (`screen_host_s`, `screen_video_s`: the truth), as reported, the player's events, and the times
    of all frames of the file."""

    screen_host_s: np.ndarray
    screen_video_s: np.ndarray
    frames: Frames
    events: list[PlayerEvent]
    file_s: np.ndarray
    frame_rate_hz: float
    still: list[tuple[float, float]] = field(default_factory=list)
    unseen: list[tuple[float, float]] = field(default_factory=list)

    @property
    def told(self):
        return timeline(self.events, origin_ns=0, until_ns=int(1e9 * (self.screen_host_s[-1] + 1)))


def play(
    rng, *, seconds=60.0, rate_hz=25.0, acts=(), counted=True, drift=0.0, late_share=0.0, variable=False
) -> Played:
    """`acts`: (at_s, kind, value) by host time since the start: `pause` (s), `seek` (to), `freeze` (s, goes on where it
    was), `leap` (s, catches up), `busy` (s, frames shown but not told), `hidden` (s), `lost` (s of reports)."""
    start_s = float(rng.uniform(1, 5))
    media_s = _frame_times(rng, seconds, rate_hz, variable=variable)
    shown, events, still, unseen = [], [_event("play", start_s, 0.0)], [], []
    host_s, video_s, passed, presented = start_s, 0.0, 0, 0
    busy_until = hidden_until = lost_until = -1.0
    pending = sorted(acts)
    while video_s < seconds and len(shown) < 100_000:
        until_s = start_s + pending[0][0] if pending else np.inf
        # Run steadily until the next act.
        length_s = max(min(until_s - host_s, (seconds - video_s) / (1 + drift)), 0.0)
        own = media_s[(media_s >= video_s - 1e-9) & (media_s < video_s + length_s * (1 + drift) - 1e-9)]
        at = host_s + (own - video_s) / (1 + drift)
        screen = np.ceil(at / GRID_S) * GRID_S
        late = rng.random(len(at)) < late_share
        screen = np.maximum.accumulate(screen + late * np.ceil(rng.exponential(2, len(at))) * GRID_S)
        for one, second in zip(screen, own, strict=True):
            passed += 1
            if one < hidden_until:
                continue
            if shown and one <= shown[-1][0]:
                # Two frames at one tick of the screen: the later is seen.
                shown[-1] = (shown[-1][0], second, presented, passed, shown[-1][4])
                continue
            presented += 1
            shown.append((one, second, presented, passed, one >= busy_until and one >= lost_until))
        host_s, video_s = host_s + length_s, video_s + length_s * (1 + drift)
        if not pending or video_s >= seconds:
            break
        _, kind, value = pending.pop(0)
        if kind == "pause":
            events += [_event("pause", host_s, video_s), _event("play", host_s + value, video_s)]
            still.append((host_s, host_s + value))
            stands_s = media_s[np.searchsorted(media_s, video_s + 1e-9) - 1]
            if shown and shown[-1][1] < stands_s - 1e-9 and host_s > shown[-1][0] and host_s >= hidden_until:
                # A player that stands shows where it stands.
                passed, presented = passed + 1, presented + 1
                shown.append((host_s, stands_s, presented, passed, False))
            host_s += value
        elif kind == "seek":
            events += [_event("pause", host_s, video_s), _event("seek", host_s + 0.05, value)]
            events += [_event("play", host_s + 0.6, value)]
            still.append((host_s, host_s + 0.6))
            # The frame there is shown at once, and told only once the video runs.
            passed, presented = passed + 1, presented + 1
            shown.append(
                (host_s + 0.1, media_s[np.searchsorted(media_s, value, "right") - 1], presented, passed, False)
            )
            host_s, video_s = host_s + 0.6, value
        elif kind == "freeze":
            still.append((host_s, host_s + value))
            host_s += value
        elif kind == "leap":
            still.append((host_s, host_s + value))
            unseen.append((video_s, video_s + value * (1 + drift)))
            passed += int(value * rate_hz)
            host_s, video_s = host_s + value, video_s + value * (1 + drift)
        elif kind == "busy":
            busy_until = host_s + value
        elif kind == "hidden":
            hidden_until = host_s + value
            unseen.append((video_s, video_s + value * (1 + drift)))
        elif kind == "lost":
            lost_until = host_s + value
    events.append(_event("ended", host_s, video_s))
    table = np.array(shown)
    told = table[:, 4] > 0
    counters = table[told, 2:4].astype(int) if counted else np.full((told.sum(), 2), UNTOLD)
    frames = Frames(
        table[told, 0],
        table[told, 1],
        counters[:, 0],
        counters[:, 1],
        np.full(told.sum(), 0.5e-3),
        np.zeros(told.sum()),
    )
    return Played(table[:, 0], table[:, 1], frames, events, media_s, len(media_s) / seconds, still,
                  unseen)  # fmt: skip


def _frame_times(rng, seconds, rate_hz, *, variable):
    if not variable:
        return np.arange(0.0, seconds, 1 / rate_hz)
    gaps = rng.choice([1 / rate_hz, 2 / rate_hz, 0.4, 1.2], int(seconds * rate_hz), p=[0.8, 0.15, 0.04, 0.01])
    times = np.concatenate([[0.0], np.cumsum(gaps)])
    return times[times < seconds]


def _event(kind, host_s, video_s):
    return PlayerEvent(kind, round(host_s * 1e9), video_s, 1.0 if kind == "play" else 0.0)
