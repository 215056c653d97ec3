"""The real firmware and the real host client in one process and one simulated time: hours in seconds, truth known."""

import random

from dial.app import Dial, Identity
from dial.calibrate import Calibration
from dial.direct import Direct
from dial.settings import Settings
from dialwire.scale import ALLIANCE
from tracedial.link.client import DialClient


class SimulatedDial:
    """A dial, a link and a client. Time is true time in microseconds; the dial's clock is offset, drifting, wrapped.

    `rating_at` is the knob: a function of true seconds. `damage` is applied to each chunk of bytes on the link.
    """

    def __init__(self, *, drift_ppm=0.0, offset_us=0, latency_us=200, boot=0x1234ABCD, seed=1, outbox_capacity=7200):
        self.now_us = 0
        self.drift_ppm = drift_ppm
        self.offset_us = offset_us
        self.latency_us = latency_us
        self.rating_at = lambda true_s: 20.0
        self.damage = lambda data: data
        self.connected = True
        self.broken = False
        self.rng = random.Random(seed)
        self.events = []
        self._boot_us = 0
        self._outbox_capacity = outbox_capacity
        self._under_way = []
        self.boot(boot)
        self.client = DialClient("simulated", lambda: self.now_us * 1000, random.Random(seed))

    def boot(self, boot):
        """Reset: another boot id, an empty memory, a clock from its offset."""
        self._boot_us = self.now_us
        identity = Identity(boot=boot, unique_id=b"simulate", board="simulated", interpreter="test", knob="none")
        self.dial = Dial(
            ticks_us=self.ticks_us,
            identity=identity,
            settings=Settings("sim", ALLIANCE, Calibration(0, 65535)),
            knob=Direct(self._raw, self.ticks_us, lambda: self.broken),
            outbox_capacity=self._outbox_capacity,
        )

    def dial_us(self, true_us=None):
        """The dial's own time at a true time, unwrapped."""
        true_us = self.now_us if true_us is None else true_us
        return self.offset_us + round((true_us - self._boot_us) * (1 + self.drift_ppm * 1e-6))

    def ticks_us(self):
        return self.dial_us() % (1 << 30)

    def run(self, seconds):
        """Let time pass on both sides of the link."""
        end_us = self.now_us + round(seconds * 1e6)
        while self.now_us < end_us:
            self._deliver()
            self.dial.poll()
            for frame in self.client.outgoing():
                self._send(frame, to_dial=True)
            frame = self.dial.outgoing()
            while frame is not None:
                self._send(frame, to_dial=False)
                frame = self.dial.outgoing()
            step = min(self.dial.wait_us(), 5000, end_us - self.now_us)
            if self._under_way:
                step = min(step, self._under_way[0][0] - self.now_us)
            self.now_us += max(step, 1)

    def of(self, kind):
        """The events of a kind heard so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def _raw(self):
        return round((self.rating_at(self.now_us / 1e6) + 50) / 100 * 65535)

    def _send(self, data, *, to_dial):
        if self.connected and (data := self.damage(data)):
            self._under_way.append((self.now_us + self.latency_us, to_dial, data))

    def _deliver(self):
        while self._under_way and self._under_way[0][0] <= self.now_us:
            _, to_dial, data = self._under_way.pop(0)
            if not self.connected:
                continue
            if to_dial:
                self.dial.receive(data, self.ticks_us())
            else:
                self.events += self.client.feed(data, self.now_us * 1000)
