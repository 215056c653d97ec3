"""Turns a folder into one encrypted file in the age format, for colleagues by key or by passphrase, and back.

Everything is packed in memory, so that nothing readable is written to the disk beside the sealed file.
"""

import contextlib
import io
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

from tracedial.errors import ExchangeError
from tracedial.exchange.libraries import library
from tracedial.files.private import make_folder, open_new
from tracedial.files.whole_file import half_folder, write_whole

MOST_BYTES = 1 << 30
"""Larger folders are refused. Videos, which make a folder so large, can stay outside it."""
LEAST_PASSPHRASE = 8


def seal(folder: Path, target: Path, *, keys: list[str], passphrase: str, force: bool = False) -> int:
    """Pack all files of a folder into `target`; returns the number of files. `keys` are age public keys: whoever owns
    one of them, or knows the passphrase, can open it. Raises `ExchangeError`."""
    if not folder.is_dir():
        raise ExchangeError(folder, f"{folder} is not a folder.")
    if target.exists() and not force:
        raise ExchangeError(target, f"{target} exists already: say --force to replace it, or choose another name.")
    if target.resolve().is_relative_to(folder.resolve()):
        raise ExchangeError(target, f"{target} lies in the folder that is to be sealed: choose a place outside of it.")
    if not keys and len(passphrase) < LEAST_PASSPHRASE:
        raise ExchangeError(target, f"The passphrase must have at least {LEAST_PASSPHRASE} characters.")
    age = library("pyrage")
    recipients = []
    for key in keys:
        try:
            recipients.append(age.x25519.Recipient.from_str(key.strip()))
        except age.RecipientError:
            raise ExchangeError(target, f"{key!r} is not an age public key: it begins with age1.") from None
    try:
        packed, n_files = _packed(folder)
        sealed = age.encrypt(packed, recipients) if recipients else age.passphrase.encrypt(packed, passphrase)
        write_whole(target, sealed)
    except OSError as error:
        raise ExchangeError(target, f"{error.filename or target} cannot be sealed: {error.strerror}.") from error
    return n_files


def unseal(sealed: Path, target: Path, *, key_file: Path | None, passphrase: str) -> int:
    """Open a sealed file into the new folder `target`, complete or not at all; returns the number of files. `key_file`
    holds age secret keys. Raises `ExchangeError` if the key or passphrase is wrong, if the file was cut short or
    altered, or if `target` exists."""
    if target.exists():
        raise ExchangeError(target, f"{target} exists already: choose another folder.")
    try:
        data = sealed.read_bytes()
        identities = _identities(key_file) if key_file else []
    except OSError as error:
        raise ExchangeError(sealed, f"{error.filename or sealed} cannot be read: {error.strerror}.") from error
    packed = _opened(sealed, data, identities, passphrase)
    try:
        with half_folder(target) as half:
            return _unpacked(sealed, packed, half)
    except tarfile.TarError as error:
        raise ExchangeError(sealed, f"{sealed} was opened, and holds no folder ({error}).") from error
    except OSError as error:
        raise ExchangeError(target, f"{target} cannot be written: {error.strerror}.") from error


def _packed(folder: Path) -> tuple[bytes, int]:
    """The folder's files as a tar archive, and their number."""
    paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    paths = [path for path in paths if not path.name.endswith((".lock", ".part"))]
    if odd := next((path for path in paths if path.is_symlink() or not path.is_file()), None):
        raise ExchangeError(odd, f"{odd} is a link or no file: put the file itself there, or take it away.")
    size = sum(path.stat().st_size for path in paths)
    if size > MOST_BYTES:
        raise ExchangeError(
            folder,
            f"{folder} has {size / 1e9:.1f} GB, more than the {MOST_BYTES / 1e9:.1f} GB that are sealed at once: keep "
            "the videos outside of the study's folder (a session knows its video by its hash).",
        )
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in paths:
            content = path.read_bytes()
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.size, entry.mode, entry.mtime = len(content), 0o600, int(path.stat().st_mtime)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue(), len(paths)


def _identities(key_file: Path) -> list[Any]:
    age = library("pyrage")
    found = []
    for line in key_file.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.strip().startswith("AGE-SECRET-KEY-"):
            with contextlib.suppress(age.IdentityError):
                found.append(age.x25519.Identity.from_str(line.strip()))
    if not found:
        raise ExchangeError(key_file, f"{key_file} holds no age secret key (a line that begins with AGE-SECRET-KEY-1).")
    return found


def _opened(sealed: Path, data: bytes, identities: list[Any], passphrase: str) -> bytes:
    age = library("pyrage")
    try:
        return age.decrypt(data, identities) if identities else age.passphrase.decrypt(data, passphrase)
    except age.DecryptError as error:
        if str(error) == "No matching keys found":
            why = "it was sealed for other keys than the one given, or for a passphrase"
        elif str(error) == "Decryption failed":
            why = "the passphrase is wrong, or the file was altered"
        else:
            why = f"it was cut or altered, or sealed in another way ({error})"
        raise ExchangeError(sealed, f"{sealed} cannot be opened: {why}.") from error


def _unpacked(sealed: Path, packed: bytes, folder: Path) -> int:
    n_files = 0
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as archive:
        for entry in archive:
            place = PurePosixPath(entry.name)
            safe = not place.is_absolute() and ".." not in place.parts and "\\" not in entry.name
            content = archive.extractfile(entry) if entry.isreg() else None
            if not safe or ":" in place.parts[0] or content is None:
                raise ExchangeError(sealed, f"{sealed} holds {entry.name!r}, which no folder of a study does.")
            path = folder.joinpath(*place.parts)
            make_folder(path.parent)
            with open_new(path) as file:
                file.write(content.read())
            n_files += 1
    return n_files
