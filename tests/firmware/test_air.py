"""The dial's end of a link over the air: it obeys no host that has not proven itself, whatever the host writes."""

from dial.air import AirLink
from dialwire import frame, message, seal
from plain import FakeTicks
from port import primitives

KEY = bytes(range(32))
HOST = b"the host"


class FakeRadio:
    """What a radio is to an `AirLink`, in the hand of a test."""

    def __init__(self):
        self.connection = 0
        self.count = 0
        self.came = b""
        self.sent = b""
        self.dropped = 0

    def connect(self):
        self.count += 1
        self.connection = self.count
        self.came = self.sent = b""

    def read(self):
        data, self.came = self.came, b""
        return data

    def ready(self):
        return True

    def send(self, data):
        self.sent += data

    def drop(self):
        self.dropped += 1
        self.connection = 0


class Own:
    """The primitives of this interpreter."""

    keyed_mac = staticmethod(primitives.keyed_mac)
    make_cipher = staticmethod(primitives.make_cipher) if primitives.make_cipher else None
    random_bytes = staticmethod(primitives.random_bytes)


class Host:
    """The host's end, by the text of the protocol."""

    def __init__(self, key=KEY, host_id=HOST):
        self.key, self.host_id = key, host_id
        self.nonce = primitives.random_bytes(16)

    def knock(self, major=message.PROTOCOL_MAJOR):
        return frame.encode(message.pack(message.KNOCK, major=major, minor=2, host_id=self.host_id, nonce=self.nonce))

    def prove(self, challenge):
        kind, fields = message.unpack(challenge)
        assert kind == message.CHALLENGE, message.name_of(kind)
        said = seal.transcript(
            host_id=self.host_id, host_nonce=self.nonce, unique_id=fields["unique_id"], dial_nonce=fields["nonce"],
            cipher=fields["cipher"],
        )  # fmt: skip
        self.believes = fields["proof"] == seal.proof_of(primitives.keyed_mac, self.key, said, by_dial=True)
        parts = {
            "keyed_mac": primitives.keyed_mac, "make_cipher": Own.make_cipher if fields["cipher"] else None,
            "key": self.key, "said": said,
        }  # fmt: skip
        self.outgoing = seal.Seal(kind=message.SEALED_TO_DIAL, **parts)
        self.incoming = seal.Seal(kind=message.SEALED_TO_HOST, **parts)
        proof = seal.proof_of(primitives.keyed_mac, self.key, said, by_dial=False)
        return frame.encode(message.pack(message.PROOF, proof=proof))


class Bench:
    """A dial's end and its radio."""

    def __init__(self):
        self.clock = FakeTicks()
        self.radio = FakeRadio()
        self.hosts = ((HOST, KEY, "lab"),)
        self.air = AirLink(self.radio, unique_id=b"dial", hosts=lambda: self.hosts, primitives=Own, ticks_us=self.clock)

    def hear(self, data):
        """What the dial takes of `data`, and the payloads that it sends."""
        self.radio.came += data
        self.radio.sent = b""
        taken = self.air.read()
        return taken, frame.Decoder().feed(self.radio.sent)

    def meet(self, host):
        """Connect a host, and prove both."""
        self.radio.connect()
        _, (challenge,) = self.hear(host.knock())
        proof = host.prove(challenge)
        taken, said = self.hear(proof)
        assert taken == b"" and said == []
        self.said = host.knock() + proof


def only(payloads):
    (payload,) = payloads
    return message.unpack(payload)


def test_a_host_that_was_introduced_is_heard_and_answered():
    bench, host = Bench(), Host()
    assert not bench.air.is_there() and not bench.air.ready()
    bench.meet(host)
    assert host.believes and bench.air.is_there() and bench.air.ready()
    taken, said = bench.hear(frame.encode(host.outgoing.close(b"the stream")))
    assert (taken, said) == (b"the stream", [])
    bench.radio.sent = b""
    long = bytes([at & 255 for at in range(500)])
    bench.air.write(long)
    payloads = frame.Decoder().feed(bench.radio.sent)
    assert b"".join([host.incoming.open(payload) for payload in payloads]) == long
    assert len(payloads) == 3
    if Own.make_cipher:
        assert long[:20] not in bench.radio.sent


def test_a_stranger_is_told_so_and_put_out():
    bench = Bench()
    bench.radio.connect()
    _, said = bench.hear(Host(host_id=b"stranger").knock())
    kind, fields = only(said)
    assert (kind, fields["reason"]) == (message.REFUSED, message.REFUSED_STRANGER)
    assert bench.radio.dropped == 1 and bench.air.refused == 1


def test_a_wrong_key_is_told_so_and_put_out_and_no_second_guess_is_heard():
    bench, host = Bench(), Host(key=bytes(32))
    bench.radio.connect()
    _, (challenge,) = bench.hear(host.knock())
    proof = host.prove(challenge)
    assert not host.believes
    _, said = bench.hear(proof)
    assert only(said)[1]["reason"] == message.REFUSED_STRANGER and bench.radio.dropped == 1
    # A radio ends a connection when what was said has left; what comes until then is not taken.
    bench.radio.connection = bench.radio.count
    good = Host()
    good.nonce = host.nonce
    assert bench.hear(good.prove(challenge)) == (b"", [])
    # The proof that a key of zeros and no words would give.
    zeros = seal.proof_of(primitives.keyed_mac, bytes(32), b"", by_dial=False)
    assert bench.hear(frame.encode(message.pack(message.PROOF, proof=zeros))) == (b"", [])
    assert bench.hear(good.knock()) == (b"", [])
    assert not bench.air.is_there()


def test_a_forgotten_host_is_a_stranger_at_once():
    bench, host = Bench(), Host()
    bench.meet(host)
    bench.hosts = ()
    bench.radio.connect()
    _, said = bench.hear(Host().knock())
    assert only(said)[1]["reason"] == message.REFUSED_STRANGER


def test_another_major_version_is_told_so():
    bench = Bench()
    bench.radio.connect()
    _, said = bench.hear(Host().knock(major=2))
    assert only(said)[1]["reason"] == message.REFUSED_PROTOCOL and bench.radio.dropped == 1


def test_a_connection_played_again_opens_nothing():
    bench, host = Bench(), Host()
    bench.meet(host)
    order = frame.encode(host.outgoing.close(b"STOP"))
    assert bench.hear(order)[0] == b"STOP"
    assert bench.hear(order)[0] == b""
    recorded = bench.said + order
    bench.radio.connect()
    taken, said = bench.hear(recorded)
    assert taken == b"" and not bench.air.is_there()
    assert message.unpack(said[0])[0] == message.CHALLENGE
    assert message.unpack(said[1])[1]["reason"] == message.REFUSED_STRANGER


def test_what_the_dial_said_is_nothing_when_it_comes_back():
    bench, host = Bench(), Host()
    bench.radio.connect()
    _, (challenge,) = bench.hear(host.knock())
    assert bench.hear(frame.encode(challenge)) == (b"", [])
    bench.meet(host)
    bench.air.write(b"of the dial")
    assert bench.hear(bench.radio.sent)[0] == b""


def test_the_plain_wire_is_not_obeyed_before_or_after_the_proof():
    bench, host = Bench(), Host()
    stop = frame.encode(message.pack(message.STOP))
    bench.radio.connect()
    assert bench.hear(stop) == (b"", [])
    bench.meet(host)
    assert bench.hear(stop) == (b"", [])
    assert bench.hear(frame.encode(host.outgoing.close(stop)))[0] == stop


def test_who_does_not_prove_itself_in_time_makes_room():
    bench = Bench()
    bench.radio.connect()
    assert bench.hear(b"")[0] == b""
    bench.clock.us += 4900000
    bench.hear(b"")
    assert bench.radio.dropped == 0
    bench.clock.us += 200000
    bench.hear(b"")
    assert bench.radio.dropped == 1


def test_a_proven_host_may_be_silent_for_long():
    bench, host = Bench(), Host()
    bench.meet(host)
    bench.clock.us += 60000000
    assert bench.hear(frame.encode(host.outgoing.close(b"still here")))[0] == b"still here"


def test_a_stranger_who_writes_nonsense_is_put_out_and_nothing_is_obeyed():
    state = 12345
    bench = Bench()
    for _ in range(300):
        bench.radio.connect()
        while bench.radio.connection:
            piece = bytearray()
            for _ in range(20):
                state = (state * 1103515245 + 12345) & 0x3FFFFFF
                # Many zeros, so that much of it is a frame, and many kinds of the air among them.
                piece.append((0, 0x0B, 0x0C, 0x0D, 0, state >> 8 & 255)[state % 6])
            payload = bytes(piece)
            taken, _ = bench.hear(frame.encode(payload) if state & 1 else payload)
            assert taken == b""
            bench.clock.us += 100000
        assert not bench.air.is_there()
    bench.meet(Host())
    assert bench.air.is_there()


def test_a_tampering_neighbour_cannot_make_a_proven_link_say_anything():
    bench, host = Bench(), Host()
    bench.meet(host)
    good = host.outgoing.close(b"good")
    for at in range(6):
        bad = good[:at] + bytes((good[at] ^ 255,)) + good[at + 1 :]
        assert bench.hear(frame.encode(bad))[0] == b""
    assert bench.hear(frame.encode(good))[0] == b"good"
    for _ in range(2):
        bench.hear(frame.encode(good))
    assert bench.radio.dropped == 1
