"""`bom.csv`: the parts, and what the dials made of them cost."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from wiring import HARDWARE

TIERS = ("breadboard", "box", "wireless")
OPTIONS = ("encoder", "lamp", "esp32", "feedback", "screen")
BOX_TIER_LIMIT_USD = Decimal(25)
# The tiers leave out what a reference of wiring.toml may also mean.
STAND_INS = {"A1W": "A1", "KN2": "KN1"}


@dataclass(frozen=True)
class Part:
    """A row of `bom.csv`; `unit_usd` is what we reckon it costs on the day `priced`, `builds` are tiers and options."""

    ref: str
    qty: int
    description: str
    value: str
    unit_usd: Decimal
    priced: date
    builds: frozenset[str]
    notes: str


def read_parts(path: Path = HARDWARE / "bom.csv") -> list[Part]:
    """All rows, in the order of the file."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Part(
                ref=row["ref"],
                qty=int(row["qty"]),
                description=row["description"],
                value=row["value"],
                unit_usd=Decimal(row["unit_usd"]),
                priced=date.fromisoformat(row["priced"]),
                builds=frozenset(row["builds"].split(";")),
                notes=row["notes"],
            )
            for row in csv.DictReader(file)
        ]


def cost_usd(parts: list[Part], build: str) -> Decimal:
    """What the parts of a tier or an option cost."""
    return sum((part.qty * part.unit_usd for part in parts if build in part.builds), Decimal(0))


def cost_table(parts: list[Part]) -> str:
    """The costs as a table, to whole dollars: estimates know no more."""
    (priced,) = {part.priced for part in parts}
    rows = ["| build | cost of its parts, estimated |", "| --- | --- |"]
    rows += [f"| {tier} | about {cost_usd(parts, tier):.0f} USD |" for tier in TIERS]
    rows += [f"| and for `{option}` | about {cost_usd(parts, option):.0f} USD |" for option in ("feedback", "screen")]
    note = "Our estimates of {}, without tax and shipping; we asked for no quotes. Check prices before you order."
    return "\n".join(rows) + "\n\n" + note.format(priced)


def values(parts: list[Part]) -> dict[str, str]:
    """Reference to value, for the drawings."""
    return {part.ref: part.value for part in parts}
