"""A pilot study as the basis of a plan: how its raters' traces vary, and how much its dyads differ."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracedial.analysis.loading import load
from tracedial.analysis.places import is_remote
from tracedial.analysis.preparing import without_unmoved
from tracedial.analysis.result import Pair
from tracedial.analysis.settings import AnalysisSettings
from tracedial.analysis.study_jobs import find_jobs, traces_of
from tracedial.analysis.study_pooling import mean_difference, mean_r
from tracedial.errors import AnalysisError, TracedialError
from tracedial.files.counted import counted
from tracedial.measures.agreement import congruence, discrepancy, varies
from tracedial.measures.pooling import Pooled
from tracedial.measures.simulated_dyads import Spectrum, spectrum_of
from tracedial.measures.start_up import settled_s, start_up
from tracedial.measures.trace import Trace
from tracedial.recording.folder import SESSION_FILE

Floats = NDArray[np.float64]

SHORTEST_S = 120
"""A pilot's session is too short if both raters rated less than two minutes of it."""
THE_SAME = 0.999
FEW = 6


class Dyad(NamedTuple):
    """Two raters of a pilot's session, over the seconds that are compared."""

    name: str
    a: Floats
    b: Floats


@dataclass(frozen=True)
class Pilot:
    """A pilot's estimates: how the traces of each role vary (`spectrum_a`, `spectrum_b`), and the mean r and mean
    difference of its dyads with their variance between dyads (`tau2`). `remarks`: sentences on what could not be used,
    and why."""

    a: str
    b: str
    dyads: int
    spectrum_a: Spectrum
    spectrum_b: Spectrum
    r: Pooled
    difference: Pooled
    remarks: list[str] = field(default_factory=list)


def read_pilot(paths: list[str]) -> Pilot:
    """A pilot study: a study's folder or URL, session folders, or two CSVs. Raises `AnalysisError` if nothing in it can
    be used."""
    sessions, remarks = _sessions(paths)
    roles = _roles(sessions)
    dyads = []
    for name, traces in sessions:
        by_rater = {trace.rater: trace for trace in traces}
        if not set(roles) <= by_rater.keys():
            remarks.append(f"{name} is left out: it has no ratings of {' and '.join(roles)}.")
            continue
        found = _dyad(name, by_rater[roles[0]], by_rater[roles[1]])
        if isinstance(found, str):
            remarks.append(found)
        else:
            dyads.append(found)
    if not dyads:
        raise AnalysisError(f"Nothing in the pilot can be used. {' '.join(remarks)}".rstrip())
    pairs = [[_pair(*roles, dyad)] for dyad in dyads]
    if 1 < len(dyads) < FEW:
        remarks.append(
            f"{counted(len(dyads), 'dyad')} tell little of how much dyads differ: set --spread-r and "
            "--spread-difference yourself if you know more."
        )
    role_a, role_b = roles
    return Pilot(
        a=role_a,
        b=role_b,
        dyads=len(dyads),
        spectrum_a=spectrum_of([dyad.a for dyad in dyads]),
        spectrum_b=spectrum_of([dyad.b for dyad in dyads]),
        r=mean_r(pairs),
        difference=mean_difference(pairs, interchangeable=False),
        remarks=remarks,
    )


def _sessions(paths: list[str]) -> tuple[list[tuple[str, list[Trace]]], list[str]]:
    """The traces of each session behind the paths, without unmoved seconds; and remarks on what could not be read."""
    read = []
    remarks = []
    if len(paths) == 1 and (is_remote(paths[0]) or _is_study(Path(paths[0]))):
        for job in find_jobs(paths[0], AnalysisSettings()):
            try:
                read.append((job.name, traces_of(job)))
            except TracedialError as error:
                remarks.append(f"{job.name} is left out: {error}")
    elif paths and all(Path(path).is_dir() for path in paths):
        read = [(Path(path).resolve().name, load([Path(path)]).traces) for path in paths]
    else:
        read = [("the pilot", load([Path(path) for path in paths]).traces)]
    return [(name, without_unmoved(traces, keep=False)[0]) for name, traces in read], remarks


def _is_study(path: Path) -> bool:
    return path.is_dir() and not (path / SESSION_FILE).is_file()


def _roles(sessions: list[tuple[str, list[Trace]]]) -> tuple[str, str]:
    """The first two raters of the first session that has two."""
    with contextlib.suppress(StopIteration):
        traces = next(traces for _, traces in sessions if len(traces) > 1)
        return traces[0].rater, traces[1].rater
    raise AnalysisError("The pilot has no session with two raters: a plan is made from dyads.")


def _dyad(name: str, a: Trace, b: Trace) -> Dyad | str:
    """The dyad of a session, or the sentence that says why it cannot be used."""
    length = min(len(a.rating), len(b.rating))
    x, y = a.rating[:length], b.rating[:length]
    for trace in (a, b):
        if trace.missing == len(trace.rating):
            return (
                f"{name} is left out: {trace.rater} rated nothing (the dial never moved, or all ratings are missing)."
            )
    first_s = settled_s(start_up(rating) for rating in (x, y))
    x, y = x[first_s:], y[first_s:]
    both = ~np.isnan(x) & ~np.isnan(y)
    if np.count_nonzero(both) < SHORTEST_S:
        return f"{name} is left out: both rated {counted(int(both.sum()), 'second')} only, {SHORTEST_S} are needed."
    for rater, rating in ((a.rater, x), (b.rater, y)):
        if not varies(rating[both]):
            return f"{name} is left out: the ratings of {rater} never change."
    if abs(float(np.corrcoef(x[both], y[both])[0, 1])) > THE_SAME:
        return f"{name} is left out: both traces are the same. Is one file there twice?"
    return Dyad(name, x, y)


def _pair(a: str, b: str, dyad: Dyad) -> Pair:
    found = discrepancy(dyad.a, dyad.b, name_a=a, name_b=b)
    return Pair(a, b, congruence(dyad.a, dyad.b, full=False), found)
