"""`tracedial align`."""

import sys
from pathlib import Path

import click

from tracedial.cli.reporting import say_alignments
from tracedial.journal import JOURNAL_NAME
from tracedial.session import read_session
from tracedial.session_run import align_recordings


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
def command(paths: tuple[Path, ...]) -> None:
    """Fit the clocks of recordings again, from their journals, and write their traces anew.

    PATH is a recording's folder or a session's. The journal is read, never changed.
    """
    folders = []
    for path in paths:
        if (path / JOURNAL_NAME).exists():
            folders.append(path)
        else:
            folders += [path / rater for rater in read_session(path).raters]
    sys.exit(1 if say_alignments(*align_recordings(folders)) else 0)
