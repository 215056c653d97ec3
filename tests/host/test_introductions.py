"""Dials are introduced over their cable: what each side stores, and the messages when it does not work."""

from dataclasses import dataclass, field

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from dialwire import hosts, message
from dialwire.seal import counter_mode
from requirements import needs_posix
from tracedial.cli import introduce as command
from tracedial.dial_setup import introduction
from tracedial.errors import IntroductionError, LinkError, TracedialError
from tracedial.link.introductions import FOLDER_VARIABLE, keys_file, read_introductions
from tracedial.link.sealed_stream import make_cipher


@dataclass
class FakeHello:
    radio: int = message.RADIO_FITTED | message.RADIO_CIPHER
    protocol: tuple[int, int] = (1, 2)
    unique_id: str = "e6616408434a2b2f"
    name: str = "dial-2b2f"
    board: str = "pico_w"
    firmware: str = "0.3"


@dataclass
class FakeDial:
    """A dial on a cable, as far as introductions ask it."""

    port: str = "/dev/ttyACM0"
    hello: FakeHello = field(default_factory=FakeHello)
    known: tuple = ()
    refuses: bool = False
    restarts: int = 0
    forgets: bool = False

    def get(self, key):
        assert key == message.CONFIG_HOSTS
        return hosts.pack_list(self.known)

    def set(self, key, value):
        if self.refuses:
            raise TracedialError("The dial refused: it is full.")
        if key == message.CONFIG_HOSTS:
            self.known = hosts.changed(self.known, value)

    def restart(self, into):
        self.restarts += 1
        if self.forgets:
            self.known = ()
        if self.known:
            self.hello.radio |= message.RADIO_ON

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def dial(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "keys"))
    dial = FakeDial()
    monkeypatch.setattr(command, "DialSettingsClient", lambda port: dial)
    return dial


def run(*arguments):
    return CliRunner().invoke(command.command, ["/dev/ttyACM0", *arguments])


def test_an_introduced_dial_and_this_computer_have_one_key(dial):
    done = run("--as", "lab laptop")
    assert done.exit_code == 0, done.output
    known = read_introductions()
    ((host_id, key, name),) = dial.known
    assert (host_id, name) == (known.host_id, "lab laptop")
    assert known.key_of(bytes.fromhex(dial.hello.unique_id)) == key
    assert "knows   lab laptop" in done.output and "radio   on, encrypted" in done.output
    assert dial.restarts == 1 and key.hex() not in done.output


@needs_posix
def test_the_keys_are_their_users_alone(dial):
    run("--as", "lab laptop")
    assert keys_file().stat().st_mode & 0o077 == 0


def test_introduced_again_has_a_new_key_and_the_same_computer(dial):
    run("--as", "one")
    before = dial.known[0]
    run("--as", "two")
    ((host_id, key, name),) = dial.known
    assert host_id == before[0] and key != before[1] and name == "two"
    assert read_introductions().key_of(bytes.fromhex(dial.hello.unique_id)) == key


def test_a_refused_introduction_leaves_the_old_key(dial):
    run("--as", "one")
    key = dial.known[0][1]
    dial.refuses = True
    assert run("--as", "two").exit_code == 1
    assert read_introductions().key_of(bytes.fromhex(dial.hello.unique_id)) == key


def test_a_computer_is_forgotten_by_name_or_id_and_all_at_once(dial):
    run("--as", "own")
    others = [(bytes([number] * 8), bytes(32), name) for number, name in ((1, "b"), (2, "c"), (3, "c"))]
    dial.known += tuple(others)
    assert run("--forget", "b").exit_code == 0
    assert [name for _, _, name in dial.known] == ["own", "c", "c"]
    with pytest.raises(TracedialError, match="knows 2 computers by 'c'"):
        introduction.forget(dial, "c")
    with pytest.raises(TracedialError, match="knows no computer by 'x'"):
        introduction.forget(dial, "x")
    introduction.forget(dial, "02" * 8)
    assert read_introductions().dials
    assert run("--forget-all").exit_code == 0
    assert dial.known == () and read_introductions().dials == {}


def test_a_dial_that_forgets_with_its_restart_is_a_sentence(dial):
    dial.forgets = True
    done = run("--as", "own")
    assert isinstance(done.exception, TracedialError) and "nothing was kept" in str(done.exception)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"radio": 0}, "has no radio"), ({"protocol": (1, 1)}, "tracedial flash")],
)
def test_a_dial_that_cannot_be_introduced_says_why(dial, change, words):
    for name, value in change.items():
        setattr(dial.hello, name, value)
    with pytest.raises(LinkError, match=words):
        introduction.introduce(dial, "own")
    assert not keys_file().exists()


def test_a_dial_is_introduced_over_its_cable_alone(dial):
    dial.port = "ble:dial-2b2f"
    with pytest.raises(LinkError, match="over its cable"):
        introduction.introduce(dial, "own")


@pytest.mark.parametrize("name", ["", "x" * 21, "é" * 11])
def test_a_name_that_does_not_fit_is_refused(dial, name):
    with pytest.raises(TracedialError, match="cannot be introduced as"):
        introduction.introduce(dial, name)


@given(text=st.text(max_size=60) | st.sampled_from(['{"host_id": "00", "dials": []}', "[]", '{"host_id": 3}', "null"]))
def test_a_file_of_keys_that_is_none_is_a_sentence(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder))
        (folder / "dials.json").write_text(text, encoding="utf-8")
        with pytest.raises(IntroductionError, match="introduce the dials again"):
            read_introductions()


@given(key=st.binary(min_size=16, max_size=16), counter=st.integers(0, 2**32 - 1), data=st.binary(max_size=192))
def test_the_boards_counter_mode_is_the_librarys(key, counter, data):
    encrypt = Cipher(AES128(key), ECB()).encryptor().update
    assert counter_mode(encrypt, counter, data) == make_cipher(key)(counter, data)
