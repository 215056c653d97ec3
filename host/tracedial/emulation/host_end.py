"""The host's end of an emulated dial's wire: a TCP port or a pseudo-terminal, which can be unplugged."""

import asyncio
import contextlib
import os
from collections.abc import Callable

from tracedial.errors import EmulatorError


class HandingStream(asyncio.Protocol):
    """A TCP connection that hands its bytes to a function."""

    def __init__(
        self, on_data: Callable[[bytes], None], on_made: Callable[["HandingStream"], None] | None = None
    ) -> None:
        self.transport: asyncio.Transport | None = None
        self.made = asyncio.get_running_loop().create_future()
        self._on_data = on_data
        self._on_made = on_made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`, also for the next two methods."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if not self.made.done():
            self.made.set_result(None)
        if self._on_made:
            self._on_made(self)

    def data_received(self, data: bytes) -> None:
        """Bytes have arrived."""
        self._on_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self.transport = None

    def write(self, data: bytes) -> None:
        """Send bytes, if the connection is open."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def close(self) -> None:
        """End the connection."""
        if self.transport is not None:
            self.transport.close()


class TcpEnd:
    """The host's end of the wire as a TCP port. One host at a time, as on a serial port."""

    def __init__(self, port: int) -> None:
        self.on_data: Callable[[bytes], None] = lambda data: None
        self._port = port
        self._server: asyncio.Server | None = None
        self._client: HandingStream | None = None

    @property
    def url(self) -> str:
        """The URL that a host opens."""
        return f"socket://127.0.0.1:{self._port}"

    async def open(self) -> None:
        """Start to listen. A port number of 0 is replaced by a free one, which then stays the same."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: HandingStream(self.on_data, self._take), "127.0.0.1", self._port
            )
        except OSError as error:
            raise EmulatorError(
                f"TCP port {self._port} cannot be used for an emulated dial: {error.strerror}."
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]

    def write(self, data: bytes) -> None:
        """Send bytes to the host; without a host they are lost, as on an unplugged cable."""
        if self._client:
            self._client.write(data)

    async def cut(self) -> None:
        """Unplug: end the connection and accept no new one."""
        if self._server:
            self._server.close()
            self._server = None
        if self._client:
            self._client.close()
            self._client = None

    async def restore(self) -> None:
        """Plug in again."""
        if self._server is None:
            await self.open()

    def _take(self, stream: HandingStream) -> None:
        if self._client is not None and self._client.transport is not None:
            stream.close()
            return
        self._client = stream


class PtyEnd:
    """The host's end of the wire as a pseudo-terminal, which pyserial opens like a serial port. POSIX only."""

    def __init__(self) -> None:
        import pty
        import tty

        self.on_data: Callable[[bytes], None] = lambda data: None
        self._cut = False
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.url = os.ttyname(self._slave)

    async def open(self) -> None:
        """Start to listen."""
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def write(self, data: bytes) -> None:
        """Send bytes to the host; they are lost when nobody reads and the terminal's buffer is full."""
        if not self._cut:
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    async def cut(self) -> None:
        """Put the dial out of range: bytes in both directions are lost, the terminal stays."""
        self._cut = True

    async def restore(self) -> None:
        """Bring the dial back into range."""
        self._cut = False

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._master, 4096)
            if not self._cut:
                self.on_data(data)
