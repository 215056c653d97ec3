"""What `make` says on a machine that cannot create its virtual environment."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from requirements import needs_make

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def environment():
    spec = importlib.util.spec_from_file_location("environment", ROOT / "tools" / "environment.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def without(*names):
    found = importlib.util.find_spec
    return lambda name: None if name in names else found(name)


def test_a_python_that_has_all_lacks_nothing(environment):
    assert environment.what_is_missing() == ""


@pytest.mark.parametrize("version", [(2, 7), (3, 10)])
def test_an_old_python_is_told_so(environment, monkeypatch, version):
    monkeypatch.setattr(environment.sys, "version_info", (*version, 0, "final", 0))
    said = environment.what_is_missing()
    assert said.startswith("Tracedial needs Python 3.11 or newer, and this is {}.{}: ".format(*version))


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_debian_is_told_the_line_to_type(environment, monkeypatch, module):
    monkeypatch.setattr(environment.importlib.util, "find_spec", without(module))
    monkeypatch.setattr(environment.os.path, "exists", lambda path: path == "/etc/debian_version")
    monkeypatch.setattr(environment.os.path, "realpath", lambda path: path.replace("/usr/bin/python3", sys.executable))
    assert "`sudo apt install python3-venv`" in environment.what_is_missing()
    monkeypatch.setattr(environment.os.path, "realpath", lambda path: path)
    package = "python{}.{}-venv".format(*sys.version_info[:2])
    assert f"`sudo apt install {package}`" in environment.what_is_missing()


def test_other_systems_are_sent_to_the_readme(environment, monkeypatch):
    monkeypatch.setattr(environment.importlib.util, "find_spec", without("ensurepip"))
    monkeypatch.setattr(environment.os.path, "exists", lambda path: False)
    assert "README.md" in environment.what_is_missing()
    assert "apt" not in environment.what_is_missing()


@needs_make
def test_make_without_python_is_a_sentence(tmp_path):
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    done = subprocess.run(["make", "demo", "PYTHON=no-such-python"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "There is no no-such-python here: install Python 3.11 or newer" in done.stdout


def test_the_readme_names_a_line_for_each_system():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for line in ("sudo apt install make python3-venv", "sudo dnf install", "xcode-select --install", "winget install"):
        assert f"`{line}" in text, line
