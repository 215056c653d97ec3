"""The recorded vectors: this interpreter and the device's give exactly the same results."""

import json
import subprocess
import sys
from pathlib import Path

from dialwire import message
from requirements import needs_micropython
from tracedial.firmware_files import firmware_dir, interpreter_command

HERE = Path(__file__).parent
VECTORS = HERE.parent / "vectors" / "wire_v1.jsonl"


def run(command: list[str]) -> str:
    arguments = [HERE / "vector_check.py", firmware_dir(), VECTORS]
    done = subprocess.run([*command, *arguments], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_vector_holds():
    lines = run([sys.executable, "-X", "utf8"]).splitlines()
    assert len(lines) == len(VECTORS.read_text(encoding="utf-8").splitlines()) >= 45


@needs_micropython
def test_micropython_does_the_very_same():
    assert run(interpreter_command("micropython")) == run([sys.executable, "-X", "utf8"])


def test_every_kind_of_message_has_a_vector():
    vectors = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]
    covered = {vector["message"] for vector in vectors if "frame" in vector}
    assert covered == {entry[1] for entry in message.MESSAGES}
