"""What a resumed recording must share with its earlier part: video, rate, scale, dial."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracedial.errors import RecordingError
from tracedial.link.messages import Hello
from tracedial.recording.folder import journals
from tracedial.recording.journal import read_journal
from tracedial.recording.session import scale_to_json
from tracedial.video import Video


@dataclass(frozen=True)
class Begun:
    """How the journals in a rater's folder were recorded.

    `dials` holds each dial's name by its unique id, in the order in which they came; `scale` is the last scale, as the
    journal has it. Both are empty if no dial had sent anything yet; `rate_hz` and `video_sha256` are empty if no
    journal has its first line.
    """

    folder: Path
    dials: dict[str, str] = field(default_factory=dict[str, str])
    scale: dict[str, Any] | None = None
    rate_hz: float | None = None
    video_name: str = ""
    video_sha256: str | None = None

    @property
    def rater(self) -> str:
        """The rater's name: the folder's name."""
        return self.folder.name

    def check_video(self, video: Video) -> None:
        """Raise `RecordingError` if another video was rated."""
        if self.video_sha256 not in (None, video.sha256):
            raise RecordingError(
                self.folder,
                f"{self.rater} rated {self.video_name} in {self.folder.parent}, and {video.path.name} is another file: "
                "a recording goes on with the video that it began with.",
            )

    def check_rate(self, rate_hz: float) -> None:
        """Raise `RecordingError` if the recording has another rate."""
        if self.rate_hz not in (None, rate_hz):
            raise RecordingError(
                self.folder,
                f"{self.rater} was recorded at {self.rate_hz:g} samples a second in {self.folder.parent}, not "
                f"{rate_hz:g}: go on with --rate {self.rate_hz:g}.",
            )

    def check_dial(self, hello: Hello, *, another_dial: bool) -> None:
        """Raise `RecordingError` if the recording has another scale than the dial, or if it was made with another dial
        and `another_dial` does not permit this."""
        now = scale_to_json(hello.scale)
        if self.scale is not None and self.scale != now:
            differs = "with other labels" if _span(self.scale) == _span(now) else _span(now)
            raise RecordingError(
                self.folder,
                f"{self.rater} rated on a scale {_span(self.scale)}, and the scale of {hello.name} is {differs}: a "
                "rating cannot go on with another scale, set it back with `tracedial config`.",
            )
        if self.dials and not another_dial and not self.is_same_dial(hello):
            was = dial_words(*list(self.dials.items())[-1])
            raise RecordingError(
                self.folder,
                f"{self.rater} rated with {was} so far, and this is {dial_words(hello.unique_id, hello.name)}: take "
                "that dial, or say --another-dial to go on with this one.",
            )

    def is_same_dial(self, hello: Hello) -> bool:
        """Whether this is the last dial of the recording. A dial without an id cannot be told from others."""
        return bool(hello.unique_id) and bool(self.dials) and list(self.dials)[-1] == hello.unique_id


def read_begun(folder: Path) -> Begun:
    """Read the earlier part of a recording to be resumed, whatever state its journals are in. Raises `RecordingError`
    for an imported recording: its ratings come from another program, and none can be added."""
    found: dict[str, Any] = {"dials": {}}
    for name in journals(folder):
        for record in read_journal(folder / name, samples_apart=True).records:
            if record["kind"] == "recording" and record.get("imported"):
                raise RecordingError(
                    folder,
                    f"The ratings of {folder.name} in {folder.parent} were imported from another program, and no "
                    "recording can go on from them: record under another rater's name or in another session.",
                )
            if record["kind"] == "recording" and isinstance(record.get("video"), dict):
                found["rate_hz"] = record.get("rate_hz")
                found["video_name"] = record["video"].get("name", "")
                found["video_sha256"] = record["video"].get("sha256")
            elif record["kind"] == "hello" and "unique_id" in record:
                found["scale"] = record.get("scale")
                # The last dial stands last, even if it had been used earlier.
                found["dials"].pop(record["unique_id"], None)
                found["dials"][record["unique_id"]] = record.get("name", "")
    return Begun(folder, **found)


def dial_words(unique_id: str, name: str) -> str:
    """How a sentence names a dial."""
    return f"the dial {name} (id {unique_id})" if unique_id else f"the dial {name} (without an id)"


def _span(scale: dict[str, Any]) -> str:
    return f"from {scale['low']} to {scale['high']} in steps of {scale['step']}"
