"""The command line. Each command has its own file, which is imported only when the command is called."""

import importlib
import io
import sys
from typing import NoReturn

import click

from tracedial import __version__
from tracedial.errors import TracedialError, os_sentence
from tracedial.files.safe_text import terminal_text, whole_text

COMMANDS = {
    "align": "Fit the clocks of a recording again and write its trace.",
    "analyze": "Find ruptures and repairs and measure agreement.",
    "calibrate": "Fit a dial's potentiometer to its scale, step by step.",
    "check": "Test a dial: noise, travel, ticks, clock.",
    "clips": "Cut the clips of ruptures, repairs and peaks out of the video.",
    "config": "Read or change a dial's settings.",
    "demo": "Do the whole job on two emulated dials with synthetic raters.",
    "devices": "List the dials that answer.",
    "emulate": "Run emulated dials: the real firmware without a board.",
    "export": "Write a session or study for SPSS, Excel, R, NVivo, BIDS and others.",
    "face": "Draw a dial's printed face from its scale, as SVG or PDF.",
    "flash": "Put the dial's firmware on a board.",
    "import": "Take in ratings from CARMA, DARMA, PAGAN, XDF or any CSV.",
    "introduce": "Let this computer use a dial without its cable.",
    "overlay": "Draw the traces below the session video.",
    "plan": "Say how many dyads and minutes a study needs.",
    "record": "Record one or more dials against a session video.",
    "report": "Write the report of a session.",
    "rescue": "Give a board's prompt back to MicroPython's tools.",
    "room": "Open the rating room: video, dial, segments, clips and questions in the browser.",
    "study": "Set up a study, add sessions, see who has rated what, export.",
}
MODULES = {"import": "import_ratings"}
"""Commands whose names cannot be module names."""


class LazyGroup(click.Group):
    """Knows its commands' names and one-line helps without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f"tracedial.cli.{MODULES.get(cmd_name, cmd_name)}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tracedial")
def main() -> None:
    """Tracedial: moment-to-moment ratings, from the knob to the statistics."""


def run() -> None:
    """Run a command. A `TracedialError` becomes one sentence and exit code 1; wrong usage gives exit code 2.

    If the system refuses a file or folder, that too becomes one sentence, which says which and why.
    """
    for stream in (sys.stdout, sys.stderr):
        # If a console cannot show a character, show a mark in its place: this must not end a recording.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        _refuse_unreadable(sys.argv[1:])
        main()
    except TracedialError as error:
        _end(str(error))
    except OSError as error:
        _end(os_sentence(error))


def _end(sentence: str) -> NoReturn:
    click.echo(f"tracedial: {terminal_text(sentence)}", err=True)
    sys.exit(1)


def _refuse_unreadable(arguments: list[str]) -> None:
    """Refuse a name whose bytes are not UTF-8 before it is used: no file could store it as text."""
    for argument in arguments:
        if whole_text(argument) != argument:
            raise TracedialError(
                f"The name {whole_text(argument)} is not written in UTF-8 (is it from an old disk or archive?): rename "
                "the file or folder, then give it again."
            )
