"""A sitting of an hour: what is rated of it, and the server's memory on the way."""

import tempfile
import time
from pathlib import Path

from bench_room import memory_mb

MINUTES = 60
LOOK_EVERY_MINUTES = 5


def run() -> None:
    """Rate a video of an hour in a browser with an emulated dial; print the memory each five minutes."""
    from emulation import emulate, read_rows
    from rooms import Server, begin, browser, make_study, open_page

    with tempfile.TemporaryDirectory() as name:
        study = make_study(Path(name) / "study", seconds=60 * MINUTES, changes={"on = true": "on = false"})
        with emulate() as emulator, Server(study, "--dial", emulator.urls[0]) as server, browser() as one:
            page = open_page(one, server.url)
            begin(page, "s1", "client", "dial")
            page.click("#next")
            page.click("#play")
            began_s = time.monotonic()
            for minute in range(0, MINUTES, LOOK_EVERY_MINUTES):
                time.sleep(max(began_s + 60 * minute + 10 - time.monotonic(), 0))
                emulator.command(f"rating {minute - 30}")
                print(f"  minute {minute}: {memory_mb(server.process.pid):.1f} MB", flush=True)
            page.wait_for_selector("#to-review", timeout=60_000 * (LOOK_EVERY_MINUTES + 2))
            print(f"  aligned: {memory_mb(server.process.pid):.1f} MB")
        rows = read_rows(study / "sessions" / "s1" / "client" / "trace.csv")
    print(f"  {sum(bool(row['rating']) for row in rows)} of {len(rows)} seconds rated")
