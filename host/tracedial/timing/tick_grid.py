"""Which ticks of the dial fall on whole seconds of the video. Pure arithmetic, in dial seconds since boot."""

import math
from dataclasses import dataclass

from tracedial.timing.clock_fit import ClockFit
from tracedial.timing.player import PlayerEvent

MAX_PERIOD_S = 1.0
"""A video that runs slower than a clock gets several ticks a second of video: a dial's longest period is a second."""


@dataclass(frozen=True)
class TickGrid:
    """Ticks at `tick0_s` + k `period_s` of the dial's own clock."""

    tick0_s: float
    period_s: float

    @property
    def tick0_us(self) -> int:
        """Tick 0 as START carries it."""
        return round(self.tick0_s * 1e6)

    @property
    def period_ns(self) -> int:
        """The period as START carries it."""
        return round(self.period_s * 1e9)

    def ahead_of(self, other: "TickGrid", *, at_s: float) -> float:
        """How much later the ticks of this grid are than those of `other`, around a dial time (seconds, ± half a
        period)."""
        tick_s = self.tick0_s + round((at_s - self.tick0_s) / self.period_s) * self.period_s
        return math.remainder(tick_s - other.tick0_s, other.period_s)


def tick_grid(play: PlayerEvent, fit: ClockFit, *, rate_hz: float) -> TickGrid:
    """The grid of ticks for `rate_hz` samples a second of video, with ticks on the whole seconds.

    `play` says when and where the video begins to run, and how fast. Tick 0 is the first whole instant from there on,
    or, if the dial has booted since, the first that its clock can express.
    """
    ahead_video_s = math.ceil(play.video_s * rate_hz - 1e-6) / rate_hz - play.video_s
    tick0_host_s = (play.host_ns - fit.origin_ns) / 1e9 + ahead_video_s / play.speed
    period_host_s = 1.0 / (rate_hz * play.speed)
    period_host_s /= math.ceil(period_host_s / MAX_PERIOD_S - 1e-9)
    period_s = period_host_s * fit.rate_at_end()
    tick0_s = float(fit.dial_s(tick0_host_s))
    if tick0_s < 0:
        tick0_s += math.ceil(-tick0_s / period_s) * period_s
    return TickGrid(tick0_s, period_s)
