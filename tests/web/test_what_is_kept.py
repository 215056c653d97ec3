"""Ratings, choices and typed texts are kept, whatever happens to the room and the study meanwhile."""

import asyncio
import json
import shutil
from urllib.parse import urlsplit

import aiohttp
import pytest

from commands import sentence, tracedial
from emulation import emulate, read_rows
from requirements import needs_chromium
from rooms import Server, begin, browser, cookie, get, make_study, open_page, post, video_s, wait_for_video

pytestmark = [needs_chromium, pytest.mark.real_time("a browser shows the pages of a room in another process")]

PLACE = "s1/client"


@pytest.fixture(scope="module")
def rated_once(tmp_path_factory):
    """A study of which the client has rated everything and the therapist nothing."""
    study = make_study(
        tmp_path_factory.mktemp("rated") / "study",
        seconds=9,
        raters="client,therapist",
        changes={"on = true": "on = false"},
    )
    with Server(study) as server, browser() as one:
        page = open_page(one, server.url)
        begin(page, "s1", "client", "keyboard")
        page.click("#next")
        page.click("#play")
        wait_for_video(page, 2)
        page.keyboard.press("Home")
        # A media key begins a video that this page has paused: it does not run on unrecorded.
        page.click("#pause")
        page.wait_for_selector("#play")
        page.evaluate("() => { document.querySelector('video').play(); }")
        page.wait_for_timeout(600)
        stood_s = video_s(page)
        page.wait_for_timeout(600)
        assert video_s(page) == stood_s
        page.click("#play")
        wait_for_video(page, 5)
        page.keyboard.press("End")
        page.wait_for_selector("#to-review", timeout=60_000)
    return study


@pytest.fixture
def study(rated_once, tmp_path):
    shutil.copytree(rated_once, tmp_path / "study")
    return tmp_path / "study"


def choose(room):
    """Accept the rule's choice; returns the clips."""
    assert get(room, f"/api/review/{PLACE}")[0] == 200
    status, _ = post(room, f"/api/review/{PLACE}", action="accept", who="res-1")
    assert status == 200
    return get(room, f"/api/clips/{PLACE}")[1]["clips"]


def shown(clip):
    return {"segment": clip["segment"], "start_s": clip["start_s"], "segment_end_s": clip["segment_end_s"]}


def test_answers_typed_while_the_room_was_gone_are_all_kept(study):
    with Server(study) as room, browser() as one:
        clips = choose(room)
        page = open_page(one, room.url, problems=[])
        page.goto(page.url.split("#")[0] + f"#/clips/{PLACE}")
        page.click("#play-clip")
        page.wait_for_selector("textarea", timeout=60_000)
        page.route("**/api/answer/**", lambda route: route.abort())
        for at in range(2):
            page.locator("textarea").nth(at).fill(f"typed in the dark {at}")
            page.wait_for_timeout(900)
        page.wait_for_selector("text=Not saved yet")
        page.unroute("**/api/answer/**")
        page.wait_for_function("() => document.getElementById('saved').textContent === 'Saved'")
        kept = get(room, f"/api/clips/{PLACE}")[1]["clips"][0]["questions"]
    assert [q["answer"] for q in kept] == ["typed in the dark 0", "typed in the dark 1"] and clips


def test_one_study_has_one_room(study):
    with Server(study):
        refused = tracedial("room", study, "--port", "0", "--no-browser")
        assert "open in another room" in sentence(refused)
    with Server(study):
        pass


def test_a_group_is_not_recorded_over_a_session(study):
    before = (study / "sessions" / "s1" / "session.json").read_text()
    with emulate() as emulator:
        refused = tracedial(
            "room", "--live", study / "sessions" / "s1", "--dial", f"p1={emulator.urls[0]}", "--no-browser"
        )
    assert "give another folder" in sentence(refused)
    assert (study / "sessions" / "s1" / "session.json").read_text() == before


def test_segments_are_chosen_from_a_whole_rating_only(study):
    with Server(study) as room:
        for status, said in (
            get(room, "/api/review/s1/therapist"),
            post(room, "/api/review/s1/therapist", action="accept", who="x"),
        ):
            assert status == 409 and "has not rated s1 to its end" in said["problem"]
    assert not (study / "sessions" / "s1" / "therapist").exists()


@pytest.mark.parametrize("state", ["gone", "of half the journal"])
def test_a_trace_that_is_missing_or_older_than_the_journal_is_made_again(study, state):
    trace = study / "sessions" / "s1" / "client" / "trace.csv"
    whole = trace.read_text()
    if state == "gone":
        trace.unlink()
    else:
        trace.write_text("".join(whole.splitlines(keepends=True)[:4]))
        report = trace.with_name("alignment.json")
        content = json.loads(report.read_text())
        content["journal_bytes"]["journal.tdj"] -= 500
        report.write_text(json.dumps(content))
    with Server(study) as room:
        status, said = get(room, f"/api/review/{PLACE}")
        assert status == 200 and len(said["rating"]) == 9
    assert trace.read_text() == whole


def test_a_rating_is_not_gone_on_with_on_another_scale(study):
    folder = study / "sessions" / "s1" / "client"
    journal = folder / "journal.tdj"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(line for line in lines if b'"ended"' not in line))
    path = study / "study.toml"
    path.write_text(path.read_text().replace("low = -50", "low = -60").replace("high = 50", "high = 60"))
    with Server(study) as room, browser() as one:
        page = open_page(one, room.url)
        begin(page, "s1", "client", "keyboard")
        page.click("#next")
        page.wait_for_selector("text=begun on a scale from -50 to 50")
    assert not (folder / "journal-2.tdj").exists()


def test_a_page_of_another_rater_does_not_take_a_sitting_over(study):
    async def talk(room):
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Cookie": cookie(room)}) as session:
            base = room.url.split("/?")[0]
            headers = {"Origin": f"http://{urlsplit(room.url).netloc}"}
            said = {"session": "s1", "rater": "therapist", "knob": "slider"}
            async with session.post(f"{base}/api/sitting", json=said, headers=headers) as answer:
                assert answer.status == 200
            async with session.ws_connect(f"{base}/ws?session=s1&rater=therapist", headers=headers) as own:
                async with session.ws_connect(f"{base}/ws?session=s1&rater=client", headers=headers) as stale:
                    assert await first_object(stale) == {"none": True}
                await own.send_str("[" * 5000)
                assert "cannot be read" in (await first_object(own, "say"))["say"]
                async with session.post(f"{base}/api/sitting/end", json={}, headers=headers):
                    pass
                assert (await first_object(own, "none")) == {"none": True}

    with Server(study) as room:
        asyncio.run(talk(room))


async def first_object(socket, key=None):
    """The first object that the room says, or the first with a key; bytes are the wire's."""
    while True:
        message = await socket.receive(timeout=20)
        assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
        if message.type is aiohttp.WSMsgType.TEXT:
            said = json.loads(message.data)
            if key is None or key in said:
                return said


def test_a_table_that_cannot_be_written_stops_nobody(study):
    folder = study / "sessions" / "s1" / "client"
    with Server(study) as room:
        clip, *_ = choose(room)
        (folder / "answers.csv").unlink(missing_ok=True)
        (folder / "answers.csv").mkdir()
        question = clip["questions"][0]["id"]
        status, said = post(room, f"/api/answer/{PLACE}", what="answer", **shown(clip), question=question, text="kept")
        assert (status, said["kept"]) == (200, True) and "answers.csv cannot be written" in said["warning"]
    done = tracedial("study", "export", study)
    assert done.returncode == 0, done.stderr
    assert "kept" in [row["answer"] for row in read_rows(study / "export" / "answers.csv")]


def test_an_answer_typed_while_the_choice_was_changed_is_filed_under_what_was_shown(study):
    with Server(study) as room:
        clip, *_ = choose(room)
        question = clip["questions"][0]["id"]
        assert post(room, f"/api/review/{PLACE}", action="reopen", who="res-1")[0] == 200
        change = {"action": "move", "id": clip["segment"], "start_s": 0, "end_s": 1, "who": "res-1", "why": "try"}
        assert post(room, f"/api/review/{PLACE}", **change)[0] == 200
        status, _ = post(
            room, f"/api/answer/{PLACE}", what="answer", **shown(clip), question=question, text="to the old one"
        )
        assert status == 200
        assert get(room, f"/api/clips/{PLACE}")[1]["clips"] == []
        assert post(room, f"/api/review/{PLACE}", action="accept", who="res-1")[0] == 200
        again = get(room, f"/api/clips/{PLACE}")[1]["clips"]
        assert all(not q["answer"] for one in again for q in one["questions"])
    rows = read_rows(study / "sessions" / "s1" / "client" / "answers.csv")
    (kept,) = [row for row in rows if row["answer"]]
    assert (kept["answer"], float(kept["start_s"]), kept["current"]) == ("to the old one", clip["start_s"], "0")


@pytest.mark.parametrize(
    "said",
    [
        {"what": "answer", "question": ["x"], "text": "y"},
        {"what": "answer", "question": "rupture_what", "text": 5},
        {"what": "answer", "segment": "rupture-99", "question": "rupture_what", "text": "y"},
        {"what": "answer", "start_s": 10**400, "question": "rupture_what", "text": "y"},
        {"what": "eat"},
    ],
)
def test_an_answer_to_nothing_is_refused_in_a_sentence(study, said):
    with Server(study) as room:
        clip, *_ = choose(room)
        status, answer = post(room, f"/api/answer/{PLACE}", **{**shown(clip), **said})
        assert status == 409 and answer["problem"].endswith(".")


@pytest.mark.parametrize(
    "fields",
    [
        {"start_s": 10**400, "end_s": 5},
        {"start_s": 1.0001, "end_s": 1.0002},
        {"start_s": False, "end_s": True},
        {"start_s": 1, "end_s": 3, "who": "\ud83d", "why": "\x00\ud83d"},
    ],
)
def test_odd_segments_are_refused_or_kept_readable(study, fields):
    with Server(study) as room:
        get(room, f"/api/review/{PLACE}")
        change = {"action": "add", "kind": "rupture", "who": "res-1", "why": "try", **fields}
        status, said = post(room, f"/api/review/{PLACE}", **change)
        if "who" in fields:
            assert status == 200 and said["segments"]
        else:
            assert status == 409 and said["problem"].endswith(".")
        assert get(room, f"/api/review/{PLACE}")[0] == 200


def test_a_damaged_choice_is_said_and_not_begun_anew(study):
    journal = study / "sessions" / "s1" / "client" / "segments.tdj"
    with Server(study) as room:
        choose(room)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0][:30] + b"#" + lines[0][31:] + b"".join(lines[1:]))
    before = journal.read_bytes()
    with Server(study) as room:
        status, said = get(room, f"/api/review/{PLACE}")
        assert status == 409 and "is damaged" in said["problem"]
    assert "is damaged" in sentence(tracedial("study", "status", study))
    assert journal.read_bytes() == before
