"""Start-up: `tracedial --help` beside `import pandas`, whole processes in turn."""

import statistics
import subprocess
import sys
import time

RUNS = 9


def run() -> None:
    """Print both medians and the median of the ratios, pair by pair."""
    ours, theirs = [], []
    for number in range(RUNS + 1):
        pair = [_seconds(["-m", "tracedial", "--help"]), _seconds(["-c", "import pandas"])]
        if number:  # the first pair warms the disk's cache
            ours.append(pair[0])
            theirs.append(pair[1])
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(f"  tracedial --help     {statistics.median(ours) * 1e3:7.0f} ms")
    print(f"  import pandas        {statistics.median(theirs) * 1e3:7.0f} ms")
    print(f"  ratio                {ratio:7.2f}      (limit 0.25)")


def _seconds(arguments: list[str]) -> float:
    began_s = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began_s
