"""`tracedial demo`."""

import shutil
from pathlib import Path

import click

from tracedial.alignment.align import align_recordings
from tracedial.analysis.session_analysis import analyze
from tracedial.cli.analyze import say_analysis
from tracedial.cli.numbers import FiniteRange
from tracedial.cli.recording_run import SessionPlan, record_session
from tracedial.cli.reporting import say_alignments
from tracedial.emulation.emulated_link import LinkConditions
from tracedial.emulation.emulated_settings import DialSettings, read_knob_script
from tracedial.emulation.simulated_line import SimulatedLine
from tracedial.emulation.synthetic import ARTICLE_SECONDS, dyad, write_knob_script, write_video
from tracedial.errors import RecordingError
from tracedial.files.private import make_folder
from tracedial.files.whole_file import write_whole
from tracedial.firmware_files import note_on_interpreter
from tracedial.recording.folder import SESSION_FILE
from tracedial.recording.rater_recording import DialChoice
from tracedial.report.session_report import write_report
from tracedial.video import read_video

DRIFTS_PPM = (30.0, -20.0)
USB_LATENCY_S, USB_JITTER_S = 0.3e-3, 0.1e-3
DEMO_MARK = "made-by-tracedial-demo.txt"


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("demo-session"),
    show_default=True,
    help="The session's folder; an earlier demo there is replaced.",
)
@click.option(
    "--seconds",
    type=click.IntRange(60, 14400),
    default=ARTICLE_SECONDS,
    show_default=True,
    help="Length of the session.",
)
@click.option(
    "--speed",
    type=FiniteRange(0.1, 200),
    default=4.0,
    show_default=True,
    help="How much faster than the simulated clock the video runs: a faster one is recorded with less work.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of the synthetic dyad.")
def command(out: Path, seconds: int, speed: float, seed: int) -> None:
    """Do the whole job on two emulated dials with synthetic raters: video, recording, alignment, events, report.

    The dials run the real firmware, in a simulated time that waits for dials and recorder both: a busy machine makes
    the demo slower and changes nothing else, and the same seed gives the same recording.
    """
    _clear(out)
    try:
        make_folder(out)
        write_whole(out / DEMO_MARK, "Synthetic raters. `tracedial demo` replaces this folder.\n")
    except OSError as error:
        raise RecordingError(out, f"{out} cannot be written: {error.strerror}.") from error
    click.echo(f"Writing a test video of {seconds // 60}:{seconds % 60:02d} minutes …", err=True)
    video_path = out / "synthetic-session.mp4"
    write_video(video_path, seconds)
    if note := note_on_interpreter():
        click.echo(note, err=True)
    click.echo("Recording two emulated dials in simulated time …", err=True)
    with SimulatedLine(seed=seed) as line:
        dials = []
        for number, (name, ratings) in enumerate(dyad(seconds, seed=seed).items()):
            script = out / f"{name}-knob.csv"
            write_knob_script(script, ratings)
            dials.append(DialChoice(name, line.add(demo_dial(name, number, script))))
        plan = SessionPlan(out, dials, read_video(video_path), speed=speed, synthetic=True)
        summaries = record_session(plan, line)
    if problems := say_alignments(*align_recordings(summary.folder for summary in summaries)):
        raise problems[0]
    analysis = analyze([out])
    report = write_report(analysis, out / "report")
    click.echo()
    say_analysis(analysis)
    click.echo()
    click.echo(f"Report: {report}")


def demo_dial(name: str, number: int, script: Path) -> DialSettings:
    """A dial with the clock and the link of a board on USB."""
    return DialSettings(
        name=name,
        unique_id=f"de{number:014x}",
        drift_ppm=DRIFTS_PPM[number],
        script=read_knob_script(script),
        link=LinkConditions(latency_s=USB_LATENCY_S, jitter_s=USB_JITTER_S),
    )


def _clear(out: Path) -> None:
    """Delete an earlier demo, and nothing else."""
    if not out.exists():
        return
    if not out.is_dir() or ((out / SESSION_FILE).exists() and not (out / DEMO_MARK).exists()):
        raise RecordingError(out, f"{out} is not an earlier demo: choose another folder with --out.")
    if (out / DEMO_MARK).exists():
        shutil.rmtree(out)
    elif any(out.iterdir()):
        raise RecordingError(out, f"{out} is not empty and not an earlier demo: choose another folder with --out.")
