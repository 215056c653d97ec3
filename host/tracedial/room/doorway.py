"""The connections to the room: those that have not shown its cookie are few and short, so that they keep nobody out."""

import asyncio
from collections.abc import Callable

STRANGERS = 64
"""Connections without a valid cookie at once. One more takes the place of the one that has waited longest: a browser
shows its cookie as soon as it is connected, and one that says nothing has no right to stay."""
STRANGER_S = 10.0
"""How long one may stay, whatever it says meanwhile."""
STRANGER_BYTES = 1 << 16
"""What it may say: more than the headers of any browser's request."""


class Doorway:
    """Keeps the connections apart that have shown a valid cookie and those that have not."""

    def __init__(self) -> None:
        # In the order in which they came.
        self._strangers: dict[object, _Visitor] = {}

    def protocol(self, make: Callable[[], asyncio.Protocol]) -> asyncio.Protocol:
        """What the server uses for a new connection; `make` makes the one behind the door."""
        return _Visitor(self, make())

    def knows(self, transport: object) -> None:
        """Let a connection stay: it has shown the cookie."""
        visitor = self._strangers.pop(transport, None)
        if visitor:
            visitor.let_in()

    def enter(self, visitor: "_Visitor", transport: asyncio.BaseTransport) -> None:
        """A connection that nothing is known of."""
        if len(self._strangers) >= STRANGERS:
            next(iter(self._strangers.values())).send_away()
        self._strangers[transport] = visitor

    def leave(self, transport: object) -> None:
        """A connection that has ended."""
        self._strangers.pop(transport, None)


class _Visitor(asyncio.Protocol):
    """Stands between a connection and the protocol that serves it, until that is known to have the cookie."""

    def __init__(self, doorway: Doorway, inner: asyncio.Protocol) -> None:
        self._doorway = doorway
        self._inner = inner
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._left_bytes = STRANGER_BYTES

    def let_in(self) -> None:
        """The cookie was shown: no limits from here on."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def send_away(self) -> None:
        """Close the connection at once."""
        assert self._transport is not None
        self._doorway.leave(self._transport)
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`, as for all that follow."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._doorway.enter(self, transport)
        self._timer = asyncio.get_running_loop().call_later(STRANGER_S, self.send_away)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Of a stranger only so much."""
        if self._timer:
            self._left_bytes -= len(data)
            if self._left_bytes < 0:
                self.send_away()
                return
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """The other side has said all."""
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self.let_in()
        if self._transport:
            self._doorway.leave(self._transport)
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """The other side takes no more for now."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """It does again."""
        self._inner.resume_writing()
