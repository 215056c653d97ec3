"""Streams of bytes to a dial, by URL: a serial port's name, `socket://host:port`, `ble:name`, or `emulated:`.

Streams carry bytes; the client interprets them. A stream that fails says what is wrong and what to do about it.
"""

import contextlib
import errno
import socket
import sys
from urllib.parse import urlsplit

from tracedial.errors import LinkError
from tracedial.link.byte_stream import READ_TIMEOUT_S, Stream

__all__ = ["READ_TIMEOUT_S", "SerialStream", "SocketStream", "Stream", "open_stream"]


def open_stream(port: str) -> Stream:
    """Open a port by its name or URL. Raises `LinkError` with a sentence that says why it failed."""
    if port.startswith("emulated:"):
        raise LinkError(
            port, "emulated: starts a dial for `tracedial record` alone; run `tracedial emulate` and use its port."
        )
    if port.startswith("socket://"):
        return SocketStream(port)
    if port.startswith("ble:"):
        # Imported here because the extra `ble` is optional.
        from tracedial.link.sealed_air import open_air

        return open_air(port)
    return SerialStream(port)


class SerialStream:
    """A serial port, by pyserial."""

    def __init__(self, port: str) -> None:
        import serial

        self._port = port
        self._errors = (serial.SerialException, OSError)
        try:
            # Boards use USB CDC, which ignores the baud rate; exclusive, so that no second program takes bytes away.
            self._serial = serial.Serial(port, 115200, timeout=READ_TIMEOUT_S, write_timeout=1.0, exclusive=True)
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinkError(port, _why_not_opened(port, error)) from error

    def read(self) -> bytes:
        try:
            data = self._serial.read(1)
            waiting = self._serial.in_waiting if data else 0
            return data + self._serial.read(waiting) if waiting else data
        except self._errors as error:
            raise LinkError(self._port, f"The dial on {self._port} was unplugged ({error}).") from error

    def write(self, data: bytes) -> None:
        try:
            self._serial.write(data)
        except self._errors as error:
            raise LinkError(self._port, f"The dial on {self._port} takes no bytes any more ({error}).") from error

    def close(self) -> None:
        with contextlib.suppress(*self._errors):
            self._serial.close()


class SocketStream:
    """A TCP port. It replaces pyserial's own `socket://`, which returns one byte a call."""

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or not port:
            raise LinkError(url, f"{url} is not of the form socket://host:port.")
        try:
            self._socket = socket.create_connection((host, port), timeout=2.0)
        except (OSError, UnicodeError) as error:
            raise LinkError(url, f"Nothing answers at {url} ({error}): is the emulated dial running?") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(READ_TIMEOUT_S)

    def read(self) -> bytes:
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            return b""
        except OSError as error:
            raise LinkError(self._url, f"The connection to {self._url} was lost ({error}).") from error
        if not data:
            raise LinkError(self._url, f"{self._url} closed the connection: does another program use this dial?")
        return data

    def write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise LinkError(self._url, f"The connection to {self._url} was lost ({error}).") from error

    def close(self) -> None:
        self._socket.close()


def _why_not_opened(port: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    text = str(error)
    if number == errno.ENOENT or "FileNotFoundError" in text:
        return f"There is no port {port}: check the cable, and see `tracedial devices` for the ports there are."
    if number in (errno.EACCES, errno.EPERM) and not sys.platform.startswith("win"):
        return (
            f"This user may not open {port}: on Linux, run `sudo usermod -aG dialout $USER`, then log out and in again."
        )
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text or "PermissionError" in text:
        return f"{port} is in use by another program: close it (a serial monitor, another recording) and try again."
    if number == errno.ENOTTY or f"({errno.ENOTTY}," in text:
        return f"{port} is not a serial port."
    return f"{port} cannot be opened: {text}."
