"""One session of a study as one job: found, fetched, analyzed, and recognized in later runs.

A study is a folder that holds session folders (its own or below `sessions/`), or folders with two or more trace CSVs
each; on this computer, or anywhere that `fsspec` reaches (`s3://…`, `zip://…`, `memory://…`). A job can run in any
process, on any machine that can read the study.
"""

import contextlib
import hashlib
import json
import math
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from tracedial import __version__
from tracedial.alignment.derived import read_derived
from tracedial.analysis.loading import load
from tracedial.analysis.places import file_bytes, is_remote, list_files
from tracedial.analysis.session_analysis import analyze
from tracedial.analysis.settings import AnalysisSettings
from tracedial.errors import AnalysisError, NothingRatedError, TracedialError, os_sentence
from tracedial.files.safe_text import whole_text
from tracedial.measures.coincidence import read_codes
from tracedial.measures.trace import Trace
from tracedial.recording.folder import ALIGNMENT_FILE, PRACTICE_FILE, SESSION_FILE, TRACE_FILE, journals
from tracedial.study.segments import SEGMENTS_JOURNAL

RESULT_MARKS = ("analysis.json", "study.json")
"""Files that mark a folder of results."""
FETCHED = (SESSION_FILE, TRACE_FILE, ALIGNMENT_FILE, PRACTICE_FILE, SEGMENTS_JOURNAL)
"""The files that an analysis reads from a session's folder and its raters' folders."""


@dataclass(frozen=True)
class Job:
    """A session to analyze: its name, and its files as paths relative to the study. `known_key`: the key of an existing
    analysis, which says what it was made from. `ignored`: tables in its folder that are not traces."""

    study: str
    name: str
    files: tuple[str, ...]
    settings: AnalysisSettings
    known_key: str | None = None
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """The result of a job: the object of `Analysis.as_json`, or None with a `problem` in a sentence, or None if the
    analysis already exists. `key` says what it was made from; `ratings` are the analyzed traces."""

    name: str
    key: str
    result: dict[str, Any] | None
    problem: str = ""
    ratings: dict[str, list[float | None]] = field(default_factory=dict)


def find_jobs(study: str, settings: AnalysisSettings) -> list[Job]:
    """The sessions of a study, by name. Raises `AnalysisError` if there are none."""
    listed = list_files(study)
    sessions: dict[str, list[str]] = {}
    for name in listed:
        path = PurePosixPath(name)
        if path.name == SESSION_FILE:
            sessions[path.parent.as_posix()] = []
    for name in listed:
        path = PurePosixPath(name)
        if path.name in FETCHED:
            # A session's own files and those of its raters' folders.
            for folder in (path.parent.as_posix(), path.parent.parent.as_posix()):
                if folder in sessions:
                    sessions[folder].append(name)
    recorded = set(sessions)
    results = {PurePosixPath(name).parent for name in listed if PurePosixPath(name).name in RESULT_MARKS}
    for name in listed:
        path = PurePosixPath(name)
        inside = recorded & {folder.as_posix() for folder in path.parents}
        if path.suffix.lower() == ".csv" and len(path.parts) > 1 and not inside and not results & set(path.parents):
            sessions.setdefault(path.parent.as_posix(), []).append(name)
    ignored: dict[str, tuple[str, ...]] = {}
    for folder in set(sessions) - recorded:
        # A folder of traces may hold other tables too, such as an observer's codes.
        traces = [name for name in sessions[folder] if _is_trace(study, name)]
        if not traces or len(sessions[folder]) < 2:
            del sessions[folder]
        elif len(traces) > 1:
            ignored[folder] = tuple(sorted(set(sessions[folder]) - set(traces)))
            sessions[folder] = traces
    if not sessions:
        raise AnalysisError(
            f"{study} is no session folder and no study: it has no session.json, and holds no session folders and no "
            "folders of two or more trace CSVs each."
        )
    names = {folder: _session_name(folder) for folder in sessions}
    return [
        Job(study, names[folder], tuple(sorted(files)), settings, ignored=ignored.get(folder, ()))
        for folder, files in sorted(sessions.items(), key=lambda entry: names[entry[0]])
    ]


def run_job(job: Job) -> Done:
    """Analyze a session. The result reports any problem, which does not stop the other sessions."""
    key = ""
    with tempfile.TemporaryDirectory(prefix="tracedial-") as scratch:
        try:
            job, remade = _with_traces(job)
            content = _read(job)
            key = _key(job, content)
            if key == job.known_key:
                return Done(job.name, key, None)
            found = analyze(_copied(content, Path(scratch)), replace(job.settings, codes_session=job.name))
            result = found.as_json()
            ratings = {
                trace.rater: [None if math.isnan(value) else value for value in trace.rating.tolist()]
                for trace in found.traces
            }
        except TracedialError as error:
            # The files were read from a copy; the message uses the original names, which the user knows.
            return Done(
                job.name, key, None, whole_text(str(error).replace(f"{scratch}/", "").replace(f"{scratch}\\", ""))
            )
        except OSError as error:
            return Done(job.name, key, None, whole_text(os_sentence(error)))
        except Exception as error:  # noqa: BLE001  (one odd file must not end the work on all others)
            text = f"an unexpected {type(error).__name__} ({error}): please report this with the session's files."
            return Done(job.name, key, None, whole_text(text))
    result["session"] = job.name
    result["remarks"] += remade
    result["remarks"] += [
        f"{whole_text(name)} does not begin with video_s,rating: it is no trace and not used." for name in job.ignored
    ]
    return Done(job.name, key, result, ratings=ratings)


def traces_of(job: Job) -> list[Trace]:
    """The traces of a job's session."""
    with tempfile.TemporaryDirectory(prefix="tracedial-") as scratch:
        return load(_copied(_read(job), Path(scratch))).traces


def _with_traces(job: Job) -> tuple[Job, list[str]]:
    """The job with traces made (again) if the journals hold more data than the existing traces, and a sentence for each
    trace that was made again. A remote study must have whole traces."""
    session = next((PurePosixPath(name).parent for name in job.files if PurePosixPath(name).name == SESSION_FILE), None)
    if is_remote(job.study) or session is None:
        return job, []
    files, said = set(job.files), []
    for folder in sorted(path for path in (Path(job.study) / session).iterdir() if path.is_dir() and journals(path)):
        with contextlib.suppress(NothingRatedError):
            said.append(read_derived(folder, folder.name).remade)
        names = (session / folder.name / name for name in (TRACE_FILE, ALIGNMENT_FILE) if (folder / name).is_file())
        files.update(name.as_posix() for name in names)
    return replace(job, files=tuple(sorted(files))), [one for one in said if one]


def _copied(content: dict[str, bytes], folder: Path) -> list[Path]:
    """Write a session's files into a folder; returns what `analyze` takes."""
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    session = next((name for name in content if PurePosixPath(name).name == SESSION_FILE), None)
    return [folder / name for name in content] if session is None else [(folder / session).parent]


def _is_trace(study: str, name: str) -> bool:
    """Whether a CSV begins as a trace does."""
    try:
        data = file_bytes(study, name, 64)
    except OSError:
        # Reading it later reports why.
        return True
    return data.removeprefix(b"\xef\xbb\xbf").replace(b" ", b"").startswith(b"video_s,rating") or b";" in data


def first_raters(job: Job) -> list[str]:
    """The raters of a session, in its own order."""
    session = next((name for name in job.files if PurePosixPath(name).name == SESSION_FILE), None)
    if session is None:
        return [whole_text(PurePosixPath(name).stem) for name in job.files]
    try:
        return [str(rater) for rater in json.loads(file_bytes(job.study, session))["raters"]]
    except (OSError, ValueError, KeyError, TypeError):
        # The session's own analysis says what is wrong with it.
        return []


def _session_name(folder: str) -> str:
    """A session's name: its folder relative to the study, without the leading `sessions`."""
    return whole_text(folder.removeprefix("sessions/").replace("/", "-")) or "session"


def _key(job: Job, content: dict[str, bytes]) -> str:
    """A hash of everything that an analysis is made from: version, settings, and every byte that it reads."""
    digest = hashlib.sha256()
    codes = job.settings.codes
    settings = {**asdict(job.settings), "codes": [asdict(code) for code in read_codes(codes)] if codes else None}
    digest.update(json.dumps([__version__, settings], sort_keys=True, default=str).encode())
    for name, data in sorted(content.items()):
        digest.update(f"{name} {len(data)} ".encode())
        digest.update(data)
    return digest.hexdigest()


def _read(job: Job) -> dict[str, bytes]:
    try:
        return {name: file_bytes(job.study, name) for name in job.files}
    except OSError as error:
        raise AnalysisError(f"The files of {job.name} cannot be read ({error}).") from error
