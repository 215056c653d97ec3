"""CARMA's and DARMA's own CSV: some rows about the file, a rule of percent signs, then a row for each bin.

Both programs stamp a bin with its end: CARMA's rating of the first second has the stamp 1. Above the rule, CARMA writes
the scale's lowest and highest value (rows 5 and 6 of 9), DARMA the magnitude of both axes (row 3 of 5) and their names
(row 4).
"""

from dataclasses import replace
from pathlib import Path

from tracedial.errors import ExchangeError
from tracedial.exchange.carma import RULE
from tracedial.exchange.delimited_rows import Rows, read_rows
from tracedial.exchange.incoming import (
    BadRow,
    Incoming,
    NotInRowError,
    number,
    on_scale,
    rating_of,
    second_of,
    shown,
    usual_step_s,
    with_rising_times,
    with_stamps_moved,
)


def read_carma(path: Path, data: bytes, *, delimiter: str) -> Incoming:
    """Read a CARMA file. Raises `ExchangeError` if it is not one."""
    rows, at = _rows(path, data, delimiter, "CARMA", 8)
    comma = rows.comma(0, 1, first=at + 1)
    head = [_cell(cells, 1) for _, cells in rows.rows[:at]]
    low, high = (_said(path, head[-4 + end], comma=rows.delimiter != ",") for end in (0, 1))
    if not low < high:
        raise ExchangeError(path, f"{path} has a scale from {low:g} to {high:g} in rows 5 and 6: it is none.")
    labels = {at: text for at, text in ((low, head[-6]), (high, head[-5])) if text}
    found = _bins(rows, at, 1, comma=comma)
    found = replace(found, format="carma", program="CARMA", labels=labels, low=low, high=high, video_name=head[-7])
    return with_stamps_moved(on_scale(with_rising_times(found), low, high))


def read_darma(path: Path, data: bytes, *, delimiter: str, value: str) -> Incoming:
    """Read one of the two axes of a DARMA file. `value` is its name, or x or y; if it is empty, the first axis is read
    and the notes say so. Raises `ExchangeError` if the file is not DARMA's or does not have the axis."""
    rows, at = _rows(path, data, delimiter, "DARMA", 4)
    comma = rows.comma(0, 1, 2, first=at + 1)
    names = [_cell(rows.rows[at - 1][1], column) or "xy"[column - 1] for column in (1, 2)]
    asked = value.strip().lower()
    axis = next((a for a in (0, 1) if asked in (names[a].lower(), "xy"[a])), None) if asked else 0
    if axis is None:
        raise ExchangeError(path, f"{path} has the axes {names[0]} and {names[1]}, and none named {value}.")
    size = _said(path, _cell(rows.rows[at - 2][1], 1), comma=rows.delimiter != ",")
    if size <= 0:
        raise ExchangeError(path, f"{path} has the magnitude {size:g} in row 3: it must be above 0.")
    found = _bins(rows, at, axis + 1, comma=comma)
    notes = [*found.notes, f"The ratings are those of the axis {names[axis]}."]
    if not asked:
        notes.append(f"The other axis, {names[1]}, was not imported: --value y imports it, as another rater.")
    video = _cell(rows.rows[at - 3][1], 1)
    found = replace(found, format="darma", program="DARMA", low=-size, high=size, video_name=video, notes=notes)
    return with_stamps_moved(on_scale(with_rising_times(found), -size, size))


def _rows(path: Path, data: bytes, delimiter: str, program: str, before: int) -> tuple[Rows, int]:
    """The file's rows, and the index of the rule among them."""
    rows = read_rows(path, data, delimiter, _is_rule, f"line of {RULE},{RULE} and is no file of {program}")
    at = next(at for at, (_, cells) in enumerate(rows.rows) if _is_rule(cells))
    # Older versions of MATLAB write a line of column names first.
    if at not in (before, before + 1):
        raise ExchangeError(
            path, f"{path} has {at} rows above its line of {RULE}; {program}'s own files have {before}."
        )
    return rows, at


def _is_rule(cells: list[str]) -> bool:
    return len(cells) >= 2 and cells[0].strip() == RULE == cells[1].strip()


def _bins(rows: Rows, at: int, column: int, *, comma: bool) -> Incoming:
    found = Incoming(format="", program="", at_s=[], rating=[], row=[], malformed=[], notes=rows.notes)
    for row, cells in rows.rows[at + 1 :]:
        try:
            if len(cells) <= column:
                raise NotInRowError(f"it has {len(cells)} of {column + 1} cells")
            second, value = second_of(cells[0], "s", comma=comma), rating_of(cells[column], comma=comma)
        except NotInRowError as error:
            found.malformed.append(BadRow(row, str(error)))
            continue
        found.at_s.append(second)
        found.rating.append(value)
        found.row.append(row)
    return replace(found, step_s=usual_step_s(found.at_s))


def _said(path: Path, text: str, *, comma: bool) -> float:
    try:
        return number(text, comma=comma and "." not in text)
    except NotInRowError:
        raise ExchangeError(path, f"{path} says {shown(text)} where its scale should stand: it is no number.") from None


def _cell(cells: list[str], at: int) -> str:
    return cells[at].strip() if at < len(cells) else ""
