"""The scale: one definition for the firmware, the screen, the plots and the printed face."""

from dialwire.errors import WireError

MAX_POSITIONS = 256
"""Positions of a scale, at most: more than most boards' converters resolve (RP2040: 8.7 effective bits)."""

MAX_RATING = 10000
"""Largest magnitude of a rating."""

MAX_DETENTS = 16
MAX_LABEL_BYTES = 40

MAX_DETENT_BYTES = 200
"""The limit for all labels of a scale plus three bytes for each, so that HELLO fits one frame."""


class Scale:
    """Ratings `low`, `low + step` .. `high`, and the detents: labelled positions that the knob settles on.

    `detents` is a sequence of `(rating, label)`, lowest first. Raises `WireError` on a scale that a dial cannot hold.
    """

    def __init__(
        self,
        low: int,
        high: int,
        step: int = 1,
        detents: "tuple[tuple[int, str], ...] | list[tuple[int, str]]" = (),
    ):
        for name, value, limit in (
            ("low", low, MAX_RATING),
            ("high", high, MAX_RATING),
            ("step", step, 2 * MAX_RATING),
        ):
            if not isinstance(value, int) or not -limit <= value <= limit:
                raise WireError("scale %s is %r, not a whole number within +-%d" % (name, value, limit))
        if step < 1 or high <= low or (high - low) % step:
            raise WireError("a scale from %d to %d does not divide into steps of %d" % (low, high, step))
        self.low = low
        self.high = high
        self.step = step
        self.positions = (high - low) // step + 1
        if self.positions > MAX_POSITIONS:
            raise WireError(
                "a scale from %d to %d in steps of %d has %d positions, a dial holds %d: take a larger step"
                % (low, high, step, self.positions, MAX_POSITIONS)
            )
        self.detents = tuple((rating, label) for rating, label in detents)
        self._check_detents()

    def _check_detents(self):
        if len(self.detents) > MAX_DETENTS:
            raise WireError("%d detents, a dial holds %d" % (len(self.detents), MAX_DETENTS))
        previous = None
        total_bytes = 0
        for rating, label in self.detents:
            if not isinstance(rating, int) or not self.low <= rating <= self.high or (rating - self.low) % self.step:
                raise WireError("detent %r is not a position of the scale %d..%d" % (rating, self.low, self.high))
            if previous is not None and rating <= previous:
                raise WireError("detents must rise: %d comes after %d" % (rating, previous))
            if not 0 < len(label.encode()) <= MAX_LABEL_BYTES:
                raise WireError("the label %r of detent %d is not of 1 to %d bytes" % (label, rating, MAX_LABEL_BYTES))
            previous = rating
            total_bytes += 3 + len(label.encode())
        if total_bytes > MAX_DETENT_BYTES:
            raise WireError("the labels take %d bytes, a dial holds %d: shorten them" % (total_bytes, MAX_DETENT_BYTES))

    def __eq__(self, other):
        return (
            isinstance(other, Scale)
            and (self.low, self.high, self.step) == (other.low, other.high, other.step)
            and self.detents == other.detents
        )

    def __hash__(self):
        return hash((self.low, self.high, self.step, self.detents))

    def __repr__(self):
        return "Scale(%d, %d, %d, %r)" % (self.low, self.high, self.step, self.detents)

    def rating_at(self, index):
        """The rating at position `index` (0 is the lowest)."""
        return self.low + index * self.step

    def index_of(self, rating):
        """The position of `rating`, which must be on the scale."""
        if not self.low <= rating <= self.high or (rating - self.low) % self.step:
            raise WireError("%r is not a rating of the scale %d..%d" % (rating, self.low, self.high))
        return (rating - self.low) // self.step

    def label_of(self, rating: int) -> str:
        """The label of the detent at `rating`, or an empty string between detents."""
        for detent, label in self.detents:
            if detent == rating:
                return label
        return ""


ALLIANCE = Scale(-50, 50, 1, ((-50, "Weakest Possible"), (0, "Neutral"), (50, "Strongest Possible")))
"""The default: the working-alliance scale of Trusty (2023)."""
