"""The options of an analysis, shared by the commands that run one."""

import functools
import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from tracedial.analysis.settings import BY_RULE, LAG_WORDS, MEASURES, AnalysisSettings, RatingScale
from tracedial.analysis.told import settings_for
from tracedial.cli.numbers import FiniteRange
from tracedial.errors import AnalysisError
from tracedial.measures.clips import PAIRS
from tracedial.measures.pseudo_dyads import SURROGATES
from tracedial.measures.reliability import LEVELS
from tracedial.measures.ruptures import RULES, EventSettings

DEFAULTS = EventSettings()
ANALYSIS = AnalysisSettings()


def analysis_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options, and pass them on as one `settings`, an `AnalysisSettings`. If the paths belong to a study, its
    settings apply, and options on the command line override them."""

    @click.option("--set", "measures", type=click.Choice(MEASURES), default=ANALYSIS.measures, show_default=True,
                  help="How much is computed.")  # fmt: skip
    @click.option("--common", "common_only", is_flag=True, help="Compare only the seconds that all traces have.")
    @click.option("--keep-unmoved", is_flag=True,
                  help="Take the seconds before a dial was first moved for ratings.")  # fmt: skip
    @click.option("--keep-start", is_flag=True,
                  help="Leave the start-up in all agreement, when ratings come from where the dial stood.")  # fmt: skip
    @click.option(
        "--scale", metavar="LOW:HIGH:STEP", help="The scale of the ratings [default: the dial's, or -50:50:1]."
    )
    @click.option("--rescale", multiple=True, metavar="RATER=LOW:HIGH",
                  help="Bring a rater's ratings from another scale onto this one.")  # fmt: skip
    @click.option("--lag", "lags", multiple=True, metavar="[RATER=]S",
                  help="Take a reaction lag out before anything else: seconds, `practice` or `estimate`.")  # fmt: skip
    @click.option("--trim-agreement", "trim_agreement_s", default=ANALYSIS.trim_agreement_s, show_default=True,
                  metavar="S", help="Leave the first seconds out of all agreement.")  # fmt: skip
    @click.option("--max-lag", "max_lag_s", default=ANALYSIS.max_lag_s, show_default=True, metavar="S",
                  help="How far the traces are moved against each other.")  # fmt: skip
    @click.option("--window", "window_s", default=ANALYSIS.window_s, show_default=True, metavar="S",
                  help="Width of the windows of r over time.")  # fmt: skip
    @click.option("--tolerance", "tolerance_s", default=ANALYSIS.tolerance_s, show_default=True, metavar="S",
                  help="How far apart the onsets of two events may be that are the same.")  # fmt: skip
    @click.option("--alpha-level", type=click.Choice(LEVELS), default=ANALYSIS.alpha_level, show_default=True,
                  help="Level of measurement of Krippendorff's alpha.")  # fmt: skip
    @click.option("--codes", type=click.Path(path_type=Path),
                  help="An observer's sheet to compare with, a CSV of onset_s,end_s,code.")  # fmt: skip
    @click.option("--surrogates", type=click.Choice(SURROGATES), default=ANALYSIS.surrogates, show_default=True,
                  help="A study: what its mean r is set beside.")  # fmt: skip
    @click.option("--interchangeable/--with-direction", "interchangeable", default=False,
                  help="Who is called which rater means nothing: differences get a size and no direction, and a study "
                  "compares raters whatever they are called [default: what study.toml says].")  # fmt: skip
    @click.option("--by-rule", is_flag=True,
                  help="A study: take the rule's own segments, also where a researcher confirmed others.")  # fmt: skip
    @click.option("--rule", type=click.Choice(list(RULES)), default=DEFAULTS.rule, show_default=True,
                  help="How ruptures are found (docs/measures.md).")  # fmt: skip
    @click.option("--drop", "drop_sd", default=DEFAULTS.drop_sd, show_default=True, metavar="SD",
                  help="Least fall of a V-shape in SD of the trace.")  # fmt: skip
    @click.option("--return", "return_share", default=DEFAULTS.return_share, show_default=True, metavar="SHARE",
                  help="How much of its fall a V-shape must regain.")  # fmt: skip
    @click.option("--segments", "count", default=DEFAULTS.count, show_default=True, help="How many lowest segments.")
    @click.option("--segment", "segment_s", default=DEFAULTS.segment_s, show_default=True, metavar="S",
                  help="Length of a segment.")  # fmt: skip
    @click.option("--separation", "separation_s", default=DEFAULTS.separation_s, show_default=True, metavar="S",
                  help="Least distance between two segments.")  # fmt: skip
    @click.option("--min-valid", type=FiniteRange(0, 1), default=DEFAULTS.min_valid, show_default=True, metavar="SHARE",
                  help="Least share of a segment's seconds that must be rated.")  # fmt: skip
    @click.option("--trim-start", "trim_start_s", default=DEFAULTS.trim_start_s, show_default=True, metavar="S",
                  help="Find no rupture in the first seconds.")  # fmt: skip
    @click.option("--smooth", "smooth_s", default=DEFAULTS.smooth_s, show_default=True, metavar="S",
                  help="Width of the mean that repairs are found on.")  # fmt: skip
    @click.option("--rise", type=FiniteRange(0), help="Least rise of a repair in scale units [default: the larger of 2 "
                  "steps and half a robust SD].")  # fmt: skip
    @click.option("--hold", "hold_s", default=DEFAULTS.hold_s, show_default=True, metavar="S",
                  help="How long the rise must last.")  # fmt: skip
    @click.option("--level", "level_s", default=DEFAULTS.level_s, show_default=True, metavar="S",
                  help="How far before and after the levels are sought that a repair is measured by.")  # fmt: skip
    @click.option("--clip", "clip_s", default=DEFAULTS.clip_s, show_default=True, metavar="S",
                  help="Length of a clip to replay.")  # fmt: skip
    @click.option(
        "--clip-pairs",
        type=click.Choice(PAIRS),
        default=DEFAULTS.clip_pairs,
        show_default=True,
        help="Clips of a rupture and its repair: one ends where the other begins, or one for both.",
    )
    @functools.wraps(function)
    def wrapped(**values: Any) -> Any:
        scale, rescale, lags = values.pop("scale"), values.pop("rescale"), values.pop("lags")
        given = _said(_own(EventSettings, values) | _own(AnalysisSettings, values))
        if values.pop("by_rule"):
            given["segments"] = BY_RULE
        if scale:
            given["scale"] = _scale(scale)
        given["rescale"] = {rater: _ends(ends) for rater, ends in map(_named, rescale)}
        given["lags"] = {rater: _lag(lag) for rater, lag in map(_of_all, lags)}
        try:
            settings = settings_for(values["paths"], given)
        except AnalysisError as error:
            raise click.UsageError(str(error)) from None
        return function(settings=settings, **values)

    return wrapped


def _own(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    """Remove from `values`, and return, the values that are fields of a settings class."""
    return {entry.name: values.pop(entry.name) for entry in fields(kind) if entry.name in values}


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """The values that were given on the command line; for all others a study's file decides."""
    context = click.get_current_context()
    return {
        name: value
        for name, value in values.items()
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    }


def _numbers(option: str, text: str, count: int) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(":")]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise click.UsageError(f"{option} {text!r} must be {count} numbers with a colon between them, as in -50:50"
                               + (":1." if count == 3 else "."))  # fmt: skip
    return numbers


def _scale(text: str) -> RatingScale:
    low, high, step = _numbers("--scale", text, 3)
    return RatingScale(low, high, step, "given")


def _ends(text: str) -> tuple[float, float]:
    low, high = _numbers("--rescale", text, 2)
    return low, high


def _named(text: str) -> tuple[str, str]:
    rater, found, value = text.partition("=")
    if not found or not rater:
        raise click.UsageError(f"{text!r} must name the rater: RATER=VALUE.")
    return rater, value


def _of_all(text: str) -> tuple[str, str]:
    return _named(text) if "=" in text else ("*", text)


def _lag(text: str) -> int | str:
    if text in LAG_WORDS:
        return text
    try:
        return int(text)
    except ValueError:
        raise click.UsageError(f"--lag {text!r} must be whole seconds, or {' or '.join(LAG_WORDS)}.") from None
