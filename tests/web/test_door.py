"""The room's door: a link that works once, a cookie for this room alone, strangers who keep nobody out."""

import contextlib
import http.client
import socket
import time
from urllib.parse import urlsplit

import pytest

from requirements import needs_posix
from rooms import Server, ask, cookie, home, make_study, token
from tracedial.room.guard import BROWSER_LINK_S, SHOWN_LINK_S, Guard

pytestmark = pytest.mark.real_time("the room's server is asked over real connections, which end after real seconds")

FLOOD = 1100


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("room") / "study", seconds=12)


@pytest.fixture
def room(study):
    with Server(study) as server:
        yield server


def test_a_link_works_once_and_is_not_the_cookie(room):
    answer, _ = ask(room, f"/?token={token(room)}")
    own = answer.getheader("Set-Cookie").split(";")[0]
    name, _, secret = own.partition("=")
    assert name == f"tracedial-{urlsplit(room.url).port}" and secret != token(room)
    for path in ("/", home(room)):
        answer, content = ask(room, f"{path}?token={token(room)}")
        assert answer.status == 403 and b"Press Enter" in content
        assert answer.getheader("Set-Cookie") is None and answer.getheader("Cache-Control") == "no-store"
    answer, _ = ask(room, home(room), Cookie=f"{name}={token(room)}")
    assert answer.status == 403, "the token is no cookie"
    answer, _ = ask(room, f"{home(room)}?token={token(room)}", Cookie=own)
    assert answer.status == 303 and answer.getheader("Location") == home(room), "the same browser, the same link again"
    answer, _ = ask(room, home(room), Cookie=own)
    assert answer.status == 200


def test_looking_ahead_does_not_use_a_link_up(room):
    for method, headers in (("HEAD", {}), ("GET", {"Sec-Purpose": "prefetch"}), ("OPTIONS", {})):
        answer, _ = ask(room, f"{home(room)}?token={token(room)}", method, **headers)
        assert answer.status in (403, 405)
    answer, _ = ask(room, f"{home(room)}?token={token(room)}")
    assert answer.status == 303


def test_enter_prints_a_new_link_for_another_browser(study):
    with Server(study) as room:
        second = room.new_link()
        assert room.url != second and room.url.split("?")[0] == second.split("?")[0]
        for link in (room.url, second):
            assert ask(room, f"{home(room)}?{urlsplit(link).query}")[0].status == 303


def test_the_browser_is_started_with_nothing_that_stays_of_use():
    now_s = [0.0]
    guard = Guard(lambda: now_s[0])
    guard.serve("127.0.0.1", 8420)
    seen = guard.browser_link()
    assert guard.home not in seen, "where the room lies is not in sight either"
    given = seen.split("token=")[1]
    secret = guard._exchange(given)
    assert secret and guard._is_let_in(secret)
    assert not guard._exchange(given)
    assert not guard._is_let_in(secret), "whoever of the two came first: neither stays"
    late = guard.browser_link().split("token=")[1]
    shown = guard.shown_link().split("token=")[1]
    now_s[0] += BROWSER_LINK_S + 0.1
    assert not guard._exchange(late)
    kept = guard._exchange(shown)
    assert kept and not guard._exchange(shown) and guard._is_let_in(kept), "a link that nobody saw is only used up"
    shown = guard.shown_link().split("token=")[1]
    now_s[0] += SHOWN_LINK_S + 0.1
    assert not guard._exchange(shown) and guard._is_let_in(kept)


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_other_methods_are_refused(room, method):
    answer, _ = ask(room, home(room) + "api/room", method, Cookie=cookie(room))
    assert answer.status == 405 and answer.getheader("Access-Control-Allow-Origin") is None


def connect(room):
    return socket.create_connection(("127.0.0.1", urlsplit(room.url).port), timeout=20)


def idle(room, number, first=b""):
    """Connections that say no more than their first bytes."""
    for _ in range(number):
        one = connect(room)
        with contextlib.suppress(OSError):
            one.sendall(first)
        yield one


@needs_posix
@pytest.mark.parametrize(
    "first",
    [b"", b"GET / HTTP/1.1\r\nHost: x", b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{",
     b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"],
    ids=["nothing", "half a header", "half a body", "half a WebSocket"],
)  # fmt: skip
def test_a_flood_of_strangers_keeps_nobody_out(room, first):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 2 * FLOOD), hard), hard))
    own = cookie(room)
    kept = http.client.HTTPConnection("127.0.0.1", urlsplit(room.url).port, timeout=20)
    headers = {"Host": urlsplit(room.url).netloc, "Cookie": own}
    kept.request("GET", home(room) + "api/room", headers=headers)
    assert kept.getresponse().read()
    with contextlib.ExitStack() as stack:
        for one in idle(room, FLOOD, first):
            stack.callback(one.close)
        for _ in range(3):
            answer, content = ask(room, home(room) + "api/room", Cookie=own)
            assert answer.status == 200 and b"A test" in content
        # The holder's own connection was not sent away for them.
        kept.request("GET", home(room) + "api/room", headers=headers)
        assert kept.getresponse().status == 200
    kept.close()


def test_a_stranger_is_sent_away_in_time_and_for_too_many_words(room):
    with connect(room) as slow, connect(room) as loud:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        began_s = time.monotonic()
        with pytest.raises(OSError, match=r"reset|pipe|abort|closed"):
            while time.monotonic() < began_s + 60:
                loud.sendall(b"X-A: " + b"a" * 4000 + b"\r\n")
                assert loud.recv(1) != b"", "closed"
        slow.settimeout(60)
        with contextlib.suppress(ConnectionError):
            while slow.recv(100):
                pass
