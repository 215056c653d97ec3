"""What a link needs of whatever carries its bytes."""

from typing import Protocol

READ_TIMEOUT_S = 0.02


class Stream(Protocol):
    """What a link needs of a port. `read` returns what has come in, or nothing after `READ_TIMEOUT_S`."""

    def read(self) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
