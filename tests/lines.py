"""Dials in a simulated time, in one process with the host: the real firmware, and dials that misbehave."""

import random

from dial.app import Dial, Identity
from dial.calibrate import Calibration
from dial.direct import Direct
from dial.settings import Settings
from dialwire import frame, message
from dialwire.scale import ALLIANCE
from tracedial.emulation.simulated_time import SimulatedTime
from tracedial.errors import LinkError
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.timing.player import VirtualPlayer
from tracedial.video import Video

STEP_NS = 20_000_000
VIDEO_S = 12.0


class FirmwareStream:
    """The firmware's `Dial` at a port, polled when it has something to do."""

    def __init__(
        self, time: SimulatedTime, unique_id: bytes, *, boot: int, outbox_capacity: int = 7200, max_rate_hz: int = 200
    ) -> None:
        self.time = time
        self.boot = boot
        self.unique_id = unique_id
        self._began_ns = time.now_ns()
        self._came = b""
        self._wake = lambda: None
        self.is_broken = lambda: False
        self._number = 0
        identity = Identity(
            boot=boot, unique_id=unique_id, board="simulated", interpreter="test", knob="none",
            max_rate_hz=max_rate_hz,
        )  # fmt: skip
        self.dial = Dial(
            ticks_us=self._ticks_us,
            identity=identity,
            settings=Settings(unique_id.decode(), ALLIANCE, Calibration(0, 65535)),
            knob=Direct(self._raw, self._ticks_us, lambda: bool(self.is_broken())),
            outbox_capacity=outbox_capacity,
        )
        self._step(0)

    def read(self) -> bytes:
        if self.time.turning:
            self._wake = self.time.turning.wake
        data, self._came = self._came, b""
        return data

    def write(self, data: bytes) -> None:
        self.dial.receive(data, self._ticks_us())
        self._step(self._number)

    def close(self) -> None:
        self._wake = lambda: None

    def send(self, data: bytes) -> None:
        """Bytes towards the host."""
        self._came += data
        self._wake()

    def seconds(self) -> float:
        """Since this dial's boot."""
        return (self.time.now_ns() - self._began_ns) / 1e9

    def _ticks_us(self) -> int:
        return (self.time.now_ns() - self._began_ns) // 1000 % (1 << 30)

    def _raw(self) -> int:
        return round((int(self.seconds()) * 7 % 101) / 100 * 65535)

    def _step(self, number: int) -> None:
        if number != self._number:
            return
        self.dial.poll()
        while (data := self.dial.outgoing()) is not None:
            self.send(data)
        self._number += 1
        own, wait_ns = self._number, min(self.dial.wait_us() * 1000, STEP_NS)
        self.time.at(self.time.now_ns() + max(wait_ns, 1000), lambda: self._step(own))


class HostileStream(FirmwareStream):
    """A dial that besides does what it likes: says anything (`says`, payloads by the second since its boot), hears
    nothing or says nothing of its own from a second on, never stops."""

    def __init__(
        self, time, unique_id, *, boot, says=(), deaf_from_s=None, mute_from_s=None, stops=True, outbox_capacity=7200
    ) -> None:
        self._deaf_from_s, self._mute_from_s, self._stops = deaf_from_s, mute_from_s, stops
        super().__init__(time, unique_id, boot=boot, outbox_capacity=outbox_capacity)
        for at_s, payload in says:
            time.at(self._began_ns + int(at_s * 1e9), lambda payload=payload: self.inject(frame.encode(payload)))

    def inject(self, data: bytes) -> None:
        """Send bytes that the firmware did not."""
        super().send(data)

    def send(self, data: bytes) -> None:
        if self._mute_from_s is None or self.seconds() < self._mute_from_s:
            super().send(data)

    def write(self, data: bytes) -> None:
        if self._deaf_from_s is not None and self.seconds() >= self._deaf_from_s:
            return
        kinds = [payload[0] for payload in frame.Decoder().feed(data)]
        if self._stops or message.STOP not in kinds:
            super().write(data)


class Flood(HostileStream):
    """A dial that from `from_s` on sends as much as is read of it."""

    def __init__(self, *arguments, flood, from_s=4.0, **more):
        self._flood, self._flood_from_s, self.handed_out = flood, from_s, 0
        super().__init__(*arguments, **more)

    def read(self):
        data = super().read()
        if self.seconds() < self._flood_from_s:
            return data
        flood = self._flood(self.handed_out)
        self.handed_out += len(flood)
        return data + flood


class Bench:
    """Dials at ports in one simulated time, and a recording of them."""

    def __init__(self, tmp_path) -> None:
        self.time = SimulatedTime()
        self.folder = tmp_path
        self.streams = {}
        self.recorder = None

    def add(self, rater: str, kind=FirmwareStream, **how):
        """A dial for a rater; its port is `simulated:RATER`."""
        number = len(self.streams) + 1
        stream = kind(self.time, rater.encode(), boot=0x1000_0000 * number + number, **how)
        self.streams[f"simulated:{rater}"] = stream
        return stream

    def open_port(self, port: str):
        if port not in self.streams:
            raise LinkError(port, f"There is no port {port}.")
        return self.streams[port]

    def record(self, *, rate_hz=10.0, top_speed=1.0, on_turn=lambda: None):
        """Record a video of `VIDEO_S`; returns the summaries by rater, and how long the end took (simulated s)."""
        video = Video(self.folder / "none.mp4", VIDEO_S, 25.0, 320, 240, "0" * 64)
        dials = [DialChoice(port.removeprefix("simulated:"), port) for port in self.streams]
        recorder = self.recorder = SessionRecorder(
            self.folder / "s", dials, video, rate_hz=rate_hz, time=self.time, rng=random.Random(1),
            open_port=self.open_port, top_speed=top_speed,
        )  # fmt: skip
        recorder.open()
        player = VirtualPlayer(video, recorder.on_player_event, speed=top_speed)
        began_ns = self.time.now_ns()
        summaries = recorder.run(player, on_turn)
        took_s = (self.time.now_ns() - began_ns) / 1e9
        return {summary.rater: summary for summary in summaries}, took_s - VIDEO_S / top_speed
