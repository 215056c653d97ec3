"""Exports for others: codes instead of names, shifted dates, no paths. A key file that stays at home maps the codes.

The next export uses the key again, so that a dyad keeps its code. The raters' own words stay unchanged: only a reader
can tell whether they name somebody.
"""

import csv
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tracedial.errors import ExchangeError
from tracedial.exchange.contents import Dyad, Rating, Source, role_of
from tracedial.files.safe_text import safe_cell, write_table
from tracedial.study.segments import BY_RULE

COLUMNS = ("kind", "name", "code", "shift_days")
DYAD, RATER, PERSON = "dyad", "rater", "person"
LETTERS = {DYAD: "D", RATER: "R", PERSON: "P"}
ROLES = ("client", "patient", "therapist", "observer", "rater", "supervisor")
"""Rater names that are roles and not people's names; a study's own roles are added to these."""
MOST_DAYS = 365


class Key:
    """Which code stands for which name. `codes` maps kind and name to the code and to the number of days by which a
    dyad's dates are shifted (positive: later)."""

    def __init__(self, codes: dict[tuple[str, str], tuple[str, int]]) -> None:
        self.codes = codes

    def code(self, kind: str, name: str) -> str:
        """The code of a name; a new one if it has none yet."""
        return self._entry(kind, name)[0]

    def shift_days(self, dyad: str) -> int:
        """By how many days a dyad's dates are moved."""
        return self._entry(DYAD, dyad)[1]

    def _entry(self, kind: str, name: str) -> tuple[str, int]:
        if (kind, name) not in self.codes:
            taken = {code for code, _ in self.codes.values()}
            # Random, not counted up: a code must not reveal the order of the sessions.
            room = range(10 ** max(3, len(str(10 * len(taken)))))
            while (code := f"{LETTERS[kind]}{secrets.choice(room):03d}") in taken:
                pass
            shift = (1 + secrets.randbelow(MOST_DAYS)) * secrets.choice((-1, 1)) if kind == DYAD else 0
            self.codes[(kind, name)] = (code, shift)
        return self.codes[(kind, name)]


def read_key(path: Path) -> Key:
    """The key of an earlier export, or an empty key. Raises `ExchangeError` if the file is not a key."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
        if rows[0] != list(COLUMNS):
            raise ValueError("its first line is not kind,name,code,shift_days")
        codes = {(kind, _as_named(name)): (code, int(days)) for kind, name, code, days in rows[1:]}
    except FileNotFoundError:
        return Key({})
    except OSError as error:
        raise ExchangeError(path, f"The key {path} cannot be read: {error.strerror}.") from error
    except (ValueError, csv.Error, IndexError) as error:
        raise ExchangeError(path, f"{path} is no key of an export ({error}): give another file with --key.") from error
    return Key(codes)


def _as_named(cell: str) -> str:
    """The name in a cell, without what makes it safe for spreadsheets."""
    rest = cell.removeprefix("'")
    return rest if safe_cell(rest) == cell else cell


def write_key(key: Key, path: Path) -> None:
    """Write the key so that only its owner can read it. Raises `ExchangeError`."""
    try:
        rows = ((kind, name, code, days) for (kind, name), (code, days) in sorted(key.codes.items()))
        write_table(path, COLUMNS, rows)
    except OSError as error:
        raise ExchangeError(path, f"The key {path} cannot be written: {error.strerror}.") from error


def deidentify(source: Source, key: Key) -> None:
    """Have each dyad of the source changed as it is read. All codes are drawn at once, so that the key can be written
    before anything is exported."""
    roles = source.study.rating.roles if source.study else ROLES

    def named(dyad: str, rater: str) -> tuple[str, str]:
        said = rater if role_of(rater) in roles or rater in roles else key.code(RATER, rater)
        return key.code(DYAD, dyad), said

    for name, session in source.sessions.items():
        for rater in session.raters:
            named(name, rater)
    source.named = named
    source.change = lambda dyad: _changed(dyad, named, key)
    source.title = "De-identified"


def _changed(dyad: Dyad, named: Any, key: Key) -> Dyad:
    shift = timedelta(days=key.shift_days(dyad.name))
    code = key.code(DYAD, dyad.name)
    video = {**dyad.video, "name": "", "sha256": ""}
    ratings = [_changed_rating(one, code, named(dyad.name, one.rater)[1], shift, key) for one in dyad.ratings]
    return Dyad(code, video, dyad.synthetic, ratings)


def _changed_rating(rating: Rating, dyad: str, rater: str, shift: timedelta, key: Key) -> Rating:
    def person(name: str) -> str:
        return name if name in ("", BY_RULE) else key.code(PERSON, name)

    return replace(
        rating,
        dyad=dyad,
        rater=rater,
        role=rating.role if rater == rating.rater else "rater",
        trace=replace(rating.trace, rater=rater),
        clips=[
            replace(one, segment=replace(one.segment, source=person(one.segment.source),
                                         changed_by=person(one.segment.changed_by)))
            for one in rating.clips
        ],
        answers=[
            {**row, "session": dyad, "rater": rater, "answered_at": shifted(row["answered_at"], shift)}
            for row in rating.answers
        ],
        recorded_at=shifted(rating.recorded_at, shift),
        imported_from="another program" if rating.imported_from else "",
        confirmed_by=person(rating.confirmed_by),
    )  # fmt: skip


def shifted(moment: str, shift: timedelta) -> str:
    """A moment shifted by whole days, so that the time of day and intervals within the dyad stay the same; empty if the
    text is not a moment."""
    try:
        return (datetime.fromisoformat(moment).astimezone(UTC) + shift).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return ""


def key_place(out: Path) -> Path:
    """The key's default place: beside the folder of the export, not in it."""
    return out.absolute().parent / f"{out.absolute().name}-key.csv"
