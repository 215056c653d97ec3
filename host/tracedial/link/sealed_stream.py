"""A stream to a dial over the air: both sides first prove who they are, then everything is sealed. Reads and writes the
wire's bytes.

The counterpart of `firmware/dial/air.py`; `docs/protocol.md` specifies both.
"""

import hmac
import secrets
from collections.abc import Callable

from dialwire import frame, message, seal
from dialwire.errors import WireError
from tracedial.errors import LinkError, StrangerError
from tracedial.files.plain_text import plain_text
from tracedial.link.byte_stream import Stream
from tracedial.link.introductions import Introductions

INTRODUCE_IT = "connect it by USB and introduce it (`tracedial introduce PORT`)"


def keyed_mac(key: bytes) -> Callable[[bytes], bytes]:
    """A function from bytes to their HMAC-SHA-256."""
    return lambda data: hmac.digest(key, data, "sha256")


def make_cipher(key: bytes) -> Callable[[int, bytes], bytes]:
    """AES-128 in counter mode, as `dialwire.seal.Seal` takes it."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES128
    from cryptography.hazmat.primitives.ciphers.modes import CTR

    algorithm = AES128(key)
    return lambda counter, data: Cipher(algorithm, CTR(counter.to_bytes(8) + bytes(8))).encryptor().update(data)


class SealedStream:
    """`raw` carries bytes to whoever answers. No byte of the wire is sent or accepted before both sides are proven."""

    def __init__(
        self,
        port: str,
        raw: Stream,
        introductions: Introductions,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.refused = 0
        """Frames that did not come from this dial: a stranger's, a copy of an earlier one, a wrong tag."""
        self._port = port
        self._raw = raw
        self._introductions = introductions
        self._nonce = random_bytes(seal.NONCE_BYTES)
        self._decoder = frame.Decoder()
        self._outgoing: seal.Seal | None = None
        self._incoming: seal.Seal | None = None
        self._waiting = b""
        self._say(
            message.KNOCK,
            major=message.PROTOCOL_MAJOR,
            minor=message.PROTOCOL_MINOR,
            host_id=introductions.host_id,
            nonce=self._nonce,
        )

    def read(self) -> bytes:
        """The wire's bytes that the dial has sent. Raises `LinkError` if the dial does not prove who it is."""
        came = b""
        for payload in self._decoder.feed(self._raw.read()):
            try:
                came += self._incoming.open(payload) if self._incoming else self._greet(payload)
            except WireError:
                self.refused += 1
        return came

    def write(self, data: bytes) -> None:
        """Send the wire's bytes. Until both sides are proven, the latest ones wait: they ask the dial who it is."""
        if self._outgoing is None:
            self._waiting = data
            return
        for at in range(0, len(data), seal.MAX_PIECE):
            self._raw.write(frame.encode(self._outgoing.close(data[at : at + seal.MAX_PIECE])))

    def close(self) -> None:
        """End the connection."""
        self._raw.close()

    def _greet(self, payload: bytes) -> bytes:
        kind, fields = message.unpack(payload)
        if kind == message.REFUSED:
            raise self._refusal(fields["reason"], plain_text(fields["text"]))
        if kind != message.CHALLENGE:
            raise WireError(f"{message.name_of(kind)} before either side is proven")
        key = self._introductions.key_of(fields["unique_id"])
        if key is None:
            raise StrangerError(
                self._port,
                f"This computer has no key of the dial on {self._port} (id {fields['unique_id'].hex()}): "
                f"{INTRODUCE_IT}.",
            )
        said = seal.transcript(
            host_id=self._introductions.host_id,
            host_nonce=self._nonce,
            unique_id=fields["unique_id"],
            dial_nonce=fields["nonce"],
            cipher=fields["cipher"],
        )
        if not hmac.compare_digest(seal.proof_of(keyed_mac, key, said, by_dial=True), fields["proof"]):
            raise StrangerError(
                self._port,
                f"What answers on {self._port} does not have the key of the dial (id {fields['unique_id'].hex()}): "
                f"it is another device, or was introduced anew; {INTRODUCE_IT} to use it.",
            )
        self._say(message.PROOF, proof=seal.proof_of(keyed_mac, key, said, by_dial=False))
        cipher = make_cipher if fields["cipher"] == seal.AES_CTR else None
        parts = {"keyed_mac": keyed_mac, "make_cipher": cipher, "key": key, "said": said}
        self._outgoing = seal.Seal(kind=message.SEALED_TO_DIAL, **parts)
        self._incoming = seal.Seal(kind=message.SEALED_TO_HOST, **parts)
        waiting, self._waiting = self._waiting, b""
        if waiting:
            self.write(waiting)
        return b""

    def _refusal(self, reason: int, text: str) -> LinkError:
        if reason == message.REFUSED_STRANGER:
            return StrangerError(
                self._port,
                f"The dial on {self._port} refused this computer ({text}): it was never introduced, or the dial was "
                f"told to forget it; {INTRODUCE_IT}.",
            )
        return LinkError(self._port, f"The dial on {self._port} refused: {text}.")

    def _say(self, kind: int, **fields: object) -> None:
        self._raw.write(frame.encode(message.pack(kind, **fields)))
