"""The state of a rater while recording, for display: the rating, the counts, and what is wrong, worst first."""

from dataclasses import dataclass, field
from enum import IntEnum, auto

from tracedial.link.messages import Hello


class Trouble(IntEnum):
    """What can be wrong, worst first. If several things are wrong, the worst is shown."""

    DISK = auto()
    LINK_ENDED = auto()
    FLOOD = auto()
    NO_CLOCK = auto()
    CANNOT_TICK = auto()
    OTHER_DIAL = auto()
    BROKEN_WIRE = auto()
    NOT_HOMED = auto()
    OFF_SCALE = auto()
    REFUSED = auto()
    JOURNAL_MOVED = auto()


WORDS = {
    Trouble.DISK: "{said}",
    Trouble.LINK_ENDED: "{said}",
    Trouble.FLOOD: "The dial floods its link: {messages} messages were not taken.",
    Trouble.NO_CLOCK: "{said}",
    Trouble.CANNOT_TICK: "The dial sends times by which it cannot tick ({said}).",
    Trouble.OTHER_DIAL: "Another dial ({name}, id {unique_id}) is on {port}: this one is looked for on all ports.",
    Trouble.BROKEN_WIRE: "The knob's wire is broken: nothing is being rated.",
    Trouble.NOT_HOMED: "The dial is not homed: set the knob to its zero and hold the button for two seconds.",
    Trouble.OFF_SCALE: "The dial sends ratings outside its scale: they are no ratings.",
    Trouble.REFUSED: "The dial refused {kind}: {text}.",
    Trouble.JOURNAL_MOVED: "{said}",
}
"""Each trouble's sentence."""


@dataclass
class RaterState:
    """One rater as the recorder sees it now. `bound_s`: how far off the dial's clock may be (seconds), None before it
    is known; `breaks`: resets of the dial; `missing`: records being requested; `lost`: records that the dial no longer
    holds."""

    rater: str
    hello: Hello
    rating: int | None = None
    label: str = ""
    samples: int = 0
    missing: int = 0
    recovered: int = 0
    lost: int = 0
    bound_s: float | None = None
    link_up: bool = True
    breaks: int = 0
    marks: int = 0
    troubles: dict[Trouble, str] = field(default_factory=dict[Trouble, str])

    @property
    def problem(self) -> str:
        """The worst of what is wrong now, in a sentence; empty while all is well."""
        # A copy: the link's thread may change them meanwhile.
        troubles = self.troubles.copy()
        return troubles[min(troubles)] if troubles else ""

    def set(self, trouble: Trouble, **values: object) -> None:
        """Something is wrong; `values` fill its sentence."""
        self.troubles[trouble] = WORDS[trouble].format(**values)

    def clear(self, *troubles: Trouble) -> None:
        """These are over."""
        for trouble in troubles:
            self.troubles.pop(trouble, None)

    def keep(self, trouble: Trouble, said: str) -> None:
        """Set this trouble with the text `said`, or clear it if the text is empty."""
        if said:
            self.set(trouble, said=said)
        else:
            self.clear(trouble)
