"""`tracedial export`."""

import sys
from pathlib import Path

import click

from tracedial.cli.reporting import say_problems
from tracedial.exchange.contents import read_source
from tracedial.exchange.deidentify import Key, deidentify, key_place, read_key, write_key
from tracedial.exchange.formats import FORMATS, check_targets, export
from tracedial.files.safe_text import terminal_text

PLACE = click.Path(path_type=Path)
EPILOG = "\b\nWhich format for what:\n" + "\n".join(f"  {name:<9} {one.use}" for name, one in FORMATS.items())


class Names(click.ParamType):
    """Names of formats, with commas between them."""

    name = "NAME[,NAME…]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        """The names, each once."""
        names = list(dict.fromkeys(part.strip().lower() for part in value.split(",") if part.strip()))
        unknown = [name for name in names if name not in FORMATS]
        if unknown or not names:
            self.fail(f"{', '.join(unknown) or 'nothing'} is no format; these are: {', '.join(FORMATS)}.", param, ctx)
        return names


@click.command(epilog=EPILOG)
@click.argument("path", type=PLACE)
@click.option("--format", "names", type=Names(), required=True, metavar="NAME[,NAME…]", help="One format or several.")
@click.option("--out", type=PLACE, required=True, metavar="DIR",
              help="Where a folder for each format is made, named like it.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace an earlier export there.")
@click.option("--deidentify", "without_names", is_flag=True,
              help="Codes for dyads and people, shifted dates, no file names. Answers stay: read them.")  # fmt: skip
@click.option("--key", type=PLACE, metavar="FILE",
              help="Which code is whose, kept at home and used again [default: beside DIR].")  # fmt: skip
def command(path: Path, names: list[str], out: Path, force: bool, without_names: bool, key: Path | None) -> None:
    """Write a session or a study in the formats that other programs read.

    PATH is a session's folder, a study's, or a folder of sessions. Not sure? `csv` for R, Python and jamovi, `sav` for
    SPSS, `xlsx` to look at in Excel, `text` for NVivo or MAXQDA.

    Example: tracedial export my-study --format csv,sav --out for-analysis
    """
    if key and not without_names:
        raise click.UsageError("--key goes with --deidentify.")
    source = read_source(path)
    check_targets(names, out, force=force)
    place = key or key_place(out)
    codes = read_key(place) if without_names else Key({})
    if without_names:
        deidentify(source, codes)
        write_key(codes, place)
        click.echo(f"Key: {place} (keep it; it does not belong with the export)")
    for name in names:
        made = export(source, name, out)
        shown = ", ".join(made.files[:6]) + (f" and {len(made.files) - 6} more" if len(made.files) > 6 else "")
        click.echo(f"{made.folder}: {terminal_text(shown)}")
        for note in made.notes:
            click.echo(f"    note: {terminal_text(note)}")
    if without_names:
        write_key(codes, place)
        click.echo("What raters typed, and why segments were changed, is not changed: read it before you pass it on.")
    for note in source.notes:
        click.echo(f"note: {terminal_text(note)}")
    say_problems(source.problems)
    sys.exit(1 if source.problems else 0)
