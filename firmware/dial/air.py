"""A link over the air: the host proves that it was introduced, the dial proves its identity, then all data are sealed.
Pure.

`radio` carries pieces of bytes to and from whoever is connected, even a stranger: `connection` (a number that changes
with each connection, 0 while there is none), `read()`, `ready()`, `send(data)`, `drop()`. `primitives` has `keyed_mac`,
`make_cipher` (None where the board's MicroPython has no AES) and `random_bytes(count)`.
"""

from dialwire import const, frame, message, seal
from dialwire.errors import WireError
from dialwire.ticks import ticks_diff

_PROVE_US = const(5000000)
"""A host that has not proven itself by then is dropped to make room for another."""
_BAD_PIECES = const(8)


class AirLink:
    """The radio as the dial sees it: silent until a host listed in `hosts()`, as `(id, key, name)`, has proven
    itself."""

    wired = False

    def __init__(self, radio, *, unique_id, hosts, primitives, ticks_us):
        self._radio = radio
        self._unique_id = unique_id
        self._hosts = hosts
        self._primitives = primitives
        self._ticks_us = ticks_us
        self._connection = 0
        self.refused = 0
        """Refused frames: from a stranger, copies of earlier frames, or with a wrong tag."""
        self._forget()

    def is_there(self):
        """Whether a proven host is connected."""
        return self._incoming is not None and self._radio.connection == self._connection != 0

    def hang_up(self):
        """End the connection, because another link has the dial."""
        self._radio.drop()

    def read(self):
        """The wire's bytes that a proven host has sent."""
        radio = self._radio
        if radio.connection != self._connection:
            self._connection = radio.connection
            self._forget()
        data = radio.read()
        if not self._connection:
            return b""
        if self._incoming is None and ticks_diff(self._ticks_us(), self._since) > _PROVE_US:
            radio.drop()
            return b""
        came = b""
        for payload in self._decoder.feed(data):
            try:
                came += self._take(payload)
            except WireError:
                self._count_bad()
        return came

    def ready(self):
        """Whether a frame can be sent to a proven host."""
        return self.is_there() and self._radio.ready()

    def write(self, data):
        """Send a frame to the proven host."""
        outgoing = self._outgoing
        if outgoing is None:
            # The host has just disconnected; when it is back, it asks for the records that it lacks.
            return
        for at in range(0, len(data), seal.MAX_PIECE):
            self._radio.send(frame.encode(outgoing.close(data[at : at + seal.MAX_PIECE])))

    def _forget(self):
        self._decoder = frame.Decoder()
        self._since = self._ticks_us()
        self._bad = 0
        self._over = False
        self._key = self._said = self._incoming = self._outgoing = None

    def _take(self, payload):
        if self._incoming is not None:
            return self._incoming.open(payload)
        kind, fields = message.unpack(payload)
        if self._over:
            raise WireError("a host that was refused goes on talking")
        if kind == message.KNOCK and self._said is None:
            self._challenge(fields)
        elif kind == message.PROOF and self._said is not None:
            self._prove(fields["proof"])
        else:
            raise WireError("%s from a host that is not proven" % message.name_of(kind))
        return b""

    def _challenge(self, fields):
        if fields["major"] != message.PROTOCOL_MAJOR:
            text = "this dial speaks protocol %d.%d" % (message.PROTOCOL_MAJOR, message.PROTOCOL_MINOR)
            self._refuse(message.KNOCK, message.REFUSED_PROTOCOL, text)
            return
        key = None
        for host_id, host_key, _name in self._hosts():
            if seal.same(host_id, fields["host_id"]):
                key = host_key
        if key is None:
            self._refuse(message.KNOCK, message.REFUSED_STRANGER, "this dial does not know this computer")
            return
        own = self._primitives
        nonce = own.random_bytes(seal.NONCE_BYTES)
        cipher = seal.AES_CTR if own.make_cipher else seal.AUTHENTIC_ONLY
        said = seal.transcript(
            host_id=fields["host_id"],
            host_nonce=fields["nonce"],
            unique_id=self._unique_id,
            dial_nonce=nonce,
            cipher=cipher,
        )
        self._key, self._said = key, said
        proof = seal.proof_of(own.keyed_mac, key, said, by_dial=True)
        self._say(message.CHALLENGE, unique_id=self._unique_id, cipher=cipher, nonce=nonce, proof=proof)

    def _prove(self, proof):
        own = self._primitives
        if not seal.same(seal.proof_of(own.keyed_mac, self._key, self._said, by_dial=False), proof):
            self._refuse(message.PROOF, message.REFUSED_STRANGER, "this computer's key is not the one it was given")
            return
        parts = {"keyed_mac": own.keyed_mac, "make_cipher": own.make_cipher, "key": self._key, "said": self._said}
        self._outgoing = seal.Seal(kind=message.SEALED_TO_HOST, **parts)
        self._incoming = seal.Seal(kind=message.SEALED_TO_DIAL, **parts)

    def _refuse(self, kind, reason, text):
        self.refused += 1
        self._say(message.REFUSED, of_kind=kind, reason=reason, text=text)
        # A second try needs a new connection.
        self._over = True
        self._radio.drop()

    def _say(self, kind, **fields):
        self._radio.send(frame.encode(message.pack(kind, **fields)))

    def _count_bad(self):
        self.refused += 1
        self._bad += 1
        if self._bad >= _BAD_PIECES:
            self._radio.drop()
