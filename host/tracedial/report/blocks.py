"""What a report is made of, whatever it is shown on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """A heading of a level from 1 on."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a `warning` stands out."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure by its name (`figure`, `pair-1`), and what is seen on it."""

    name: str
    caption: str


@dataclass(frozen=True)
class Table:
    """A table; without `columns` it has no head. `words`: its last column is running text."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    words: bool = False


Block = Heading | Paragraph | Picture | Table
