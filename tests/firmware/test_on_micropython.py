"""Runs the device's tests on the device's interpreter, and compiles every file with a board's compiler."""

import subprocess
import sys
from pathlib import Path

import pytest

from requirements import needs_micropython, needs_mpy_cross
from tracedial.firmware_files import firmware_dir, interpreter_command

pytestmark = pytest.mark.thorough("runs all of the device's tests again, on MicroPython")

HERE = Path(__file__).parent
MODULES = [
    "test_ticks",
    "test_calibrate",
    "test_every_value",
    "test_emulated",
    "test_sampler",
    "test_outbox",
    "test_latch",
    "test_shorts",
    "test_steady",
    "test_flood",
    "test_interrupts",
    "test_outlet",
    "test_quadrature",
    "test_button",
    "test_settings",
    "test_seal",
    "test_air",
    "test_links",
    "test_radio",
    "test_memory",
    "test_app",
]
# `manifest.py` is read by the tool that freezes code, not by a board.
DEVICE_FILES = sorted(path for path in firmware_dir().rglob("*.py") if path.name != "manifest.py")


@needs_micropython
@pytest.mark.parametrize("module", MODULES)
def test_the_devices_tests_pass_on_micropython(module):
    done = subprocess.run(
        [*interpreter_command("micropython"), HERE / "run_plain.py", HERE, firmware_dir(), "--", module],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    count = sum(line.startswith("def test_") for line in (HERE / f"{module}.py").read_text().splitlines())
    assert done.stdout.strip() == f"{count} ran on micropython"


@needs_mpy_cross
@pytest.mark.parametrize("path", DEVICE_FILES, ids=lambda path: path.relative_to(firmware_dir()).as_posix())
def test_every_device_file_compiles_for_a_board(path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mpy_cross", "-march=armv6m", "-o", tmp_path / "out.mpy", path],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
