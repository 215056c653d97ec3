"""Who may ask the room anything: pages of its own, let in by a link that works once, on an address that it serves.

Another site that the same browser shows could send requests here too. It does not know the cookie, its requests carry
its own `Origin`, and a name that it points at this computer is not among the `Host`s. Another user of this computer may
see a link in the list of processes (`ps`): it works once, and for a short time; what the cookie holds is never shown.

A participant's link leads to a seat (`seat.py`): one rater's rating of one session, and nothing beside it. The
researcher's PIN takes the wall away for that browser, until it is locked again.
"""

import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from tracedial.room.seat import Seat

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SHOWN_LINK_S = 900.0
"""How long a link works that is printed, for somebody to open by hand."""
BROWSER_LINK_S = 60.0
"""How long one works that a browser is started with."""
SEAT_LINK_S = 12 * 3600.0
"""How long a participant's link works: it may be sent in the morning for the afternoon."""
SEAT_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
SEAT_LENGTH = 10
"""A token that can be typed: no letter looks like another, and 31^10 are too many to guess."""
LINKS = 200
PIN_TRIES = 5
PIN_PAUSE_S = 60.0
METHODS = ("GET", "HEAD", "POST")
HEADERS = {
    # Nothing is loaded from elsewhere, nothing is embedded elsewhere, and nothing of a study is left in caches.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOT_LET_IN = (
    "This page is not let in: a link to the room works once, for a short time, and in the browser that opened it. "
    "Press Enter in the terminal in which `tracedial room` runs: it prints a new one."
)


NOT_YOURS = "This page is the researcher's: a participant's link leads to the participant's own session alone."


@dataclass
class _Link:
    """A link that lets one browser in. `in_sight`: other users of this computer may see it. `gave`: the cookie's secret
    that it was exchanged for; empty before. `seat` is a participant's; None for a researcher's link."""

    token: str
    ends_s: float
    in_sight: bool
    seat: Seat | None = None
    gave: str = ""


class Guard:
    """Lets a request through or answers it with the reason why not. `hosts` are what `Host` may say: `name:port`.
    `knows` is told the transport of each request that showed a valid cookie; `clock_s` is a monotonic clock."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.hosts: set[str] = set()
        self.cookie = "tracedial"
        self.knows: Callable[[object], None] = lambda transport: None
        # The path is no secret of its own; a server on another port, which gets the cookies of this name's other ports,
        # does not get this one without knowing it.
        self.home = f"/{secrets.token_urlsafe(12)}/"
        self._clock_s = clock_s
        self._address = ""
        self._links: list[_Link] = []
        # What each cookie is good for: a seat, or everything (None).
        self._secrets: dict[str, Seat | None] = {}
        self._unlocked: set[str] = set()
        self._wrong_pins: list[float] = []
        self.pin = ""

    def serve(self, address: str, port: int) -> None:
        """Set what is served."""
        names = {address, "127.0.0.1", "localhost"} if address in ("127.0.0.1", "localhost") else {address}
        self.hosts = {f"{name}:{port}" for name in names}
        # Rooms on several ports share a browser's cookies: each has a name of its own.
        self.cookie = f"tracedial-{port}"
        self._address = f"http://{address}:{port}"

    def shown_link(self) -> str:
        """A new link for somebody to open. In a browser that was let in already it opens the room again later too."""
        return f"{self._address}{self.home}?token={self._new_token(SHOWN_LINK_S, in_sight=False)}"

    def browser_link(self, seat: Seat | None = None) -> str:
        """A new link to start a browser with, where other users of this computer may see it."""
        return f"{self._address}/?token={self._new_token(BROWSER_LINK_S, in_sight=True, seat=seat)}"

    def seat_link(self, seat: Seat) -> str:
        """A new link for a participant, to be sent or typed: it lets one browser sit down there."""
        return f"{self._address}{self.home}?token={self._new_token(SEAT_LINK_S, in_sight=False, seat=seat)}"

    def seat_of(self, request: web.Request) -> Seat | None:
        """The seat of whoever asks; None for a researcher, and for a seat that the PIN has unlocked."""
        secret = request.cookies.get(self.cookie, "")
        return None if secret in self._unlocked else self._secrets.get(secret)

    def unlocked_seat(self, request: web.Request) -> Seat | None:
        """The seat that a researcher has unlocked in this browser, if any."""
        secret = request.cookies.get(self.cookie, "")
        return self._secrets.get(secret) if secret in self._unlocked else None

    def unlock(self, request: web.Request, pin: str) -> str:
        """Take the wall away for this browser; returns why not, empty if it is done."""
        now_s = self._clock_s()
        self._wrong_pins = [at_s for at_s in self._wrong_pins if at_s > now_s - PIN_PAUSE_S]
        if not self.pin:
            return "This room has no PIN: it was opened without --pin."
        if len(self._wrong_pins) >= PIN_TRIES:
            return "Too many wrong PINs: wait a minute."
        if not _same(pin, self.pin):
            self._wrong_pins.append(now_s)
            return "That is not the PIN."
        self._unlocked.add(request.cookies.get(self.cookie, ""))
        return ""

    def lock(self, request: web.Request) -> None:
        """Put the wall up again."""
        self._unlocked.discard(request.cookies.get(self.cookie, ""))

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check method, host, origin, and the cookie or the link, in this order."""
        response = self._refusal(request) or self._entrance(request)
        if response is None:
            self.knows(request.transport)
            seat = self.seat_of(request)
            path = "/" + request.path.removeprefix(self.home)
            if seat and not seat.may(request.method, path):
                response = web.json_response({"problem": NOT_YOURS}, status=403)
            else:
                response = await handler(request)
        if not response.prepared:
            response.headers.update(HEADERS)
            if not request.path.startswith((f"{self.home}static/", f"{self.home}video/")):
                response.headers["Cache-Control"] = "no-store"
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.method not in METHODS:
            return web.Response(status=405, text="The room does not know this kind of request.")
        if request.headers.get("Host", "").lower() not in self.hosts:
            return web.Response(status=403, text="This room is not served under that name.")
        origin = request.headers.get("Origin")
        if origin is None and (request.method == "POST" or "Upgrade" in request.headers):
            return web.Response(status=403, text="This request does not say which page it comes from.")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in self.hosts}:
            return web.Response(status=403, text="This request comes from another site.")
        return None

    def _entrance(self, request: web.Request) -> web.StreamResponse | None:
        """None for a request with a valid cookie; else what becomes of it: let in by its link, or refused."""
        at_door = request.path in ("/", self.home)
        token = request.query.get("token", "")
        if at_door and token and self._is_let_in(request.cookies.get(self.cookie, "")) and self._moves(request, token):
            # Another seat, or the researcher's place, in a browser that was let in already.
            pass
        elif self._is_let_in(request.cookies.get(self.cookie, "")) and request.path.startswith(self.home):
            # The token leaves the address bar, and screenshots of it.
            return web.HTTPSeeOther(self.home) if at_door and token else None
        # A look ahead (a browser's prefetch, a HEAD) must not use a link up.
        if at_door and token and request.method == "GET" and "Sec-Purpose" not in request.headers:
            secret = self._exchange(token)
            if secret:
                response = web.HTTPSeeOther(self.home)
                response.set_cookie(self.cookie, secret, httponly=True, samesite="Strict", path=self.home)
                return response
        return web.Response(status=403, text=NOT_LET_IN)

    def _moves(self, request: web.Request, token: str) -> bool:
        """Whether a link that still works leads elsewhere than where this browser's cookie does."""
        mine = self._secrets.get(request.cookies.get(self.cookie, ""))
        links = [one for one in self._links if _same(token, one.token) and one.ends_s > self._clock_s()]
        return any(not one.gave and one.seat != mine for one in links)

    def _new_token(self, lives_s: float, *, in_sight: bool, seat: Seat | None = None) -> str:
        now_s = self._clock_s()
        typed = "".join(secrets.choice(SEAT_LETTERS) for _ in range(SEAT_LENGTH))
        token = typed if seat and not in_sight else secrets.token_urlsafe(24)
        self._links = [link for link in self._links if link.ends_s > now_s][-LINKS + 1 :]
        self._links.append(_Link(token, now_s + lives_s, in_sight, seat))
        return token

    def _exchange(self, token: str) -> str:
        """The secret that a link is good for, once; empty for one that is not good. One in sight of others that comes a
        second time while it lives was seen by somebody: who of the two came first is not known, and neither stays."""
        for link in self._links:
            if not _same(token, link.token) or link.ends_s <= self._clock_s():
                continue
            if link.gave:
                if link.in_sight:
                    self._secrets.pop(link.gave, None)
                return ""
            link.gave = secrets.token_urlsafe(24)
            self._secrets[link.gave] = link.seat
            return link.gave
        return ""

    def _is_let_in(self, given: str) -> bool:
        # All of them are compared, so that the time which it takes says nothing.
        found = [_same(given, secret) for secret in self._secrets]
        return any(found)


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode())
