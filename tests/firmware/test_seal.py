"""The seal of a link over the air, on a board's own primitives: only frames from the other side are accepted."""

from binascii import hexlify, unhexlify

from dialwire import hosts, message, seal
from dialwire.errors import WireError
from plain import raises
from port import primitives

KEY = bytes(range(32))
SAID = seal.transcript(
    host_id=b"the host", host_nonce=bytes(16), unique_id=b"dial", dial_nonce=bytes(range(16)), cipher=seal.AES_CTR
)


def both_ends(kind=message.SEALED_TO_HOST, make_cipher=primitives.make_cipher):
    parts = {"keyed_mac": primitives.keyed_mac, "make_cipher": make_cipher, "key": KEY, "said": SAID, "kind": kind}
    return seal.Seal(**parts), seal.Seal(**parts)


def test_the_mac_is_hmac_sha_256_by_rfc_4231():
    for key, data, wanted in (
        (b"\x0b" * 20, b"Hi There", b"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (b"\xaa" * 20, b"\xdd" * 50, b"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            bytes(range(1, 26)),
            b"\xcd" * 50,
            b"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
    ):
        assert hexlify(primitives.keyed_mac(key)(data)) == wanted


def test_aes_is_that_of_fips_197():
    if primitives.aes is None:
        return
    encrypt = primitives.aes(bytes(range(16)), 1).encrypt
    assert hexlify(encrypt(unhexlify(b"00112233445566778899aabbccddeeff"))) == b"69c4e0d86a7b0430d8cdb78070b4c55a"


def test_pieces_of_every_length_come_through():
    for make_cipher in (None, primitives.make_cipher):
        near, far = both_ends(make_cipher=make_cipher)
        for length in range(seal.MAX_PIECE + 1):
            piece = bytes([(length * 7 + at) & 255 for at in range(length)])
            payload = near.close(piece)
            assert len(payload) == length + 15
            assert message.unpack(payload)[0] == message.SEALED_TO_HOST
            assert far.open(payload) == piece
            if make_cipher and length > 8:
                assert payload[6 : 6 + length] != piece
        assert far.lost == 0
    raises(WireError, near.close, bytes(seal.MAX_PIECE + 1))


def test_no_piece_is_taken_twice_or_after_a_later_one():
    near, far = both_ends()
    payloads = [near.close(bytes((number,))) for number in range(5)]
    assert far.open(payloads[0]) == b"\x00"
    raises(WireError, far.open, payloads[0])
    assert far.open(payloads[3]) == b"\x03"
    assert far.lost == 2
    for late in payloads[:4]:
        raises(WireError, far.open, late)
    assert far.open(payloads[4]) == b"\x04"


def test_no_piece_is_taken_by_the_side_that_sent_it():
    near, _ = both_ends(message.SEALED_TO_HOST)
    _, other_way = both_ends(message.SEALED_TO_DIAL)
    payload = near.close(b"of the dial")
    raises(WireError, other_way.open, payload)
    raises(WireError, other_way.open, bytes((message.SEALED_TO_DIAL,)) + payload[1:])


def test_no_changed_piece_is_taken():
    near, far = both_ends()
    payload = near.close(b"thirty-five dollars and no cents")
    for at in range(len(payload)):
        for bit in (0, 3, 7):
            changed = payload[:at] + bytes((payload[at] ^ 1 << bit,)) + payload[at + 1 :]
            raises(WireError, far.open, changed)
    for length in range(len(payload)):
        raises(WireError, far.open, payload[:length])
    raises(WireError, far.open, payload + b"\x00")
    assert far.open(payload) == b"thirty-five dollars and no cents"


def test_other_words_or_another_key_open_nothing():
    near, _ = both_ends()
    payload = near.close(b"piece")
    names = ("host_id", "host_nonce", "unique_id", "dial_nonce", "cipher")
    said = (b"the host", bytes(16), b"dial", bytes(range(16)), seal.AES_CTR)
    others = (b"the 2nd.", b"\x01" + bytes(15), b"dia", bytes(range(1, 17)), seal.AUTHENTIC_ONLY)
    for at in range(len(names)):
        words = dict(zip(names, said))
        words[names[at]] = others[at]
        stranger = seal.Seal(
            keyed_mac=primitives.keyed_mac, make_cipher=primitives.make_cipher, key=KEY,
            said=seal.transcript(**words), kind=message.SEALED_TO_HOST,
        )  # fmt: skip
        raises(WireError, stranger.open, payload)
    stranger = seal.Seal(
        keyed_mac=primitives.keyed_mac, make_cipher=primitives.make_cipher, key=bytes(32), said=SAID,
        kind=message.SEALED_TO_HOST,
    )  # fmt: skip
    raises(WireError, stranger.open, payload)


def test_a_transcript_is_of_ids_and_nonces_of_their_lengths():
    good = {
        "host_id": bytes(8), "host_nonce": bytes(16), "unique_id": b"", "dial_nonce": bytes(16), "cipher": 0,
    }  # fmt: skip
    seal.transcript(**good)
    for name in ("host_id", "host_nonce", "dial_nonce"):
        for length in (0, 7, 15, 17):
            words = dict(good)
            words[name] = bytes(length)
            raises(WireError, seal.transcript, **words)


def test_the_proofs_of_the_two_sides_differ():
    proofs = [seal.proof_of(primitives.keyed_mac, KEY, SAID, by_dial=by_dial) for by_dial in (True, False)]
    assert proofs[0] != proofs[1] and len(proofs[0]) == seal.PROOF_BYTES
    assert seal.same(proofs[0], proofs[0]) and not seal.same(proofs[0], proofs[1])
    assert not seal.same(proofs[0], proofs[0][:-1])


def test_hosts_are_introduced_replaced_and_forgotten():
    def introduce(number, name="lab", key=KEY):
        return bytes((hosts.INTRODUCE,)) + hosts.pack_host(bytes([number] * 8), key, name)

    known = ()
    for act in (introduce(1), introduce(2, "clinic"), introduce(1, "lab again", bytes(32))):
        known = hosts.changed(known, act)
    assert [(host[0][0], host[2]) for host in known] == [(2, "clinic"), (1, "lab again")]
    assert [host[1] for host in known] == [KEY, bytes(32)]
    listed = hosts.pack_list(known)
    assert hosts.unpack_list(listed) == [(host[0], host[2]) for host in known] and KEY not in listed
    others = hosts.changed(known, bytes((hosts.FORGET,)) + bytes([2] * 8))
    assert [host[2] for host in others] == ["lab again"]
    assert hosts.changed(known, bytes((hosts.FORGET_ALL,))) == ()
    for number in range(3, 9):
        known = hosts.changed(known, introduce(number))
    raises(WireError, hosts.changed, known, introduce(9))
    assert len(hosts.pack_list(known)) <= 255


def test_an_act_on_hosts_that_is_none_is_refused():
    good = bytes((hosts.INTRODUCE,)) + hosts.pack_host(bytes(8), KEY, "lab")
    for value in (
        b"", b"\x00", b"\x04", good[:-3], good + bytes(21), good[:-1] + b"\xff", bytes((hosts.FORGET,)),
        bytes((hosts.FORGET,)) + bytes(7), bytes((hosts.FORGET_ALL, 0)),
    ):  # fmt: skip
        raises(WireError, hosts.changed, (), value)
    for value in (b"", b"\x01", b"\x01" + bytes(8), b"\x01" + bytes(8) + b"\x02a", b"\x01" + bytes(8) + b"\x01\xff"):
        raises(WireError, hosts.unpack_list, value)
