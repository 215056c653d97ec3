"""The formats by name, and the export itself: a folder for each format, complete or not at all."""

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tracedial import __version__
from tracedial.errors import ExchangeError
from tracedial.exchange.contents import Source
from tracedial.files.private import make_folder
from tracedial.files.safe_text import whole_text
from tracedial.files.whole_file import fingerprint, half_folder, write_whole

MANIFEST = ".tracedial-export.json"
"""A file in each export folder that says what the export was made from. Only folders with this file are replaced."""


@dataclass(frozen=True)
class Format:
    """A format: one line on whom it is for, and the function that writes it, as `module:function` in this package."""

    use: str
    place: str

    def write(self, source: Source, folder: Path) -> list[str]:
        """Write all files into a folder; returns sentences about what the format could not hold."""
        module, _, function = self.place.partition(":")
        write: Callable[[Source, Path], list[str]] = getattr(
            importlib.import_module(f"tracedial.exchange.{module}"), function
        )
        return write(source, folder)


FORMATS = {
    "csv": Format("R, Python, jamovi, JASP: tidy tables, a row for each rater and second", "delimited:write_long"),
    "wide": Format("Excel, SPSS by hand: a CSV with a row for each second, a column for each rater",
                   "delimited:write_wide"),
    "parquet": Format("R (arrow), Python, databases: the same tables for large studies", "parquet:write"),
    "xlsx": Format("Excel, LibreOffice: one workbook, a sheet for each table", "workbook:write"),
    "sav": Format("SPSS, jamovi, JASP: with labels of variables and values", "statistics_packages:write_spss"),
    "dta": Format("Stata: the same", "statistics_packages:write_stata"),
    "bids": Format("Archives (OpenNeuro, OSF): a BIDS dataset", "bids:write"),
    "vtt": Format("Browsers, VLC, YouTube: segments and answers as subtitles (WebVTT)", "subtitles:write_vtt"),
    "srt": Format("Any player, MAXQDA: the same as SRT", "subtitles:write_srt"),
    "eaf": Format("ELAN: tiers for segments and answers, traces as a linked time series", "elan:write"),
    "textgrid": Format("Praat: the same as a TextGrid, ratings as points", "praat:write"),
    "redcap": Format("REDCap: records to import, with their data dictionary", "redcap:write"),
    "text": Format("NVivo, MAXQDA, ATLAS.ti: segments and answers as text with times", "transcript:write"),
    "carma": Format("CARMA: a CSV for each rater", "carma:write"),
    "xdf": Format("LabRecorder, EEGLAB, MNE: a stream for each rater, stamps in video time", "xdf:write"),
}  # fmt: skip


@dataclass(frozen=True)
class Exported:
    """A format's folder, its files (relative to the folder), and sentences about what the format could not hold."""

    name: str
    folder: Path
    files: list[str]
    notes: list[str]


def check_targets(names: list[str], out: Path, *, force: bool) -> None:
    """Raise `ExchangeError` if a format's folder exists already; with `force`, only if that folder is not an export."""
    for name in names:
        folder = out / name
        if not folder.exists() and not folder.is_symlink():
            continue
        if not (folder / MANIFEST).is_file() or folder.is_symlink():
            raise ExchangeError(
                folder, f"{folder} is there already and is no earlier export: give another folder with --out."
            )
        if not force:
            raise ExchangeError(
                folder, f"{folder} is there already: say --force to replace it, or give another folder with --out."
            )


def export(source: Source, name: str, out: Path) -> Exported:
    """Write one format into the folder `name` in `out`, which replaces an earlier export there. Raises `ExchangeError`
    if it cannot be written; the earlier export then stays as it was."""
    folder = out / name
    try:
        make_folder(out)
        with half_folder(folder) as half:
            notes = FORMATS[name].write(source, half)
            files = sorted(path.relative_to(half).as_posix() for path in half.rglob("*") if path.is_file())
            content = {
                "format": name,
                "software": f"tracedial {__version__}",
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "files": {file: fingerprint(half / file) for file in files},
                "notes": notes,
            }
            write_whole(half / MANIFEST, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise ExchangeError(
            folder, f"The export {folder} cannot be written: {whole_text(error.strerror or str(error))}."
        ) from error
    return Exported(name, folder, files, notes)
