"""The same study on a Dask cluster of real processes, one of which dies in the middle."""

import json
import os
import subprocess
import sys
import time

import pytest

from tracedial.analysis.settings import AnalysisSettings
from tracedial.analysis.study_analysis import analyze_study
from tracedial.emulation.synthetic import dyad
from tracedial.measures.trace import Trace, write_trace

pytestmark = pytest.mark.real_time("workers of a cluster are programs of their own")

DYADS = 40


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers on loopback: its address, and the workers."""
    where = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": {**os.environ, "PYTHONWARNINGS": ""}}
    dask = [sys.executable, "-m", "dask"]
    started = [
        subprocess.Popen(
            [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", where],
            **quiet,
        )
    ]
    worker = ["worker", "--scheduler-file", where, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    try:
        started += [subprocess.Popen([*dask, *worker, "--host", "127.0.0.1"], **quiet) for _ in range(2)]
        for _ in range(600):
            if where.exists() and where.read_text().strip():
                break
            time.sleep(0.1)
        yield json.loads(where.read_text())["address"], started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def test_a_cluster_that_loses_a_worker_finds_what_one_computer_finds(tmp_path, cluster):
    address, workers = cluster
    study = tmp_path / "study"
    for number in range(DYADS):
        folder = study / f"dyad-{number:02d}"
        folder.mkdir(parents=True)
        for name, rating in dyad(600, seed=number).items():
            write_trace(Trace(name, rating), folder / f"{name}.csv")
    settings = AnalysisSettings()
    done = []

    def on_progress(count, total):
        done.append(count)
        if count == 5:
            workers[0].kill()

    there = analyze_study(str(study), settings, out=tmp_path / "there", dask=address, on_progress=on_progress)
    here = analyze_study(str(study), settings, out=tmp_path / "here", jobs=2)
    assert workers[0].wait() != 0 and workers[1].poll() is None
    assert len(done) == DYADS and not there.problems
    assert there.as_json() == here.as_json()
