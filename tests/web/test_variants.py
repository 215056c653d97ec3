"""Variants of the room: two raters, mouse and gamepad, another language, the trace shown, a group that sees a video."""

import json

import pytest

from emulation import emulate, read_rows
from requirements import needs_chromium
from rooms import Server, begin, browser, make_study, open_page, wait_for_video, was_unseen
from tracedial.emulation.synthetic import write_video
from tracedial.recording.journal import read_journal

pytestmark = [needs_chromium, pytest.mark.real_time("a browser plays the video")]

# A browser without hands has no gamepad to plug in; what the page is given is the shape that the standard describes.
FAKE_GAMEPAD = """() => {
  window.stick = 0;
  navigator.getGamepads = () => [{ connected: true, axes: [window.stick, 0], buttons: [{ pressed: false }] }];
}"""


def rate(page, rater, knob, act):
    begin(page, "s1", rater, knob)
    page.click("#next")
    page.click("#play")
    wait_for_video(page, 2)
    act()
    page.wait_for_function(
        "() => location.hash.startsWith('#/rate') && !document.querySelector('video')", timeout=60_000
    )
    page.goto(page.url.split("#")[0] + "#/")
    page.wait_for_selector("table")


def test_two_raters_are_shown_together_in_german_once_both_are_done(tmp_path):
    changes = {
        "on = true": "on = false", 'language = "en"': 'language = "de"', "count = 3": "count = 0",
        'chosen_by = "researcher"': 'chosen_by = "rule"', "show_trace = false": "show_trace = true",
    }  # fmt: skip
    study = make_study(tmp_path / "study", seconds=12, raters="client,therapist", changes=changes)
    with Server(study) as server, browser() as one:
        page = open_page(one, server.url, width=1024, height=768)
        page.wait_for_selector("text=Noch nichts")
        assert page.get_attribute("html", "lang") == "de"

        def drag():
            box = page.locator(".track").bounding_box()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5)
            page.mouse.down()
            page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 5, steps=4)
            page.mouse.up()

        rate(page, "client", "slider", drag)
        page.goto(page.url.split("#")[0] + "#/together/s1")
        page.wait_for_selector("#waiting")
        assert "therapist" in page.inner_text("#waiting")
        page.goto(page.url.split("#")[0] + "#/")
        page.evaluate(FAKE_GAMEPAD)
        rate(page, "therapist", "gamepad", lambda: page.evaluate("() => { window.stick = -0.6; }"))
        page.goto(page.url.split("#")[0] + "#/together/s1")
        page.wait_for_selector(".u-over")
        assert "Mittel aller" in page.inner_text(".legend")
        page.goto(page.url.split("#")[0] + "#/clips/s1/client")
        page.wait_for_selector("text=keine Ausschnitte")
        assert page.found_problems == []
    folder = study / "sessions" / "s1"
    for rater, knob, last in (("client", "slider", 40), ("therapist", "gamepad", -30)):
        rows = read_rows(folder / rater / "trace.csv")
        assert len(rows) == 12 and int(rows[-1]["rating"]) == last
        (hello, *_) = [r for r in read_journal(folder / rater / "journal.tdj").records if r["kind"] == "hello"]
        assert hello["knob"] == knob


def test_a_group_rates_a_video_that_the_page_plays(tmp_path):
    write_video(tmp_path / "v.mp4", 12)
    with emulate("--count", 2) as emulator:
        dials = [part for at, url in enumerate(emulator.urls) for part in ("--dial", f"p{at + 1}={url}")]
        arguments = [tmp_path / "group", "--live", *dials, "--video", tmp_path / "v.mp4", "--language", "de"]
        with Server(*arguments) as server, browser() as one:
            page = open_page(one, server.url)
            page.click("#play")
            wait_for_video(page, 2)
            emulator.command("1: rating 20")
            page.wait_for_selector("#ended", timeout=60_000)
            assert page.found_problems == []
    for rater, last in (("p1", "20"), ("p2", "0")):
        rows = read_rows(tmp_path / "group" / rater / "trace.csv")
        # On a busy machine the video can stand still over a second's start: then the second says so.
        assert (
            len(rows) == 12 and rows[-1]["rating"] == last and all(row["rating"] or was_unseen(row) for row in rows[1:])
        )
        report = json.loads((tmp_path / "group" / rater / "alignment.json").read_text())
        assert report["page"]["frames_used"] > 20
