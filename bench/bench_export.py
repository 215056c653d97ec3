"""Export: a synthetic study of two raters for each dyad, 3,000 s each, as tidy CSV and Parquet: time and memory.

`python bench/run.py export:10000` measures 10,000 dyads in place of 500, which takes 5 GB of disk.
"""

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tracedial.exchange.contents import read_source
from tracedial.exchange.formats import export
from tracedial.measures.trace import Trace, write_trace

SECONDS = 3000
DYADS = 500
RATERS = ["client", "therapist"]
KINDS = 20
"""So many different dyads are written, and copied for the others."""
LIMITS = {"csv": " (limit 30 s for 500 dyads, 1 GB for 10,000)", "parquet": ""}


def run(*sizes: str) -> None:
    """Print the time and the most memory of each format."""
    for n_dyads in [int(size) for size in sizes] or [DYADS]:
        with tempfile.TemporaryDirectory() as folder:
            study = Path(folder) / "study"
            _write_study(study, n_dyads)
            for name, limit in LIMITS.items():
                # A process of its own, whose memory is that of the export alone.
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    took_s, most_mb = pool.apply(_export, (study, name, Path(folder) / "out"))
                print(f"  {n_dyads:6,} dyads, {name:8s}{took_s:7.1f} s, at most {most_mb:5.0f} MB{limit}", flush=True)


def _export(study: Path, name: str, out: Path) -> tuple[float, float]:
    began_s = time.perf_counter()
    export(read_source(study), name, out)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.perf_counter() - began_s, most / (1e6 if sys.platform == "darwin" else 1e3)


def _write_study(study: Path, n_dyads: int) -> None:
    rng = np.random.default_rng(1)
    texts: list[dict[str, str]] = []
    for number in range(n_dyads):
        session = study / f"s{number:05d}"
        session.mkdir(parents=True)
        video = {"name": "v.mp4", "sha256": "0" * 64, "duration_s": float(SECONDS), "frame_rate_hz": 25.0}
        content = {"format": 2, "session": session.name, "video": video, "raters": RATERS, "synthetic": True}
        (session / "session.json").write_text(json.dumps(content), encoding="utf-8")
        if number < KINDS:
            texts.append({})
        for rater in RATERS:
            (session / rater).mkdir()
            path = session / rater / "trace.csv"
            if number < KINDS:
                walk = np.clip(np.cumsum(rng.normal(0, 2, SECONDS)), -50, 50).round()
                write_trace(Trace(rater, walk), path)
                texts[number][rater] = path.read_text(encoding="utf-8")
            else:
                path.write_text(texts[number % KINDS][rater], encoding="utf-8")
