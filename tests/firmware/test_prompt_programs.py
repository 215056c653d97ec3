"""The programs that `tracedial flash` runs at a board's prompt, on the interpreter of boards and on this one."""

import ast
import hashlib
import subprocess
import sys

import pytest

from requirements import needs_micropython
from tracedial.firmware_files import interpreter_command, prompt_program

INTERPRETERS = ["cpython", pytest.param("micropython", marks=needs_micropython)]


def run(interpreter, program, folder):
    command = [sys.executable] if interpreter == "cpython" else interpreter_command(interpreter)
    done = subprocess.run([*command, "-c", program], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return [ast.literal_eval(line) for line in done.stdout.splitlines()]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_hashes_are_those_of_the_files_and_of_no_folder(interpreter, tmp_path):
    contents = {"dial/a.mpy": b"", "dial/b.mpy": bytes(range(256)) * 5, "port/c.py": b"x" * 512}
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "dial" / "folder").mkdir()
    (tmp_path / "main.py").write_bytes(b"print(1)")
    program = prompt_program("hash_files")
    folders, start = run(interpreter, program + "\nprint_hashes(('dialwire', 'dial', 'port'), ('main.py',))", tmp_path)
    assert folders == {name: sha256(content) for name, content in contents.items()}
    assert start == {"main.py": sha256(b"print(1)")}


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_on_an_empty_board_there_is_nothing(interpreter, tmp_path):
    assert run(interpreter, prompt_program("hash_files") + "\nprint_hashes(('dial',), ('main.py',))", tmp_path) == [
        {},
        {},
    ]


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_an_interpreter_says_what_it_is(interpreter, tmp_path):
    ((name, version, platform, machine, mpy_format),) = run(interpreter, prompt_program("identify"), tmp_path)
    assert name == interpreter and len(version) == 3 and platform
    assert isinstance(machine, str) and 0 <= mpy_format <= 255
