from dial.latch import Edges
from plain import FakeTicks

LOOK_US = 10000
BEGAN, ENDED = 1, 0
FLOOD = 32
PAUSE_US = 1000000
CALM_US = 1000000


class Input:
    """A sync input whose edges come every `apart_us`, and a loop that looks every 10 ms while its interrupt leaves it
    time: an edge costs 60 us."""

    COST_US = 60

    def __init__(self):
        self.clock = FakeTicks((1 << 30) - 3000000)
        self.edges = Edges(self.clock)
        self.edges.guard(self.set_trigger, 4)
        self.open = True
        self.handled = 0
        self.said = []
        self.busy_us = 0

    def set_trigger(self, trigger):
        assert trigger in (0, 4)
        self.open = trigger == 4

    def run(self, us, apart_us):
        end = self.clock.us + us
        look = self.clock.us + LOOK_US
        while self.clock.us < end:
            self.clock.us += apart_us
            if self.open:
                self.handled += 1
                self.busy_us += self.COST_US
                self.edges.latch()
            if self.clock.us >= look:
                look += LOOK_US
                said = self.edges.look(self.clock())
                if said is not None:
                    self.said.append(said)
                while self.edges.waiting():
                    self.edges.take()


def test_a_flood_is_shut_out_said_once_and_let_in_again_when_it_is_over():
    for apart_us in (50, 10, 1):
        source = Input()
        source.run(1000000, 50000)
        assert source.said == [] and source.handled == 20
        source.run(10000000, apart_us)
        assert source.said == [BEGAN]
        # Tried every second, for the few edges that it takes to see that nothing has changed.
        assert source.busy_us < 25000 and source.handled <= 20 + 11 * (FLOOD + 2)
        assert source.edges.lost > 0
        source.run(PAUSE_US + CALM_US + 100000, 50000)
        assert source.said == [BEGAN, ENDED] and source.open
        handled = source.handled
        source.run(1000000, 100000)
        assert source.handled == handled + 10


def test_what_a_loop_can_serve_is_not_shut_out():
    source = Input()
    source.run(5000000, 1000)
    assert source.said == [] and source.handled == 5000


def test_a_second_flood_is_a_second_one():
    source = Input()
    for flood in (1, 2, 3):
        source.run(3000000, 20)
        source.run(3000000, 100000)
        assert source.said == [BEGAN, ENDED] * flood


def test_an_input_that_cannot_be_shut_is_counted_still():
    edges = Edges(FakeTicks())
    for _ in range(1000):
        edges.latch()
    assert edges.lost == 1000 - 16
