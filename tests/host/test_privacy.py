"""Sealed studies and deleted participants: what comes back, what is refused, what is gone."""

import io
import os
import stat
import tarfile

import pyrage
import pytest

from requirements import needs_posix
from studies import make_study, tracedial_here
from tracedial.errors import ExchangeError
from tracedial.exchange.sealing import seal, unseal

WORDS = "correct horse battery"


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "study"
    (home / "sessions" / "s1").mkdir(parents=True)
    (home / "study.toml").write_text("title = 'Ä'")
    (home / "sessions" / "s1" / "journal.tdj").write_bytes(os.urandom(200_000))
    (home / "empty.csv").touch()
    return home


@needs_posix
def test_a_study_sealed_for_a_key_comes_out_the_same_and_private(folder, tmp_path):
    mine, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(f"# created: now\n{mine}\n")
    (tmp_path / "other.txt").write_text(f"{other}\n")
    done = tracedial_here("study", "seal", folder, "--out", tmp_path / "s.age", "--to", mine.to_public())
    assert done.code == 0, done.err
    assert b"title" not in (tmp_path / "s.age").read_bytes()
    opened = tracedial_here(
        "study", "unseal", tmp_path / "s.age", "--out", tmp_path / "back", "--key", tmp_path / "key.txt"
    )
    assert opened.code == 0, opened.err
    assert contents(tmp_path / "back") == contents(folder)
    for path in [tmp_path / "back", *(tmp_path / "back").rglob("*"), tmp_path / "s.age"]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    wrong = tracedial_here(
        "study", "unseal", tmp_path / "s.age", "--out", tmp_path / "b2", "--key", tmp_path / "other.txt"
    )
    assert wrong.code == 1 and "other keys" in wrong.err and not (tmp_path / "b2").exists()


def test_a_passphrase_opens_and_a_wrong_one_is_said(folder, tmp_path):
    (tmp_path / "words").write_text(WORDS + "\n")
    (tmp_path / "wrong").write_text("another passphrase\n")
    sealed = tmp_path / "s.age"
    done = tracedial_here("study", "seal", folder, "--out", sealed, "--passphrase-file", tmp_path / "words")
    assert done.code == 0, done.err
    call = ("study", "unseal", sealed, "--out", tmp_path / "back", "--passphrase-file")
    refused = tracedial_here(*call, tmp_path / "wrong")
    assert refused.code == 1 and "passphrase is wrong" in refused.err and not (tmp_path / "back").exists()
    assert tracedial_here(*call, tmp_path / "words").code == 0 and contents(tmp_path / "back") == contents(folder)
    again = tracedial_here("study", "seal", folder, "--out", sealed, "--passphrase-file", tmp_path / "words")
    assert again.code == 1 and "--force" in again.err
    short = tmp_path / "short"
    short.write_text("abc")
    assert (
        "at least" in tracedial_here("study", "seal", folder, "--out", tmp_path / "x", "--passphrase-file", short).err
    )


def test_a_sealed_file_that_was_cut_or_altered_is_refused(folder, tmp_path):
    mine = pyrage.x25519.Identity.generate()
    key = tmp_path / "key.txt"
    key.write_text(str(mine))
    sealed = tmp_path / "s.age"
    seal(folder, sealed, keys=[str(mine.to_public())], passphrase="")
    data = sealed.read_bytes()
    changed = [data[:cut] for cut in range(0, len(data), len(data) // 12)]
    for at in range(0, len(data), len(data) // 12):
        changed.append(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    for one in changed:
        sealed.write_bytes(one)
        with pytest.raises(ExchangeError, match="cannot be opened"):
            unseal(sealed, tmp_path / "back", key_file=key, passphrase="")
        assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "c:/evil", "a\\..\\evil"])
def test_a_sealed_file_writes_nowhere_else(tmp_path, name):
    mine = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(str(mine))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"evil"))
    (tmp_path / "s.age").write_bytes(pyrage.encrypt(packed.getvalue(), [mine.to_public()]))
    with pytest.raises(ExchangeError, match="evil"):
        unseal(tmp_path / "s.age", tmp_path / "home" / "back", key_file=tmp_path / "key.txt", passphrase="")
    assert not list(tmp_path.rglob("*evil*"))


def test_what_cannot_be_sealed_is_said(folder, tmp_path):
    with pytest.raises(ExchangeError, match="not a folder"):
        seal(tmp_path / "no", tmp_path / "s", keys=[], passphrase=WORDS)
    with pytest.raises(ExchangeError, match="outside"):
        seal(folder, folder / "s.age", keys=[], passphrase=WORDS)
    with pytest.raises(ExchangeError, match="not an age public key"):
        seal(folder, tmp_path / "s.age", keys=["age1nonsense"], passphrase="")


def test_deleting_a_participant_takes_all_of_one_rater_and_nothing_of_the_other(tmp_path):
    study = make_study(tmp_path / "study")
    session = study / "sessions" / "s1"
    voided = tracedial_here("study", "void", study, "s1", "client", "--who", "res-1", "--why", "slept")
    assert voided.code == 0, voided.err
    therapist = contents(session / "therapist")
    done = tracedial_here("study", "delete-participant", study, "s1", "client", "--yes")
    assert done.code == 0, done.err
    assert not (session / "client").exists() and not list(session.glob("_voided/client-*"))
    assert contents(session / "therapist") == therapist
    assert "client" not in (session / "session.json").read_text()
    assert "backups" in done.out
    status = tracedial_here("study", "status", study)
    assert status.code == 0 and "client" not in status.out
    again = tracedial_here("study", "delete-participant", study, "s1", "client", "--yes")
    assert again.code == 1 and "no rater client" in again.err
