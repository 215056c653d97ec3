"""Results as tidy tables: rows made from the object of `Analysis.as_json`, and their form as CSV."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from tracedial.files.safe_text import write_table

EVENT_COLUMNS = (
    "rater", "kind", "rank", "begins_s", "onset_s", "end_s", "nadir_s", "mean", "valid_share", "p", "same_trough_as",
    "repaired_fraction", "clip_start_s", "clip_end_s", "clip_cut", "reason", "segment", "source",
)  # fmt: skip


def tables_of(data: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The tables that need only the object of `Analysis.as_json`."""
    return {
        "raters": data["raters"],
        "pairs": [_flat_pair(pair) for pair in data["pairs"]],
        "events": _event_rows(data["ruptures"], data["repairs"]),
        "events_by_rule": _event_rows(
            *({rater: found[kind] for rater, found in data["by_rule"].items()} for kind in ("ruptures", "repairs"))
        ),
        "reliability": [
            {"measure": name, **estimate}
            for name, estimate in (data["reliability"] or {}).items()
            if isinstance(estimate, dict)
        ],
        "lags": [
            {"a": pair["a"], "b": pair["b"], "lag_s": lag_s, "r": r}
            for pair in data["pairs"]
            for lag_s, r in (pair["lag"] or {"curve": []})["curve"]
        ],
        "peaks": [{"rater": rater, **_flat_clip(peak)} for rater, found in data["peaks"].items() for peak in found],
        "windows": [{"a": pair["a"], "b": pair["b"], **window} for pair in data["pairs"] for window in pair["windows"]],
    }


def clean(value: Any) -> Any:
    """A value as JSON can hold it: NaN and infinities are null, numbers are Python's own."""
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _flat_pair(pair: dict[str, Any]) -> dict[str, Any]:
    """One row: nested names joined by _, without the curve and the windows, which are tables of their own."""
    flat: dict[str, Any] = {name: pair[name] for name in ("a", "b", "agreement_from_s")}
    for measure in ("congruence", "discrepancy", "lag", "events"):
        for key, value in (pair[measure] or {}).items():
            if isinstance(value, dict):
                flat.update({f"{measure}_{key}_{inner}": one for inner, one in value.items()})
            elif not isinstance(value, list):
                flat[f"{measure}_{key}"] = value
    return flat


def _flat_clip(event: dict[str, Any]) -> dict[str, Any]:
    """An event as a row: its clip in columns of its own."""
    fields = {key: value for key, value in event.items() if key != "clip"}
    clip = event["clip"] or {"start_s": None, "end_s": None, "cut": None}
    return {**fields, **{f"clip_{key}": value for key, value in clip.items()}}


def _event_rows(ruptures: dict[str, Any], repairs: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each rupture and repair, with the columns of `EVENT_COLUMNS`."""
    rows = []
    for kind, by_rater in (("rupture", ruptures), ("repair", repairs)):
        for rater, events in by_rater.items():
            for event in events:
                flat = _flat_clip(event)
                rows.append({**{key: flat.get(key) for key in EVENT_COLUMNS}, "rater": rater, "kind": kind})
    return rows


def write_csv(path: Path, rows: list[dict[str, Any]], columns: tuple[str, ...] | None = None) -> None:
    """Write rows as a CSV, with the given columns or all that the rows have."""
    names = columns or tuple(dict.fromkeys(name for row in rows for name in row))
    write_table(path, names, ([row.get(name) for name in names] for row in rows))
