"""A plan of a study for a grant: the table, the figure, the sentences, and the files."""

import io
import json
from pathlib import Path

from tracedial.analysis.plan import Plan
from tracedial.analysis.tables import write_csv
from tracedial.errors import AnalysisError
from tracedial.files.counted import counted
from tracedial.files.private import make_folder
from tracedial.files.whole_file import write_whole
from tracedial.measures.planning import Needed
from tracedial.report.figure import COLOURS, STYLE
from tracedial.report.numbers import number_text, r_text

KINDS = ("png", "pdf")


def write_plan(plan: Plan, folder: Path) -> None:
    """Write `plan.json`, `plan.csv`, `plan.png`, `plan.pdf` and `plan.txt` (the sentences) into `folder`."""
    data = plan.as_json()
    try:
        make_folder(folder)
        write_whole(folder / "plan.json", json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        write_csv(folder / "plan.csv", data["power"])
        write_whole(folder / "plan.txt", "\n".join(plan_lines(plan)) + "\n")
        for kind, picture in plan_figure(plan).items():
            write_whole(folder / f"plan.{kind}", picture)
    except OSError as error:
        raise AnalysisError(f"The plan cannot be written to {folder}: {error.strerror}.") from error


def plan_lines(plan: Plan) -> list[str]:
    """The plan as lines of text: the power table of each question, the dyads that are needed, the assumptions."""
    lines: list[str] = []
    dyads = sorted({one.dyads for one in plan.powers})
    minutes = sorted({one.minutes for one in plan.powers})
    for question in plan.settings.questions:
        lines += [f"Power to find {_what(plan, question)}:", ""]
        lines.append(f"{'dyads':>12}" + "".join(f"{count:>7}" for count in dyads))
        for length in minutes:
            own = {one.dyads: one.power for one in plan.powers if (one.question, one.minutes) == (question, length)}
            lines.append(f"{_minutes(length):>12}" + "".join(f"{r_text(own[count]):>7}" for count in dyads))
        lines += ["", *(_needed(plan, one) for one in plan.needed if one.question == question), ""]
    lines += ["What this rests on:", *(f"* {sentence}" for sentence in plan.assumptions)]
    return lines + [f"note: {remark}" for remark in plan.remarks]


def plan_figure(plan: Plan) -> dict[str, bytes]:
    """Power by dyads, a line for each length of sessions, a panel for each question, as `{"png": …, "pdf": …}`."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    questions = plan.settings.questions
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.2 * len(questions), 4.2), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(1, len(questions), squeeze=False)[0]
        for axes, question in zip(panels, questions, strict=True):
            for number, length in enumerate(sorted({one.minutes for one in plan.powers})):
                own = [one for one in plan.powers if (one.question, one.minutes) == (question, length)]
                axes.errorbar(
                    [one.dyads for one in own], [one.power for one in own], yerr=[1.96 * one.error for one in own],
                    color=COLOURS[number % len(COLOURS)], marker="osD^vP"[number % 6], markersize=4, linewidth=1.5,
                    elinewidth=0.7, label=f"{_minutes(length)} a session",
                )  # fmt: skip
            axes.axhline(plan.settings.power, color="0.4", linewidth=0.9, linestyle="--")
            axes.set(xlabel="Dyads", ylabel="Power", ylim=(0, 1.02), title=_what(plan, question))
            axes.title.set_fontsize(9.5)
        panels[0].legend(frameon=False, loc="lower right")
        found = {}
        for kind in KINDS:
            buffer = io.BytesIO()
            metadata = {"CreationDate": None} if kind == "pdf" else {}
            figure.savefig(buffer, format=kind, dpi=200, metadata=metadata)
            found[kind] = buffer.getvalue()
        return found


def _what(plan: Plan, question: str) -> str:
    if question == "r":
        return f"a mean r of {r_text(plan.truth.r)}"
    return f"a mean difference of {number_text(plan.truth.difference, 1)} units"


def _needed(plan: Plan, one: Needed) -> str:
    least = min(power.dyads for power in plan.powers)
    if one.dyads is None:
        many = f"more than {counted(one.beyond, 'dyad')}"
    elif one.dyads == least:
        many = f"{counted(least, 'dyad')} or fewer"
    else:
        many = f"about {counted(one.dyads, 'dyad')}"
    return f"Power {r_text(plan.settings.power)} in sessions of {_minutes(one.minutes)}: {many}."


def _minutes(length: float) -> str:
    return f"{length:g} {'minute' if length == 1 else 'minutes'}"
