"""The report of a session: one HTML file that holds everything it shows, and the tables and figures beside it."""

import html
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tracedial.analysis import Analysis, write_tables
from tracedial.clock import drift_words
from tracedial.errors import AnalysisError
from tracedial.figure import write_figure

NO_NUMBER = "–"


def write_report(analysis: Analysis, folder: Path) -> Path:
    """Write `report.html`, `figure.svg`, `figure.png`, `analysis.json` and the CSVs into `folder`."""
    write_tables(analysis, folder)
    try:
        images = write_figure(analysis, folder)
        path = folder / "report.html"
        path.write_text(render(analysis, images["svg"].decode()), encoding="utf-8")
    except OSError as error:
        raise AnalysisError(f"The report in {folder} cannot be written: {error.strerror}.") from error
    return path


def render(analysis: Analysis, svg: str) -> str:
    """The report as HTML; `svg` is the figure's."""
    data = analysis.as_json()
    title = f"Session {analysis.session.name}" if analysis.session else "Session"
    svg = svg[svg.index("<svg") :]
    banner = (
        '<p class="synthetic">SYNTHETIC: the raters of this session are made up by a program. '
        "These are no observations.</p>"
        if analysis.synthetic
        else ""
    )
    parts = [
        f"<h1>{_text(title)}</h1>",
        banner,
        f'<figure role="img" aria-label="{_text(_figure_words(analysis))}">{svg}'
        f"<figcaption>{_text(_figure_words(analysis))}</figcaption></figure>",
        "<h2>Agreement</h2>" if data["pairs"] else "",
        *[_pair_words(pair) for pair in data["pairs"]],
        _pairs_table(data) if data["pairs"] else "",
        "<h2>Raters</h2>",
        _raters_table(data),
        "<h2>Ruptures and repairs</h2>",
        *[_events_table(data, rater) for rater in data["ruptures"]],
        "<h2>Parameters</h2>",
        _table(("parameter", "value"), [(key, _plain(value)) for key, value in data["parameters"].items()]),
        "<h2>Provenance</h2>",
        _provenance(analysis),
    ]
    return _PAGE.format(title=_text(title), body="\n".join(part for part in parts if part))


def _pair_words(pair: dict[str, Any]) -> str:
    c, d = pair["congruence"], pair["discrepancy"]
    if c["r"] is None:
        first = f"No temporal congruence of {pair['a']} and {pair['b']} can be given: {c['reason']}."
    else:
        first = f"Temporal congruence of {pair['a']} and {pair['b']}: r = {r_text(c['r'])}, N = {c['n']:,} seconds"
        if c["p_eff"] is not None:
            first += f"; effective N = {c['n_eff']:.0f}, {p_text(c['p_eff'])}"
            first += f". Taken as if each second were an observation of its own, p would be {_p_value(c['p_naive'])}"
            first += "; neighbouring seconds are nearly the same rating, so the first p is the one to report."
        else:
            first += f"; no p value: {c['reason']}."
    second = (
        ""
        if d["mean"] is None
        else f" Directional discrepancy: {d['in_words']}" + (f" (SD = {d['sd']:.2f})." if d["sd"] is not None else ".")
    )
    return f"<p>{_text(first + second)}</p>"


def _pairs_table(data: dict[str, Any]) -> str:
    columns = ("rater a", "rater b", "r", "N", "p (naive)", "effective N", "p (effective N)", "mean b − a", "SD")
    rows = []
    for pair in data["pairs"]:
        c, d = pair["congruence"], pair["discrepancy"]
        rows.append(
            (
                pair["a"], pair["b"], r_text(c["r"]), f"{c['n']:,}", _p_value(c["p_naive"]), number_text(c["n_eff"], 0),
                _p_value(c["p_eff"]), number_text(d["mean"], 2), number_text(d["sd"], 2),
            )
        )  # fmt: skip
    return _table(columns, rows)


def _raters_table(data: dict[str, Any]) -> str:
    rows = [
        (r["name"], f"{r['n']:,}", number_text(r["mean"], 2), number_text(r["sd"], 2), r["missing"])
        for r in data["raters"]
    ]
    return _table(("rater", "seconds rated", "mean", "SD", "seconds missing"), rows)


def _events_table(data: dict[str, Any], rater: str) -> str:
    repairs = {repair["rank"]: repair for repair in data["repairs"][rater]}
    rows = []
    for rupture in data["ruptures"][rater]:
        repair = repairs[rupture["rank"]]
        rows.append(
            (
                rupture["rank"], f"{time_text(rupture['onset_s'])} to {time_text(rupture['end_s'])}",
                number_text(rupture["mean"], 1), time_text(rupture["nadir_s"]), _clip(rupture["clip"]),
                time_text(repair["onset_s"]) if repair["onset_s"] is not None else repair["reason"],
                NO_NUMBER if repair["repaired_fraction"] is None else f"{repair['repaired_fraction']:.0%}",
                _clip(repair["clip"]),
            )
        )  # fmt: skip
    notes = "".join(f"<p>{_text(note)}</p>" for note in data["notes"].get(rater, []))
    columns = (
        "rank (1 lowest)", "rupture", "mean", "nadir", "clip to replay", "repair begins", "regained", "clip to replay",
    )  # fmt: skip
    return f"<h3>{_text(rater)}</h3>{_table(columns, rows) if rows else ''}{notes}"


def _provenance(analysis: Analysis) -> str:
    data = analysis.as_json()
    rows: list[tuple[str, str]] = [("software", _plain(data["software"]))]
    if analysis.session:
        video = analysis.session.video
        rows.append(
            ("video", f"{video['name']}, {video['duration_s']:.3f} s, {video['frame_rate_hz']:g} frames a second")
        )
        rows.append(("video sha256", video["sha256"]))
    for rater, report in analysis.alignments.items():
        dial = report["dial"]
        rows.append(
            (
                f"{rater}: dial",
                f"{dial['name']} ({dial['board']}, id {dial['unique_id']}), firmware {dial['firmware']} on "
                f"{dial['interpreter']}, protocol {'.'.join(map(str, dial['protocol']))}",
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
    return _table(("", ""), rows)


def _figure_words(analysis: Analysis) -> str:
    names = " and ".join(trace.rater for trace in analysis.traces)
    words = (
        f"Moment-to-moment ratings of {names} over the session. Broad bands: ruptures, numbered by rank (1 is the "
        "lowest); triangles: where the repair after each begins."
    )
    return words + (" Synthetic raters." if analysis.synthetic else "")


def _table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    columns = list(columns)
    kind = "words" if len(columns) == 2 else "numbers"
    head = "".join(f"<th>{_text(name)}</th>" for name in columns)
    head = f"<thead><tr>{head}</tr></thead>" if any(columns) else ""
    body = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide {kind}"><table>{head}<tbody>{body}</tbody></table></div>'


def _text(value: object) -> str:
    return html.escape(str(value))


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items()) or NO_NUMBER
    if isinstance(value, float):
        return f"{value:g}"
    return NO_NUMBER if value is None else str(value)


def number_text(value: float | None, digits: int) -> str:
    """A number with so many digits behind the point, or a dash."""
    return NO_NUMBER if value is None else f"{value:,.{digits}f}".replace("-", "−")


def r_text(value: float | None) -> str:
    """A correlation as the field prints it: no zero before the point."""
    return NO_NUMBER if value is None else f"{value:.2f}".replace("0.", ".", 1).replace("-", "−")


def p_text(value: float | None) -> str:
    """`p = .007`, `p < .001`."""
    text = _p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def _p_value(value: float | None) -> str:
    """`.007`, `< .001`, as a table holds it."""
    if value is None:
        return NO_NUMBER
    return "< .001" if value < 0.001 else f"{value:.3f}".replace("0.", ".", 1)


def time_text(seconds: float | None) -> str:
    """Minutes and seconds of the session, or a dash."""
    if seconds is None:
        return NO_NUMBER
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _clip(clip: dict[str, Any] | None) -> str:
    if clip is None:
        return NO_NUMBER
    return f"{time_text(clip['start_s'])} to {time_text(clip['end_s'])}" + (
        " (cut at the video's end)" if clip["cut"] else ""
    )


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #1a1a1a; background: #fff;
  max-width: 68rem; margin: 2rem auto; padding: 0 1.25rem; }}
h1 {{ font-size: 1.6rem; margin-bottom: .5rem; }}
h2 {{ font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc; padding-bottom: .2rem; }}
h3 {{ font-size: 1rem; margin-bottom: .4rem; }}
p {{ max-width: 46rem; }}
figure {{ margin: 1rem 0; }}
figure svg {{ width: 100%; height: auto; font-family: inherit; }}
figcaption {{ color: #555; font-size: .9rem; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem 1.1rem .3rem 0; border-bottom: 1px solid #e2e2e2; }}
th {{ font-weight: 600; border-bottom-color: #999; white-space: nowrap; }}
td {{ white-space: nowrap; }}
.words td:last-child {{ white-space: normal; overflow-wrap: anywhere; min-width: 14rem; }}
.synthetic {{ background: #fff3cd; border: 2px solid #8a6d00; padding: .5rem .8rem; font-weight: 600; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
