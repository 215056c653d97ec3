"""What was broken on purpose, counted: each module with a function `run() -> list[Figure]` is a part."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was counted, the count in words, the goal, and whether it is met."""

    name: str
    figure: str
    goal: str
    ok: bool
