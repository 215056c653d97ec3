"""The report of a session: what it says, as blocks that a page and a PDF are made of, and the files.

`report.html` holds everything it shows; `report.pdf` is the same on paper; tables and figures lie beside them.
"""

from pathlib import Path

from tracedial.analysis.first import first_of
from tracedial.analysis.result import Analysis, Pair
from tracedial.analysis.result_files import write_tables
from tracedial.errors import AnalysisError
from tracedial.files.private import make_folder
from tracedial.files.whole_file import write_whole
from tracedial.measures.reliability import Reliability
from tracedial.measures.ruptures import Rupture
from tracedial.report.blocks import Block, Heading, Paragraph, Picture, Table
from tracedial.report.figure import figures, is_group
from tracedial.report.group import group_blocks, onsets_table
from tracedial.report.html import render_html
from tracedial.report.methods import methods_of, methods_words, provenance, two_columns
from tracedial.report.numbers import (
    NO_NUMBER,
    interval_text,
    number_text,
    p_value,
    r_text,
    share_text,
    span_text,
    time_text,
)
from tracedial.report.pdf import render_pdf
from tracedial.report.wording import (
    congruence_words,
    discrepancy_name,
    discrepancy_words,
    lag_words,
    overlap_words,
    reliability_words,
    withheld_words,
)

SYNTHETIC_WORDS = "SYNTHETIC: the raters of this session are made up by a program. These are no observations."


def write_report(analysis: Analysis, folder: Path) -> Path:
    """Write `report.html`, `report.pdf`, the figures, `analysis.json` and the CSVs into `folder`."""
    write_tables(analysis, folder)
    return write_pages(title_of(analysis), blocks(analysis), figures(analysis), folder)


def write_pages(title: str, content: list[Block], images: dict[str, dict[str, bytes]], folder: Path) -> Path:
    """Write `report.html`, `report.pdf` and the pictures (by name and kind) that they show; returns the page's path."""
    path = folder / "report.html"
    try:
        make_folder(folder)
        for name, kinds in images.items():
            for kind, data in kinds.items():
                write_whole(folder / f"{name}.{kind}", data)
        page = render_html(title, content, {name: one["svg"] for name, one in images.items()})
        write_whole(path, page)
        pdf = render_pdf(title, content, {name: one["png"] for name, one in images.items()})
        write_whole(folder / "report.pdf", pdf)
    except OSError as error:
        raise AnalysisError(f"The report in {folder} cannot be written: {error.strerror}.") from error
    return path


def title_of(analysis: Analysis) -> str:
    """The report's title."""
    return f"Session {analysis.session.name}" if analysis.session else "Session"


def blocks(analysis: Analysis) -> list[Block]:
    """What the report says, in its order."""
    found: list[Block] = [Heading(1, title_of(analysis))]
    if analysis.synthetic:
        found.append(Paragraph(SYNTHETIC_WORDS, warning=True))
    found += [Paragraph(remark, warning=True) for remark in analysis.remarks]
    found.append(Picture("figure", figure_words(analysis)))
    if analysis.pairs:
        found.append(Heading(2, "Agreement"))
        if is_group(analysis):
            found += group_blocks(analysis)
        else:
            for number, pair in enumerate(analysis.pairs, start=1):
                found += _pair_blocks(pair, number, full=analysis.settings.full, synthetic=analysis.synthetic)
            found.append(_pairs_table(analysis))
        if analysis.reliability:
            found += _reliability_blocks(analysis.reliability, interchangeable=analysis.settings.interchangeable)
    found += [Heading(2, "Raters"), _raters_table(analysis)]
    found.append(Heading(2, "Ruptures and repairs"))
    if is_group(analysis):
        found.append(Paragraph("The ruptures, repairs and clips of each rater are in events.csv."))
        found.append(onsets_table(analysis))
    else:
        for rater in analysis.events:
            found += _event_blocks(analysis, rater)
    if analysis.observer:
        found += _observer_blocks(analysis)
    found += [Heading(2, "Methods"), Paragraph(methods_words(methods_of(analysis)))]
    found += [Heading(2, "Parameters"), two_columns(analysis.as_json()["parameters"].items())]
    found += [Heading(2, "Provenance"), two_columns(provenance(analysis))]
    return found


def figure_words(analysis: Analysis) -> str:
    """What is seen on the figure of the traces."""
    names = [trace.rater for trace in analysis.traces]
    if is_group(analysis):
        words = (
            f"Moment-to-moment ratings of {len(names)} raters over the session: each faintly, their mean, and one SD "
            "to both sides."
        )
    else:
        words = (
            f"Moment-to-moment ratings of {' and '.join(names)} over the session. Broad bands: ruptures, numbered by "
            "rank (1 is the lowest); triangles: where the repair after each begins."
        )
    return words + (" Synthetic raters." if analysis.synthetic else "")


def sentence_of(text: str) -> str:
    """A text with a capital at its beginning."""
    return text[0].upper() + text[1:]


def _pair_blocks(pair: Pair, number: int, *, full: bool, synthetic: bool) -> list[Block]:
    a, b = pair.a, pair.b
    found: list[Block] = [Heading(3, f"{a} and {b}"), Paragraph(sentence_of(congruence_words(pair)))]
    if withheld := withheld_words(pair):
        found.append(Paragraph(withheld))
    if pair.discrepancy.mean is not None:
        found.append(Paragraph(f"{discrepancy_name(pair.discrepancy)}: {discrepancy_words(pair)}"))
    if lag := lag_words(pair):
        found.append(Paragraph(f"Lag: {lag}"))
    if overlap := overlap_words(pair):
        found.append(Paragraph(sentence_of(overlap)))
    if full and pair.congruence.r is not None:
        found.append(
            Picture(
                f"pair-{number}",
                f"{b} minus {a} over the session; r in windows of the session; r by lag (positive: {b} follows {a}); "
                f"the difference against the mean with its limits of agreement (Bland and Altman)."
                + (" Synthetic raters." if synthetic else ""),
            )
        )
    return found


def _pairs_table(analysis: Analysis) -> Table:
    difference = "mean difference" if analysis.settings.interchangeable else "mean b − a"
    columns = (
        "rater a", "rater b", "r", "N", "r detrended", "95 % CI of the first", "effective N", "p (first)", "p (naive)",
        difference, "SD",
    )  # fmt: skip
    rows = []
    for pair in analysis.pairs:
        c, d = pair.congruence, pair.discrepancy
        first = first_of(c)
        rows.append(
            (
                pair.a, pair.b, r_text(c.r), f"{c.n:,}", r_text(first.r if first.detrended else None),
                interval_text(first.low, first.high), number_text(first.n_eff, 0), p_value(first.p),
                p_value(c.p_naive), number_text(d.mean, 2), number_text(d.sd, 2),
            )
        )  # fmt: skip
    return Table(columns, rows)


RELIABILITY_LABELS = {
    "icc_a_1": "ICC(A,1)", "icc_c_1": "ICC(C,1)", "icc_1_1": "ICC(1,1)", "icc_a_k": "ICC(A,k)", "icc_c_k": "ICC(C,k)",
    "icc_1_k": "ICC(1,k)", "ccc": "Lin's CCC", "alpha": "Krippendorff's α", "rwg": "r_wg",
}  # fmt: skip


def _reliability_blocks(reliability: Reliability, *, interchangeable: bool) -> list[Block]:
    rows = []
    reasons: dict[str, list[str]] = {}
    for name, label in RELIABILITY_LABELS.items():
        one = reliability.estimates[name]
        if one.reason:
            what = label if one.value is None else f"the interval of {label}"
            reasons.setdefault(one.reason.rstrip("."), []).append(what)
        rows.append(
            (
                label, r_text(one.value), f"{one.n or 0:,}", interval_text(one.ci_low, one.ci_high),
                interval_text(one.textbook_low, one.textbook_high),
            )
        )  # fmt: skip
    found: list[Block] = [Heading(3, "All raters together")]
    if reliability.estimates["icc_a_1"].value is not None:
        found.append(Paragraph(reliability_words(reliability, interchangeable=interchangeable)))
    found.append(Table(("measure", "value", "N", "95 % CI", "95 % CI as if seconds were independent"), rows))
    found += [Paragraph(f"Not given: {', '.join(names)}: {reason}.") for reason, names in reasons.items()]
    return found


def _raters_table(analysis: Analysis) -> Table:
    rows = [
        (r["name"], f"{r['n']:,}", number_text(r["mean"], 2), number_text(r["sd"], 2), f"{r['missing']:,}")
        for r in analysis.as_json()["raters"]
    ]
    return Table(("rater", "seconds rated", "mean", "SD", "seconds missing"), rows)


def _event_blocks(analysis: Analysis, rater: str) -> list[Block]:
    events = analysis.events[rater]
    repairs = {repair.rank: repair for repair in events.repairs}
    rows = []
    for rupture in events.ruptures:
        repair = repairs[rupture.rank]
        rows.append(
            (
                str(rupture.rank), _when(rupture), number_text(rupture.mean, 1),
                p_value(rupture.p), time_text(rupture.nadir_s), _clip(rupture.clip, cut=rupture.clip_cut),
                time_text(repair.onset_s) if repair.onset_s is not None else repair.reason,
                share_text(repair.repaired_fraction), _clip(repair.clip, cut=repair.clip_cut),
            )
        )  # fmt: skip
    columns = (
        "rank (1 lowest)", "rupture", "mean", "p as low", "nadir", "clip to replay", "repair begins", "regained",
        "clip to replay",
    )  # fmt: skip
    found: list[Block] = [Heading(3, rater)]
    if rows:
        found.append(Table(columns, rows))
    return found + [Paragraph(note) for note in events.notes]


def _observer_blocks(analysis: Analysis) -> list[Block]:
    rows = []
    by_code = []
    for rater, found in analysis.observer.items():
        for kind, one in (("ruptures", found.ruptures), ("repairs", found.repairs)):
            if one:
                rows.append(
                    (
                        rater, kind, str(one.hits), str(one.misses), str(one.false_alarms), r_text(one.precision),
                        r_text(one.recall), r_text(one.f1), r_text(one.kappa),
                    )
                )  # fmt: skip
        by_code += [
            (rater, code, one["kind"], str(one["coded"]), str(one["hits"])) for code, one in found.by_code.items()
        ]
    columns = ("rater", "events", "hits", "misses", "false alarms", "precision", "recall", "F1", "kappa by second")
    return [
        Heading(2, "Events against the observer's codes"),
        Table(columns, rows),
        Table(("rater", "code", "of a", "coded", "found"), by_code),
    ]


def _when(rupture: Rupture) -> str:
    segment = span_text(rupture.onset_s, rupture.end_s)
    return segment if rupture.begins_s == rupture.onset_s else f"{segment}, falling from {time_text(rupture.begins_s)}"


def _clip(clip: tuple[int, int] | None, *, cut: bool) -> str:
    if clip is None:
        return NO_NUMBER
    return span_text(*clip) + (" (shorter: the next begins, or the video ends)" if cut else "")
