"""Dials kept ticking on the video's whole seconds: set when it begins to play, moved as it and the clocks drift."""

from collections.abc import Sequence

from tracedial.recording.rater_recording import RaterRecording
from tracedial.timing.player import PlayerEvent
from tracedial.timing.tick_grid import tick_grid

PHASE_CHECK_S = 2.0
FIRST_FIT_CHECK_S = 0.1
PHASE_TOLERANCE_S = 100e-6
"""A dial whose ticks have moved this far from the video's seconds is set right."""
CUE_TOLERANCE_S = 0.4
"""A video that begins within this of its cue (host time) finds the dials ticking, and only moves their ticks."""


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
        """The player tells of a change."""
        self._current = event if event.kind in ("play", "rate") else None
        if self._current:
            for rater in self._raters:
                self._set(rater)

    def cue(self, event: PlayerEvent) -> None:
        """Have the dials tick for a video that is to play from `event` on, before it does: when it really began, the
        player tells, and the ticks that run by then are only moved."""
        self._cued.clear()
        for rater in self._raters:
            if fit := rater.clock.fit:
                rater.set_ticks(tick_grid(event, fit, rate_hz=self._rate_hz), correction=False)
                self._cued[rater.rater] = event

    def follow(self, event: PlayerEvent) -> None:
        """Take where the running video is found to be now for where its ticks belong: they are moved there with the
        next look at their phase."""
        if self._current:
            self._current = event

    def turn(self, now_ns: int) -> None:
        """Look at the phase of each dial whose turn it is."""
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
        # From here on: reckoned from where the video began, a doubt about the drift would grow with the hours.
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
