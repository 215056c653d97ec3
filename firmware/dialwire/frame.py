"""Frames: where one message ends and the next begins, and whether it arrived whole.

A frame is `00`, then payload and CRC-32 (little-endian) stuffed by COBS so that they hold no zero byte, then `00`.
The leading zero costs one byte and saves the first frame after any garbage. A 16-bit checksum would let about one
corrupted frame in 65,536 pass; this one, one in four thousand million.
"""

import struct
from binascii import crc32

from dialwire.errors import WireError

MAX_PAYLOAD = 400
"""Bytes of payload in a frame, at most; a longer one is refused by the sender and dropped by the receiver."""

CRC_BYTES = 4
# COBS adds one byte to each 254.
MAX_STUFFED = MAX_PAYLOAD + CRC_BYTES + 2


def _stuff(data):
    """COBS: `data` without zero bytes, at most one byte in 254 longer."""
    out = bytearray()
    for part in data.split(b"\x00"):
        while len(part) >= 254:
            out.append(255)
            out.extend(part[:254])
            part = part[254:]
        out.append(len(part) + 1)
        out.extend(part)
    return out


def _unstuff(chunk):
    """The reverse of `_stuff`; None if `chunk` cannot be its result."""
    out = bytearray()
    at = 0
    length = len(chunk)
    while at < length:
        code = chunk[at]
        end = at + code
        if code == 0 or end > length:
            return None
        out.extend(chunk[at + 1 : end])
        at = end
        if code < 255 and at < length:
            out.append(0)
    return out


def encode(payload):
    """The frame that carries `payload` (bytes, 1 .. MAX_PAYLOAD of them)."""
    length = len(payload)
    if not 0 < length <= MAX_PAYLOAD:
        raise WireError("a payload of %d bytes does not fit a frame (1 to %d)" % (length, MAX_PAYLOAD))
    if length < 254 - CRC_BYTES:
        out = bytearray(length + CRC_BYTES + 3)
        out[2 : length + 2] = payload
        struct.pack_into("<I", out, length + 2, crc32(payload))
        return _close(out)
    tail = struct.pack("<I", crc32(payload))
    return b"\x00" + bytes(_stuff(bytes(payload) + tail)) + b"\x00"


def _close(out):
    """Finish the frame with the payload and checksum that are in `out` from byte 2 on."""
    # Without a run of 254 bytes, each zero is replaced in place by the distance to the next one, and nothing moves.
    end = len(out) - 1
    zeros = bytes(out)
    last = 1
    at = zeros.find(b"\x00", 2)
    while at < end:
        out[last] = at - last
        last = at
        at = zeros.find(b"\x00", at + 1)
    out[last] = end - last
    return bytes(out)


class FrameBuffer:
    """Makes frames with numeric payloads of one struct format in one buffer, for messages sent at every tick."""

    def __init__(self, form):
        self._form = form
        length = struct.calcsize(form)
        self._out = bytearray(length + CRC_BYTES + 3)
        self._payload = memoryview(self._out)[2 : length + 2]

    def encode(self, *numbers):
        """The frame with `numbers` as its payload, the kind first; they must be in their ranges."""
        out = self._out
        struct.pack_into(self._form, out, 2, *numbers)
        struct.pack_into("<I", out, len(out) - CRC_BYTES - 1, crc32(self._payload))
        return _close(out)


def decode(chunk):
    """The payload in `chunk` (what stood between two zero bytes), or None if it is not a whole frame."""
    data = _unstuff(chunk)
    if data is None or not CRC_BYTES < len(data) <= MAX_PAYLOAD + CRC_BYTES:
        return None
    body = bytes(data[:-CRC_BYTES])
    crc = data[-4] | data[-3] << 8 | data[-2] << 16 | data[-1] << 24
    return body if crc32(body) == crc else None


class Decoder:
    """Finds the frames in a stream of bytes, however it is split, and counts everything that was not a frame.

    `frames`: whole frames; `bad_frames`: runs of bytes between two zeros that were not a frame; `dropped_bytes`: all
    bytes that belonged to no frame.
    """

    def __init__(self):
        self.frames = 0
        self.bad_frames = 0
        self.dropped_bytes = 0
        self._chunk = bytearray()
        self._overflowed = False

    def feed(self, data):
        """Take in `data`; returns the payloads completed by it, in order."""
        payloads = []
        data = bytes(data)
        start = 0
        while True:
            end = data.find(b"\x00", start)
            piece = data[start:] if end < 0 else data[start:end]
            if len(self._chunk) + len(piece) > MAX_STUFFED:
                self._overflowed = True
                self.dropped_bytes += len(self._chunk) + len(piece)
                self._chunk = bytearray()
            else:
                self._chunk.extend(piece)
            if end < 0:
                return payloads
            self._close(payloads)
            start = end + 1

    def _close(self, payloads):
        chunk = self._chunk
        if self._overflowed:
            self.dropped_bytes += len(chunk)
            self.bad_frames += 1
        elif len(chunk):
            payload = decode(chunk)
            if payload is None:
                self.bad_frames += 1
                self.dropped_bytes += len(chunk)
            else:
                self.frames += 1
                payloads.append(payload)
        self._overflowed = False
        if len(chunk):
            self._chunk = bytearray()
