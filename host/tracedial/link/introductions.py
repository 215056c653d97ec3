"""The dials that this computer was introduced to and the key of each, in a file that only its user can read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dialwire.hosts import HOST_ID_BYTES, KEY_BYTES
from tracedial.errors import IntroductionError
from tracedial.files.private import make_folder
from tracedial.files.whole_file import write_whole

FOLDER_VARIABLE = "TRACEDIAL_KEYS"


@dataclass(frozen=True)
class Introduction:
    """A dial that this computer may use over the air: its name at the introduction and their key, in hex digits."""

    unique_id: str
    name: str
    key: str


class Introductions:
    """The content of the file. `host_id` is this computer's id, which every dial that knows it stores."""

    def __init__(self, host_id: bytes, dials: dict[str, Introduction]) -> None:
        self.host_id = host_id
        self.dials = dials

    def key_of(self, unique_id: bytes) -> bytes | None:
        """The key shared with a dial; None if this computer does not know the dial."""
        known = self.dials.get(unique_id.hex())
        return bytes.fromhex(known.key) if known else None


def keys_file() -> Path:
    """The file with the keys: in the folder that `TRACEDIAL_KEYS` names, or else in `.tracedial` in the user's home."""
    return Path(os.environ.get(FOLDER_VARIABLE) or Path.home() / ".tracedial") / "dials.json"


def new_introductions() -> Introductions:
    """New introductions: a fresh id for this computer, and no dials yet."""
    return Introductions(secrets.token_bytes(HOST_ID_BYTES), {})


def read_introductions() -> Introductions:
    """The dials that this computer knows. Raises `IntroductionError` if the file cannot be read or understood."""
    path = keys_file()
    if not path.exists():
        return new_introductions()
    try:
        return _parsed(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntroductionError(
            path,
            f"The keys of the dials in {path} cannot be read ({error}): move the file away and introduce the dials "
            "again (`tracedial introduce PORT`, over USB).",
        ) from None


def keep_introductions(introductions: Introductions) -> None:
    """Write the file. Raises `IntroductionError` if it cannot be written."""
    path = keys_file()
    text = json.dumps(
        {"host_id": introductions.host_id.hex(), "dials": [asdict(dial) for dial in introductions.dials.values()]},
        indent=2,
        ensure_ascii=False,
    )
    try:
        make_folder(path.parent)
        write_whole(path, text + "\n")
    except OSError as error:
        raise IntroductionError(path, f"{path} cannot be written: {error.strerror or error}.") from error


def _parsed(data: dict[str, Any]) -> Introductions:
    host_id = bytes.fromhex(data["host_id"])
    dials = [Introduction(str(one["unique_id"]), str(one["name"]), str(one["key"])) for one in data["dials"]]
    if len(host_id) != HOST_ID_BYTES:
        raise ValueError("an id of another length")
    for dial in dials:
        if len(bytes.fromhex(dial.key)) != KEY_BYTES:
            raise ValueError(f"the key of {dial.name} has another length")
    return Introductions(host_id, {dial.unique_id: dial for dial in dials})
