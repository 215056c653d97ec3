"""Ratings from an XDF file, in which LabRecorder stores Lab Streaming Layer's streams: one channel of one stream."""

import io
from pathlib import Path
from typing import Any

from tracedial.errors import ExchangeError
from tracedial.exchange.incoming import (
    LONGEST_S,
    BadRow,
    Incoming,
    shown,
    usual_step_s,
    with_rising_times,
)
from tracedial.exchange.libraries import library
from tracedial.measures.trace import MAX_RATING

VIDEO_TIME = "video"
"""This value under `time_base` in a stream's description means that its stamps are seconds of the video."""


def read_xdf(path: Path, data: bytes, *, stream: str, value: str, zero: str) -> Incoming:
    """Read one channel of one stream. `value` is the channel's label or its number from 1 (empty: the first channel).
    `stream` is the stream's name (empty: the only stream with numbers). `zero` is the text of the marker at which the
    video began. If it is empty, stamps in video time stay, and others count from the stream's first sample. Raises
    `ExchangeError`."""
    streams = _load(path, data)
    chosen = _chosen(path, streams, stream)
    at = _channel(path, chosen, value)
    stamps = [float(stamp) for stamp in chosen["time_stamps"]]
    if not stamps:
        raise ExchangeError(path, f"The stream {_name(chosen)} of {path} holds no samples.")
    begin_s, note = _zero(path, streams, chosen, stamps, zero)
    found = Incoming(
        format="xdf", program=f"XDF, stream {_name(chosen)}", at_s=[], rating=[], row=[], malformed=[], notes=[note]
    )
    for row, (stamp, sample) in enumerate(zip(stamps, chosen["time_series"], strict=True), start=1):
        at_s, rating = round(stamp - begin_s, 6), float(sample[at])
        if not 0 <= at_s <= LONGEST_S:
            found.malformed.append(BadRow(row, f"{at_s:g} s is no moment of a video"))
        elif abs(rating) > MAX_RATING:
            found.malformed.append(BadRow(row, f"{rating:g} is beyond any scale of ratings"))
        else:
            found.at_s.append(at_s)
            found.rating.append(rating)
            found.row.append(row)
    low, high = (_limit(chosen, at, name) for name in ("minimum", "maximum"))
    ends = {"low": low, "high": high} if low is not None and high is not None and low < high else {}
    found = Incoming(**{**vars(found), **ends, "step_s": usual_step_s(found.at_s)})
    return with_rising_times(found)


def _load(path: Path, data: bytes) -> list[dict[str, Any]]:
    if not data.startswith(b"XDF:"):
        raise ExchangeError(path, f"{path} is no XDF file: it does not begin with XDF:.")
    try:
        # Keep the stamps as recorded: jitter that is smoothed away can no longer be reported.
        streams, _ = library("pyxdf").load_xdf(io.BytesIO(data), dejitter_timestamps=False)
    except Exception as error:
        raise ExchangeError(path, f"{path} cannot be read as an XDF file ({type(error).__name__}: {error}).") from error
    return streams


def _chosen(path: Path, streams: list[dict[str, Any]], name: str) -> dict[str, Any]:
    numbers = [one for one in streams if one["info"]["channel_format"][0] != "string"]
    fits = [one for one in numbers if not name or _name(one) == name]
    if len(fits) != 1:
        there = ", ".join(shown(_name(one)) for one in numbers) or "none"
        what = f"{len(fits)} streams of numbers" + (f" named {name}" if name else "")
        raise ExchangeError(path, f"{path} has {what} (all of them: {there}): choose one with --stream NAME.")
    return fits[0]


def _channel(path: Path, stream: dict[str, Any], value: str) -> int:
    labels = [_said(one, "label") for one in _channels(stream)]
    n_channels = int(stream["info"]["channel_count"][0])
    if not value:
        return 0
    if value in labels:
        return labels.index(value)
    if value.isdecimal() and 0 < int(value) <= n_channels:
        return int(value) - 1
    there = f": {', '.join(labels)}" if any(labels) else ""
    raise ExchangeError(
        path, f"The stream {_name(stream)} of {path} has {n_channels} channels{there}; none is {value}."
    )


def _zero(
    path: Path, streams: list[dict[str, Any]], chosen: dict[str, Any], stamps: list[float], zero: str
) -> tuple[float, str]:
    if zero:
        marks = [
            float(stamp)
            for one in streams
            if one["info"]["channel_format"][0] == "string"
            for stamp, texts in zip(one["time_stamps"], one["time_series"], strict=True)
            if zero in texts
        ]
        if len(marks) != 1:
            raise ExchangeError(path, f"{path} has {len(marks)} markers {shown(zero)}; the video begins at one.")
        return marks[0], f"The video's beginning was taken to be at the marker {shown(zero)}."
    if _said(_desc(chosen), "time_base") == VIDEO_TIME:
        return 0.0, "The stream's stamps are seconds of the video."
    return stamps[0], "The video's beginning was taken to be at the stream's first sample; --zero names a marker."


def _name(stream: dict[str, Any]) -> str:
    return stream["info"]["name"][0] or ""


def _desc(stream: dict[str, Any]) -> dict[str, Any]:
    return (stream["info"].get("desc") or [None])[0] or {}


def _channels(stream: dict[str, Any]) -> list[dict[str, Any]]:
    return ((_desc(stream).get("channels") or [None])[0] or {}).get("channel") or []


def _limit(stream: dict[str, Any], at: int, name: str) -> float | None:
    channels = _channels(stream)
    try:
        return float(_said(channels[at], name))
    except (IndexError, ValueError):
        return None


def _said(table: dict[str, Any], name: str) -> str:
    return (table.get(name) or [""])[0] or ""
