"""ELAN: an annotation document for each session, with its raters' traces as a linked time series.

A session `s1` becomes three files that must stay together: `s1.eaf` (tiers for each rater's ruptures, repairs, peaks
and answers), `s1_ratings.txt` (a row for each second) and `s1_tsconf.xml`, which describes its columns to ELAN's time
series viewer.
"""

from pathlib import Path
from xml.etree import ElementTree

from tracedial.exchange.contents import Dyad, Rating, Source
from tracedial.exchange.cues import Cue, answer_cues, file_stem, on_one_line, segment_cues, without_overlaps
from tracedial.exchange.libraries import library
from tracedial.exchange.tables import present
from tracedial.exchange.xml_texts import xml_text
from tracedial.files.whole_file import write_whole

PROVIDER = "mpi.eudico.client.annotator.timeseries.csv.CSVServiceProvider"
RATE = "Continuous Rate"
COLORS = ("31,119,180", "214,39,40", "44,160,44", "148,103,189", "255,127,14", "23,190,207")
KINDS = {"rupture": "ruptures", "repair": "repairs", "peak": "peaks", "answer": "answers"}


def write(source: Source, folder: Path) -> list[str]:
    """Raises `OSError`."""
    for dyad in source.dyads():
        stem = file_stem(dyad.name)
        _write_series(dyad, folder / f"{stem}_ratings.txt")
        _write_config(dyad, stem, folder / f"{stem}_tsconf.xml")
        _write_document(dyad, stem, folder / f"{stem}.eaf")
    return []


def _write_series(dyad: Dyad, path: Path) -> None:
    """Write milliseconds and each rater's ratings, separated by tabs. A cell without a rating holds NaN, since ELAN
    reads an empty cell at the end of a row as 0."""
    columns = [present(one.trace.rated) for one in dyad.ratings]
    lines = ["\t".join(["# ms", *(on_one_line(one.rater) for one in dyad.ratings)])]
    for second in range(dyad.n_seconds):
        cells = (column[second] if second < len(column) else None for column in columns)
        lines.append("\t".join([f"{second * 1000}", *("NaN" if cell is None else f"{cell!r}" for cell in cells)]))
    write_whole(path, "".join(f"{line}\n" for line in lines))


def _write_config(dyad: Dyad, stem: str, path: Path) -> None:
    root = ElementTree.Element("timeseries", {"version": "1.0"})
    where = {"source-url": f"file:./{stem}_ratings.txt", "sample-type": RATE, "time-column": "0"}
    source = ElementTree.SubElement(root, "tracksource", where)
    ElementTree.SubElement(source, "property", {"key": "provider", "value": PROVIDER})
    for at, rating in enumerate(dyad.ratings):
        track = ElementTree.SubElement(source, "track", {"name": xml_text(rating.rater), "derivative": "0"})
        position = ElementTree.SubElement(track, "sample-position")
        ElementTree.SubElement(position, "pos", {"row": "0", "col": str(at + 1)})
        ElementTree.SubElement(track, "description").text = "Rating at each second of the video"
        ElementTree.SubElement(track, "units").text = "rating"
        low, high = _range(rating)
        ElementTree.SubElement(track, "range", {"min": f"{low:g}", "max": f"{high:g}"})
        ElementTree.SubElement(track, "color").text = COLORS[at % len(COLORS)]
    ElementTree.indent(root)
    write_whole(path, ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _range(rating: Rating) -> tuple[float, float]:
    if rating.scale:
        return rating.scale.low, rating.scale.high
    known = [value for value in present(rating.trace.rated) if value is not None] or [0.0, 1.0]
    return min(known), max(known)


def _write_document(dyad: Dyad, stem: str, path: Path) -> None:
    elan = library("pympi.Elan")
    document = elan.Eaf(author="Tracedial")
    document.remove_tier("default")
    name = on_one_line(dyad.video["name"])
    if name:
        kind = "video/mp4" if name.lower().endswith((".mp4", ".m4v")) else "unknown"
        document.add_linked_file(f"file:./{xml_text(name)}", relpath=f"./{xml_text(name)}", mimetype=kind)
    for file, kind in ((f"{stem}_ratings.txt", "unknown"), (f"{stem}_tsconf.xml", "text/xml")):
        document.add_secondary_linked_file(f"file:./{file}", relpath=f"./{file}", mimetype=kind)
    for rating in dyad.ratings:
        for tier, cues in tiers(rating).items():
            document.add_tier(tier, part=xml_text(rating.rater))
            for cue in cues:
                begin, end = round(cue.start_s * 1000), round(cue.end_s * 1000)
                document.add_annotation(tier, begin, max(end, begin + 1), xml_text(cue.text))
    elan.to_eaf(str(path), document)


def tiers(rating: Rating) -> dict[str, list[Cue]]:
    """A rater's cues by tier. Neither ELAN nor Praat can show overlapping cues in a tier, so a kind gets as many tiers
    as it needs (`client answers`, `client answers 2`)."""
    cues = [*segment_cues(rating), *answer_cues(rating)]
    found: dict[str, list[Cue]] = {}
    for kind, words in KINDS.items():
        own = [cue for cue in cues if cue.kind == kind]
        for number, row in enumerate(without_overlaps(own), start=1):
            found[xml_text(f"{rating.rater} {words}" + (f" {number}" if number > 1 else ""))] = row
    return found
