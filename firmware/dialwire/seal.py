"""Who may talk to a dial over the air, and how the link is sealed. `docs/protocol.md` describes the attackers.

Host and dial share a key that was exchanged over the cable. Each proves that it has the key by an HMAC over both
nonces. The link's keys, one pair for each direction, are derived from the key and the nonces. The stream of bytes then
travels in sealed pieces. Pure: the caller passes the primitives, a board's own or a library's. `keyed_mac(key)` is a
function from bytes to their HMAC-SHA-256, `make_cipher(key)` a function from a counter and bytes to the bytes XORed
with AES-128 in counter mode.
"""

import struct

from dialwire import message
from dialwire.errors import WireError
from dialwire.hosts import HOST_ID_BYTES

NONCE_BYTES = 16
PROOF_BYTES = 16
TAG_BYTES = 8
MAX_PIECE = 192
"""Bytes of the stream in a sealed piece, at most."""

AUTHENTIC_ONLY = 0
AES_CTR = 1
"""CHALLENGE.cipher: the pieces are encrypted, not only proven to be whole and in order."""

_HEAD = "<BIB"
_HEAD_BYTES = 6
_MOST = 0xFFFFFFFF
_CIPHER_KEY_BYTES = 16


def transcript(*, host_id, host_nonce, unique_id, dial_nonce, cipher):
    """Everything that host and dial have stated about themselves and this link, as bytes that no other statements
    produce."""
    for name, value, length in (
        ("host id", host_id, HOST_ID_BYTES),
        ("nonce of the host", host_nonce, NONCE_BYTES),
        ("nonce of the dial", dial_nonce, NONCE_BYTES),
    ):
        if len(value) != length:
            raise WireError("the %s is %d bytes long, not %d" % (name, len(value), length))
    head = bytes((message.PROTOCOL_MAJOR, cipher, len(unique_id)))
    return b"tracedial" + head + unique_id + host_id + host_nonce + dial_nonce


def proof_of(keyed_mac, key, said, *, by_dial):
    """The proof that one side has the key, valid only for this link and this side. `said`: the transcript."""
    return keyed_mac(key)((b"dial proves" if by_dial else b"host proves") + said)[:PROOF_BYTES]


def same(one, other):
    """Whether two byte strings are equal; takes as long whichever byte differs."""
    if len(one) != len(other):
        return False
    differs = 0
    for at in range(len(one)):
        differs |= one[at] ^ other[at]
    return not differs


class Seal:
    """One direction of a link, at either of its ends: `kind` is SEALED_TO_DIAL or SEALED_TO_HOST.

    The tag covers the kind (the direction) and the counter, so that no piece is accepted twice, late, or by the side
    that sent it. Each direction has its own keys. A counter is used only once, so a key stream is never reused.
    """

    def __init__(self, *, keyed_mac, make_cipher, key, said, kind):
        derive = keyed_mac(key)
        label = bytes((kind,)) + said
        self._kind = kind
        self._mac = keyed_mac(derive(b"tags" + label))
        self._crypt = make_cipher(derive(b"cipher" + label)[:_CIPHER_KEY_BYTES]) if make_cipher else None
        self._next = 0
        self.lost = 0
        """Pieces that never came, as a later piece's counter shows."""

    def close(self, piece):
        """Seal `piece`: the payload of a frame that carries it (at most MAX_PIECE bytes of the stream)."""
        counter = self._next
        if counter >= _MOST or len(piece) > MAX_PIECE:
            raise WireError("%d bytes cannot be sealed as piece %d" % (len(piece), counter))
        self._next = counter + 1
        if self._crypt:
            piece = self._crypt(counter, piece)
        body = struct.pack(_HEAD, self._kind, counter, len(piece)) + piece
        return body + bytes((TAG_BYTES,)) + self._mac(body)[:TAG_BYTES]

    def open(self, payload):
        """The piece of the stream in a payload; `WireError` if it does not come from the other side, or comes again."""
        if len(payload) < _HEAD_BYTES + 1 + TAG_BYTES:
            raise WireError("a sealed piece of %d bytes is too short" % len(payload))
        kind, counter, length = struct.unpack_from(_HEAD, payload, 0)
        end = _HEAD_BYTES + length
        if kind != self._kind or length > MAX_PIECE or len(payload) != end + 1 + TAG_BYTES:
            raise WireError("a sealed piece that is none of this direction")
        if not same(self._mac(payload[:end])[:TAG_BYTES], payload[end + 1 :]) or payload[end] != TAG_BYTES:
            raise WireError("a sealed piece whose tag is wrong")
        if not self._next <= counter < _MOST:
            raise WireError("sealed piece %d comes again" % counter)
        self.lost += counter - self._next
        self._next = counter + 1
        piece = payload[_HEAD_BYTES:end]
        return self._crypt(counter, piece) if self._crypt else piece


def counter_mode(encrypt_blocks, counter, data):
    """AES in counter mode built from plain AES, for a board with a library that has nothing more: `encrypt_blocks`
    encrypts whole blocks of 16 bytes, each separately. The first block's nonce is the counter and then eight zero
    bytes, high byte first."""
    length = len(data)
    if not length:
        return b""
    blocks = (length + 15) >> 4
    nonces = bytearray(blocks << 4)
    for block in range(blocks):
        struct.pack_into(">II", nonces, (block << 4) + 4, counter, 0)
        nonces[(block << 4) + 15] = block
    stream = encrypt_blocks(bytes(nonces))[:length]
    # XOR as two long numbers: a loop over the bytes would take a board several times as long.
    return (int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")).to_bytes(length, "little")
