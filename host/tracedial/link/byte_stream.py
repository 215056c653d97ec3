"""The interface of whatever carries a link's bytes."""

from typing import Protocol

READ_TIMEOUT_S = 0.02


class Stream(Protocol):
    """What a link needs from a port. `read` returns the bytes that arrived, or nothing after `READ_TIMEOUT_S`."""

    def read(self) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
