"""`tracedial face`."""

from pathlib import Path

import click

from dialwire.scale import ALLIANCE
from tracedial.errors import FaceError

DIAMETER_MM, TRAVEL_DEG = 100.0, 270.0
LANGUAGES = ("en", "de")


@click.command()
@click.option("--study", "study_path", type=click.Path(path_type=Path), help="A study or its study.toml: its scale.")
@click.option("--diameter", type=float, default=DIAMETER_MM, show_default=True, help="Of the face, in mm.")
@click.option(
    "--travel",
    type=float,
    default=TRAVEL_DEG,
    show_default=True,
    help="Degrees from the lowest to the highest mark: at least 20 less than the knob turns.",
)
@click.option("--paper", type=click.Choice(["A4", "Letter"], case_sensitive=False), default="A4", show_default=True)
@click.option("--count", type=click.IntRange(1, 999), default=1, show_default=True, help="Numbered faces, if several.")
@click.option("--first", type=click.IntRange(1, 999), default=1, show_default=True, help="The first face's number.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the sheet's own words [default: the study's].")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A file named .svg or .pdf.")
def command(
    study_path: Path | None,
    diameter: float,
    travel: float,
    paper: str,
    count: int,
    first: int,
    language: str | None,
    out: Path,
) -> None:
    """Draw the face of a dial, 1:1, from the scale that the dial uses; without a study, the alliance scale."""
    from tracedial.face.printing import to_pdf, to_svg
    from tracedial.face.sheets import make_sheets
    from tracedial.files.whole_file import write_whole
    from tracedial.study.study import STUDY_FILE
    from tracedial.study.study_file import read_study

    kind = out.suffix.lower()
    if kind not in (".svg", ".pdf"):
        raise FaceError(f"{out} is neither an .svg nor a .pdf: name the file after what you want.")
    scale, own_language = ALLIANCE, "en"
    if study_path is not None:
        study = read_study(study_path.parent if study_path.name == STUDY_FILE else study_path)
        scale, own_language = study.scale, study.language
    sheets = make_sheets(
        scale,
        diameter_mm=diameter,
        travel_deg=travel,
        paper=next(name for name in ("A4", "Letter") if name.lower() == paper.lower()),
        count=count,
        first=first,
        language=language or own_language,
    )
    if kind == ".pdf":
        written = [out]
        write_whole(out, to_pdf(sheets))
    else:
        # An SVG can hold only one sheet.
        several = len(sheets) > 1
        written = [out.with_stem(f"{out.stem}-{i + 1}") if several else out for i in range(len(sheets))]
        for path, sheet in zip(written, sheets, strict=True):
            write_whole(path, to_svg(sheet))
    faces = f"{count} faces" if count > 1 else "1 face"
    click.echo(f"{faces} of {diameter:g} mm on {len(sheets)} sheet{'s' * (len(sheets) > 1)} of {paper}: {written[0]}")
    click.echo("Print at 100 %, then measure the line at the bottom: it must be 100 mm long.")
