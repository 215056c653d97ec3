"""Composition root: board, scale, dial, and the loop that joins them. No logic of its own."""

import sys

from dial.app import Dial, Identity
from dial.calibrate import Calibration
from dialwire.scale import ALLIANCE, Scale
from port.emulated import Board, connect


def run(board, scale):
    """Run the dial on `board` until the board ends the program."""
    identity = Identity(
        boot=board.random_u32(),
        unique_id=board.unique_id,
        board=board.board,
        interpreter=board.interpreter,
        name=board.name,
        knob=board.knob_kind,
    )
    dial = Dial(ticks_us=board.ticks_us, identity=identity, scale=scale, calibration=Calibration(0, 65535))
    while True:
        dial.poll(board.read_raw)
        ticks = board.ticks_us()
        data = board.read()
        if data:
            dial.receive(data, ticks)
        if board.pressed():
            dial.press()
        board.follow(dial)
        # One frame a turn: a host that asks in the middle of a long answer is heard.
        frame = dial.outgoing()
        if frame is None:
            board.wait(dial.wait_us())
        else:
            board.write(frame)


def main():
    """Start on the board that the emulator describes."""
    settings = connect(sys.argv)
    low, high, step, detents = settings.get("scale") or (ALLIANCE.low, ALLIANCE.high, ALLIANCE.step, ALLIANCE.detents)
    scale = Scale(low, high, step, detents)
    run(Board(settings, scale), scale)


main()
