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
from tracedial.report.blocks import Block, Heading, Paragraph, Picture, Table
from tracedial.report.chart import chart
from tracedial.report.event_blocks import event_blocks, observer_blocks
from tracedial.report.figure import figures, is_group
from tracedial.report.group import group_blocks, onsets_table
from tracedial.report.html import render_html
from tracedial.report.language import ENGLISH, Words
from tracedial.report.methods import methods_of, methods_words, provenance, two_columns
from tracedial.report.numbers import interval_text, number_text, p_value, r_text
from tracedial.report.pdf import render_pdf
from tracedial.report.study_parts import StudyParts, answer_blocks, edit_blocks, read_parts, told_blocks
from tracedial.report.summary import summary
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
    content = blocks(analysis, read_parts(analysis.session))
    say = words_of(analysis)
    return write_pages(title_of(analysis), content, figures(analysis, say), folder, say)


def write_pages(
    title: str, content: list[Block], images: dict[str, dict[str, bytes]], folder: Path, say: Words = ENGLISH
) -> Path:
    """Write `report.html`, `report.pdf` and the pictures (by name and kind) that they show; returns the page's path."""
    path = folder / "report.html"
    try:
        make_folder(folder)
        for name, kinds in images.items():
            for kind, data in kinds.items():
                write_whole(folder / f"{name}.{kind}", data)
        page = render_html(title, content, {name: one["svg"] for name, one in images.items()}, say)
        write_whole(path, page)
        pdf = render_pdf(title, content, {name: one["png"] for name, one in images.items()}, say)
        write_whole(folder / "report.pdf", pdf)
    except OSError as error:
        raise AnalysisError(f"The report in {folder} cannot be written: {error.strerror}.") from error
    return path


def title_of(analysis: Analysis) -> str:
    """The report's title: the study's and the session's."""
    say, study = words_of(analysis), analysis.settings.study
    if not analysis.session:
        return say("Session")
    session = say("Session {name}", name=analysis.session.folder.resolve().name or analysis.session.name)
    return f"{study.title}: {session}" if study else session


def words_of(analysis: Analysis) -> Words:
    """The words of the language that the study's file names."""
    return Words(analysis.settings.study.language if analysis.settings.study else "en")


def blocks(analysis: Analysis, parts: StudyParts | None = None) -> list[Block]:
    """What the report says, in its order; `parts` are what the session's study holds besides numbers."""
    say = words_of(analysis)
    found: list[Block] = [Heading(1, title_of(analysis))]
    if analysis.synthetic:
        found.append(Paragraph(say(SYNTHETIC_WORDS), warning=True))
    found.append(summary(analysis, say))
    if parts:
        found += answer_blocks(parts, say)
    found += [Heading(2, say("The course of the session")), Picture("figure", figure_words(analysis))]
    found += [] if is_group(analysis) else [chart(analysis, say)]
    found += [Paragraph(remark, warning=True, english=True) for remark in analysis.remarks]
    if analysis.pairs:
        found += _agreement_blocks(analysis, say)
    found += [Heading(2, say("Raters")), _raters_table(analysis, say)]
    found.append(Heading(2, say("Ruptures and repairs")))
    if is_group(analysis):
        found.append(Paragraph(say("The ruptures, repairs and clips of each rater are in events.csv.")))
        found.append(onsets_table(analysis))
    else:
        for rater in analysis.events:
            found += event_blocks(analysis, rater, say)
    if analysis.observer:
        found += observer_blocks(analysis, say)
    if parts:
        found += edit_blocks(parts, say)
    found += [Heading(2, say("Methods")), Paragraph(methods_words(methods_of(analysis)), english=True)]
    if parts:
        found += told_blocks(parts.study, say)
    found += [
        Heading(2, say("Parameters")),
        two_columns(analysis.as_json()["parameters"].items(), title=say("Parameters")),
        Heading(2, say("Provenance")),
        two_columns(provenance(analysis), title=say("Provenance")),
    ]
    return found


def _agreement_blocks(analysis: Analysis, say: Words) -> list[Block]:
    found: list[Block] = [Heading(2, say("Agreement"))]
    if is_group(analysis):
        found += group_blocks(analysis)
    else:
        for number, pair in enumerate(analysis.pairs, start=1):
            found += _pair_blocks(pair, number, analysis, say)
        found.append(_pairs_table(analysis, say))
    if analysis.reliability:
        found += _reliability_blocks(analysis.reliability, say, interchangeable=analysis.settings.interchangeable)
    return found


def figure_words(analysis: Analysis) -> str:
    """What is seen on the figure of the traces."""
    say = words_of(analysis)
    names = [trace.rater for trace in analysis.traces]
    if is_group(analysis):
        words = say(
            "Moment-to-moment ratings of {n} raters over the session: each faintly, their mean, and one SD to both "
            "sides.", n=len(names),
        )  # fmt: skip
    else:
        words = say(
            "Moment-to-moment ratings of {names} over the session. Shaded bands: ruptures, numbered by rank (1 is the "
            "lowest); triangles: where the repair after each begins.", names=say.listed(names),
        )  # fmt: skip
        if any(sets.confirmed and sets.used is sets.confirmed for sets in analysis.sets.values()):
            words += " " + say("Dashed edges: the rule's own ruptures where others were confirmed.")
    return words + (" " + say("Synthetic raters.") if analysis.synthetic else "")


def sentence_of(text: str) -> str:
    """A text with a capital at its beginning."""
    return text[0].upper() + text[1:]


def _pair_blocks(pair: Pair, number: int, analysis: Analysis, say: Words) -> list[Block]:
    a, b = pair.a, pair.b
    sentences = [sentence_of(congruence_words(pair)), withheld_words(pair)]
    if pair.discrepancy.mean is not None:
        sentences.append(f"{discrepancy_name(pair.discrepancy)}: {discrepancy_words(pair)}")
    if lag := lag_words(pair):
        sentences.append(f"Lag: {lag}")
    if overlap := overlap_words(pair):
        sentences.append(sentence_of(overlap))
    found: list[Block] = [Heading(3, say.listed([a, b]))]
    found += [Paragraph(text, english=True) for text in sentences if text]
    if analysis.settings.full and pair.congruence.r is not None:
        found.append(Picture(f"pair-{number}", pair_words(pair, analysis, say)))
    return found


def pair_words(pair: Pair, analysis: Analysis, say: Words) -> str:
    """What is seen on a pair's figure."""
    words = say(
        "A: {b} minus {a} over the session. B: r in windows of {window_s} s. C: r by lag (positive: {b} follows {a}). "
        "D: the difference against the mean, with its limits of agreement (Bland and Altman).",
        a=pair.a, b=pair.b, window_s=analysis.settings.window_s,
    )  # fmt: skip
    return words + (" " + say("Synthetic raters.") if analysis.synthetic else "")


def _pairs_table(analysis: Analysis, say: Words) -> Table:
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
    return Table(tuple(map(say, columns)), rows, title=say("Agreement of each pair"))


RELIABILITY_LABELS = {
    "icc_a_1": "ICC(A,1)", "icc_c_1": "ICC(C,1)", "icc_1_1": "ICC(1,1)", "icc_a_k": "ICC(A,k)", "icc_c_k": "ICC(C,k)",
    "icc_1_k": "ICC(1,k)", "ccc": "Lin's CCC", "alpha": "Krippendorff's α", "rwg": "r_wg",
}  # fmt: skip


def _reliability_blocks(reliability: Reliability, say: Words, *, interchangeable: bool) -> list[Block]:
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
    found: list[Block] = [Heading(3, say("All raters together"))]
    if reliability.estimates["icc_a_1"].value is not None:
        found.append(Paragraph(reliability_words(reliability, interchangeable=interchangeable), english=True))
    columns = ("measure", "value", "N", "95 % CI", "95 % CI as if seconds were independent")
    found.append(Table(tuple(map(say, columns)), rows, title=say("All raters together")))
    found += [Paragraph(f"Not given: {', '.join(names)}: {reason}.", english=True) for reason, names in reasons.items()]
    return found


def _raters_table(analysis: Analysis, say: Words) -> Table:
    rows = [
        (r["name"], f"{r['n']:,}", number_text(r["mean"], 2), number_text(r["sd"], 2), f"{r['missing']:,}")
        for r in analysis.as_json()["raters"]
    ]
    columns = ("rater", "seconds rated", "mean", "SD", "seconds missing")
    return Table(tuple(map(say, columns)), rows, title=say("Raters"))
