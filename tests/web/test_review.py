"""The researcher's edits on the chart, and the codes of a clip."""

import csv

import pytest

from commands import tracedial
from requirements import needs_chromium
from rooms import Server, begin, browser, make_study, open_page, wait_for_video
from tracedial.study.segments import read_choice

pytestmark = [needs_chromium, pytest.mark.real_time("a browser shows the pages")]


def test_a_segment_is_dragged_with_a_reason_and_a_clip_is_coded(tmp_path):
    changes = {"on = true": "on = false", "codes = []": 'codes = ["goal", "task", "bond"]', "count = 3": "count = 1"}
    study = make_study(tmp_path / "study", seconds=14, changes=changes)
    folder = study / "sessions" / "s1" / "client"
    with Server(study) as server, browser() as one:
        page = open_page(one, server.url)
        begin(page, "s1", "client", "keyboard")
        page.click("#next")
        page.click("#play")
        wait_for_video(page, 3.5)
        page.keyboard.press("Home")
        wait_for_video(page, 8.2)
        page.keyboard.press("End")
        page.wait_for_selector("#to-review", timeout=60_000)
        page.click("#to-review")
        page.wait_for_selector("#accept")
        (rupture,) = [s for s in read_choice(folder).segments.values() if s.kind == "rupture"]
        start_s, end_s = rupture.start_s, rupture.end_s
        page.fill("#who", "res-1")

        # Without a reason it springs back.
        drag(page, from_s=(start_s + end_s) / 2, to_s=(start_s + end_s) / 2 + 2)
        page.wait_for_selector(".problem")
        assert bounds(page) == (start_s, end_s)
        page.fill("#why", "begins later")
        drag(page, from_s=(start_s + end_s) / 2, to_s=(start_s + end_s) / 2 + 2)
        page.wait_for_function("() => document.getElementById('why').value === ''")
        assert bounds(page) == (start_s + 2, end_s + 2)
        page.fill("#why", "lasts longer")
        drag(page, from_s=end_s + 2, to_s=end_s + 4)
        page.wait_for_function("() => document.getElementById('why').value === ''")
        assert bounds(page) == (start_s + 2, end_s + 4)

        page.click("#accept")
        page.click("#to-clips")
        page.click("#play-clip")
        page.wait_for_selector("textarea", timeout=60_000)
        page.check("text=bond")
        page.check("text=goal")
        page.wait_for_function("() => document.getElementById('saved').textContent === 'Saved'")
        assert page.found_problems == []
    choice = read_choice(folder)
    (automatic,) = [s for s in choice.automatic if s.kind == "rupture"]
    assert (automatic.start_s, automatic.end_s) == (start_s, end_s)
    done = tracedial("study", "export", study)
    assert done.returncode == 0, done.stderr
    with (study / "export" / "answers.csv").open(newline="", encoding="utf-8-sig") as file:
        codes = [row["answer"] for row in csv.DictReader(file) if row["question"] == "codes"]
    assert [code for code in codes if code] == ["goal; bond"]


def drag(page, *, from_s, to_s):
    """Press on the chart at one second and let go at another."""
    box = page.locator(".u-over").bounding_box()
    low_s, high_s = 0, 13
    x, to = (box["x"] + box["width"] * (s - low_s) / (high_s - low_s) for s in (from_s, to_s))
    y = box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move((x + to) / 2, y, steps=3)
    page.mouse.move(to, y, steps=3)
    page.mouse.up()


def bounds(page):
    row = page.locator(".segments tbody tr").filter(has_text="Rupture").first
    cells = row.locator("input[type=number]")
    return float(cells.nth(0).input_value()), float(cells.nth(1).input_value())
