"""Writes the files of a session's analysis, and protects the traces from being overwritten."""

import json
from pathlib import Path

from tracedial.analysis.result import Analysis
from tracedial.analysis.tables import EVENT_COLUMNS, write_csv
from tracedial.errors import AnalysisError
from tracedial.files.private import make_folder
from tracedial.files.whole_file import write_whole

RESULT_FILES = (
    "analysis.json", "raters.csv", "pairs.csv", "events.csv", "events_by_rule.csv", "traces.csv", "mean.csv",
    "reliability.csv", "lags.csv", "windows.csv", "peaks.csv", "figure.svg", "figure.png", "report.html",
    "report.pdf",
)  # fmt: skip


def refuse_to_overwrite(paths: list[Path], folder: Path) -> None:
    """Raise if a result would overwrite one of the traces that it is made from."""
    for path in paths:
        if path.name in RESULT_FILES and path.resolve().parent == folder.resolve():
            raise AnalysisError(f"The results would be written over {path}: choose another folder with --out.")


def write_tables(analysis: Analysis, folder: Path) -> None:
    """`analysis.json`, and as CSV: raters, pairs, events, traces (long: second, rater), mean, reliability, lags and
    windows."""
    data = analysis.as_json()
    try:
        make_folder(folder)
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(folder / "analysis.json", text + "\n")
        for name, rows in analysis.tables().items():
            columns = EVENT_COLUMNS if name.startswith("events") else None
            write_csv(folder / f"{name}.csv", rows, columns=columns)
    except OSError as error:
        raise AnalysisError(f"The tables in {folder} cannot be written: {error.strerror}.") from error
