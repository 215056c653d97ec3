"""`make screenshots`: the pictures of the rating room in README, from a synthetic session rated by an emulated dial."""

import csv
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "web")]

from emulation import emulate  # noqa: E402
from rooms import Server, begin, browser, make_study, open_page, wait_for_video  # noqa: E402
from tracedial.emulation.synthetic import dyad  # noqa: E402

SECONDS = 90
SIZE = {"width": 1366, "height": 768}


def main() -> None:
    """Write docs/room-rating.png, docs/room-review.png, docs/room-clip.png and docs/room-live.png."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rating = dyad(SECONDS + 60, seed=7)["client"]
        with (folder / "knob.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("time_s", "rating"), *enumerate(rating)])
        study = make_study(
            folder / "study",
            seconds=SECONDS,
            raters="client,therapist",
            changes={"on = true": "on = false", "length_s = 30": "length_s = 10", "length_s = 120": "length_s = 6"},
        )
        with (
            emulate("--knob", folder / "knob.csv") as emulator,
            browser() as one,
            Server(study, "--dial", emulator.urls[0]) as server,
        ):
            page = open_page(one, server.url, **SIZE)
            begin(page, "s1", "client", "dial")
            page.click("#next")
            page.wait_for_selector("#play")
            emulator.command("play 0 1 0")
            page.click("#play")
            wait_for_video(page, 25)
            page.screenshot(path=ROOT / "docs" / "room-rating.png")
            page.wait_for_selector("#to-review", timeout=(SECONDS + 60) * 1000)
            page.click("#to-review")
            page.wait_for_selector("#accept")
            page.wait_for_timeout(800)
            page.screenshot(path=ROOT / "docs" / "room-review.png")
            page.fill("#who", "res-1")
            page.click("#accept")
            page.click("#to-clips")
            page.click("#play-clip")
            page.wait_for_selector("textarea", timeout=60_000)
            page.locator("textarea").first.fill("An answer as it is typed (synthetic).")
            page.wait_for_timeout(1200)
            page.screenshot(path=ROOT / "docs" / "room-clip.png")
        _live(folder)


def _live(folder: Path) -> None:
    arguments = ["--count", 6, "--knob", folder / "knob.csv"]
    with emulate(*arguments) as emulator, browser() as one:
        dials = [part for at, url in enumerate(emulator.urls) for part in ("--dial", f"p{at + 1}={url}")]
        for number in range(6):
            emulator.command(f"{number + 1}: play {3 * number} 1 0")
        with Server(folder / "group", "--live", *dials) as server:
            page = open_page(one, server.url, **SIZE)
            page.wait_for_timeout(40_000)
            page.click(".dial >> nth=2")
            page.wait_for_timeout(500)
            page.screenshot(path=ROOT / "docs" / "room-live.png")
            page.click("#stop")
            page.wait_for_selector("#ended", timeout=60_000)


if __name__ == "__main__":
    main()
