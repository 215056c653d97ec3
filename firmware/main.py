"""Composition root: board, dial, and the loop that joins them. No logic of its own."""

while True:
    try:
        # Do this first: a host that talks while the board boots may send a byte that would be taken for Ctrl-C.
        import sys

        ON_BOARD = sys.platform in ("rp2", "esp32")
        if ON_BOARD:
            from micropython import kbd_intr

            kbd_intr(-1)
        break
    except KeyboardInterrupt:
        pass

from dial.app import TWO_HOURS, WARNING, Dial, Identity  # noqa: E402


def run(board, dial):
    """Run the dial on `board` until the board ends the program."""
    while True:
        dial.poll()
        board.serve(dial)
        ticks = board.ticks_us()
        data = board.read()
        if data:
            dial.receive(data, board.came(ticks), board.held())
        # One frame a turn, so that a request in the middle of a long answer is heard.
        frame = dial.outgoing() if board.ready() else None
        if frame is not None:
            board.write(frame)
        elif dial.restart_into is not None:
            board.restart(dial.restart_into)
        else:
            board.wait(dial.wait_us())


def make_dial(**parts):
    """The dial with the largest outbox that fits this board's memory; HELLO reports its size."""
    for capacity in (TWO_HOURS, TWO_HOURS // 2, TWO_HOURS // 4):
        try:
            return Dial(outbox_capacity=capacity, **parts)
        except MemoryError:
            continue
    raise MemoryError("no room for an outbox")


def main():
    """Start on this board; on a computer, on the board that the emulator describes."""
    if ON_BOARD:
        from port.hardware import open_board
    else:
        from port.emulated import open_board
    board = open_board(sys.argv)
    if board is None:
        return
    identity = Identity(
        boot=board.random_u32(),
        unique_id=board.unique_id,
        board=board.board,
        interpreter=board.interpreter,
        knob=board.knob_kind,
        pins=board.pins,
        max_rate_hz=board.max_rate_hz,
        radio=board.radio,
    )
    dial = make_dial(
        ticks_us=board.ticks_us,
        identity=identity,
        settings=board.settings,
        knob=board.knob,
        keep=board.store.save,
        raise_pulse=board.raise_pulse,
        free_bytes=board.free_bytes,
    )
    if board.store.problem:
        dial.log(WARNING, board.store.problem)
    board.start()
    try:
        run(board, dial)
    except Exception as error:  # noqa: BLE001  (whatever it is: the dial reports it and starts again)
        board.crashed(dial, error)


try:
    main()
finally:
    if ON_BOARD:
        # Whatever ended the dial, the prompt accepts Ctrl-C again.
        kbd_intr(3)  # pyright: ignore[reportPossiblyUnboundVariable]
