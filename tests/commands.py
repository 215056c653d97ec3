"""Runs the command line, in a separate process or in this one, and returns its output."""

import contextlib
import io
import subprocess
import sys

from tracedial.cli import run


class Ran:
    """What a command did: its exit code, what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


def tracedial_here(*arguments: object) -> Ran:
    """Run a command in this process, whose imports are done; anything but `SystemExit` is a traceback and fails."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["tracedial", *map(str, arguments)]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.argv = before
    return Ran(code, out.getvalue(), err.getvalue())


def tracedial(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
    """Run a command as users do, in a process of its own, and wait for its end."""
    return subprocess.run(
        [sys.executable, "-m", "tracedial", *map(str, arguments)], capture_output=True, text=True, **options
    )


def sentence(done: subprocess.CompletedProcess[str] | Ran, code: int = 1) -> str:
    """What a command that failed said: one line, no traceback."""
    ended, out, err = (
        (done.code, done.out, done.err) if isinstance(done, Ran) else (done.returncode, done.stdout, done.stderr)
    )
    assert ended == code, out + err
    assert "Traceback" not in err, err
    return err.strip().splitlines()[-1]
