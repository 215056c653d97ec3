"""`tracedial align`."""

import sys
from pathlib import Path

import click

from tracedial.alignment.align import align_recordings
from tracedial.cli.reporting import say_alignments
from tracedial.errors import RecordingError
from tracedial.recording.folder import journals
from tracedial.recording.session import read_session


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
def command(paths: tuple[Path, ...]) -> None:
    """Fit the clocks of recordings again, from their journals, and write their traces anew.

    PATH is a recording's folder or a session's. The journal is read, never changed.
    """
    folders = []
    for path in paths:
        if journals(path):
            folders.append(path)
            continue
        raters = [path / rater for rater in read_session(path).raters]
        recorded = [folder for folder in raters if journals(folder)]
        for folder in raters:
            if folder not in recorded:
                click.echo(f"{folder.name}: no recording yet.")
        if not recorded:
            raise RecordingError(path, f"Nobody has rated {path} yet: there is nothing to align.")
        folders += recorded
    sys.exit(1 if say_alignments(*align_recordings(folders)) else 0)
