"""Who may ask the room anything, and what it serves: every other request is refused."""

import json
from urllib.parse import urlsplit

import pytest

from rooms import Server, ask, cookie, home, make_study, token
from tracedial.emulation.synthetic import write_video

pytestmark = pytest.mark.real_time("the room's server is asked over real connections")


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    study = make_study(tmp_path_factory.mktemp("room") / "study", seconds=12)
    with Server(study) as server:
        yield server


def test_the_link_opens_the_room_and_leaves_the_address(room):
    answer, content = ask(room, home(room), Cookie=cookie(room))
    assert answer.status == 200 and b"<main" in content
    assert "default-src 'self'" in answer.getheader("Content-Security-Policy")
    assert answer.getheader("Cache-Control") == "no-store"


@pytest.mark.parametrize("path", ["/", "/api/room", "/video/s1", "/ws", "/static/js/main.js"])
def test_without_the_cookie_nothing_is_served(room, path):
    path = home(room) + path[1:]
    for given in ({}, {"Cookie": "tracedial=x"}, {"Cookie": cookie(room)[:-4]}):
        answer, content = ask(room, path, **given)
        assert answer.status == 403, path
        assert b"alliance" not in content
    answer, _ = ask(room, f"{path}?token=wrong")
    assert answer.status == 403


def test_another_site_is_refused_though_it_has_the_cookie(room):
    own = urlsplit(room.url)
    for origin in ("https://elsewhere.example", f"http://127.0.0.1:{own.port + 1}", "null"):
        answer, _ = ask(room, home(room) + "api/room", Cookie=cookie(room), Origin=origin)
        assert answer.status == 403, origin
    answer, _ = ask(room, home(room) + "api/sitting/end", "POST", "{}", Cookie=cookie(room))
    assert answer.status == 403, "a POST that does not say where it comes from"
    answer, _ = ask(
        room, home(room) + "api/sitting/end", "POST", "{}", Cookie=cookie(room), Origin=f"http://{own.netloc}"
    )
    assert answer.status == 200


def test_another_name_for_this_computer_is_refused(room):
    for host in ("elsewhere.example", f"elsewhere.example:{urlsplit(room.url).port}", ""):
        answer, _ = ask(room, f"{home(room)}?token={token(room)}", Host=host)
        assert answer.status == 403, host


@pytest.mark.parametrize(
    "path",
    ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/video/..%2f..%2fstudy.toml",
     "/video/s1%2f..%2f..%2fstudy.toml", "/video/nobody", "/api/review/s1/..%2f..", "/api/review/..%2f../client"],
)  # fmt: skip
def test_nothing_outside_the_study_is_served(room, path):
    answer, content = ask(room, home(room) + path[1:], Cookie=cookie(room))
    assert answer.status in (403, 404, 409), content[:80]
    assert b"format = 1" not in content and b"import" not in content


def test_the_video_is_served_by_ranges(room):
    whole, content = ask(room, home(room) + "video/s1", Cookie=cookie(room))
    assert whole.status == 200 and whole.getheader("Content-Type") == "video/mp4"
    part, middle = ask(room, home(room) + "video/s1", Cookie=cookie(room), Range="bytes=100-199")
    assert part.status == 206 and middle == content[100:200]
    beyond, _ = ask(room, home(room) + "video/s1", Cookie=cookie(room), Range=f"bytes={len(content) + 5}-")
    assert beyond.status == 416


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        '{"session": 5}',
        '{"session": "s1", "rater": "nobody", "knob": "slider"}',
        '{"session": "s1", "rater": "client", "knob": "telepathy"}',
    ],
)
def test_what_no_page_would_send_is_answered_by_a_sentence(room, body):
    own = urlsplit(room.url)
    answer, content = ask(
        room, home(room) + "api/sitting", "POST", body, Cookie=cookie(room), Origin=f"http://{own.netloc}"
    )
    assert answer.status in (400, 409)
    assert json.loads(content)["problem"].endswith(".")


def test_a_video_that_was_replaced_is_refused_with_both_hashes(tmp_path):
    study = make_study(tmp_path / "study", seconds=12)
    with Server(study) as server:
        write_video(study / "video.mp4", 13)
        answer, content = ask(server, home(server) + "video/s1", Cookie=cookie(server))
        problem = json.loads(content)["problem"]
        assert answer.status == 409 and problem.count("…") == 2 and "s1" in problem


def test_a_room_that_cannot_be_served_says_why(tmp_path):
    from commands import sentence, tracedial

    study = make_study(tmp_path / "study", seconds=12)
    assert "not all of them" in tracedial("room", study, "--host", "0.0.0.0", "--no-browser").stderr
    with Server(study) as server:
        other = make_study(tmp_path / "other")
        taken = tracedial("room", other, "--port", urlsplit(server.url).port, "--no-browser")
        assert "choose another --port" in sentence(taken)
    assert "is no study" in sentence(tracedial("room", tmp_path, "--no-browser"))
