"""`tracedial record`."""

import sys
from pathlib import Path

import click

from tracedial.alignment.align import align_recordings
from tracedial.cli.numbers import FiniteRange
from tracedial.cli.recording_run import SessionPlan, record_session, resumed, top_speed
from tracedial.cli.reporting import say_alignments
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.resume import read_begun
from tracedial.study.study_sessions import check_place, study_rate_hz
from tracedial.timing.player import CueError, parse_cue
from tracedial.video import read_video


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--video", "video_path", type=click.Path(path_type=Path), required=True, help="The session video.")
@click.option("--dial", "dials", multiple=True, metavar="RATER[=PORT]", help="A rater and the port of the dial in that "
              "rater's hand; repeat for several. Without a port: the only dial there is.")  # fmt: skip
@click.option("--rate", "rate_hz", type=click.IntRange(1, 200), help="Samples a second of video.  [default: what a "
              "resumed recording has, or the study's, or 1]")  # fmt: skip
@click.option("--speed", type=FiniteRange(0.1, 200), default=1.0, show_default=True, help="Speed of the video.")
@click.option("--cue", "cues", multiple=True, metavar="ACT@AT:VALUE",
              help="Script the player, at second 12 of the video: pause@12:3 (3 s), stall@12:3, seek@12:40 (to 40), "
    "rate@12:1.5 (one and a half times the speed); may be repeated.")  # fmt: skip
@click.option("--seconds", "end_s", type=FiniteRange(1), help="End at this second of the video.")
@click.option("--resume", is_flag=True, help="Go on with a recording that was broken off, from the second reached.")
@click.option("--spill", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Go on here, with all that was recorded, when the disk of SESSION takes no more.")  # fmt: skip
@click.option("--another-dial", is_flag=True, help="With --resume: go on with another dial than before.")
def command(
    session: Path,
    video_path: Path,
    dials: tuple[str, ...],
    rate_hz: int | None,
    speed: float,
    cues: tuple[str, ...],
    end_s: float | None,
    resume: bool,
    another_dial: bool,
    spill: Path | None,
) -> None:
    """Record one or more dials into the folder SESSION, each rater's recording in a folder of its own.

    The video's time runs by a virtual player over the file: start your own player with it. PORT is a serial port
    (/dev/ttyACM0, COM3), socket://HOST:PORT, or `emulated:` for a dial emulated on the spot
    (emulated:?knob=script.csv&drift-ppm=40). Ctrl-C ends the recording; what was recorded is complete.

    When the disk is full, the ratings wait in memory until there is room, or go on in --spill; also at the end.

    A recording that was broken off goes on with --resume: same video, same dial, one more journal in the same folder.

    Example: tracedial record session-7 --video session-7.mp4 --dial client=/dev/ttyACM0 --dial therapist=/dev/ttyACM1
    """
    choices = []
    for text in dials or ("rater",):
        rater, _, port = text.partition("=")
        choices.append(DialChoice(rater, port))
    try:
        parsed = tuple(parse_cue(cue) for cue in cues)
    except CueError as error:
        raise click.UsageError(str(error)) from None
    if another_dial and not resume:
        raise click.UsageError("--another-dial belongs to --resume: a recording begins with any dial.")
    if (told := study_rate_hz(session)) and rate_hz and rate_hz != told[1]:
        click.echo(f"note: rating.rate_hz is {rate_hz} here, as given; study.toml of {told[0]!r} says {told[1]}.")
    if rate_hz is None:
        # The folder's name is checked later; without a folder there is no rate.
        begun = [read_begun(session / choice.rater).rate_hz for choice in choices] if resume else []
        rate_hz = round(next((rate for rate in begun if rate), told[1] if told else 1))
    fastest = top_speed(speed, parsed)
    if rate_hz * fastest > 200:
        raise click.UsageError(f"{rate_hz} samples a second at speed {fastest:g} are more than a dial's 200 a second.")
    check_place(session, [choice.rater for choice in choices])
    video = read_video(video_path)
    for cue, text in zip(parsed, cues, strict=True):
        if max(cue.at_video_s, cue.value if cue.act == "seek" else 0.0) > video.duration_s:
            raise click.UsageError(f"The cue {text!r} lies beyond the video's end at {video.duration_s:.1f} s.")
    plan = SessionPlan(
        session,
        choices,
        video,
        rate_hz=rate_hz,
        speed=speed,
        cues=parsed,
        end_s=end_s,
        another_dial=another_dial,
        spill=spill,
    )
    if resume:
        plan = resumed(plan)
        click.echo(f"Goes on at second {plan.begin_s:g} of the video: have your player there.", err=True)
    summaries = record_session(plan)
    problems = say_alignments(*align_recordings(summary.folder for summary in summaries))
    incomplete = [summary for summary in summaries if not summary.complete]
    for summary in incomplete:
        click.echo(f"tracedial: {summary.lacks}", err=True)
    sys.exit(1 if incomplete or problems else 0)
