"""Code in an interrupt allocates nothing: tested with the heap locked, if the interpreter can lock it."""

from dial.latch import Edges, Latch
from dial.quadrature import Quadrature
from dialwire.ticks import BOARD_TOP

try:
    from micropython import heap_lock, heap_unlock  # pyright: ignore[reportMissingImports]
except ImportError:

    def heap_lock():
        """CPython's heap has no lock."""

    def heap_unlock():
        """Nor needs it to be opened."""


def without_memory(call, times):
    heap_lock()
    try:
        for _ in range(times):
            call()
    finally:
        heap_unlock()


def test_the_latches_of_converter_edges_and_encoder():
    latch = Latch(lambda: BOARD_TOP, lambda: 65535)
    without_memory(latch.latch, 1200)
    latch.paused = True
    without_memory(latch.latch, 3)
    edges = Edges(lambda: BOARD_TOP)
    edges.guard(lambda trigger: None, 4)
    without_memory(edges.latch, 100)
    assert edges.lost
    decoder = Quadrature(0, 0)

    def turn():
        for a, b in ((1, 0), (1, 1), (0, 1), (0, 0), (1, 1)):
            decoder.step(a, b)

    without_memory(turn, 100)
    assert decoder.count and decoder.missed


def test_counts_at_their_highest_are_small_integers_still():
    latch = Latch(lambda: BOARD_TOP, lambda: 65535)
    latch._written = latch._at = 0x0FFFFFFF
    edges = Edges(lambda: BOARD_TOP)
    edges._written = edges._read = edges.lost = 0x0FFFFFFF
    without_memory(latch.latch, 3)
    without_memory(edges.latch, 100)
    assert latch._written == 2
