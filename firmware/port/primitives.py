"""The primitives that prove and seal a link over the air, from the libraries of a board's MicroPython."""

import os
from hashlib import sha256

from dialwire.seal import counter_mode

try:
    from cryptolib import aes
except ImportError:
    # Not every build has AES. HELLO then says so, and the radio stays off unless the owner wants it without encryption.
    aes = None

_ECB = 1
_BLOCK = 64


def keyed_mac(key):
    """A function from bytes to their HMAC-SHA-256 (RFC 2104) under `key`, of 64 bytes at most."""
    key = key + bytes(_BLOCK - len(key))
    inner = bytes([byte ^ 0x36 for byte in key])
    outer = bytes([byte ^ 0x5C for byte in key])

    def mac(data):
        hashed = sha256(inner)
        hashed.update(data)
        return sha256(outer + hashed.digest()).digest()

    return mac


def _cipher_of(aes):
    if aes is None:
        return None

    def make_cipher(key):
        # Encrypting single blocks (ECB) is all that every build with AES offers.
        encrypt = aes(key, _ECB).encrypt
        return lambda counter, data: counter_mode(encrypt, counter, data)

    return make_cipher


make_cipher = _cipher_of(aes)
"""AES-128 in counter mode, as `dialwire.seal.Seal` takes it; None where the library has no AES."""


def random_bytes(count):
    """Unpredictable bytes, as far as the port's own source provides them."""
    return os.urandom(count)
