"""The options of the rupture and repair rules, shared by the commands that find them."""

import functools
from collections.abc import Callable
from typing import Any

import click

from tracedial.cli.numbers import FiniteRange
from tracedial.errors import AnalysisError
from tracedial.events import EventSettings

DEFAULTS = EventSettings()


def event_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options, and pass them on as one `settings`."""

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
                  "and half a robust SD].")  # fmt: skip
    @click.option("--hold", "hold_s", default=DEFAULTS.hold_s, show_default=True, metavar="S",
                  help="How long the rise must last.")  # fmt: skip
    @click.option("--level", "level_s", default=DEFAULTS.level_s, show_default=True, metavar="S",
                  help="How far before and after the levels are sought that a repair is measured by.")  # fmt: skip
    @click.option("--clip", "clip_s", default=DEFAULTS.clip_s, show_default=True, metavar="S",
                  help="Length of a clip to replay.")  # fmt: skip
    @functools.wraps(function)
    def wrapped(**values: Any) -> Any:
        names = (
            "count",
            "segment_s",
            "separation_s",
            "min_valid",
            "trim_start_s",
            "smooth_s",
            "rise",
            "hold_s",
            "level_s",
            "clip_s",
        )
        try:
            settings = EventSettings(**{name: values.pop(name) for name in names})
        except AnalysisError as error:
            raise click.UsageError(str(error)) from None
        return function(settings=settings, **values)

    return wrapped
