"""Who may ask the room anything: pages of its own, opened with its token, on an address that it was asked to serve.

Another site that the same browser shows could send requests here too. It does not know the token, its requests carry
its own `Origin`, and a name that it points at this computer is not among the `Host`s.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    # Nothing is loaded from elsewhere, nothing is embedded elsewhere, and nothing of a study is left in caches.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Lets a request through or answers it with the reason why not. `hosts` are what `Host` may say: `name:port`."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        self.hosts: set[str] = set()
        self.cookie = "tracedial"

    def serve(self, address: str, port: int) -> str:
        """Set what is served; returns the URL to open, token included."""
        names = {address, "127.0.0.1", "localhost"} if address in ("127.0.0.1", "localhost") else {address}
        self.hosts = {f"{name}:{port}" for name in names}
        # Rooms on several ports share a browser's cookies: each has a name of its own.
        self.cookie = f"tracedial-{port}"
        return f"http://{address}:{port}/?token={self.token}"

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check host, origin and token, in this order."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if request.path == "/" and "token" in request.query:
            # The token leaves the address bar (and screenshots of it) for a cookie that scripts cannot read.
            response: web.StreamResponse = web.HTTPSeeOther("/")
            response.set_cookie(self.cookie, self.token, httponly=True, samesite="Strict", path="/")
        else:
            response = await handler(request)
        if not response.prepared:
            response.headers.update(HEADERS)
            if request.path.startswith("/api/") or request.path == "/":
                response.headers["Cache-Control"] = "no-store"
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Host", "").lower() not in self.hosts:
            return web.Response(status=403, text="This room is not served under that name.")
        origin = request.headers.get("Origin")
        if origin is None and (request.method != "GET" or "Upgrade" in request.headers):
            return web.Response(status=403, text="This request does not say which page it comes from.")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in self.hosts}:
            return web.Response(status=403, text="This request comes from another site.")
        given = request.query.get("token") or request.cookies.get(self.cookie, "")
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self.token.encode()):
            return web.Response(
                status=403,
                text="This room was opened anew, or by another browser: use the address that `tracedial room` printed.",
            )
        return None
