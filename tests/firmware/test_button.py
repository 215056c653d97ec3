from dial.button import BOUNCE_US, HOLD_US, Button
from dial.lamp import FAULT, IDENTIFY, RECORDING, SYNCED, WAITING, lit
from dial.latch import Edges
from plain import FakeTicks


class Hand:
    """A button that is looked at every 10 ms, and whose falling edges are latched."""

    def __init__(self, us=0):
        self.clock = FakeTicks(us)
        self.edges = Edges(self.clock)
        self.button = Button(self.edges)
        self.down = False
        self.presses = []
        self.holds = 0

    def look_for(self, ms):
        for _ in range(ms // 10):
            self.clock.us += 10000
            self.button.look(self.down, self.clock())
            if self.button.pressed:
                self.presses.append(self.button.ticks)
            self.holds += self.button.held

    def press(self):
        self.down = True
        self.edges.latch()

    def bounce(self):
        for _ in range(5):
            self.edges.latch()


def test_a_press_has_the_instant_of_its_first_edge():
    hand = Hand()
    hand.look_for(50)
    hand.clock.us += 3300
    hand.press()
    hand.clock.us += 700
    hand.bounce()
    hand.look_for(200)
    hand.down = False
    hand.bounce()
    hand.look_for(200)
    assert hand.presses == [53300]
    assert hand.holds == 0


def test_each_press_counts_once_and_across_the_wrap():
    hand = Hand((1 << 30) - 1000000)
    for _ in range(4):
        hand.press()
        hand.look_for(300)
        hand.down = False
        hand.bounce()
        hand.look_for(300)
    assert len(hand.presses) == 4


def test_a_spike_is_no_press():
    hand = Hand()
    hand.look_for(100)
    hand.edges.latch()
    hand.look_for(300)
    assert hand.presses == []


def test_a_hold_is_told_once():
    hand = Hand()
    hand.press()
    hand.look_for(HOLD_US // 1000 + 500)
    assert (len(hand.presses), hand.holds) == (1, 1)
    hand.down = False
    hand.look_for(100)
    assert hand.holds == 1


def test_a_contact_without_an_interrupt_still_presses():
    hand = Hand()
    hand.down = True
    hand.look_for(100)
    assert len(hand.presses) == 1
    assert BOUNCE_US < 20000


def test_each_state_of_the_lamp_can_be_told_from_the_others():
    seen = set()
    for pattern in (WAITING, SYNCED, RECORDING, FAULT, IDENTIFY):
        seen.add(tuple(lit(pattern, ms) for ms in range(0, 2000, 20)))
    assert len(seen) == 5
    assert all(lit(SYNCED, ms) for ms in range(0, 3000, 7))
    assert sum(lit(RECORDING, ms) for ms in range(1000)) == 500
