"""Chooses the data file for this board, by the name that its MicroPython reports."""

BOARDS = ("pico", "pico_w", "pico2", "pico2_w", "esp32", "esp32s3", "esp32c3")


class UnknownBoardError(Exception):
    """No board file fits this machine; `machine` is the name that it reports."""

    def __init__(self, machine):
        super().__init__("no board of Tracedial's is %r: choose one with `tracedial flash --board`" % machine)
        self.machine = machine


def find_board(machine, chosen=""):
    """`(name, data)` of the board `chosen`, or of the board that matches the reported `machine`."""
    for name in BOARDS:
        data = __import__("port.board_" + name, None, None, ("PINS",))
        if name == chosen or (not chosen and machine.startswith(data.MACHINE + " with ")):
            return name, data
    raise UnknownBoardError(machine)


def pin_of(data, signal):
    """The pin of a signal."""
    for name, pin in data.PINS:
        if name == signal:
            return pin
    raise KeyError(signal)
