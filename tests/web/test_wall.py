"""The wall between a participant and the researcher: what a participant's link opens, and what it does not."""

import json
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands import tracedial
from requirements import needs_chromium
from rooms import Server, ask, browser, get, home, make_study, open_page, post, wait_for_video
from tracedial.room.guard import PIN_PAUSE_S, SEAT_LINK_S, Guard
from tracedial.room.seat import Seat
from tracedial.study.answers import read_answers

pytestmark = pytest.mark.real_time("a browser plays the video of a room in another process")

CHANGES = {"on = true": "on = false", "count = 3": "count = 1", "repairs = true": "repairs = false"}
OTHERS = (
    ("GET", "api/review/s1/client"), ("POST", "api/review/s1/client"), ("GET", "api/together/s1"),
    ("POST", "api/verdict/s1/client"), ("POST", "api/link"), ("POST", "api/sitting/end"), ("POST", "api/lock"),
    ("GET", "api/clips/s1/therapist"), ("POST", "api/answer/s1/therapist"), ("GET", "video/s2"),
    ("GET", "api/waveform/s2"), ("GET", "api/clips/s1/client/../therapist"), ("GET", "api/nothing"),
)  # fmt: skip


@given(path=st.one_of(st.text(max_size=40), st.sampled_from([f"/{path}" for _, path in OTHERS])), verb=st.text())
@settings(max_examples=300)
def test_a_seat_may_only_what_is_listed(path, verb):
    for seat in (Seat("s1", "client"), Seat("s-1", "a_b")):
        if seat.may(verb, path):
            assert verb in ("GET", "HEAD", "POST")
            assert path == "/" or path.startswith(("/static/", "/api/", "/ws", "/video/"))
            assert not any(word in path for word in ("review", "verdict", "together", "link", "lock/", "end"))


def test_links_of_seats_are_short_and_lead_where_they_say():
    now_s = [0.0]
    guard = Guard(lambda: now_s[0])
    guard.serve("127.0.0.1", 8420)
    seat = Seat("s1", "client")
    token = guard.seat_link(seat).split("token=")[1]
    assert len(token) == 10 and token.isalnum()
    secret = guard._exchange(token)
    assert guard._secrets[secret] == seat and not guard._exchange(token)
    late = guard.seat_link(seat).split("token=")[1]
    now_s[0] += SEAT_LINK_S + 1
    assert not guard._exchange(late)


def test_pins_are_not_guessed():
    asks = SimpleNamespace(cookies={"tracedial": "x"})
    now_s = [0.0]
    guard = Guard(lambda: now_s[0])
    assert "no PIN" in guard.unlock(asks, "")
    guard.pin = "4711"
    for number in range(5):
        assert "not the PIN" in guard.unlock(asks, str(number))
    assert "Too many" in guard.unlock(asks, "4711")
    now_s[0] += PIN_PAUSE_S + 1
    assert guard.unlock(asks, "4711") == ""


def rate(page):
    page.select_option("#knob", "keyboard")
    page.click("#begin")
    page.click("#next")
    page.click("#play")
    wait_for_video(page, 0.2)
    page.keyboard.press("PageUp")
    wait_for_video(page, 2.5)
    page.keyboard.press("Home")


@needs_chromium
def test_a_participant_sees_the_own_session_and_nothing_else(tmp_path):
    study = make_study(tmp_path / "study", seconds=9, raters="client,therapist", changes=CHANGES)
    folder = study / "sessions" / "s1" / "client"
    with Server(study, "s1", "client", "--kiosk", "--pin", "4711") as server, browser() as one:
        page = open_page(one, server.url, problems=[])
        page.wait_for_selector("#begin")
        assert "therapist" not in page.inner_text("body")
        base = page.url.split("#")[0]
        own = page.context.cookies()[0]
        headers = {"Cookie": f"{own.get('name')}={own.get('value')}", "Origin": f"http://{urlsplit(base).netloc}"}
        server.url = base
        for verb, path in OTHERS:
            answer, content = ask(server, home(server) + path, verb, "{}" if verb == "POST" else None, **headers)
            assert answer.status in (403, 404), (path, content)
        answer, content = ask(
            server, home(server) + "api/sitting", "POST", '{"session": "s1", "rater": "therapist", "knob": "slider"}',
            **headers,
        )  # fmt: skip
        assert answer.status == 409 and b"researcher" in content
        # Whatever address is typed, it is the participant's own page.
        for place in ("review/s1/client", "together/s1", "clips/s1/therapist", "rate/s1/therapist"):
            page.goto(f"{base}#/{place}")
            page.wait_for_selector("#begin, .problem")
            assert page.locator("#accept, textarea, video").count() == 0
        page.goto(f"{base}#/")
        rate(page)
        page.wait_for_selector("#seat-rated", timeout=60_000)
        assert page.locator("#to-review").count() == 0
        # The researcher comes with the PIN, chooses, and puts the wall up again.
        page.click("summary")
        page.fill("#pin", "0000")
        page.click("#unlock")
        page.wait_for_selector(".problem")
        page.fill("#pin", "4711")
        page.click("#unlock")
        page.wait_for_selector("#accept")
        page.fill("#who", "res-1")
        page.click("#accept")
        page.wait_for_selector("#reopen")
        page.click("text=Back to the sessions")
        page.click("#lock")
        page.click("#to-clips")
        page.click("#play-clip")
        page.wait_for_selector("textarea", timeout=60_000)
        for at in range(page.locator("textarea").count()):
            page.locator("textarea").nth(at).fill("my words")
        page.click("#next-clip")
        page.wait_for_selector("#done")
        # Who comes back after finishing sees that it is finished.
        page.goto(f"{base}#/clips/s1/client")
        page.reload()
        page.wait_for_selector("#seat-done")
        assert page.locator("textarea").count() == 0
        server.url, server.given = server.new_link(), None
        check_changes_of_what_is_finished(server, headers)
    answers = [answer for answer in read_answers(folder).given.values() if answer.text == "changed"]
    assert [(answer.changed_by, answer.change_why) for answer in answers] == [("res-1", "a name was in it")]


def check_changes_of_what_is_finished(server, participant):
    clip = get(server, "/api/clips/s1/client")[1]["clips"][0]
    said = {key: clip[key] for key in ("segment", "start_s", "end_s", "segment_start_s", "segment_end_s")}
    said |= {"what": "answer", "question": clip["questions"][0]["id"], "text": "changed"}
    answer, content = ask(server, home(server) + "api/answer/s1/client", "POST", json.dumps(said), **participant)
    assert answer.status == 409 and b"finished" in content
    assert post(server, "/api/answer/s1/client", **said)[0] == 409
    assert post(server, "/api/answer/s1/client", **said, who="res-1", why="")[0] == 409
    assert post(server, "/api/answer/s1/client", **said, who="res-1", why="a name was in it")[0] == 200


@needs_chromium
def test_a_link_is_handed_on_and_a_room_opens_straight_at_a_raters_place(tmp_path):
    study = make_study(tmp_path / "study", seconds=6, changes=CHANGES)
    with Server(study, "s1", "client") as server, browser() as one:
        assert server.url.endswith("#/begin/s1/client")
        page = open_page(one, server.url)
        page.wait_for_selector("#next")
        page.goto(page.url.split("#")[0] + "#/")
        page.click('[id="link-s1/client"]')
        link = page.inner_text("#seat-link")
        other = open_page(one, link)
        other.wait_for_selector("#begin")
        # Once used, the link is of no use to anybody else it was sent to.
        other.goto(link)
        other.wait_for_selector("#begin")
        third = open_page(one, link, problems=[])
        assert "not let in" in third.inner_text("body")
        assert page.found_problems == [] and other.found_problems == []
    for wrong in (["s1"], ["s9", "client"], ["s1", "nobody"], ["--kiosk"], ["--pin", "1"]):
        refused = tracedial("room", study, *wrong, "--no-browser", "--port", "0")
        assert refused.returncode != 0 and "Traceback" not in refused.stderr, wrong
