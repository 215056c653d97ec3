"""What the protected sync input does with each source, computed from the parts' values and their data sheets.

The circuit: source, R9 to ground, R7 to the pin, and at the pin two Schottky diodes (D3) to 3.3 V and to ground.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from parts import Part

SUPPLY_V = 3.3
# BAT54S, largest forward voltage at 25 °C by current (data sheets of onsemi, Diotec, TSC).
CLAMP_MAX_V = ((0.1e-3, 0.24), (1e-3, 0.32), (10e-3, 0.40), (30e-3, 0.50))
# The least voltage that is surely high: RP2040 data sheet, V_IH at 3.3 V; ESP32 data sheet, 0.75 VDD.
HIGH_V = {"Pico boards": 2.0, "ESP32 boards": 0.75 * SUPPLY_V}
# The largest voltage at a pin: RP2040 data sheet, IOVDD + 0.5 V at most; ESP32 data sheet, VDD + 0.3 V.
LARGEST_V = {"Pico boards": SUPPLY_V + 0.5, "ESP32 boards": SUPPLY_V + 0.3}
RP2350_E9_LARGEST_OHM = 8200
"""The pin needs this or less to ground (RP2350 data sheet, erratum E9)."""


@dataclass(frozen=True)
class AtThePin:
    """What a source makes at the pin."""

    pin_v: float
    clamp_a: float


def ohms(parts: list[Part], ref: str) -> float:
    """The value of a resistor in Ω."""
    (text,) = (part.value for part in parts if part.ref == ref)
    number, unit = text.split()
    return float(number) * {"Ω": 1.0, "kΩ": 1e3}[unit]


def at_the_pin(parts: list[Part], source_v: float) -> AtThePin:
    """The pin's voltage with a stiff source of `source_v`, the clamp at its worst."""
    series_ohm = ohms(parts, "R7")
    if source_v <= SUPPLY_V:
        return AtThePin(source_v, 0.0)
    low, high = 0.0, (source_v - SUPPLY_V) / series_ohm
    for _ in range(60):
        current_a = (low + high) / 2
        if source_v - current_a * series_ohm > SUPPLY_V + clamp_v(current_a):
            low = current_a
        else:
            high = current_a
    return AtThePin(source_v - low * series_ohm, low)


def clamp_v(current_a: float) -> float:
    """The largest forward voltage of D3 at a current: straight lines over the logarithm between data."""
    first_a, first_v = CLAMP_MAX_V[0]
    if current_a <= first_a:
        return first_v
    for (a1, v1), (a2, v2) in pairwise(CLAMP_MAX_V):
        if current_a <= a2:
            return v1 + (v2 - v1) * math.log(current_a / a1) / math.log(a2 / a1)
    raise ValueError(f"{current_a * 1e3:.1f} mA is more than D3's data sheet tells of")


def light_current_a(parts: list[Part], board: str) -> float:
    """The phototransistor's current that is surely high."""
    return HIGH_V[board] / ohms(parts, "R9")


def shorted_supply_a(parts: list[Part]) -> float:
    """What a mono plug in J1 draws from 3.3 V."""
    return SUPPLY_V / ohms(parts, "R10")


def source_table(parts: list[Part]) -> str:
    """Sources and what they make at the pin, for `wiring.md`."""
    rows = ["| source | at the pin, at most | into 3.3 V |", "| --- | --- | --- |"]
    for words, source_v in (("3.3 V", 3.3), ("5 V TTL", 5.0), ("5 V TTL, 5 % high", 5.25)):
        result = at_the_pin(parts, source_v)
        rows.append(f"| {words} | {result.pin_v:.2f} V | {result.clamp_a * 1e3:.1f} mA |")
    for board in HIGH_V:
        rows.append(f"| light sensor, {board} | high from {light_current_a(parts, board) * 1e3:.2f} mA on | – |")
    return "\n".join(rows)
