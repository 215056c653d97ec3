"""`tracedial overlay`."""

from pathlib import Path

import click

from tracedial.cli.session_video import session_and_video
from tracedial.exchange.overlay import write_overlay

PLACE = click.Path(path_type=Path)


@click.command()
@click.argument("session", type=PLACE)
@click.option("--out", type=PLACE, required=True, metavar="FILE", help="The new video, an .mp4.")
@click.option("--video", "video_path", type=PLACE, metavar="FILE", help="The session video, if no study knows it.")
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def command(session: Path, out: Path, video_path: Path | None, force: bool) -> None:
    """Draw the traces below the session video, with a line that moves along: for supervision and talks.

    The session video stays as it is. Needs ffmpeg.

    Example: tracedial overlay my-study/sessions/s1 --out s1-with-traces.mp4
    """
    dyad, video = session_and_video(session, video_path)
    with click.progressbar(length=1000, label=out.name, show_percent=True) as bar:
        write_overlay(
            dyad, video, out, force=force, on_progress=lambda share: bar.update(round(1000 * share) - bar.pos)
        )
    click.echo(f"{out}: {video.duration_s:.0f} s with the traces of {', '.join(one.rater for one in dyad.ratings)}")
