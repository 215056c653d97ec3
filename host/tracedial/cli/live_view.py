"""Shows a recording while it runs: a gauge for each dial, in any terminal.

If the output is not a terminal (a file, another program), a line every ten seconds says the same.
"""

import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tracedial.recording.rater_state import RaterState

GAUGE_CELLS = 31
PLAIN_INTERVAL_S = 10.0
REFRESH_HZ = 5


class LiveView:
    """Shows the states of a recorder. Each refresh calls `states` and `video_s`."""

    def __init__(
        self, states: Callable[[], list[RaterState]], video_s: Callable[[], float], *, end_s: float, synthetic: bool
    ) -> None:
        self._states = states
        self._video_s = video_s
        self._end_s = end_s
        self._title = "SYNTHETIC raters" if synthetic else "Recording (Ctrl-C ends it)"
        self._console = Console(file=sys.stderr)
        self._live = (
            Live(console=self._console, get_renderable=self._table, refresh_per_second=REFRESH_HZ)
            if self._console.is_terminal
            else None
        )
        self._plain_due_s = 0.0
        self._problems: set[str] = set()

    def __enter__(self) -> "LiveView":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._live:
            self._live.stop()

    def turn(self) -> None:
        """Called often by the recorder; without a terminal, prints a plain line from time to time."""
        if self._live:
            return
        for state in self._states():
            if state.problem and state.problem not in self._problems:
                self._problems.add(state.problem)
                self._console.print(Text(f"{state.rater}: {state.problem}"))
        if time.monotonic() >= self._plain_due_s:
            self._plain_due_s = time.monotonic() + PLAIN_INTERVAL_S
            parts = [f"{s.rater} {_rating(s)} {_link(s)}" for s in self._states()]
            self._console.print(Text(f"{_clock(self._video_s())}  " + ";  ".join(parts)))

    def _table(self) -> Table:
        table = Table(title=f"{self._title}   {_clock(self._video_s())} of {_clock(self._end_s)}", title_justify="left")
        # In a narrow window keep what matters most: who, which rating, and whether the link holds.
        width = self._console.width
        shown = {"gauge": width >= 112, "label": width >= 80, "samples": width >= 70, "clock within": width >= 90}
        for name in ("rater", "rating", "gauge", "label", "samples", "clock within", "link"):
            if shown.get(name, True):
                table.add_column("" if name in ("gauge", "label") else name, no_wrap=name != "link")
        for state in self._states():
            scale = state.hello.scale
            optional = {
                "gauge": gauge(state.rating, low=scale.low, high=scale.high),
                "label": state.label,
                "samples": str(state.samples),
                "clock within": "…" if state.bound_s is None else f"±{state.bound_s * 1e3:.1f} ms",
            }
            table.add_row(
                state.rater,
                Text(f"{_rating(state):>4}", style="bold"),
                # As `Text`, so that a dial's words are not read as markup.
                *[Text(cell) for name, cell in optional.items() if shown[name]],
                Text(_link(state), style="bold red" if not state.link_up or state.problem else ""),
            )
        return table


def gauge(rating: int | None, *, low: int, high: int) -> str:
    """A line of cells with a mark at the rating and another at the middle of the scale."""
    cells = ["─"] * GAUGE_CELLS
    cells[GAUGE_CELLS // 2] = "┼"
    if rating is not None:
        share = min(max((rating - low) / (high - low), 0.0), 1.0)
        cells[round(share * (GAUGE_CELLS - 1))] = "█"
    return "".join(cells)


def _rating(state: RaterState) -> str:
    return "–" if state.rating is None else f"{state.rating:+d}" if state.rating else "0"


def _link(state: RaterState) -> str:
    if state.problem:
        return state.problem
    if not state.link_up:
        return "LOST, the dial keeps the ratings"
    words = []
    if state.missing:
        words.append(f"{state.missing} being resent")
    if state.recovered:
        words.append(f"{state.recovered} resent")
    if state.lost:
        words.append(f"{state.lost} lost")
    if state.breaks:
        words.append(f"reset {state.breaks}×")
    return ", ".join(words) or "ok"


def _clock(seconds: float) -> str:
    whole = max(int(seconds), 0)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
