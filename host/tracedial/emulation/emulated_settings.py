"""What an emulated dial is: its name, how wrong its clock and its link are, and the script that turns its knob."""

import csv
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from tracedial.emulation.emulated_link import LinkConditions
from tracedial.errors import EmulatorError


@dataclass(frozen=True)
class DialSettings:
    """One emulated dial: who it is, how wrong its clock is, what turns its knob."""

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
    """Whether the board has one; it is on when the dial knows a host."""

    def to_firmware(self, *, true_us: int | None = None, boot: int = 0) -> str:
        """The settings as `firmware/port/emulated.py` reads them, first on its control connection.

        `true_us` is the time of a simulation when the dial boots (None: real time), `boot` the boot id (0: random).
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
            # MicroPython reads an escaped character beyond 16 bits as two broken ones.
            ensure_ascii=False,
        )


class Standing:
    """What was told of a dial's world and still holds: a reset turns no knob and mends no wire."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}

    def note(self, line: str) -> None:
        """Note a line that the board's world is told."""
        word = line.split()[0]
        if word in ("rating", "raw"):
            self._lines["knob"] = line
        elif word == "play":
            self._lines.pop("knob", None)
        elif word == "wire":
            self._lines["wire"] = line

    def lines(self) -> list[str]:
        """What the board's world is told after a reset."""
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
