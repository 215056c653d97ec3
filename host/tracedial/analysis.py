"""From traces to the result: events of each rater, agreement of each pair, all parameters, as one object.

Runs on trace CSVs alone, or on a session folder, whose raters' traces are read from there.
"""

import csv
import itertools
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tracedial import __version__
from tracedial.agreement import Congruence, Discrepancy, congruence, discrepancy
from tracedial.errors import AnalysisError, RecordingError
from tracedial.events import Events, EventSettings, find_events
from tracedial.session import Session, read_session
from tracedial.trace import Trace, read_trace

TRACE_FILE = "trace.csv"
REPORT_KEYS = {"dial", "clocks", "offset_ms", "samples", "findings", "recorded_at", "recorded_with"}


@dataclass(frozen=True)
class Pair:
    """Two raters, in the order of the output; discrepancy is `b` minus `a`."""

    a: str
    b: str
    congruence: Congruence
    discrepancy: Discrepancy


@dataclass(frozen=True)
class Analysis:
    """Everything that was computed, with its parameters. `session` is None for bare CSVs."""

    traces: list[Trace]
    events: dict[str, Events]
    pairs: list[Pair]
    settings: EventSettings
    common_only: bool
    cut: dict[str, int]
    session: Session | None
    alignments: dict[str, dict[str, Any]]

    @property
    def synthetic(self) -> bool:
        """Whether the ratings were made up by a program."""
        return bool(self.session and self.session.synthetic)

    def as_json(self) -> dict[str, Any]:
        """The object that `tracedial analyze --json` prints: numbers that cannot be had are null."""
        return clean(
            {
                "session": self.session.name if self.session else None,
                "synthetic": self.synthetic,
                "raters": [_rater_json(trace) for trace in self.traces],
                "pairs": [
                    {
                        "a": pair.a,
                        "b": pair.b,
                        "congruence": pair.congruence.as_json(),
                        "discrepancy": pair.discrepancy.as_json(),
                    }
                    for pair in self.pairs
                ],
                "ruptures": {name: [_event_json(e) for e in found.ruptures] for name, found in self.events.items()},
                "repairs": {name: [_event_json(e) for e in found.repairs] for name, found in self.events.items()},
                "notes": {name: found.notes for name, found in self.events.items() if found.notes},
                "parameters": {
                    **self.settings.as_parameters(),
                    "rise_used": {name: found.rise for name, found in self.events.items()},
                    "common_only": self.common_only,
                    "seconds_cut_for_common": self.cut,
                    "p_naive": "Student t of r with n - 2 degrees of freedom, as if seconds were independent",
                    "p_eff": "the same for n_eff = n (1 - r1a r1b) / (1 + r1a r1b), at most n (Bretherton et al. 1999)",
                    "sd_divisor": "n - 1",
                },
                "software": {"tracedial": __version__, "numpy": np.__version__},
            }
        )


def analyze(paths: list[Path], settings: EventSettings | None = None, *, common_only: bool = False) -> Analysis:
    """Analyze a session folder, or two or more trace CSVs. Raises `AnalysisError` where they cannot be compared.

    Traces must cover the same seconds; with `common_only` the longer ones are cut to the shortest, and the output says
    by how much.
    """
    settings = settings or EventSettings()
    session, traces, alignments = load(paths)
    traces, cut = _to_one_length(traces, common_only=common_only)
    names = [trace.rater for trace in traces]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise AnalysisError(f"Two traces are named {twice}: rename one of the files, they name the raters.")
    events = {trace.rater: find_events(trace.rating, settings) for trace in traces}
    pairs = [
        Pair(
            a.rater,
            b.rater,
            congruence(a.rating, b.rating),
            discrepancy(a.rating, b.rating, name_a=a.rater, name_b=b.rater),
        )
        for a, b in itertools.combinations(traces, 2)
    ]
    return Analysis(traces, events, pairs, settings, common_only, cut, session, alignments)


def load(paths: list[Path]) -> tuple[Session | None, list[Trace], dict[str, dict[str, Any]]]:
    """The traces behind the paths: of a session folder, or of CSVs."""
    if len(paths) == 1 and not paths[0].is_dir():
        if not paths[0].exists():
            raise AnalysisError(f"There is no {paths[0]}.")
        raise AnalysisError(f"{paths[0]} is one trace: give a session folder, or two or more trace CSVs.")
    if len(paths) > 1:
        folder = next((path for path in paths if path.is_dir()), None)
        if folder:
            raise AnalysisError(f"{folder} is a folder: give one session folder, or two or more trace CSVs.")
        return None, [read_trace(path) for path in paths], {}
    session = read_session(paths[0])
    traces, alignments = [], {}
    for rater in session.raters:
        folder = session.folder / rater
        if not (folder / TRACE_FILE).is_file():
            raise RecordingError(folder, f"{folder} has no {TRACE_FILE}: run `tracedial align {session.folder}` first.")
        traces.append(read_trace(folder / TRACE_FILE, rater))
        report = folder / "alignment.json"
        if report.is_file():
            try:
                alignments[rater] = json.loads(report.read_text(encoding="utf-8"))
                if not set(alignments[rater]) >= REPORT_KEYS:
                    raise ValueError("it lacks entries")
            except (OSError, ValueError, TypeError) as error:
                raise RecordingError(report, f"{report} cannot be read ({error}): run `tracedial align`.") from error
    return session, traces, alignments


def write_tables(analysis: Analysis, folder: Path) -> None:
    """`analysis.json`, and as CSV: `raters.csv`, `pairs.csv`, `events.csv` and `traces.csv` (long: second, rater)."""
    data = analysis.as_json()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "analysis.json").write_text(text + "\n", encoding="utf-8")
        _write_csv(folder / "raters.csv", data["raters"])
        _write_csv(folder / "pairs.csv", [_flat_pair(pair) for pair in data["pairs"]])
        _write_csv(folder / "events.csv", _event_rows(data), columns=EVENT_COLUMNS)
        rows = [
            {"video_s": second, "rater": trace.rater, "rating": clean(float(rating))}
            for trace in analysis.traces
            for second, rating in enumerate(trace.rating)
        ]
        _write_csv(folder / "traces.csv", rows)
    except OSError as error:
        raise AnalysisError(f"The tables in {folder} cannot be written: {error.strerror}.") from error


RESULT_FILES = (
    "analysis.json", "raters.csv", "pairs.csv", "events.csv", "traces.csv", "figure.svg", "figure.png", "report.html",
)  # fmt: skip


def refuse_to_overwrite(paths: list[Path], folder: Path) -> None:
    """Raise where a result would be written over one of the traces that it is made from."""
    for path in paths:
        if path.name in RESULT_FILES and path.resolve().parent == folder.resolve():
            raise AnalysisError(f"The results would be written over {path}: choose another folder with --out.")


EVENT_COLUMNS = (
    "rater", "kind", "rank", "onset_s", "end_s", "nadir_s", "mean", "valid_share", "repaired_fraction", "clip_start_s",
    "clip_end_s", "clip_cut", "reason",
)  # fmt: skip


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


def _to_one_length(traces: list[Trace], *, common_only: bool) -> tuple[list[Trace], dict[str, int]]:
    lengths = {trace.rater: len(trace.rating) for trace in traces}
    shortest = min(lengths.values())
    if len(set(lengths.values())) == 1:
        return traces, {}
    if not common_only:
        said = ", ".join(f"{name} ends at second {length - 1}" for name, length in lengths.items())
        raise AnalysisError(
            f"The traces do not cover the same seconds ({said}): were they made from the same video? "
            "To compare only the seconds that all have, add --common."
        )
    cut = {name: length - shortest for name, length in lengths.items() if length > shortest}
    return [Trace(trace.rater, trace.rating[:shortest]) for trace in traces], cut


def _rater_json(trace: Trace) -> dict[str, Any]:
    valid = trace.rating[~np.isnan(trace.rating)]
    return {
        "name": trace.rater,
        "n": len(valid),
        "mean": float(valid.mean()) if len(valid) else None,
        "sd": float(valid.std(ddof=1)) if len(valid) > 1 else None,
        "missing": trace.missing,
    }


def _event_json(event: Any) -> dict[str, Any]:
    fields = asdict(event)
    clip = fields.pop("clip")
    fields["clip"] = None if clip is None else {"start_s": clip[0], "end_s": clip[1], "cut": fields["clip_cut"]}
    del fields["clip_cut"]
    if fields.get("reason") == "":
        fields["reason"] = None
    return fields


def _flat_pair(pair: dict[str, Any]) -> dict[str, Any]:
    flat = {"a": pair["a"], "b": pair["b"]}
    for measure in ("congruence", "discrepancy"):
        flat.update({f"{measure}_{key}": value for key, value in pair[measure].items()})
    return flat


def _event_rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for kind in ("ruptures", "repairs"):
        for rater, events in data[kind].items():
            for event in events:
                clip = event["clip"] or {}
                rows.append(
                    {
                        **{key: event.get(key) for key in EVENT_COLUMNS},
                        "rater": rater,
                        "kind": kind[:-1],
                        "clip_start_s": clip.get("start_s"),
                        "clip_end_s": clip.get("end_s"),
                        "clip_cut": clip.get("cut"),
                    }
                )
    return rows


def _write_csv(path: Path, rows: list[dict[str, Any]], columns: tuple[str, ...] | None = None) -> None:
    names = columns or tuple(rows[0] if rows else ())
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
