"""The room's door: idle connections by the thousand, the holder's own among them, and requests without a cookie."""

import contextlib
import socket
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from breakage import Figure

sys.path[:0] = [str(Path(__file__).resolve().parent.parent.parent / "tests" / "web")]

STRANGERS = 1100
ASKED = 20
FLOODS = {
    "idle connections": b"",
    "half headers": b"GET / HTTP/1.1\r\nHost: x",
    "half bodies": b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{",
    "half-open WebSockets": b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
}


def run() -> list[Figure]:
    """Flood a room in every way, and ask it for everything with every cookie but its own."""
    from rooms import Server, ask, cookie, home, make_study, token

    _allow_open_files(2 * STRANGERS)
    with tempfile.TemporaryDirectory() as scratch, Server(make_study(Path(scratch) / "study")) as room:
        own, base = cookie(room), home(room)
        # Used up, as in a list of processes a minute later.
        ask(room, f"/?token={token(room)}")
        figures = []
        for what, first in FLOODS.items():
            answered, slowest_s = 0, 0.0
            with contextlib.ExitStack() as stack:
                for _ in range(STRANGERS):
                    one = stack.enter_context(socket.create_connection(("127.0.0.1", urlsplit(room.url).port)))
                    with contextlib.suppress(OSError):
                        one.sendall(first)
                for _ in range(ASKED):
                    began_s = time.monotonic()
                    with contextlib.suppress(OSError):
                        answered += ask(room, base + "api/room", Cookie=own)[0].status == 200
                    slowest_s = max(slowest_s, time.monotonic() - began_s)
            name = f"{STRANGERS:,} {what}: the holder's requests that are answered"
            said = f"{answered} of {ASKED}, the slowest in {slowest_s:.2f} s"
            figures.append(Figure(name, said, "all", answered == ASKED))
        tried, let_in = 0, 0
        name = own.split("=")[0]
        cookies = (None, "", f"{name}=", f"{name}={token(room)}", own[:-1], f"{own}x", own.replace("tracedial-", "x-"))
        for path in ("", "api/room", "api/mode", "video/s1", "static/js/main.js", "ws", f"?token={token(room)}"):
            for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT"):
                for given in cookies:
                    tried += 1
                    let_in += ask(room, base + path, method, Cookie=given)[0].status < 400
        figures.append(Figure("requests without the cookie that are let in", f"{let_in} of {tried}", "0", let_in == 0))
    return figures


def _allow_open_files(number: int) -> None:
    """As many as are to be opened here, where the system has such a limit."""
    with contextlib.suppress(ImportError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < number:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(number, hard) if hard > 0 else number, hard))
