"""Puts the firmware on a board: lists what is there, compiles, copies what differs, verifies, starts it.

`main.py` is removed first and written last. If the command is interrupted, the board starts into MicroPython's prompt,
and running the command again finishes the job.
"""

import ast
import contextlib
import hashlib

from tracedial.dial_setup.board_choice import choose_board
from tracedial.dial_setup.board_port import Say, leave_to_prompt, wait_for_dial
from tracedial.dial_setup.board_prompt import BoardPrompt, identify
from tracedial.dial_setup.compiling import START, compile_firmware, without_radio
from tracedial.errors import FlashError
from tracedial.firmware_files import board_machines, boards_with_radio, prompt_program
from tracedial.link.messages import Hello

NEWEST_TRIED = (1, 29)
FREE_BYTES = 80_000
FOLDERS = ("dialwire", "dial", "port")
CHOSEN = "board"
"""A file on a board that names the kind of board if it was chosen by hand (`firmware/port/hardware.py` reads it)."""


def flash(port: str, *, board: str | None, replace: bool, say: Say) -> Hello:
    """Put the firmware on the board at `port`, start it, and return the dial's HELLO."""
    if board and board not in board_machines():
        raise FlashError(port, f"There is no board {board!r}: choose one of {', '.join(board_machines())}.")
    files = compile_firmware(port)
    was_dial = leave_to_prompt(port, say)
    prompt = BoardPrompt(port)
    try:
        identity = identify(prompt)
        name = choose_board(port, identity, board)
        version = ".".join(map(str, identity.version))
        say(f"Board {name}: {identity.machine}, MicroPython {version}")
        if identity.version[:2] > NEWEST_TRIED:
            say(f"MicroPython {version} is newer than any that Tracedial was tried with.")
        if name not in boards_with_radio():
            files = without_radio(files)
        written = install(prompt, files, say, replace=replace)
        _note_choice(prompt, name if board and not identity.machine.startswith(board_machines()[name]) else "")
        say(f"{written} files written and verified." if written else "All files were there already.")
        prompt.reset()
    except FlashError:
        if was_dial:
            # If the board was a dial before, try to make it one again.
            with contextlib.suppress(FlashError):
                prompt.reset()
        raise
    finally:
        prompt.close()
    return wait_for_dial(port)


def install(prompt: BoardPrompt, files: dict[str, bytes], say: Say, *, replace: bool = False) -> int:
    """Make the board's files equal to `files`; returns how many had to be written.

    Raises `FlashError` if another program's `main.py` is there and `replace` is not set, or if a file arrives
    incomplete.
    """
    present, start = _hashes(prompt)
    if START in start and not present and not replace:
        raise FlashError(
            prompt.port,
            f"The board on {prompt.port} holds another program ({START}, sha256 {start[START][:12]}…): save it if you "
            "need it, then run this again with --replace.",
        )
    wanted = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    stale = sorted(name for name in present if name not in wanted)
    new = [name for name in wanted if name != START and present.get(name) != wanted[name]]
    if not stale and not new and start.get(START) == wanted[START]:
        return 0
    if START in start:
        prompt.run(f"import os\nos.remove({START!r})")
    for name in stale:
        # The board would run an old source file rather than the new compiled one beside it.
        prompt.run(f"import os\nos.remove({name!r})")
    folders = "\n".join(f"if {folder!r} not in os.listdir(): os.mkdir({folder!r})" for folder in FOLDERS)
    prompt.run(f"import os\n{folders}")
    with prompt.sentences("does not say how much room it has"):
        free = int(prompt.run("import os\ns = os.statvfs('/')\nprint(s[0] * s[3])"))
    if free < min(FREE_BYTES, sum(len(files[name]) for name in new) * 2):
        raise FlashError(prompt.port, f"The board on {prompt.port} has {free} bytes free, too few: delete files of it.")
    for number, name in enumerate(new, start=1):
        say(f"{number} of {len(new) + 1}: {name} ({len(files[name])} bytes)")
        prompt.write(name, files[name])
    _verify(prompt, {name: wanted[name] for name in wanted if name != START}, _hashes(prompt)[0])
    say(f"{len(new) + 1} of {len(new) + 1}: {START}")
    prompt.write(START, files[START])
    _verify(prompt, {START: wanted[START]}, _hashes(prompt)[1])
    return len(new) + 1


def _note_choice(prompt: BoardPrompt, name: str) -> None:
    """Note on the board which board it is, since it cannot tell by itself."""
    if name:
        prompt.write(CHOSEN, name.encode())
    else:
        prompt.run(f"import os\nif {CHOSEN!r} in os.listdir(): os.remove({CHOSEN!r})")


def _hashes(prompt: BoardPrompt) -> tuple[dict[str, str], dict[str, str]]:
    program = prompt_program("hash_files")
    printed = prompt.run(f"{program}\nprint_hashes({FOLDERS!r}, ({START!r},))")
    # The board prints dictionaries, one after the other, and may break its lines anywhere.
    folders, _, start = printed.strip().partition("}")
    with prompt.sentences("does not say which files it has"):
        return dict(ast.literal_eval(folders + "}")), dict(ast.literal_eval(start.strip()))


def _verify(prompt: BoardPrompt, wanted: dict[str, str], present: dict[str, str]) -> None:
    wrong = [name for name, digest in wanted.items() if present.get(name) != digest]
    if wrong:
        raise FlashError(
            prompt.port,
            f"{len(wrong)} files did not arrive whole on {prompt.port} ({', '.join(wrong[:3])}): run this again.",
        )
