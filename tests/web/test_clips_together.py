"""A rupture and its repair as one clip on the page, where the study shows them together."""

import csv

import pytest

from commands import tracedial
from requirements import needs_chromium
from rooms import Server, begin, browser, make_study, open_page, wait_for_video

pytestmark = [needs_chromium, pytest.mark.real_time("a browser shows the pages")]


def test_a_rupture_and_its_repair_are_watched_once_and_asked_about_each(tmp_path):
    changes = {
        "on = true": "on = false", "count = 3": "count = 1", "length_s = 120": "length_s = 8",
        'pairs = "apart"': 'pairs = "together"',
    }  # fmt: skip
    study = make_study(tmp_path / "study", seconds=20, changes=changes)
    with Server(study) as server, browser() as one:
        page = open_page(one, server.url)
        begin(page, "s1", "client", "keyboard")
        page.click("#next")
        page.click("#play")
        wait_for_video(page, 4)
        page.keyboard.press("Home")
        wait_for_video(page, 9)
        page.keyboard.press("End")
        page.wait_for_selector("#to-review", timeout=90_000)
        page.click("#to-review")
        page.fill("#who", "res-1")
        page.click("#accept")
        page.wait_for_selector("#reopen")
        page.click("#to-clips")
        page.wait_for_selector("#play-clip")
        assert "Clip 1 of 1" in page.locator("h1").inner_text()
        page.click("#play-clip")
        page.wait_for_selector("textarea", timeout=60_000)
        boxes = page.locator("textarea")
        asked = boxes.count()
        for at in range(asked):
            boxes.nth(at).fill(f"answer {at}")
        page.click("#next-clip")
        page.wait_for_selector("#done")
        assert page.found_problems == []
    done = tracedial("study", "export", study)
    assert done.returncode == 0, done.stderr
    with (study / "export" / "answers.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["answer"].startswith("answer ")]
    assert {row["segment"].split("-")[0] for row in rows} == {"rupture", "repair"}
    assert sorted(row["answer"] for row in rows) == sorted(f"answer {at}" for at in range(asked))
    assert len({(row["clip_start_s"], row["clip_end_s"]) for row in rows}) == 1
