"""The report of a study: what holds over its dyads, each dyad in a row, the forest of both."""

from pathlib import Path

import numpy as np

from tracedial.analysis.first import first_of
from tracedial.analysis.places import is_remote
from tracedial.analysis.study_result import PooledPair, StudyAnalysis
from tracedial.files.counted import counted
from tracedial.measures.pooling import Pooled
from tracedial.report.blocks import Block, Heading, Paragraph, Picture, Table
from tracedial.report.figure import COLOURS, STYLE, lettered, plain, saved
from tracedial.report.language import Words
from tracedial.report.methods import Methods, methods_words, two_columns
from tracedial.report.numbers import NO_NUMBER, number_text, p_value, r_text, share_text
from tracedial.report.session_report import SYNTHETIC_WORDS, sentence_of, write_pages
from tracedial.report.study_parts import StudyParts, answer_blocks, read_parts
from tracedial.report.study_wording import pooled_words, resolution_words
from tracedial.study.study import STUDY_FILE
from tracedial.study.study_file import read_study

PSEUDO_NOTE = (
    "What all sessions share (a start-up, a rise, tiring) makes traces correlate that know nothing of each other. "
    "Pseudo-dyads, raters of different sessions, share it too; the first p is that the dyads' own raters go together "
    "more (or less) than these. The random-effects means beside it have their intervals only if nothing is shared."
)
MAX_NAMED = 75
"""More dyads than this are drawn without their names."""


def write_study_report(analysis: StudyAnalysis, folder: Path) -> Path:
    """Write `report.html`, `report.pdf` and the figures into `folder`."""
    images = {
        f"forest-{number}": forest(pair, synthetic=analysis.synthetic)
        for number, pair in enumerate(analysis.pairs, start=1)
    }
    parts = session_parts(analysis)
    return write_pages(title_of(analysis), blocks(analysis, parts), images, folder, words_of(analysis))


def session_parts(analysis: StudyAnalysis) -> dict[str, StudyParts]:
    """What each session of a study on this computer holds besides numbers, by name."""
    home = Path(analysis.study)
    if is_remote(analysis.study) or not (home / STUDY_FILE).is_file():
        return {}
    found = {}
    for session in read_study(home).readable_sessions()[0]:
        parts = read_parts(session)
        if parts:
            found[session.folder.name] = parts
    return found


def title_of(analysis: StudyAnalysis) -> str:
    """The report's title: the study's, or its folder's name."""
    study = analysis.settings.study
    return study.title if study else words_of(analysis)("Study {name}", name=Path(analysis.study).name)


def words_of(analysis: StudyAnalysis) -> Words:
    """The words of the language that the study's file names."""
    return Words(analysis.settings.study.language if analysis.settings.study else "en")


def blocks(analysis: StudyAnalysis, of_sessions: dict[str, StudyParts] | None = None) -> list[Block]:
    """What the report says, in its order; `of_sessions` are the sessions' answers."""
    say = words_of(analysis)
    parameters = analysis.as_json()["parameters"]
    scale = parameters["scale"]
    found: list[Block] = [Heading(1, title_of(analysis))]
    if analysis.synthetic:
        found.append(Paragraph(say(SYNTHETIC_WORDS), warning=True))
    found.append(
        Paragraph(f"{counted(len(analysis.sessions), 'session was', 'sessions were')} analysed.", english=True)
    )
    found += [Paragraph(said, warning=True, english=True) for said in analysis.settings.overrides]
    for session in analysis.sessions:
        found += [
            Paragraph(f"{session['session']}: {remark}", warning=True, english=True)
            for remark in session["remarks"]
            if remark not in analysis.settings.overrides
        ]
    for name, problem in analysis.problems.items():
        found.append(Paragraph(f"Not analysed: {name}: {problem}", warning=True, english=True))
    for number, pair in enumerate(analysis.pairs, start=1):
        found += [
            Heading(
                2, say("Interchangeable raters") if analysis.settings.interchangeable else say.listed([pair.a, pair.b])
            ),
            Paragraph(sentence_of(pooled_words(pair)), english=True),
            Paragraph(PSEUDO_NOTE, english=True),
            Paragraph(_heterogeneity(pair), english=True),
            Picture(
                f"forest-{number}",
                _forest_words(analysis, pair) + (" Synthetic raters." if analysis.synthetic else ""),
            ),
            _dyads(pair, say, interchangeable=analysis.settings.interchangeable),
        ]
    found.append(Heading(2, say("Ruptures and their repairs")))
    found += [Paragraph(f"{role}: {resolution_words(one)}", english=True) for role, one in analysis.resolution.items()]
    for name, parts in (of_sessions or {}).items():
        found += answer_blocks(parts, say, title=say("Session {name}: in the raters' words", name=name))
    found += [
        Heading(2, say("Methods")),
        Paragraph(
            methods_words(Methods(analysis.settings, float(scale["low"]), float(scale["high"])))
            + " Over dyads, Fisher's z of r (its own interval's variance) and mean differences (SD²/effective N) were "
            "pooled by a random-effects model with Paule and Mandel's between-dyad variance and Hartung and Knapp's "
            "interval (statsmodels). Before that, each measure's mean over the dyads was set beside those of all "
            "pairings of raters of different dyads (pseudo-dyads; Ramseyer & Tschacher, 2010; Moulder et al., 2018) "
            "as a permutation test.",
            english=True,
        ),
        Heading(2, say("Parameters")),
        two_columns(parameters.items(), title=say("Parameters")),
    ]
    return found


def _forest_words(analysis: StudyAnalysis, pair: PooledPair) -> str:
    if analysis.settings.interchangeable:
        return (
            "A: temporal congruence of each two raters of a session; B: the size of their mean difference. With 95 % "
            "intervals that account for autocorrelation, and the random-effects mean of r (diamond)."
        )
    return (
        f"A: each dyad's temporal congruence; B: its directional discrepancy ({pair.b} minus {pair.a}). With 95 % "
        "intervals that account for autocorrelation, and their random-effects means (diamonds)."
    )


def forest(pair: PooledPair, *, synthetic: bool) -> dict[str, bytes]:
    """The forest plot of a pair of roles: r and the mean difference of each dyad, and both means."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = pair.dyads
    height = max(2.2, min(1.2 + 0.2 * len(rows), 16.0))
    with mpl.rc_context({**STYLE, "font.size": 8.5}):
        figure = Figure(figsize=(10.0, height), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2, sharey=True)
        places = np.arange(len(rows), 0, -1)
        congruences = [one.congruence for _, one in rows]
        differences = [one.discrepancy for _, one in rows]
        _draw_side(left, [(c.r, c.ci_low, c.ci_high) for c in congruences], places, pair.congruence)
        _draw_side(right, [(d.mean, d.ci_low, d.ci_high) for d in differences], places, pair.discrepancy)
        lettered(left, "A")
        lettered(right, "B")
        left.set(xlabel="Temporal congruence r", xlim=(-1, 1), ylim=(-0.8, len(rows) + 0.8))
        directed = any("minus" in d.definition for d in differences)
        right.set(xlabel=f"{plain(pair.b)} − {plain(pair.a)} (units)" if directed else "Size of the difference (units)")
        if len(rows) <= MAX_NAMED:
            left.set_yticks([*places, 0], [*(plain(name) for name, _ in rows), "mean"])
        else:
            left.set_yticks([0], ["mean"])
        if synthetic:
            figure.suptitle("SYNTHETIC RATERS", fontsize=8, color="0.35", weight="bold")
        return saved(figure)


def _draw_side(axes, rows: list[tuple[float | None, float | None, float | None]], places, pooled: Pooled) -> None:
    values, low, high = np.array(rows, dtype=float).T
    axes.hlines(places, low, high, color="0.45", linewidth=1.0)
    axes.plot(values, places, "o", color=COLOURS[0], markersize=3.5)
    axes.axvline(0, color="0.8", linewidth=0.8, zorder=0)
    if pooled.value is not None:
        corners = [pooled.ci_low, pooled.value, pooled.ci_high, pooled.value]
        axes.fill(corners, [0, 0.35, 0, -0.35], color=COLOURS[5])


def _heterogeneity(pair: PooledPair) -> str:
    said = []
    for one, label in ((pair.congruence, "r (Fisher's z)"), (pair.discrepancy, "the difference")):
        if one.tau2 is not None:
            said.append(f"{label}: tau² = {number_text(one.tau2, 3)}, I² = {share_text(one.i2)}")
    return f"Differences between dyads: {'; '.join(said)}." if said else "Too few dyads to compare."


def _dyads(pair: PooledPair, say: Words, *, interchangeable: bool) -> Table:
    ranks = pair.ranks("r")
    rows = []
    for session, one in pair.dyads:
        c, d = one.congruence, one.discrepancy
        first = first_of(c)
        rank = ranks.get(session)
        rows.append(
            (
                f"{session}: {one.a}, {one.b}" if interchangeable else session, r_text(c.r),
                r_text(first.r if first.detrended else None), f"{c.n:,}", number_text(first.n_eff, 0), p_value(first.p),
                NO_NUMBER if rank is None else share_text(rank), p_value(c.p_naive), number_text(d.mean, 2),
                number_text(d.sd, 2),
            )
        )  # fmt: skip
    columns = (
        "session", "r", "r detrended", "N", "effective N", "p", "above pseudo-dyads", "p (naive)",
        "mean difference" if interchangeable else "mean b − a", "SD",
    )  # fmt: skip
    return Table(tuple(map(say, columns)), rows, title=say("Each session"))
