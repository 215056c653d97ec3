"""A journal of an hour at 200 Hz, read, aligned and written."""

import subprocess
import sys
import tempfile
from pathlib import Path

from breakage import Figure
from breakage.long_journal import write_long_journal

PROGRAM = """
import sys, time
from pathlib import Path
from tracedial.alignment.align import align_folder, write_alignment
began_s, cpu_s = time.perf_counter(), time.process_time()
alignment = align_folder(Path(sys.argv[1]))
write_alignment(alignment)
used = (time.process_time() - cpu_s, time.perf_counter() - began_s)
try:
    import resource
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
except ImportError:
    peak_bytes = 0
print(*used, peak_bytes, alignment.trace.missing)
"""


def run() -> list[Figure]:
    """Time and memory of one process that does nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        size = write_long_journal(Path(folder) / "journal.tdj", hours=1, rate_hz=200)
        done = subprocess.run([sys.executable, "-c", PROGRAM, folder], capture_output=True, text=True, check=True)
    cpu_s, wall_s, peak_bytes, missing = map(float, done.stdout.split())
    return [
        Figure(
            "1 h at 200 Hz aligned",
            f"{cpu_s:.1f} s of processor, {wall_s:.1f} s by the clock ({size / 1e6:.0f} MB)",
            "≤ 10 s of processor",
            cpu_s <= 10,
        ),
        Figure("memory for it", f"{peak_bytes / 1e6:.0f} MB", "≤ 1000 MB for 8 h", peak_bytes <= 1e9),
        Figure("seconds without a rating", f"{missing:.0f}", "0", missing == 0),
    ]
