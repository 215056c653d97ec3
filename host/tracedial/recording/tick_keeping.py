"""Keeps dials ticking on the video's whole seconds: sets ticks when the video begins to play, and moves them as the
video and the clocks drift."""

from collections.abc import Sequence

from tracedial.recording.rater_recording import RaterRecording
from tracedial.timing.player import PlayerEvent
from tracedial.timing.tick_grid import tick_grid

PHASE_CHECK_S = 2.0
FIRST_FIT_CHECK_S = 0.1
PHASE_TOLERANCE_S = 100e-6
"""If a dial's ticks have moved this far from the video's seconds, they are corrected."""
CUE_TOLERANCE_S = 0.4
"""If a video begins within this time of its cue (host time), the dials already tick, and their ticks are only moved."""


class TickKeeper:
    """Keeps the ticks of several dials, `rate_hz` a second of video. Everything is called in the recorder's thread."""

    def __init__(self, *, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._raters: Sequence[RaterRecording] = ()
        self._due_ns: dict[str, int] = {}
        self._cued: dict[str, PlayerEvent] = {}
        self._current: PlayerEvent | None = None

    def keep(self, raters: Sequence[RaterRecording]) -> None:
        """Keep these from now on."""
        self._raters = raters

    def on_player_event(self, event: PlayerEvent) -> None:
        """Take in a change that the player reports."""
        self._current = event if event.kind in ("play", "rate") else None
        if self._current:
            for rater in self._raters:
                self._set(rater)

    def cue(self, event: PlayerEvent) -> None:
        """Start the ticks for a video that is about to play from `event` on. The player later reports when it really
        began; then the running ticks are only moved."""
        self._cued.clear()
        for rater in self._raters:
            if fit := rater.clock.fit:
                rater.set_ticks(tick_grid(event, fit, rate_hz=self._rate_hz), correction=False)
                self._cued[rater.rater] = event

    def follow(self, event: PlayerEvent) -> None:
        """Use the measured position of the running video for its ticks: the next check of their phase moves them
        there."""
        if self._current:
            self._current = event

    def turn(self, now_ns: int) -> None:
        """Check the phase of each dial that is due."""
        for rater in self._raters:
            if now_ns >= self._due_ns.get(rater.rater, 0):
                self._check(rater, now_ns)

    def _check(self, rater: RaterRecording, now_ns: int) -> None:
        fit = rater.refit(now_ns)
        self._due_ns[rater.rater] = now_ns + int((PHASE_CHECK_S if fit else FIRST_FIT_CHECK_S) * 1e9)
        if self._current is None or fit is None:
            return
        if rater.grid is None:
            self._set(rater)
            return
        # Counted from here: counted from the video's beginning, an error of the drift would grow over hours.
        wanted = tick_grid(self._current.seen_from(now_ns), fit, rate_hz=self._rate_hz)
        ahead_s = float(fit.dial_s((now_ns - fit.origin_ns) / 1e9 + PHASE_CHECK_S))
        if abs(wanted.ahead_of(rater.grid, at_s=ahead_s)) > PHASE_TOLERANCE_S:
            rater.set_ticks(wanted, correction=True)

    def _set(self, rater: RaterRecording) -> None:
        fit = rater.clock.fit
        if self._current is None or fit is None:
            return
        cued = self._cued.pop(rater.rater, None)
        near = cued is not None and abs(self._current.host_ns - cued.host_ns) < CUE_TOLERANCE_S * 1e9
        rater.set_ticks(tick_grid(self._current, fit, rate_hz=self._rate_hz), correction=near)
