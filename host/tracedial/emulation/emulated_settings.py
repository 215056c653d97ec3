"""The settings of an emulated dial: its name, the errors of its clock and its link, and the script that turns its
knob."""

import csv
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from tracedial.emulation.emulated_link import LinkConditions
from tracedial.errors import EmulatorError


@dataclass(frozen=True)
class DialSettings:
    """One emulated dial: its identity, the errors of its clock, and what turns its knob."""

    name: str
    unique_id: str
    clock_offset_s: float = 0.0
    drift_ppm: float = 0.0
    wander_ms: float = 0.0
    wander_period_s: float = 1800.0
    script: tuple[tuple[float, float], ...] = ()
    scale: tuple[int, int, int, tuple[tuple[int, str], ...]] | None = None
    link: LinkConditions = field(default_factory=LinkConditions)
    keep: Path | None = None
    radio: bool = False
    """Whether the board has a radio; the radio is on when the dial knows a host."""

    def to_firmware(self, *, true_us: int | None = None, boot: int = 0) -> str:
        """The settings as `firmware/port/emulated.py` reads them: the first line on its control connection.

        `true_us` is a simulation's time at the dial's boot (None: real time); `boot` is the boot id (0: random).
        """
        return json.dumps(
            {
                "name": self.name,
                "id": self.unique_id,
                "clock_offset_us": round(self.clock_offset_s * 1e6),
                "drift_ppm": self.drift_ppm,
                "wander_us": self.wander_ms * 1e3,
                "wander_period_s": self.wander_period_s,
                "script": self.script,
                "scale": self.scale,
                "keep": str(self.keep) if self.keep else "",
                "true_us": true_us,
                "boot": boot,
                "radio": self.radio,
            },
            # MicroPython would read an escaped character beyond 16 bits as two broken ones.
            ensure_ascii=False,
        )


class Standing:
    """The state of a dial's world that outlasts a reset: a reset does not turn the knob or mend a wire."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}

    def note(self, line: str) -> None:
        """Remember a line sent to the board's world."""
        word = line.split()[0]
        if word in ("rating", "raw"):
            self._lines["knob"] = line
        elif word == "play":
            self._lines.pop("knob", None)
        elif word == "wire":
            self._lines["wire"] = line

    def lines(self) -> list[str]:
        """The lines to send to the board's world after a reset."""
        return list(self._lines.values())


def read_knob_script(path: Path) -> tuple[tuple[float, float], ...]:
    """The rows of a knob script (`time_s,rating`), times not falling."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise EmulatorError(f"The knob script {path} cannot be read: {error}.") from error
    if not rows or [cell.strip() for cell in rows[0][:2]] != ["time_s", "rating"]:
        raise EmulatorError(f"The knob script {path} must begin with the line time_s,rating.")
    script: list[tuple[float, float]] = []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) > len(rows[0]):
            raise EmulatorError(f"Line {number} of the knob script {path} has {len(row)} cells, too many: {row}.")
        try:
            time_s, rating = float(row[0]), float(row[1])
        except (ValueError, IndexError):
            raise EmulatorError(f"Line {number} of the knob script {path} is not two numbers: {row}.") from None
        if not (math.isfinite(time_s) and math.isfinite(rating)):
            raise EmulatorError(f"Line {number} of the knob script {path} is not two finite numbers: {row}.")
        if script and time_s < script[-1][0]:
            raise EmulatorError(f"Line {number} of the knob script {path} goes back in time ({time_s} s).")
        script.append((time_s, rating))
    if not script:
        raise EmulatorError(f"The knob script {path} has no rows.")
    return tuple(script)
