"""The report of a session: what it says, as blocks that a page and a PDF are made of, and the files.

`report.html` holds everything it shows; `report.pdf` is the same on paper; tables and figures lie beside them.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tracedial import __version__
from tracedial.analysis.session_analysis import Analysis, write_tables
from tracedial.errors import AnalysisError
from tracedial.files.private import make_folder
from tracedial.files.whole_file import write_whole
from tracedial.report.blocks import Block, Heading, Paragraph, Picture, Table
from tracedial.report.figure import figures, is_group
from tracedial.report.html import render_html
from tracedial.report.pdf import render_pdf
from tracedial.report.wording import (
    NO_NUMBER,
    congruence_words,
    discrepancy_words,
    lag_words,
    number_text,
    overlap_words,
    p_value,
    r_text,
    reliability_words,
    time_text,
    withheld_words,
)
from tracedial.timing.clock import drift_words

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
    data = analysis.as_json()
    found: list[Block] = [Heading(1, title_of(analysis))]
    if analysis.synthetic:
        found.append(Paragraph(SYNTHETIC_WORDS, warning=True))
    found += [Paragraph(remark, warning=True) for remark in data["remarks"]]
    found.append(Picture("figure", figure_words(analysis)))
    if data["pairs"]:
        found.append(Heading(2, "Agreement"))
        if is_group(analysis):
            found += _group_blocks(data, synthetic=analysis.synthetic)
        else:
            for number, pair in enumerate(data["pairs"], start=1):
                found += _pair_blocks(pair, number, full=analysis.settings.full, synthetic=analysis.synthetic)
            found.append(_pairs_table(data))
        found += _reliability_blocks(data["reliability"])
    found += [Heading(2, "Raters"), _raters_table(data)]
    found.append(Heading(2, "Ruptures and repairs"))
    if is_group(analysis):
        found.append(Paragraph("The ruptures, repairs and clips of each rater are in events.csv."))
        found.append(_onsets_table(data))
    else:
        for rater in data["ruptures"]:
            found += _event_blocks(data, rater)
    if data["observer"]:
        found += _observer_blocks(data)
    found += [Heading(2, "Methods"), Paragraph(methods_words(data))]
    found += [Heading(2, "Parameters"), two_columns(data["parameters"].items())]
    found += [Heading(2, "Provenance"), two_columns(_provenance(analysis))]
    return found


def methods_words(data: dict[str, Any]) -> str:
    """A methods paragraph with versions and parameters."""
    p = data["parameters"]
    scale = p["scale"]
    text = (
        f"Ratings were analysed second by second with Tracedial {__version__} (numpy {data['software']['numpy']}) on a "
        f"scale from {scale['low']:g} to {scale['high']:g}. "
    )
    if p.get("lag_corrections"):
        said = ", ".join(
            f"{one['rater']} by {abs(one['lag_s'])} s {'earlier' if one['lag_s'] >= 0 else 'later'} ({one['source']})"
            for one in p["lag_corrections"]
        )
        text += f"Ratings were moved for their reaction lag: {said}. "
    if p["trim_agreement_s"]:
        text += f"The first {p['trim_agreement_s']} s were left out of all agreement. "
    text += (
        "Temporal congruence is Pearson's r over the seconds that both rated. Since neighbouring seconds repeat one "
        "another, its p and its interval are by the signs of the traces' cosines: given the size of each cosine of "
        "both traces, r is a sum of their products with signs that are fair for unconnected traces. Where either "
        "trace showed a slow course over the session, it was taken out of both before, as a polynomial. "
    )
    if p["measures"] == "full":
        text += (
            "Beside it stand the p for the effective N of two AR(1) series (Bretherton et al., 1999; where both traces "
            "pass for such), of Pyper and Peterman (1998), among circular shifts, and among phase-randomized "
            "surrogates (Theiler et al., 1992). Intervals of all other measures are by the slow cosines of what "
            "each second adds to the measure (after Müller & Watson, 2008). "
        )
    text += (
        "Directional discrepancy is the mean difference. "
        f"Ruptures: {_rule_words(p)}. Repairs: the first rise of the trace, smoothed over {p['smooth_s']} s, after a "
        f"rupture's nadir by at least {_rises(p)} that lasts {p['hold_s']} s, dated back to the last local minimum."
    )
    return text


def figure_words(analysis: Analysis) -> str:
    """What is seen on the figure of the traces."""
    if is_group(analysis):
        words = (
            f"Moment-to-moment ratings of {len(analysis.traces)} raters over the session: each faintly, their mean, "
            "and one SD to both sides."
        )
        return words + (" Synthetic raters." if analysis.synthetic else "")
    names = " and ".join(trace.rater for trace in analysis.traces)
    words = (
        f"Moment-to-moment ratings of {names} over the session. Broad bands: ruptures, numbered by rank (1 is the "
        "lowest); triangles: where the repair after each begins."
    )
    return words + (" Synthetic raters." if analysis.synthetic else "")


def _rule_words(p: dict[str, Any]) -> str:
    """The rule of ruptures with its own parameters."""
    first = f", none in the first {p['trim_start_s']} s" if p["trim_start_s"] else ""
    match p["rule"]:
        case "vshape":
            return (
                f"falls of at least {p['drop_sd']:g} SD of the trace that regain {p['return_share']:.0%} of it, the "
                f"{p['count']} deepest at most{first}"
            )
        case "chart":
            return (
                f"segments of {p['segment_s']} s (at least {p['min_valid']:.0%} rated) whose mean lies below the lower "
                f"limit of an individuals chart of the segments' means, the {p['count']} lowest at most{first}"
            )
        case "changepoints":
            return (
                f"stretches between changes of level (PELT with an L2 cost) whose mean lies below the median, the "
                f"{p['count']} lowest at most{first}"
            )
        case rule:
            how = (
                "one after the other, the lowest first"
                if rule == "greedy"
                else "together with the lowest sum (dynamic programming)"
            )
            return (
                f"the {p['count']} segments of {p['segment_s']} s with the lowest mean rating, chosen {how}, at least "
                f"{p['separation_s']} s apart and {p['min_valid']:.0%} rated{first}"
            )


def _rises(parameters: dict[str, Any]) -> str:
    if parameters["rise"] is not None:
        return f"{parameters['rise']:g}"
    if "rise_used" not in parameters:
        return "the larger of 2 steps of the scale and half a robust SD of each trace"
    used = [f"{number_text(rise, 1)} ({name})" for name, rise in parameters["rise_used"].items()]
    return f"the larger of 2 steps of the scale and half a robust SD: {', '.join(used)}"


def _group_blocks(data: dict[str, Any], *, synthetic: bool) -> list[Block]:
    """What holds over all pairs of many raters; each pair's numbers are in a file."""
    known = [pair for pair in data["pairs"] if pair["congruence"]["r"] is not None]
    r = sorted(pair["congruence"]["r"] for pair in known)
    apart = sorted(
        abs(pair["discrepancy"]["mean"]) for pair in data["pairs"] if pair["discrepancy"]["mean"] is not None
    )
    words = f"{len(data['pairs']):,} pairs of {len(data['raters'])} raters; each one's numbers are in pairs.csv."
    if r:
        tested = [pair["congruence"] for pair in known if pair["congruence"]["first_p"]]
        below = sum(c[c["first_p"]] < 0.05 for c in tested)
        words += (
            f" r: median {r_text(r[len(r) // 2])}, from {r_text(r[0])} to {r_text(r[-1])}; the first p is below .05 in "
            f"{below:,} of {len(tested):,} (by chance about {0.05 * len(tested):,.0f})."
        )
    if apart:
        middle, most = (number_text(one, 1) for one in (apart[len(apart) // 2], apart[-1]))
        words += f" Mean difference in size: median {middle}, at most {most}."
    caption = "r and mean difference of each pair of raters (red below 0, blue above)."
    return [Paragraph(words), Picture("matrices", caption + (" Synthetic raters." if synthetic else ""))]


def _onsets_table(data: dict[str, Any]) -> Table:
    rows = [
        (rater, "; ".join(f"{time_text(r['onset_s'])} ({number_text(r['mean'], 1)})" for r in found) or NO_NUMBER)
        for rater, found in data["ruptures"].items()
    ]
    return Table(("rater", "ruptures: begin (mean)"), rows, words=True)


def _pair_blocks(pair: dict[str, Any], number: int, *, full: bool, synthetic: bool) -> list[Block]:
    a, b = pair["a"], pair["b"]
    found: list[Block] = [Heading(3, f"{a} and {b}"), Paragraph(sentence_of(f"{congruence_words(pair)}"))]
    if withheld := withheld_words(pair):
        found.append(Paragraph(withheld))
    if pair["discrepancy"]["mean"] is not None:
        found.append(Paragraph(f"Directional discrepancy: {discrepancy_words(pair)}"))
    if pair["lag"] and pair["lag"]["best_s"] is not None:
        found.append(Paragraph(f"Lag: {lag_words(pair)}"))
    if pair["events"] and pair["events"]["overlap"] is not None:
        found.append(Paragraph(sentence_of(overlap_words(pair))))
    if full and pair["congruence"]["r"] is not None:
        found.append(
            Picture(
                f"pair-{number}",
                f"{b} minus {a} over the session; r in windows of the session; r by lag (positive: {b} follows {a}); "
                f"the difference against the mean with its limits of agreement (Bland and Altman)."
                + (" Synthetic raters." if synthetic else ""),
            )
        )
    return found


def sentence_of(text: str) -> str:
    """A text with a capital at its beginning."""
    return text[0].upper() + text[1:]


def _pairs_table(data: dict[str, Any]) -> Table:
    columns = (
        "rater a", "rater b", "r", "N", "r detrended", "95 % CI of the first", "effective N", "p (first)", "p (shifts)",
        "p (surrogates)", "p (naive)", "mean b − a", "SD",
    )  # fmt: skip
    rows = []
    for pair in data["pairs"]:
        c, d = pair["congruence"], pair["discrepancy"]
        of = "_detrended" if c["first_p"] == "p_detrended" else ""
        low, high = c[f"ci{of}_low"], c[f"ci{of}_high"]
        rows.append(
            (
                pair["a"], pair["b"], r_text(c["r"]), f"{c['n']:,}", r_text(c["r_detrended"] if of else None),
                NO_NUMBER if low is None else f"{r_text(low)} to {r_text(high)}",
                number_text(c["n_eff_detrended" if of else "n_eff_cosine"], 0),
                p_value(c[c["first_p"]]) if c["first_p"] else NO_NUMBER,
                p_value(c["p_shift"]), p_value(c["p_surrogate"]), p_value(c["p_naive"]),
                number_text(d["mean"], 2), number_text(d["sd"], 2),
            )
        )  # fmt: skip
    return Table(columns, rows)


RELIABILITY_LABELS = {
    "icc_a_1": "ICC(A,1)", "icc_c_1": "ICC(C,1)", "icc_1_1": "ICC(1,1)", "icc_a_k": "ICC(A,k)", "icc_c_k": "ICC(C,k)",
    "icc_1_k": "ICC(1,k)", "ccc": "Lin's CCC", "alpha": "Krippendorff's α", "rwg": "r_wg",
}  # fmt: skip


def _reliability_blocks(reliability: dict[str, Any] | None) -> list[Block]:
    if not reliability:
        return []
    rows = []
    reasons = []
    for name, label in RELIABILITY_LABELS.items():
        one = reliability[name]
        if one["reason"]:
            reasons.append(f"{label}{'' if one['value'] is None else ', interval'}: {one['reason']}")
        ci = NO_NUMBER if one["ci_low"] is None else f"{r_text(one['ci_low'])} to {r_text(one['ci_high'])}"
        book = NO_NUMBER
        if one["textbook_low"] is not None:
            book = f"{r_text(one['textbook_low'])} to {r_text(one['textbook_high'])}"
        rows.append((label, r_text(one["value"]), f"{one['n'] or 0:,}", ci, book))
    found: list[Block] = [Heading(3, "All raters together")]
    if reliability["icc_a_1"]["value"] is not None:
        found.append(Paragraph(reliability_words(reliability)))
    found.append(Table(("measure", "value", "N", "95 % CI", "95 % CI as if seconds were independent"), rows))
    found += [Paragraph(f"Not given: {reason}") for reason in dict.fromkeys(reasons)]
    return found


def _raters_table(data: dict[str, Any]) -> Table:
    rows = [
        (r["name"], f"{r['n']:,}", number_text(r["mean"], 2), number_text(r["sd"], 2), str(r["missing"]))
        for r in data["raters"]
    ]
    return Table(("rater", "seconds rated", "mean", "SD", "seconds missing"), rows)


def _event_blocks(data: dict[str, Any], rater: str) -> list[Block]:
    repairs = {repair["rank"]: repair for repair in data["repairs"][rater]}
    rows = []
    for rupture in data["ruptures"][rater]:
        repair = repairs[rupture["rank"]]
        rows.append(
            (
                str(rupture["rank"]), f"{time_text(rupture['onset_s'])} to {time_text(rupture['end_s'])}",
                number_text(rupture["mean"], 1), p_value(rupture["p"]), time_text(rupture["nadir_s"]),
                _clip(rupture["clip"]),
                time_text(repair["onset_s"]) if repair["onset_s"] is not None else repair["reason"],
                NO_NUMBER if repair["repaired_fraction"] is None else f"{repair['repaired_fraction']:.0%}",
                _clip(repair["clip"]),
            )
        )  # fmt: skip
    columns = (
        "rank (1 lowest)", "rupture", "mean", "p as low", "nadir", "clip to replay", "repair begins", "regained",
        "clip to replay",
    )  # fmt: skip
    found: list[Block] = [Heading(3, rater)]
    if rows:
        found.append(Table(columns, rows))
    return found + [Paragraph(note) for note in data["notes"].get(rater, [])]


def _observer_blocks(data: dict[str, Any]) -> list[Block]:
    rows = []
    for rater, found in data["observer"].items():
        for kind, one in (("ruptures", found), ("repairs", found["repairs"])):
            if one:
                rows.append(
                    (
                        rater, kind, str(one["hits"]), str(one["misses"]), str(one["false_alarms"]),
                        r_text(one["precision"]), r_text(one["recall"]), r_text(one["f1"]), r_text(one["kappa"]),
                    )
                )  # fmt: skip
    columns = ("rater", "events", "hits", "misses", "false alarms", "precision", "recall", "F1", "kappa by second")
    by_code = [
        (rater, code, one["kind"], str(one["coded"]), str(one["hits"]))
        for rater, found in data["observer"].items()
        for code, one in found["by_code"].items()
    ]
    return [
        Heading(2, "Events against the observer's codes"),
        Table(columns, rows),
        Table(("rater", "code", "of a", "coded", "found"), by_code),
    ]


def _provenance(analysis: Analysis) -> list[tuple[str, str]]:
    data = analysis.as_json()
    rows: list[tuple[str, str]] = [("software", _plain(data["software"]))]
    if analysis.session:
        video = analysis.session.video
        if video["sha256"]:
            rows.append(
                (
                    "video",
                    f"{video['name']}, {number_text(video['duration_s'], 3)} s, "
                    f"{number_text(video['frame_rate_hz'], 2)} frames a second",
                )
            )
            rows.append(("video sha256", video["sha256"]))
        else:
            rows.append(("video", "none: live"))
    for rater, report in analysis.alignments.items():
        dial = report["dial"]
        rows.append(
            (
                f"{rater}: dial",
                f"{dial['name']} ({dial['board']}, id {dial['unique_id']}), firmware {dial['firmware']} on "
                f"{dial['interpreter']}, protocol {'.'.join(map(str, dial['protocol'] or ()))}",
            )
        )
        rows.append((f"{rater}: recorded", f"{report['recorded_at']} with {report['recorded_with']}"))
        offset = report["offset_ms"]
        for clock in report["clocks"]:
            rows.append(
                (
                    f"{rater}: clock",
                    f"{clock['exchanges']} sync exchanges, {drift_words(clock['drift_ppm'])}, host time "
                    f"within ±{clock['bound_ms']['max']:.2f} ms",
                )
            )
        rows.append(
            (
                f"{rater}: samples",
                f"{report['samples']} ({report['resent']} resent, {report['records_missing']} missing, "
                f"{report['samples_while_video_stood_still']} while the video stood still); 99 % within "
                f"{number_text(offset['p99_abs'], 2)} ms of video of their second",
            )
        )
        rows += [(f"{rater}: note", finding) for finding in report["findings"]]
    return rows


def two_columns(rows: Iterable[tuple[str, Any]]) -> Table:
    """Names and what they stand for."""
    return Table((), [(str(name), _plain(value)) for name, value in rows], words=True)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items()) or NO_NUMBER
    if isinstance(value, list):
        return "; ".join(map(_plain, value)) or NO_NUMBER
    if isinstance(value, float):
        return f"{value:g}"
    return NO_NUMBER if value is None else str(value)


def _clip(clip: dict[str, Any] | None) -> str:
    if clip is None:
        return NO_NUMBER
    return f"{time_text(clip['start_s'])} to {time_text(clip['end_s'])}" + (
        " (cut at the video's end)" if clip["cut"] else ""
    )
