"""Ten cuts of a link, up to half a minute each, at random instants: which records are lost."""

import random
import tempfile
from pathlib import Path

from breakage import Figure
from breakage.recorded import lost_records
from tracedial.emulation.emulated_settings import DialSettings
from tracedial.emulation.simulated_line import SimulatedLine
from tracedial.emulation.synthetic import write_video
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.timing.player import VirtualPlayer
from tracedial.video import read_video

CUTS = 10
RATE_HZ = 10
SECONDS = 600


def run() -> list[Figure]:
    """Two dials, simulated time, the firmware on its interpreter; each dial's link is cut by itself."""
    rng = random.Random(3)
    lost = numbered = 0
    with tempfile.TemporaryDirectory() as name, SimulatedLine(seed=3) as line:
        folder = Path(name)
        write_video(folder / "v.mp4", SECONDS)
        ports = [line.add(DialSettings(rater, f"c{number:015x}")) for number, rater in enumerate("ab")]
        dials = [DialChoice(rater, port) for rater, port in zip("ab", ports, strict=True)]
        video = read_video(folder / "v.mp4")
        recorder = SessionRecorder(
            folder / "s", dials, video, rate_hz=RATE_HZ, time=line.time, rng=line.rng,
            open_port=line.open_port,
        )  # fmt: skip
        recorder.open()
        for port in ports:
            for number in range(CUTS):
                at_ns = line.time.now_ns() + int((10 + number * 58 + rng.uniform(0, 20)) * 1e9)
                until_ns = at_ns + int(rng.uniform(5, 30) * 1e9)
                dial = line.dials[port]
                line.time.at(at_ns, lambda dial=dial: dial.command("cut"))
                line.time.at(until_ns, lambda dial=dial: dial.command("restore"))
        summaries = recorder.run(VirtualPlayer(video, recorder.on_player_event))
        for summary in summaries:
            of_one, all_of_one = lost_records(summary.folder)
            lost, numbered = lost + of_one, numbered + all_of_one
    losses = sum(summary.link_losses for summary in summaries)
    return [
        Figure(f"records lost in {losses} cuts", f"{lost} of {numbered}", "0", lost == 0),
        Figure("links found lost", f"{losses} of {2 * CUTS}", f"{2 * CUTS}", losses == 2 * CUTS),
    ]
