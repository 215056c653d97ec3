"""Recordings in one simulated time, with the real firmware in separate processes and the real recorder."""

from pathlib import Path

from tracedial.alignment.align import align
from tracedial.cli.recording_run import EmulatedRater
from tracedial.emulation.emulated_link import LinkConditions
from tracedial.emulation.emulated_settings import DialSettings
from tracedial.emulation.simulated_line import SimulatedLine
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.recording.recording import read_recording
from tracedial.timing.player import VirtualPlayer
from tracedial.video import Video

VIDEO = Video(Path("none.mp4"), 3600.0, frame_rate_hz=5.0, width=320, height=180, sha256="0" * 64)
USB = LinkConditions(latency_s=0.3e-3, jitter_s=0.1e-3)


def stands(seconds):
    """A knob script that stands on a rating of its own around each whole second, and those ratings."""
    ratings = [5 + second * 7 % 40 for second in range(seconds)]
    return tuple((second + part, rating) for second, rating in enumerate(ratings) for part in (-0.4, 0.4)), ratings


def dial(name="simulated", **settings):
    """A dial with an id of its own, on USB unless `link` says otherwise."""
    return DialSettings(name, name.encode().hex(), **{"link": USB, **settings})


def record(folder, *dials, end_s, speed=1.0, rate_hz=1.0, cues=(), acts=(), seed=1, interpreter="auto"):
    """Record dials, each for the rater of its name; returns how each ended, and its alignment.

    `acts`: `(s, name, command)`, what is done to a dial `s` seconds after the beginning; see `SimulatedDial.command`.
    """
    with SimulatedLine(seed=seed, interpreter=interpreter) as line:
        choices = [DialChoice(settings.name, line.add(settings)) for settings in dials]
        by_name = {choice.rater: line.dials[choice.port] for choice in choices}
        raters = [EmulatedRater(dial, line.time) for dial in by_name.values() if dial.settings.script]
        recorder = SessionRecorder(
            folder=folder, dials=choices, video=VIDEO, rate_hz=rate_hz, synthetic=True, open_port=line.open_port,
            listeners=[rater.on_player_event for rater in raters], time=line.time, rng=line.rng,
        )  # fmt: skip
        recorder.open()
        began_ns = line.time.now_ns()
        for after_s, name, command in acts:
            line.time.at(
                began_ns + round(after_s * 1e9), lambda name=name, command=command: by_name[name].command(command)
            )
        player = VirtualPlayer(VIDEO, recorder.on_player_event, speed=speed, cues=cues, end_s=end_s)
        summaries = recorder.run(player)
    return summaries, [align(read_recording(summary.folder)) for summary in summaries]
