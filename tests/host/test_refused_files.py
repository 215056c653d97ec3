"""Files and folders that cannot be used: every command says which and why, and leaves nothing incomplete."""

import builtins
import errno
import io
import os
import shutil
from pathlib import Path

import pytest

from requirements import needs_posix
from studies import make_study, tracedial_here
from test_damaged_files import use_all

pytestmark = pytest.mark.thorough("runs commands at each file of a study that the system refuses")

INSIDE = (
    "study.toml", "sessions", "sessions/s1", "sessions/s1/session.json", "sessions/s1/client",
    "sessions/s1/client/journal.tdj", "sessions/s1/client/trace.csv", "sessions/s1/client/samples.csv",
    "sessions/s1/client/alignment.json", "sessions/s1/client/segments.tdj", "sessions/s1/client/segments.csv",
    "sessions/s1/client/answers.tdj", "sessions/s1/client/answers.csv", "sessions/s1/client/practice.tdj",
    "sessions/s1/therapist", "video.mp4", "analysis", "export", "export/answers.csv", "export/status.csv",
)  # fmt: skip
LONG = "x" * 300


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = make_study(tmp_path_factory.mktemp("whole") / "study", sessions=("s1", "s2"))
    for command in (("study", "export", folder), ("analyze", folder, "--set", "core", "--jobs", 1)):
        assert tracedial_here(*command).code == 0
    return folder


@pytest.fixture
def study(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "study")


def take_away(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


@pytest.mark.parametrize("name", INSIDE)
def test_a_folder_where_a_file_should_be_or_a_file_where_a_folder(study, name):
    path = study / name
    if path.is_dir():
        take_away(path)
        path.write_text("no folder")
    else:
        take_away(path)
        path.mkdir()
    use_all(study)


@needs_posix
@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("target", ["nowhere", "loop"])
def test_a_link_that_leads_nowhere(study, name, target):
    path = study / name
    take_away(path)
    path.symlink_to(path if target == "loop" else path.parent / "nowhere")
    use_all(study)


@pytest.mark.parametrize("name", INSIDE)
def test_bytes_that_are_nothing(study, name):
    if (study / name).is_file():
        (study / name).write_bytes(bytes(range(255, 0, -1)) * 20)
        use_all(study)


def refuse(monkeypatch, refused: Path, *, number: int = errno.EACCES, also_itself: bool) -> None:
    """Have the system refuse what lies in a folder, as it does to who may not enter it; or the file itself."""

    def guarded(function):
        def call(path, *rest, **options):
            if isinstance(path, str | os.PathLike):
                full = Path(os.path.abspath(path))  # noqa: PTH100  (resolve would ask the system that is under test)
                if refused in full.parents or (also_itself and full == refused):
                    raise OSError(number, os.strerror(number), str(path))
            return function(path, *rest, **options)

        return call

    for place, name in (
        (io, "open"), (builtins, "open"), (os, "open"), (os, "stat"), (os, "lstat"), (os, "scandir"), (os, "listdir"),
        (os, "mkdir"), (os, "replace"), (os, "unlink"), (os, "chmod"),
    ):  # fmt: skip
        monkeypatch.setattr(place, name, guarded(getattr(place, name)))


@needs_posix
@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ENAMETOOLONG])
def test_a_file_or_folder_that_the_system_refuses(study, name, number, monkeypatch):
    refuse(monkeypatch, study / name, number=number, also_itself=(study / name).is_file() or number == errno.EIO)
    use_all(study)


@needs_posix
def test_the_whole_study_of_mode_000(study, monkeypatch):
    refuse(monkeypatch, study, also_itself=False)
    done = tracedial_here("study", "status", study)
    assert done.code == 1 and "Permission denied" in done.err and "study.toml" in done.err
    use_all(study)
    done = tracedial_here("analyze", study / "sessions" / "s1")
    assert done.code == 1 and "Permission denied" in done.err
