"""Where the sessions of a study are analyzed: here, in processes of their own, or on a Dask cluster."""

import contextlib
import itertools
import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from tracedial.analysis.study_jobs import Done, Job, run_job
from tracedial.errors import AnalysisError

TASKS_AHEAD = 4


def run_all(jobs_to_do: list[Job], *, jobs: int | None, dask: str | None) -> Iterable[Done]:
    """What comes of each job, as it comes: in `jobs` processes (as many as there are cores, if None), or on the Dask
    cluster whose scheduler is at `dask`."""
    if dask:
        return _on_dask(jobs_to_do, dask)
    workers = min(jobs or _cores(), len(jobs_to_do))
    if workers <= 1:
        return map(run_job, jobs_to_do)
    return _in_processes(jobs_to_do, workers)


def _in_processes(jobs_to_do: list[Job], workers: int) -> Iterator[Done]:
    pool_of_workers = ProcessPoolExecutor(workers, initializer=_leave_ctrl_c_to_the_parent)
    try:
        waiting = iter(jobs_to_do)
        running = {pool_of_workers.submit(run_job, job) for job in itertools.islice(waiting, TASKS_AHEAD * workers)}
        while running:
            done = next(as_completed(running))
            running.discard(done)
            running.update(pool_of_workers.submit(run_job, job) for job in itertools.islice(waiting, 1))
            yield done.result()
    finally:
        pool_of_workers.shutdown(wait=True, cancel_futures=True)


def _on_dask(jobs_to_do: list[Job], address: str) -> Iterator[Done]:
    try:
        from distributed import Client
        from distributed import as_completed as as_dask_completes
    except ImportError as error:
        raise AnalysisError(
            '--dask needs Dask: install it with `pip install "dask[distributed]"`, here and on the workers.'
        ) from error
    try:
        client = Client(address, timeout="20s")
    except (OSError, TimeoutError, ValueError) as error:
        raise AnalysisError(f"No Dask scheduler answers at {address} ({error}).") from error
    with contextlib.closing(client):
        # A worker that dies takes its sessions with it: the scheduler gives them to another one.
        futures = client.map(run_job, jobs_to_do, pure=False, retries=3)
        for future, done in as_dask_completes(futures, with_results=True, raise_errors=True):
            yield done
            future.release()


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
