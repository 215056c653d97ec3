"""Recordings over the air in a simulated time: the firmware on its emulated radio and the recorder, both proven."""

from dial.calibrate import Calibration
from dial.settings import Settings, pack_slot
from dialwire.scale import ALLIANCE
from simulated_recording import VIDEO
from tracedial.alignment.align import align
from tracedial.cli.recording_run import EmulatedRater
from tracedial.emulation.emulated_settings import DialSettings
from tracedial.emulation.simulated_air import SimulatedAir
from tracedial.emulation.simulated_line import SimulatedLine
from tracedial.link.introductions import Introduction, Introductions
from tracedial.link.sealed_stream import SealedStream
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.recording.recording import read_recording
from tracedial.timing.player import VirtualPlayer

HOST_ID = b"the host"
KEY = bytes(range(32))


def air_dial(folder, name="simulated", key=KEY, **settings):
    """A dial that was introduced to this host, and keeps that in `folder`."""
    keep = folder / f"flash-{name}"
    keep.mkdir(parents=True)
    kept = Settings(name, ALLIANCE, Calibration(0, 65535), known_hosts=((HOST_ID, key, "test"),))
    (keep / "settings_0.bin").write_bytes(pack_slot(1, kept))
    return DialSettings(name, name.encode().hex(), keep=keep, radio=True, **settings)


class AirLine:
    """Dials, each on a cable and on the air, and one host, in one simulated time."""

    def __init__(self, *dials, seed=1, interval_s=0.03, interpreter="auto"):
        self.line = SimulatedLine(seed=seed, interpreter=interpreter)
        self.time = self.line.time
        self.known = Introductions(HOST_ID, {})
        self.dials, self.airs = {}, {}
        for settings in dials:
            port = self.line.add(settings)
            dial = self.dials[settings.name] = self.line.dials[port]
            self.airs[settings.name] = SimulatedAir(dial, self.time, self.line.rng, interval_s=interval_s)
            self.known.dials[settings.unique_id] = Introduction(settings.unique_id, settings.name, KEY.hex())

    def open_port(self, port):
        if not port.startswith("ble:"):
            return self.line.open_port(port)
        raw = self.airs[port.removeprefix("ble:")].connect(port)
        return SealedStream(port, raw, self.known, self.line.rng.randbytes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.__exit__()


def record_over_air(folder, line, *, end_s, rate_hz=1.0, acts=()):
    """Record all dials of a line over the air; `acts`: `(s, function)`."""
    choices = [DialChoice(name, f"ble:{name}") for name in line.dials]
    raters = [EmulatedRater(dial, line.time) for dial in line.dials.values() if dial.settings.script]
    recorder = SessionRecorder(
        folder=folder, dials=choices, video=VIDEO, rate_hz=rate_hz, synthetic=True, open_port=line.open_port,
        listeners=[rater.on_player_event for rater in raters], time=line.time, rng=line.line.rng,
    )  # fmt: skip
    line.time.sleep(1.0)
    recorder.open()
    began_ns = line.time.now_ns()
    for after_s, act in acts:
        line.time.at(began_ns + round(after_s * 1e9), act)
    summaries = recorder.run(VirtualPlayer(VIDEO, recorder.on_player_event, end_s=end_s))
    return summaries, [align(read_recording(summary.folder)) for summary in summaries]
