"""The commands for one dial, tried on the emulated one: calibrate, check, config, identify, rescue; and a recording
through a broken wire."""

import json
import subprocess
import sys
import time

import pytest

from commands import sentence, tracedial
from emulation import emulate, read_rows, record, wait_for
from tracedial.alignment.align import align_folder, write_alignment

pytestmark = pytest.mark.real_time("commands run as users run them, beside a dial in a process of its own")


class Talk:
    """A command that is talked to: its lines come back, Enter goes in."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tracedial", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until(self, words):
        assert self.process.stdout
        for line in self.process.stdout:
            if words in line:
                return line
        raise AssertionError(f"{words!r} never came; {self.process.stderr.read() if self.process.stderr else ''}")

    def enter(self):
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def test_a_dial_is_calibrated_and_keeps_it(tmp_path):
    with emulate("--keep", tmp_path) as emulator:
        url = emulator.urls[0]
        talk = Talk("calibrate", url)
        for words, raw in (
            ("lowest mark (-50 Weakest", 60000),
            ("highest mark (+50", 3000),
            ("centre (0 Neutral", 31000),
        ):
            talk.until(words)
            emulator.command(f"raw {raw}")
            time.sleep(0.5)
            talk.enter()
        code, out, err = talk.end()
        assert code == 0, err
        assert "raw 59715 at -50, raw 3285 at 50" in out and "turns that round" in out
        # Another start of the same board, as after a power cut, and one more.
        emulator.command("reboot")
        emulator.command("rating 12")
        time.sleep(2.5)
        emulator.command("reboot")
        assert "raw 59715 at -50, raw 3285 at 50" in tracedial("config", url).stdout


def test_a_calibration_of_nothing_is_refused_and_leaves_the_old(tmp_path):
    with emulate() as emulator:
        url = emulator.urls[0]
        emulator.command("raw 30000")
        talk = Talk("calibrate", url)
        for words in ("lowest mark", "highest mark"):
            talk.until(words)
            talk.enter()
        code, _, err = talk.end()
        assert code == 1 and "too close together" in err and "Traceback" not in err
        emulator.command("wire cut")
        talk = Talk("calibrate", url)
        talk.until("lowest mark")
        talk.enter()
        code, _, err = talk.end()
        assert code == 1 and "wire is broken" in err
        emulator.command("wire mend")
        done = tracedial("calibrate", url, stdin=subprocess.DEVNULL)
        assert "keeps its old one" in sentence(done)
        assert "raw 0 at -50, raw 65535 at 50" in tracedial("config", url).stdout


def test_a_dial_is_checked_and_the_result_filed(tmp_path):
    path = tmp_path / "check.json"
    with emulate() as emulator:
        emulator.command("raw 20000")
        tracedial("check", emulator.urls[0], "--no-turn", "--seconds", "5", "--json", path)
        report = json.loads(path.read_text())
        verdicts = {check["name"]: check["passed"] for check in report["checks"]}
        # Tick jitter is the machine's that emulates: not stated here.
        for name in ("wires hold", "noise of a still knob", "ratings of a still knob", "sync round trip", "memory"):
            assert verdicts[name], name
        assert report["dial"]["board"] == "emulated" and report["passed"] == (False not in verdicts.values())
        emulator.command("wire cut")
        done = tracedial("check", emulator.urls[0], "--no-turn", "--seconds", "5")
        assert "wires hold" in sentence(done)


def test_options_names_and_lamps(tmp_path):
    with emulate("--keep", tmp_path) as emulator:
        url = emulator.urls[0]
        done = tracedial("config", url, "--knob", "encoder", "--counts-per-step", "2", "--reverse", "--no-feedback")
        assert done.returncode == 0, done.stderr
        assert "encoder, 2 counts in a step, direction reversed" in done.stdout and "feedback     off" in done.stdout
        assert "encoder" in sentence(tracedial("calibrate", url))
        # Until it is homed, an encoder has no position and `check` says so.
        assert "homed" in sentence(tracedial("check", url, "--no-turn", "--seconds", "5"))
        emulator.command("home")
        done = tracedial("check", url, "--no-turn", "--seconds", "5")
        assert "homed" not in done.stdout + done.stderr, done.stderr
        assert "potentiometer" in tracedial("config", url, "--knob", "potentiometer").stdout
        assert "an encoder's" in sentence(tracedial("config", url, "--reverse"), code=2)
        assert "no lamp" in tracedial("devices", "--identify", "--port", url).stdout
        assert "no prompt to give back" in sentence(tracedial("rescue", url))


def test_a_wire_that_breaks_while_recording_leaves_a_gap_that_is_said(tmp_path, short_video):
    def break_it(recorder):
        (state,) = recorder.states
        wait_for(lambda: state.samples >= 3)
        emulator.command("edge")
        emulator.command("wire cut")
        wait_for(lambda: "wire is broken" in state.problem)
        broken = state.samples
        wait_for(lambda: state.samples >= broken + 3)
        emulator.command("wire mend")
        wait_for(lambda: not state.problem)
        recorder.stop()

    with emulate() as emulator:
        emulator.command("rating 20")
        (summary,), _ = record(tmp_path / "s", short_video, emulator, seconds=60, during=break_it)
    alignment = align_folder(summary.folder)
    write_alignment(alignment)
    rows = [row for row in read_rows(summary.folder / "trace.csv") if row["flags"] or row["rating"]]
    broken = [row for row in rows if "fault" in row["flags"]]
    assert len(broken) >= 3 and all(row["rating"] == "" for row in broken)
    # A floating wire reads anything; not one such number got in.
    assert {row[column] for row in rows if row not in broken for column in ("rating", "min", "max")} == {"20"}
    marks = {(row["event"], row["value"]) for row in read_rows(summary.folder / "marks.csv")}
    assert {("fault", "1"), ("fault", "0"), ("sync_in", "1")} <= marks
    assert any(event == "sync_out" for event, _ in marks)
    assert any("wire was broken" in finding for finding in alignment.report["findings"])
