"""The client against the real firmware, on a link with realistic faults."""

import itertools

import pytest

from dialwire import frame, message
from simulated import SimulatedDial
from tracedial.errors import BusyDialError, ProtocolError
from tracedial.link.messages import Gone, Hello, Log, Mark, Refused, Sample, SyncExchange
from tracedial.link.sequence import SequenceTracker

SECOND_NS = 1_000_000_000


def started(dial, seconds=0.5):
    """A simulated dial that has been started on its own whole seconds."""
    dial.run(seconds)
    dial.client.start(tick0_us=(dial.dial_us() // 1_000_000 + 1) * 1_000_000, period_ns=SECOND_NS)
    return dial


def seqs(dial):
    return sorted(event.seq for event in dial.events if isinstance(event, Sample | Mark))


def test_hello_comes_first_and_says_all(simulated):
    simulated.run(0.2)
    hello = simulated.events[0]
    assert isinstance(hello, Hello)
    assert (hello.boot, hello.protocol, hello.name, hello.scale.low) == (0x1234ABCD, (1, 2), "sim", -50)


def test_hello_request_is_first_even_when_the_dial_spoke_before(simulated):
    frames = []
    simulated.client.send(message.CONFIG_GET, key=message.CONFIG_NAME)
    simulated.events += simulated.client.feed(simulated.dial.outgoing(), 0)
    for one in simulated.client.outgoing():
        frames += frame.Decoder().feed(one)
    assert [message.unpack(one)[0] for one in frames[:2]] == [message.HELLO_REQUEST, message.CONFIG_GET]


def test_an_old_status_does_not_confirm_a_stop_that_was_never_sent(simulated):
    simulated.run(0.3)
    idle = message.pack(
        message.STATUS, boot16=0x1234ABCD & 0xFFFF, t_us=0, state=message.IDLE, start=0, oldest_seq=0, next_seq=0,
        rating=0, raw=0, missed_ticks=0, bad_frames=0, dropped_replies=0, knob_state=0, free_bytes=0,
    )  # fmt: skip
    simulated.client.stop()
    simulated.client.feed(frame.encode(idle), 0)
    assert not simulated.client.is_stopped()
    simulated.run(0.5)
    assert simulated.client.is_stopped()


def test_a_start_for_one_boot_is_never_sent_to_the_next(simulated):
    started(simulated)
    simulated.run(2)
    simulated.connected = False
    simulated.client.start(tick0_us=200_000_000, period_ns=SECOND_NS)
    simulated.boot(0x77770003)
    simulated.connected = True
    simulated.client.reconnect()
    simulated.run(3)
    assert not simulated.dial.sampler.running


def test_the_first_records_are_not_lost_with_the_answer_to_the_first_start(simulated):
    simulated.run(0.5)
    simulated.client.start(tick0_us=simulated.dial_us() + 100_000, period_ns=SECOND_NS)
    simulated.damage = lambda data: b"" if simulated.dial.sampler.running else data
    simulated.run(4)
    simulated.damage = lambda data: data
    simulated.client.start(tick0_us=simulated.dial_us() + 300_000, period_ns=SECOND_NS)
    simulated.run(4)
    assert seqs(simulated)[:4] == [0, 1, 2, 3]
    assert simulated.client.missing == 0


def test_a_hello_with_an_impossible_scale_is_counted_and_not_believed(simulated):
    hello = message.unpack(frame.decode(simulated.dial.outgoing().strip(b"\x00")))[1]
    data = frame.encode(message.pack(message.HELLO, **{**hello, "low": 50, "high": -50, "detents": ()}))
    assert simulated.client.feed(data, 0) == []
    assert simulated.client.malformed == 1 and simulated.client.hello is None


def test_a_clean_link_loses_nothing_and_asks_for_nothing(simulated):
    started(simulated)
    simulated.run(60)
    assert seqs(simulated) == list(range(60))
    assert simulated.client.tracker.recovered == 0
    assert simulated.client.bad_frames == 0


def test_one_byte_in_a_thousand_corrupted_no_wrong_value_and_no_missing_sample():
    dial = SimulatedDial(seed=3)

    def hit(data):
        return bytes(b ^ (1 << dial.rng.randrange(8)) if dial.rng.random() < 1e-3 else b for b in data)

    dial.rating_at = lambda true_s: (int(true_s) * 7) % 101 - 50
    dial.damage = hit
    started(dial)
    dial.run(600)
    dial.client.stop()
    dial.run(5)
    samples = dial.of(Sample)
    assert dial.client.bad_frames > 20
    assert dial.client.missing == 0
    assert seqs(dial) == list(range(dial.dial.outbox.next_seq))
    for sample in samples:
        assert abs(sample.rating - dial.rating_at(sample.t_us / 1e6)) <= 1
    assert len(samples) >= 600


def test_lost_bytes_are_made_good():
    dial = SimulatedDial(seed=4)
    dial.damage = lambda data: bytes(b for b in data if dial.rng.random() >= 2e-3)
    started(dial)
    dial.run(300)
    dial.client.stop()
    dial.run(5)
    assert dial.client.tracker.recovered > 3
    assert seqs(dial) == list(range(dial.dial.outbox.next_seq))


def test_a_link_cut_for_half_a_minute_leaves_no_gap(simulated):
    started(simulated)
    simulated.run(20)
    simulated.connected = False
    simulated.run(30)
    simulated.connected = True
    simulated.client.reconnect()
    simulated.run(5)
    assert seqs(simulated) == list(range(simulated.dial.outbox.next_seq))
    assert simulated.client.tracker.recovered >= 29
    assert {sample.boot for sample in simulated.of(Sample)} == {0x1234ABCD}


def test_more_than_the_dial_holds_is_gone_and_said():
    dial = started(SimulatedDial(outbox_capacity=20))
    dial.run(10)
    dial.connected = False
    dial.run(60)
    dial.connected = True
    dial.client.reconnect()
    dial.run(5)
    assert dial.client.missing == 0
    assert dial.client.tracker.gone == sum(gone.count for gone in dial.of(Gone)) >= 38


def test_a_reset_begins_a_new_count_and_is_never_joined(simulated):
    started(simulated)
    simulated.run(10)
    simulated.boot(0x77770001)
    simulated.run(3)
    assert [hello.boot for hello in simulated.of(Hello)][-1] == 0x77770001
    assert simulated.client.tracker.next_seq == 0
    started(simulated)
    simulated.run(5)
    boots = [(sample.boot, sample.seq) for sample in simulated.of(Sample)]
    assert boots == sorted(set(boots), key=boots.index)
    assert {boot for boot, _ in boots} == {0x1234ABCD, 0x77770001}
    assert {exchange.boot for exchange in simulated.of(SyncExchange)} == {0x1234ABCD, 0x77770001}


def test_a_reset_whose_hello_is_lost_is_noticed_all_the_same(simulated):
    started(simulated)
    simulated.run(5)
    simulated.boot(0x77770002)
    assert simulated.dial.outgoing() is not None
    simulated.run(3)
    assert simulated.client.foreign_boot > 0
    assert simulated.client.hello.boot == 0x77770002


def test_a_start_whose_answer_is_lost_loses_no_sample(simulated):
    simulated.run(0.5)
    simulated.client.start(tick0_us=simulated.dial_us() + 1000, period_ns=50_000_000)
    simulated.damage = lambda data: b""
    simulated.run(0.01)
    simulated.damage = lambda data: data
    simulated.run(0.1)
    dropped = [True]

    def drop_the_answer(data):
        keep = not (dropped[0] and len(data) > 20)
        return data if keep else b""

    simulated.damage = drop_the_answer
    simulated.run(1.0)
    dropped[0] = False
    simulated.run(1.0)
    assert seqs(simulated)[0] == 0
    assert seqs(simulated) == list(range(len(seqs(simulated))))


def test_exchanges_come_at_irregular_times_and_not_too_often(simulated):
    simulated.run(600)
    sent = [exchange.host_sent_ns for exchange in simulated.of(SyncExchange)]
    later = [(b - a) / 1e9 for a, b in itertools.pairwise(sent[40:])]
    assert 0.60 <= sum(later) / len(later) <= 0.70
    assert len({round(gap, 3) for gap in later}) > 100


def test_each_exchange_holds_four_times_in_their_order(simulated):
    simulated.latency_us = 1500
    simulated.run(5)
    for exchange in simulated.of(SyncExchange):
        assert exchange.host_sent_ns < exchange.host_received_ns
        assert exchange.dial_received_us <= exchange.dial_sent_us
        assert exchange.host_received_ns - exchange.host_sent_ns >= 3_000_000


@pytest.mark.parametrize("major", [0, 2])
def test_another_major_is_refused_with_both_versions(simulated, major):
    simulated.run(0.1)
    payload = bytes((message.HELLO, major, 3)) + b"anything a later version may say"
    with pytest.raises(ProtocolError, match=rf"protocol {major}\.3, this program 1\.2") as caught:
        simulated.client.feed(frame.encode(payload), 0)
    assert (caught.value.dial, caught.value.host) == ((major, 3), (1, 2))


def test_a_dial_that_another_program_uses_says_so(simulated):
    text = "another program uses this dial over the air now"
    busy = frame.encode(
        message.pack(message.REFUSED, of_kind=message.HELLO_REQUEST, reason=message.REFUSED_BUSY, text=text)
    )
    with pytest.raises(BusyDialError, match=r"The dial on simulated is in use \(another program uses this dial over"):
        simulated.client.feed(busy, 0)
    simulated.run(0.1)
    assert simulated.client.connected
    (event,) = simulated.client.feed(busy, 0)
    assert event.text == text


def test_messages_of_the_air_are_nothing_on_a_cable(simulated):
    simulated.run(0.1)
    sealed = message.pack(message.SEALED_TO_HOST, counter=0, piece=b"piece", tag=bytes(8))
    challenge = message.pack(message.CHALLENGE, unique_id=b"", cipher=1, nonce=bytes(16), proof=bytes(16))
    assert simulated.client.feed(frame.encode(sealed) + frame.encode(challenge), 0) == []
    assert simulated.client.unknown_kinds == 2 and simulated.client.connected


def test_a_dial_that_refuses_the_host_is_heard(simulated):
    text = "this dial speaks protocol 2.0, the host 1.0: update the older one"
    refused = message.pack(message.REFUSED, of_kind=message.HELLO_REQUEST, reason=message.REFUSED_PROTOCOL, text=text)
    with pytest.raises(ProtocolError, match="update the older one"):
        simulated.client.feed(frame.encode(refused), 0)


def test_other_refusals_logs_and_unknown_kinds_are_events_or_counted(simulated):
    simulated.run(0.1)
    refused = message.pack(message.REFUSED, of_kind=message.START, reason=message.REFUSED_VALUE, text="no")
    log = message.pack(message.LOG, level=2, text="hot")
    data = frame.encode(refused) + frame.encode(log) + frame.encode(b"\x7f") + frame.encode(b"\x84\x01")
    events = simulated.client.feed(data, 5)
    assert events == [Refused(5, "START", message.REFUSED_VALUE, "no"), Log(5, 2, "hot")]
    assert (simulated.client.unknown_kinds, simulated.client.malformed) == (1, 1)


def test_the_tracker_knows_what_is_missing_repeated_and_old():
    tracker = SequenceTracker(5)
    assert tracker.take(5) and tracker.take(9)
    assert tracker.missing == {6, 7, 8}
    assert tracker.first_missing() == (6, 3)
    assert not tracker.take(4) and not tracker.take(9)
    assert tracker.duplicates == 1
    assert tracker.take(7) and tracker.first_missing() == (6, 1)
    tracker.expect(12)
    # 9 came, and what the dial has numbered beyond it has not.
    assert tracker.missing == {6, 8, 10, 11}
    tracker.give_up(0, 9)
    assert tracker.gone == 2 and tracker.missing == {10, 11}


def test_what_a_host_sends_unasked_holds_no_ctrl_c(simulated):
    """A board that boots while the host goes on talking takes that byte for Ctrl-C and does not start."""
    client_frames = []
    outgoing = simulated.client.outgoing

    def spy():
        for data in outgoing():
            client_frames.append(data)
            yield data

    simulated.client.outgoing = spy
    simulated.run(300)
    assert len(client_frames) > 600
    assert not any(b"\x03" in data for data in client_frames)
