"""`tracedial clips`."""

from pathlib import Path

import click

from tracedial.cli.session_video import session_and_video
from tracedial.exchange.video_clips import cut_clips, planned_clips
from tracedial.files.counted import counted
from tracedial.files.safe_text import terminal_text

PLACE = click.Path(path_type=Path)
KINDS = ("rupture", "repair", "peak")


@click.command()
@click.argument("session", type=PLACE)
@click.option("--out", type=PLACE, required=True, metavar="DIR", help="Where the clips go.")
@click.option("--video", "video_path", type=PLACE, metavar="FILE", help="The session video, if no study knows it.")
@click.option("--rater", "raters", multiple=True, metavar="NAME", help="Only this rater's clips; may be repeated.")
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="Only these; may be repeated.")
@click.option("--exact", is_flag=True, help="Encode every clip anew, also where it could be copied.")
@click.option("--force", is_flag=True, help="Replace clips that are there already.")
def command(
    session: Path, out: Path, video_path: Path | None, raters: tuple[str, ...], kinds: tuple[str, ...], exact: bool,
    force: bool,
) -> None:  # fmt: skip
    """Cut the clips of ruptures, repairs and peaks out of the session video.

    A clip that begins at a key frame is copied as it is, any other is encoded anew so that it begins exactly. Needs
    ffmpeg.

    Example: tracedial clips my-study/sessions/s1 --out clips
    """
    dyad, video = session_and_video(session, video_path)
    if unknown := [name for name in raters if name not in [one.rater for one in dyad.ratings]]:
        raise click.UsageError(f"{unknown[0]} has rated nothing of {dyad.name}.")
    if raters:
        dyad.ratings[:] = [one for one in dyad.ratings if one.rater in raters]
    clips = planned_clips(dyad, video, out, kinds=set(kinds or KINDS), exact=exact)
    with click.progressbar(length=1000, label=counted(len(clips), "clip"), show_percent=True) as bar:
        cut_clips(clips, video, force=force, on_progress=lambda share: bar.update(round(1000 * share) - bar.pos))
    for clip in clips:
        how = "copied" if clip.copied else "encoded anew"
        click.echo(f"{terminal_text(str(clip.target))}: {clip.start_s:g} s to {clip.end_s:g} s, {how}")
