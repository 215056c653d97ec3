"""Any stream, however cut and damaged: only whole frames come out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialwire import frame, message
from dialwire.errors import WireError

payloads = st.binary(min_size=1, max_size=frame.MAX_PAYLOAD)
integers = {"B": 8, "H": 16, "I": 32, "Q": 64, "h": 16, "i": 32}


@st.composite
def messages(draw):
    """Any message of the table, each field anywhere in its range."""
    kind, _, fields = draw(st.sampled_from(message.MESSAGES))
    values = {}
    for name, form, _, low, high in fields:
        if form == "text":
            values[name] = draw(st.text(max_size=high // 4))
        elif form == "blob":
            values[name] = draw(st.binary(max_size=high))
        elif form == "detents":
            detent = st.tuples(st.integers(-message.RATING, message.RATING), st.text(min_size=1, max_size=5))
            values[name] = tuple(draw(st.lists(detent, max_size=8)))
        else:
            values[name] = draw(st.integers(low, high))
    return kind, values


@given(messages())
def test_every_message_comes_back_as_it_was(one):
    kind, values = one
    assert message.unpack(message.pack(kind, **values)) == (kind, values)


@given(messages(), st.binary(max_size=9))
def test_fields_of_a_later_minor_are_ignored(one, more):
    kind, values = one
    assert message.unpack(message.pack(kind, **values) + more) == (kind, values)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_a_wire_error(data):
    try:
        kind, values = message.unpack(data)
    except WireError:
        return
    assert message.unpack(message.pack(kind, **values)) == (kind, values)


@given(st.lists(payloads, max_size=5), st.data())
def test_frames_are_found_however_the_stream_is_cut(sent, data):
    stream = b"".join(frame.encode(payload) for payload in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    decoder = frame.Decoder()
    got = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += decoder.feed(stream[start:end])
    assert got == sent
    assert (decoder.frames, decoder.bad_frames, decoder.dropped_bytes) == (len(sent), 0, 0)


@given(st.lists(st.tuples(st.binary(max_size=700), payloads), max_size=4))
def test_noise_between_frames_costs_no_frame_and_is_counted(parts):
    decoder = frame.Decoder()
    noise = [bytes(byte or 1 for byte in one) for one, _ in parts]
    stream = b"".join(one + frame.encode(payload) for one, (_, payload) in zip(noise, parts, strict=True))
    assert decoder.feed(stream) == [payload for _, payload in parts]
    assert decoder.dropped_bytes == sum(map(len, noise))
    assert decoder.bad_frames == sum(bool(one) for one in noise)


@given(payloads, st.data())
def test_a_frame_cut_short_is_dropped_and_the_next_one_found(payload, data):
    whole = frame.encode(payload)
    length = data.draw(st.integers(2, len(whole) - 2))
    decoder = frame.Decoder()
    assert decoder.feed(whole[:length] + frame.encode(b"next")) == [b"next"]
    assert decoder.bad_frames == 1


@settings(max_examples=2000)
@given(payloads, st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=8))
def test_a_corrupted_frame_is_never_taken_for_another(payload, hits):
    damaged = bytearray(frame.encode(payload))
    for place, bits in hits:
        damaged[place % len(damaged)] ^= bits
    for got in frame.Decoder().feed(bytes(damaged) + b"\x00"):
        assert got == payload


@pytest.mark.parametrize("length", [0, frame.MAX_PAYLOAD + 1])
def test_a_payload_that_fits_no_frame_is_refused(length):
    with pytest.raises(WireError, match=str(length)):
        frame.encode(bytes(length))


def test_memory_is_bounded_without_any_zero():
    decoder = frame.Decoder()
    for _ in range(1000):
        assert decoder.feed(b"\x55" * 997) == []
    assert len(decoder._chunk) <= frame.MAX_STUFFED
    assert decoder.feed(b"\x00" + frame.encode(b"x")) == [b"x"]
    assert decoder.dropped_bytes == 997000


@pytest.mark.parametrize("name", ["boot", "low", "outbox"])
def test_values_that_struct_would_wrap_are_refused(name):
    fields = {
        field: {"text": "", "blob": b"", "detents": ()}.get(form, low)
        for field, form, _, low, _ in next(entry[2] for entry in message.MESSAGES if entry[0] == message.HELLO)
    }
    message.pack(message.HELLO, **fields)
    with pytest.raises(WireError, match=name):
        message.pack(message.HELLO, **{**fields, name: 1 << 40})


def test_a_field_too_few_or_unknown_is_refused():
    with pytest.raises(WireError, match="2 fields"):
        message.pack(message.RESEND, first_seq=1)
    with pytest.raises(WireError, match="count"):
        message.pack(message.RESEND, first_seq=1, number=3)
    with pytest.raises(message.UnknownKindError):
        message.pack(0x70)
