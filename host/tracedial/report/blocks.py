"""What a report is made of, whatever it is shown on."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Heading:
    """A heading of a level from 1 on."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a `warning` stands out, a `lead` opens the report. `english`: its text is English whatever the
    report's language is."""

    text: str
    warning: bool = False
    lead: bool = False
    english: bool = False


@dataclass(frozen=True)
class Quote:
    """What somebody wrote, word for word, and the question that it answers."""

    text: str
    question: str


@dataclass(frozen=True)
class Picture:
    """A figure by its name (`figure`, `pair-1`), and what is seen on it."""

    name: str
    caption: str


@dataclass(frozen=True)
class Chart:
    """The traces again, to point at: on paper it is left out. `data` is what `chart.js` draws; `caption` says how to
    read it."""

    caption: str
    data: dict[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Table:
    """A table; without `columns` it has no head. `words`: its last column is running text. `title` says what it holds.
    `english`: its texts are English whatever the report's language is."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    words: bool = False
    title: str = ""
    english: bool = False


Block = Heading | Paragraph | Quote | Picture | Chart | Table
