"""Reads any table by the names of its columns, and PAGAN's log, which has known columns."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracedial.errors import ExchangeError
from tracedial.exchange.delimited_rows import Rows, read_rows
from tracedial.exchange.incoming import (
    AUTO,
    CLOCK,
    MILLISECONDS,
    SECONDS,
    BadRow,
    Incoming,
    NotInRowError,
    rating_of,
    second_of,
    shown,
    usual_step_s,
    with_rising_times,
    with_stamps_moved,
)

PAGAN = ("VideoTime", "Value")
PAGAN_SERIES = ("OriginalName", "DatabaseName", "Participant", "ExternalPID", "SessionID")


@dataclass(frozen=True)
class Columns:
    """How to read a table: the columns of time and rating (a name, or a number from 1), the unit of its times, its
    delimiter (empty: detected), whether stamps mark the end of their bins, whether a row holds until the next, and
    which rows count (`where`: the required text by column)."""

    time: str
    value: str
    unit: str = AUTO
    delimiter: str = ""
    at_end: bool = False
    held: bool = False
    where: dict[str, str] = field(default_factory=dict)


def read_csv(path: Path, data: bytes, columns: Columns) -> Incoming:
    """Read a table. Raises `ExchangeError` if it does not have the columns."""
    wanted = f"columns {columns.time} and {columns.value}"
    rows = read_rows(path, data, columns.delimiter, lambda cells: _fits(cells, columns), wanted)
    top = next(at for at, (_, cells) in enumerate(rows.rows) if _fits(cells, columns))
    header = rows.rows[top][1]
    if columns.time.isdecimal() and columns.value.isdecimal() and _is_data(header, columns):
        # With columns by number and no heading, the first row is data.
        top -= 1
    own = _selected(rows, top + 1, header, columns, list(columns.where))
    found = _read(rows, own, header, columns)
    found = replace(found, format="csv", program="a CSV file")
    found = with_rising_times(found)
    found = replace(found, step_s=usual_step_s(found.at_s))
    return with_stamps_moved(found) if columns.at_end else found


def read_pagan(path: Path, data: bytes, *, delimiter: str, unit: str, where: dict[str, str]) -> Incoming:
    """Read PAGAN's log, which has a row for each change of the rating, with the video's time in milliseconds. Raises
    `ExchangeError` if the file is not PAGAN's, or if it holds several series and `where` does not choose one."""
    columns = Columns(*PAGAN, unit=unit, delimiter=delimiter, held=True, where=where)
    rows = read_rows(path, data, delimiter, lambda cells: _fits(cells, columns), "columns VideoTime and Value")
    top = next(at for at, (_, cells) in enumerate(rows.rows) if _fits(cells, columns))
    header = [cell.strip() for cell in rows.rows[top][1]]
    # PAGAN does not quote the video's name, which may hold commas.
    extra = [len(cells) - len(header) for _, cells in rows.rows]
    whole = [
        (number, [rows.delimiter.join(cells[: more + 1]), *cells[more + 1 :]] if more > 0 else cells)
        for (number, cells), more in zip(rows.rows, extra, strict=True)
    ]
    rows = replace(rows, rows=whole)
    own = _selected(rows, top + 1, header, columns, [name for name in PAGAN_SERIES if name in header])
    at = _place(header, "VideoTime")
    if unit == AUTO:
        whole_numbers = all("." not in cells[at] and ":" not in cells[at] for _, cells in own if at < len(cells))
        columns = replace(columns, unit=MILLISECONDS if whole_numbers else AUTO)
    found = replace(_read(rows, own, header, columns), format="pagan", program="PAGAN")
    notes = [*found.notes, "PAGAN tells of changes: each rating holds until the next one."]
    name = next((cells[0] for _, cells in own if header[0] == "OriginalName"), "")
    return with_rising_times(replace(found, video_name=name, notes=notes))


def _place(header: list[str], name: str) -> int:
    """The index of the column with a name (or a number, from 1); -1 if there is none."""
    plain = [cell.strip().lower() for cell in header]
    if name.strip().lower() in plain:
        return plain.index(name.strip().lower())
    return int(name) - 1 if name.isdecimal() and 0 < int(name) <= len(header) else -1


def _fits(cells: list[str], columns: Columns) -> bool:
    return all(_place(cells, name) >= 0 for name in (columns.time, columns.value)) and len(cells) > 1


def _is_data(cells: list[str], columns: Columns) -> bool:
    text = cells[int(columns.time) - 1]
    return bool(text.strip()) and all(sign.isdecimal() or sign in " .,:+-" for sign in text.strip())


def _selected(
    rows: Rows, first: int, header: list[str], columns: Columns, series: Iterable[str]
) -> list[tuple[int, list[str]]]:
    """The rows that count. Raises `ExchangeError` if there are none, or several series of which none is chosen."""
    places: dict[str, int] = {}
    for name in columns.where:
        places[name] = _place(header, name)
        if places[name] < 0:
            raise ExchangeError(rows.path, f"{rows.path} has no column {name} to choose rows by.")
    own = [
        (number, cells) for number, cells in rows.rows[first:]
        if all(at < len(cells) and cells[at].strip() == columns.where[name].strip() for name, at in places.items())
    ]  # fmt: skip
    if not own:
        raise ExchangeError(rows.path, f"{rows.path} has no rows of data that were asked for.")
    for name in series:
        at = _place(header, name)
        texts = list(dict.fromkeys(cells[at].strip() for _, cells in own if at < len(cells)))
        if len(texts) > 1 and name not in columns.where:
            said = ", ".join(map(shown, texts[:6])) + (" …" if len(texts) > 6 else "")
            raise ExchangeError(
                rows.path,
                f"{rows.path} holds several ratings ({name}: {said}): choose one with --where {name}=…, each as a "
                "rater of its own.",
            )
    return own


def _read(rows: Rows, own: list[tuple[int, list[str]]], header: list[str], columns: Columns) -> Incoming:
    time, value = (_place(header, name) for name in (columns.time, columns.value))
    comma = replace(rows, rows=own).comma(time, value)
    unit = columns.unit if columns.unit != AUTO else _unit(own, header[time], time)
    notes = [*rows.notes, *(["The numbers of the file have decimal commas."] if comma else [])]
    if columns.unit == AUTO and unit != SECONDS:
        notes.append(f"Its times were read as {'milliseconds' if unit == MILLISECONDS else 'h:mm:ss'}.")
    found = Incoming(format="", program="", at_s=[], rating=[], row=[], malformed=[], held=columns.held, notes=notes)
    for row, cells in own:
        try:
            if len(cells) <= max(time, value):
                raise NotInRowError(f"it has {len(cells)} of {len(header)} cells")
            if len(cells) > len(header) and any(map(str.strip, cells[len(header) :])):
                raise NotInRowError(f"it has {len(cells)} cells, the heading {len(header)}")
            at_s, rating = second_of(cells[time], unit, comma=comma), rating_of(cells[value], comma=comma)
        except NotInRowError as error:
            found.malformed.append(BadRow(row, str(error)))
            continue
        found.at_s.append(at_s)
        found.rating.append(rating)
        found.row.append(row)
    return found


def _unit(own: list[tuple[int, list[str]]], name: str, at: int) -> str:
    """The unit that the cells or the column's name indicate."""
    if any(":" in cells[at] for _, cells in own if at < len(cells)):
        return CLOCK
    plain = name.strip().lower()
    return MILLISECONDS if plain.endswith(("_ms", " ms", "(ms)", "[ms]", "millis", "milliseconds")) else SECONDS
