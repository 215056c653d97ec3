"""`tracedial flash`: on MicroPython's real prompt behind a pseudo-terminal, and everything that must not be flashed."""

import json
import os
import select
import subprocess
import sys
import threading

import pytest

from requirements import needs_micropython, needs_mpy_cross, needs_posix
from tracedial.dial_setup.board_choice import choose_board
from tracedial.dial_setup.board_port import leave_to_prompt
from tracedial.dial_setup.board_prompt import RESCUE, BoardIdentity, BoardPrompt, identify
from tracedial.dial_setup.compiling import compile_firmware, without_radio
from tracedial.dial_setup.flash import CHOSEN, FOLDERS, flash, install
from tracedial.errors import FlashError
from tracedial.firmware_files import (
    OF_THE_RADIO,
    board_machines,
    boards_with_radio,
    device_files,
    firmware_dir,
    interpreter_command,
)

pytestmark = pytest.mark.real_time("MicroPython's own prompt answers on a pseudo-terminal")

PICO = BoardIdentity("micropython", (1, 26, 1), "rp2", "Raspberry Pi Pico with RP2040", 6)


class PromptOnAPty:
    """MicroPython's own prompt, running in `folder` as its flash, on a terminal that pyserial opens."""

    def __init__(self, folder):
        import pty
        import tty

        inner, inner_slave = pty.openpty()
        outer, outer_slave = pty.openpty()
        for end in (inner_slave, outer_slave):
            tty.setraw(end)
        self.port = os.ttyname(outer_slave)
        self._ends = (inner, outer, outer_slave)
        self.process = subprocess.Popen(
            interpreter_command("micropython"), stdin=inner_slave, stdout=inner_slave, stderr=inner_slave, cwd=folder
        )
        os.close(inner_slave)
        self._alive = True
        self.cut_after_bytes = None
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()

    def _relay(self):
        inner, outer, _ = self._ends
        passed = 0
        while self._alive:
            readable, _, _ = select.select([inner, outer], [], [], 0.05)
            for source in readable:
                try:
                    data = os.read(source, 4096)
                except OSError:
                    return
                if source == outer:
                    passed += len(data)
                    if self.cut_after_bytes is not None and passed > self.cut_after_bytes:
                        continue
                os.write(outer if source == inner else inner, data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._alive = False
        self.process.kill()
        self.process.wait()
        self._thread.join()
        for end in self._ends:
            os.close(end)


@pytest.fixture(scope="module")
def compiled():
    return compile_firmware("test")


@needs_mpy_cross
def test_the_compiled_files_are_small_enough_for_the_smallest_board(compiled):
    modules = {name: data for name, data in without_radio(compiled).items() if name.endswith(".mpy")}
    # Which is imported by a dial that knows a computer alone.
    del modules["dialwire/hosts.mpy"]
    assert sum(map(len, modules.values())) <= 43 * 1024
    assert list(compiled)[-1] == "main.py"
    assert not any("emulated" in name for name in compiled)


@needs_mpy_cross
def test_a_board_without_a_radio_gets_nothing_of_it(compiled):
    assert boards_with_radio() == {"pico_w", "pico2_w", "esp32", "esp32s3", "esp32c3"}
    left_out = set(compiled) - set(without_radio(compiled))
    assert left_out == {f"{name}.mpy" for name in OF_THE_RADIO}
    assert sum(len(compiled[name]) for name in left_out) <= 9 * 1024


def test_the_lists_of_what_goes_on_a_board_agree():
    folder = firmware_dir()
    on_board = {
        path.relative_to(folder).as_posix()
        for name in FOLDERS
        for path in (folder / name).glob("*.py")
        if not path.name.startswith("emulated")
    } | {"main.py"}
    assert set(device_files()) == on_board
    package = json.loads((folder / "package.json").read_text())
    assert all(target == source for target, source in package["urls"])
    version = subprocess.run(
        [sys.executable, "-c", "import dial; print(dial.FIRMWARE_VERSION)"],
        cwd=folder, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    assert package["version"] == version
    manifest = (folder / "manifest.py").read_text()
    for name in on_board - {"main.py"}:
        head, _, tail = name.partition("/")
        assert f'"{head}"' in manifest
        assert head != "port" or f'"{tail}"' in manifest


@needs_posix
@needs_micropython
@needs_mpy_cross
def test_files_are_written_verified_and_only_once(tmp_path, compiled):
    said = []
    with PromptOnAPty(tmp_path) as board:
        prompt = BoardPrompt(board.port)
        assert identify(prompt).interpreter == "micropython"
        assert install(prompt, compiled, said.append) == len(compiled)
        for name, data in compiled.items():
            assert (tmp_path / name).read_bytes() == data
        assert install(prompt, compiled, said.append) == 0
        # One file that was damaged, one that is stale: only they are put right, and the start comes last.
        (tmp_path / "dial" / "app.mpy").write_bytes(b"torn")
        (tmp_path / "dial" / "app.py").write_text("raise SystemExit")
        said.clear()
        assert install(prompt, compiled, said.append) == 2
        assert "app.mpy" in said[0] and "main.py" in said[-1]
        assert not (tmp_path / "dial" / "app.py").exists()
        assert (tmp_path / "dial" / "app.mpy").read_bytes() == compiled["dial/app.mpy"]
        prompt.close()


@needs_posix
@needs_micropython
@needs_mpy_cross
def test_a_cable_pulled_half_way_leaves_no_start_and_the_next_run_ends_the_job(tmp_path, compiled, monkeypatch):
    with PromptOnAPty(tmp_path) as board:
        prompt = BoardPrompt(board.port)
        install(prompt, compiled, lambda text: None)
        changed = {**compiled, "dial/app.mpy": compiled["dial/app.mpy"] + b"x", "main.py": compiled["main.py"] + b"\n"}

        def write(name, data):
            raise FlashError(board.port, "unplugged")

        monkeypatch.setattr(prompt, "write", write)
        with pytest.raises(FlashError, match="unplugged"):
            install(prompt, changed, lambda text: None)
        prompt.close()
        assert not (tmp_path / "main.py").exists()
        monkeypatch.undo()
        prompt = BoardPrompt(board.port)
        assert install(prompt, changed, lambda text: None) >= 2
        assert (tmp_path / "main.py").read_bytes() == changed["main.py"]
        prompt.close()


@needs_posix
@needs_micropython
def test_a_board_that_goes_silent_is_a_sentence(tmp_path):
    with PromptOnAPty(tmp_path) as board:
        prompt = BoardPrompt(board.port)
        board.process.kill()
        board.process.wait()
        with pytest.raises(FlashError, match=r"does not answer .*docs/build\.md"):
            prompt.run("print(1)")
        prompt.close()


@needs_posix
@needs_micropython
@needs_mpy_cross
def test_another_program_is_not_written_over_unasked(tmp_path, compiled):
    (tmp_path / "main.py").write_text("print('my own program')\n")
    with PromptOnAPty(tmp_path) as board:
        prompt = BoardPrompt(board.port)
        with pytest.raises(FlashError, match=r"another program .*--replace"):
            install(prompt, compiled, lambda text: None)
        assert (tmp_path / "main.py").read_text().startswith("print")
        assert not (tmp_path / "dial").exists()
        install(prompt, compiled, lambda text: None, replace=True)
        assert (tmp_path / "main.py").read_bytes() == compiled["main.py"]
        prompt.close()


@needs_posix
@needs_micropython
@needs_mpy_cross
def test_a_computer_is_no_board(tmp_path):
    with PromptOnAPty(tmp_path) as board, pytest.raises(FlashError, match="no board that a dial can be made of"):
        flash(board.port, board=None, replace=False, say=lambda text: None)


def test_each_board_is_known_by_what_it_says_of_itself():
    machines = board_machines()
    assert set(machines) == {"pico", "pico_w", "pico2", "pico2_w", "esp32", "esp32s3", "esp32c3"}
    assert choose_board("p", PICO, None) == "pico"
    for name, machine in machines.items():
        platform = "rp2" if name.startswith("pico") else "esp32"
        assert (
            choose_board("p", BoardIdentity("micropython", (1, 29, 0), platform, machine + " with X", 6), None) == name
        )


@pytest.mark.parametrize(
    ("identity", "wanted", "says"),
    [
        (BoardIdentity("circuitpython", (9, 2, 1), "rp2", "Raspberry Pi Pico with rp2040", 6), None, "not MicroPython"),
        (BoardIdentity("micropython", (1, 22, 0), "rp2", PICO.machine, 6), None, "needs 1.26 or newer"),
        (BoardIdentity("micropython", (1, 27, 0), "rp2", PICO.machine, 7), None, "needs 1.26"),
        (BoardIdentity("micropython", (1, 27, 0), "stm32", "PYBv1.1 with STM32F405RG", 6), None, "no board"),
        (BoardIdentity("micropython", (1, 27, 0), "rp2", "Somebody's board with RP2040", 6), None, "--board"),
        (PICO, "esp32", "not a esp32"),
        (PICO, "arduino", "There is no board 'arduino'"),
    ],
)
def test_boards_that_no_dial_can_be_made_of_are_refused_with_a_remedy(identity, wanted, says):
    with pytest.raises(FlashError) as caught:
        choose_board("/dev/ttyX", identity, wanted)
    assert says in str(caught.value)


def test_an_unknown_board_may_be_named():
    identity = BoardIdentity("micropython", (1, 27, 0), "rp2", "Somebody's board with RP2040", 6)
    assert choose_board("p", identity, "pico_w") == "pico_w"


@needs_micropython
def test_an_emulated_dial_and_one_that_records_are_left_alone():
    from emulation import emulate

    with emulate() as emulator, pytest.raises(FlashError, match="emulated dial"):
        leave_to_prompt(emulator.urls[0], lambda text: None)


def test_host_and_firmware_mean_the_same_files():

    text = (firmware_dir() / "port" / "hardware.py").read_text()
    assert f'RESCUE = "{RESCUE}"' in text
    assert f'CHOSEN = "{CHOSEN}"' in text
