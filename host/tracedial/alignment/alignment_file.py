"""`alignment.json` beside each rater's trace: what the trace was made from, and how well it is placed."""

import json
from pathlib import Path
from typing import Any

from tracedial.errors import RecordingError
from tracedial.files.shape import COUNT, LINE, NUMBER, TEXT, Entry, if_there, is_number, misfit, or_null
from tracedial.recording.folder import ALIGNMENT_FILE


def _is_scale(value: Any) -> bool:
    """A scale as a dial reports it, or None if the journal has lost the dial's report."""
    if value is None:
        return True
    if not isinstance(value, dict) or not all(is_number(value.get(name)) for name in ("low", "high", "step")):
        return False
    detents = value.get("detents")
    return value["low"] < value["high"] and value["step"] > 0 and isinstance(detents, list) and all(
        isinstance(detent, list) and len(detent) == 2 and is_number(detent[0]) and isinstance(detent[1], str)
        for detent in detents
    )  # fmt: skip


def _is_protocol(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(map(is_number, value)))


SHAPE = {
    "dial": {
        **{name: or_null(TEXT) for name in ("name", "board", "unique_id", "firmware", "interpreter")},
        "protocol": Entry("a list of numbers", _is_protocol),
        "scale": Entry("a scale (low, high, step, detents)", _is_scale),
    },
    "clocks": [{"exchanges": COUNT, "drift_ppm": NUMBER, "bound_ms": {"max": NUMBER}}],
    "offset_ms": {"median": or_null(NUMBER), "p99_abs": or_null(NUMBER)},
    "samples": COUNT,
    "samples_while_video_stood_still": COUNT,
    "resent": COUNT,
    "records_missing": COUNT,
    "findings": [TEXT],
    "finding_codes": if_there(Entry("a list", lambda value: isinstance(value, list))),
    "recorded_at": LINE,
    "recorded_with": LINE,
    "journal_bytes": if_there(Entry("a table of numbers", lambda value: isinstance(value, dict))),
}
"""The fields that other parts of the program read."""


def read_alignment(folder: Path) -> dict[str, Any] | None:
    """A rater's alignment; None if there is none. Raises `RecordingError` for a damaged file, which can be made again
    from the journal."""
    path = folder / ALIGNMENT_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RecordingError(path, f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise RecordingError(path, f"{path} cannot be read ({error}): run `tracedial align`.") from error
    if said := misfit(content, SHAPE):
        raise RecordingError(path, f"{path} cannot be read ({said}): run `tracedial align`.")
    return content
