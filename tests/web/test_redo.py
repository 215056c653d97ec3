"""A rating with too much missing is voided and repeated, as rater and researcher see it."""

import pytest

from emulation import read_rows
from requirements import needs_chromium
from rooms import Server, begin, browser, get, make_study, open_page, post, wait_for_video

pytestmark = [needs_chromium, pytest.mark.real_time("a browser plays the video")]

CHANGES = {"on = true": "on = false", "show_trace = false": "show_trace = true"}


def rate(page, *, moves):
    begin(page, "s1", "client", "keyboard")
    page.click("#next")
    page.click("#play")
    if moves:
        wait_for_video(page, 0.2)
        page.keyboard.press("PageUp")
    page.wait_for_selector("#to-review", timeout=60_000)


def test_a_rating_without_ratings_is_no_rating_and_is_given_again(tmp_path):
    study = make_study(tmp_path / "study", seconds=5, changes=CHANGES)
    folder = study / "sessions" / "s1" / "client"
    with Server(study) as server, browser() as one:
        page = open_page(one, server.url)
        # Nobody moves the mark: the video ends, and nothing was rated.
        rate(page, moves=False)
        assert "only 0 % of its seconds" in page.inner_text("#page")
        assert post(server, "/api/review/s1/client", action="accept", who="r")[0] == 409
        page.click("#to-review")
        page.wait_for_selector("#keep")
        assert "Only 0 % of the seconds" in page.inner_text(".segments")
        page.click("#void")
        # Who and why are asked for, and nothing happens without them.
        page.click(".ask-do")
        page.wait_for_selector(".ask .problem")
        page.keyboard.press("Escape")
        page.wait_for_selector(".ask", state="detached")
        assert (folder / "journal.tdj").exists()
        page.click("#void")
        page.fill(".ask-who", "res-1")
        page.fill(".ask-why", "the mark was never moved")
        page.click(".ask-do")
        page.wait_for_selector("text=Voided before: 1")
        rate(page, moves=True)
        # The line of the voided rating is not that of this one.
        assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('trace')).length") <= 2
        assert "Thank you" in page.inner_text("h1")
        assert page.found_problems == []
        (rater,) = get(server, "/api/room")[1]["sessions"][0]["raters"]
        assert rater["step"] == "rated" and rater["rated_share"] >= 0.6 and rater["voided"] == 1
    voided = folder.parent / "_voided" / "client-1"
    assert (voided / "journal.tdj").exists() and b"the mark was never moved" in (voided / "verdicts.tdj").read_bytes()
    assert any(row["rating"] == "10" for row in read_rows(folder / "trace.csv"))


def test_a_lacking_rating_is_kept_with_a_reason(tmp_path):
    study = make_study(tmp_path / "study", seconds=5, changes=CHANGES)
    with Server(study) as server, browser() as one:
        page = open_page(one, server.url)
        rate(page, moves=False)
        page.click("#to-review")
        page.click("#keep")
        page.fill(".ask-who", "res-1")
        page.fill(".ask-why", "a control: nothing was to be moved")
        page.click(".ask-do")
        page.wait_for_selector("#accept")
        assert page.found_problems == []
