"""The links of a dial, a cable and a radio; one host at a time has the dial. Pure.

Each link has `wired`, `read()` (bytes, possibly none), `ready()` (whether it takes a frame), `write(frame)`,
`is_there()` (whether a host can be at its other end) and `hang_up()`. A host keeps the dial until it has been silent
for `HOLD_US` or its link is gone; a host that asks meanwhile on another link is told so.
"""

from dialwire import frame, message
from dialwire.ticks import ticks_diff

HOLD_US = 3000000
"""Hosts ask for STATUS once a second."""
_MOST_WAITING = 2 * frame.MAX_STUFFED


class _Watched:
    """A link, with the bytes that have arrived on it and that the dial has not taken yet."""

    def __init__(self, link):
        self.link = link
        self.decoder = frame.Decoder()
        self.waiting = b""


class Links:
    """All links behind the interface of one: `read`, `ready`, `write`. `held` is the link that `read` takes bytes
    from."""

    def __init__(self, links, ticks_us):
        self._watched = [_Watched(link) for link in links]
        self._ticks_us = ticks_us
        self._heard = None
        """When the host that has the dial was last heard, None while nobody has it."""
        self.held = links[0]

    def read(self):
        """The bytes from the host that has the dial; this may change `held` to another link."""
        if self._heard is not None and (
            not self.held.is_there() or not 0 <= ticks_diff(self._ticks_us(), self._heard) < HOLD_US
        ):
            self._heard = None
        data = b""
        for watched in self._watched:
            came = watched.link.read()
            if not came:
                continue
            payloads = watched.decoder.feed(came)
            if watched.link is self.held:
                data += came
            elif payloads and self._heard is None:
                data = watched.waiting + came
                self._hand_over(watched.link)
            else:
                self._refuse(watched.link, payloads)
                watched.waiting = b"" if payloads else (watched.waiting + came)[-_MOST_WAITING:]
                continue
            watched.waiting = b""
            if payloads:
                self._heard = self._ticks_us()
        return data

    def ready(self):
        """Whether the link of the host that has the dial takes another frame."""
        return self.held.ready()

    def write(self, data):
        """Send a frame to the host that has the dial."""
        self.held.write(data)

    def _hand_over(self, link):
        if self.held.is_there():
            self.held.hang_up()
        self.held = link

    def _refuse(self, link, payloads):
        for payload in payloads:
            if payload[0] == message.HELLO_REQUEST and link.ready():
                by = "its cable" if self.held.wired else "the air"
                refusal = message.pack(
                    message.REFUSED,
                    of_kind=message.HELLO_REQUEST,
                    reason=message.REFUSED_BUSY,
                    text="another program uses this dial over %s now" % by,
                )
                link.write(frame.encode(refusal))
