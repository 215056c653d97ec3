"""A participant's seat: the one rating that a link lets somebody give, and the few calls that are needed for it.

What a seat may ask for is listed here, and nothing else is answered: a page that is added later stands behind the wall
until somebody puts it on this side.
"""

import re
from dataclasses import dataclass

ANY_SEAT = (
    ("GET", r"/"),
    ("GET", r"/static/.+"),
    ("GET", r"/api/(mode|room|dials)"),
    ("GET", r"/ws"),
    ("POST", r"/api/(sitting|unlock)"),
)
"""What every seat may ask for; the room shows each one its own session alone."""
OWN_SEAT = (
    ("GET", r"/video/{session}"),
    ("GET", r"/api/(video|waveform)/{session}"),
    ("GET", r"/api/(clips|survey)/{session}/{rater}"),
    ("POST", r"/api/(answer|survey)/{session}/{rater}"),
)


@dataclass(frozen=True)
class Seat:
    """The session and the rater that a participant's link is for."""

    session: str
    rater: str

    def may(self, method: str, path: str) -> bool:
        """Whether a request is one that this seat needs; `path` is below the room's own, as in `/api/room`."""
        own = [
            (verb, pattern.format(session=re.escape(self.session), rater=re.escape(self.rater)))
            for verb, pattern in OWN_SEAT
        ]
        method = "GET" if method == "HEAD" else method
        return any(method == verb and re.fullmatch(pattern, path) for verb, pattern in (*ANY_SEAT, *own))
