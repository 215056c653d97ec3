"""The settings of an analysis: which measures, which scale, how traces are prepared."""

from dataclasses import dataclass, field
from pathlib import Path

from tracedial.errors import AnalysisError
from tracedial.measures.pseudo_dyads import SURROGATES
from tracedial.measures.reliability import LEVELS
from tracedial.measures.ruptures import EventSettings
from tracedial.measures.trace import MAX_RATING

MEASURES = ("core", "full")
LAG_WORDS = ("practice", "estimate")
MAX_STEPS = 1e6


@dataclass(frozen=True)
class RatingScale:
    """The scale of the ratings; `source` says where it comes from; `detents` are positions and their labels."""

    low: float
    high: float
    step: float
    source: str
    detents: tuple[tuple[float, str], ...] = ()

    @property
    def options(self) -> int | None:
        """How many ratings it has; None where its steps do not say."""
        steps = (self.high - self.low) / self.step
        return round(steps) + 1 if abs(steps - round(steps)) < 1e-6 else None


DEFAULT_SCALE = RatingScale(-50, 50, 1, "assumed")
CONFIRMED, BY_RULE = "confirmed", "rule"


@dataclass(frozen=True)
class StudyWords:
    """The rest of a study's file, besides the rule and the scale: its title, the language of its pages and its report,
    what was rated, which `kinds` of segments the study looks for, whether it looks for repairs, and who chooses
    (`researcher` or `rule`)."""

    title: str
    language: str = "en"
    what: str = ""
    kinds: tuple[str, ...] = ("lowest", "highest")
    repairs: bool = True
    chosen_by: str = "researcher"


@dataclass(frozen=True)
class LagCorrection:
    """How many seconds earlier a rater's trace was moved before the analysis, and the source of that lag."""

    rater: str
    lag_s: int
    source: str


@dataclass(frozen=True)
class AnalysisSettings:
    """All parameters of an analysis. The output reports every change to the traces.

    `measures`: `core` leaves out shifts, surrogates, most intervals, lags, windows and the events' coincidence.
    `keep_unmoved` counts the seconds before the knob was first moved as ratings; `keep_start` keeps the start-up, in
    which raters move from the dial's first position to their level, in all measures of agreement. `trim_agreement_s`:
    the first seconds that no measure of agreement uses (raters need a while to find their place; median 8 s, Schubert
    2013). `lags`: for a rater (or `*`, all) a number of seconds, or `practice` (the lag that the practice task
    measured), or `estimate` (behind the first rater). `rescale`: for a rater, the ends of the scale of the ratings;
    these are mapped to the ends of `scale`. `codes`: an observer's sheet; if it names sessions, the lines of
    `codes_session` are used. `alpha_level`: the level of measurement of Krippendorff's alpha. `order`: the order in
    which raters are compared (b minus a), for all sessions of a study; if empty, each session's own. `surrogates`: what
    a study's mean r is compared with (`pseudo_dyads.SURROGATES`). `interchangeable`: the order of raters means nothing,
    as when two students were called rater1 and rater2 as they came; differences then have a size but no direction.
    `segments`: whether to use the ruptures, repairs and peaks that a researcher `confirmed` in the study, if there are
    any, or those of the `rule`. `study`: from the study's file, None outside a study. `overrides`: sentences about
    settings that differ from the study's file.
    """

    events: EventSettings = field(default_factory=EventSettings)
    measures: str = "full"
    common_only: bool = False
    keep_unmoved: bool = False
    keep_start: bool = False
    trim_agreement_s: int = 0
    max_lag_s: int = 10
    tolerance_s: int = 10
    window_s: int = 120
    scale: RatingScale | None = None
    rescale: dict[str, tuple[float, float]] = field(default_factory=dict)
    lags: dict[str, int | str] = field(default_factory=dict)
    codes: Path | None = None
    codes_session: str = ""
    alpha_level: str = "interval"
    order: tuple[str, ...] = ()
    surrogates: str = "dyads"
    interchangeable: bool = False
    segments: str = CONFIRMED
    study: StudyWords | None = None
    overrides: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.measures not in MEASURES:
            raise AnalysisError(f"The set of measures is {self.measures!r}; it must be one of {', '.join(MEASURES)}.")
        if self.alpha_level not in LEVELS:
            raise AnalysisError(f"The level of alpha is {self.alpha_level!r}; it must be one of {', '.join(LEVELS)}.")
        if self.surrogates not in SURROGATES:
            raise AnalysisError(f"Surrogates are {self.surrogates!r}; they must be one of {', '.join(SURROGATES)}.")
        if self.segments not in (CONFIRMED, BY_RULE):
            raise AnalysisError(f"Segments are {self.segments!r}; they must be {CONFIRMED} or {BY_RULE}.")
        if self.interchangeable and self.surrogates != "dyads":
            raise AnalysisError(
                f"Surrogates by {self.surrogates} change one rater's trace and keep the other's; interchangeable "
                "raters are set beside raters of other sessions: leave --surrogates out."
            )
        for name, least, most in (("trim_agreement_s", 0, 36000), ("max_lag_s", 0, 600), ("tolerance_s", 0, 3600),
                                  ("window_s", 10, 36000)):  # fmt: skip
            if not least <= getattr(self, name) <= most:
                raise AnalysisError(
                    f"The setting {name} is {getattr(self, name)}; it must be within {least} and {most}."
                )
        if self.scale and not (
            -MAX_RATING <= self.scale.low < self.scale.high <= MAX_RATING
            and (self.scale.high - self.scale.low) / MAX_STEPS <= self.scale.step <= self.scale.high - self.scale.low
        ):
            raise AnalysisError(
                "The scale must be LOW:HIGH:STEP with LOW below HIGH, and STEP no larger than from one to the other."
            )
        for rater, (low, high) in self.rescale.items():
            if not (-MAX_RATING <= low < high <= MAX_RATING and high - low > 1 / MAX_STEPS):
                raise AnalysisError(
                    f"The scale of {rater} must go from its lower end to its upper: {low:g} to {high:g}."
                )
        for rater, lag in self.lags.items():
            if lag not in LAG_WORDS and not (isinstance(lag, int) and abs(lag) <= 60):
                raise AnalysisError(
                    f"The lag of {rater} is {lag!r}; it must be whole seconds up to 60, or {' or '.join(LAG_WORDS)}."
                )

    @property
    def full(self) -> bool:
        """Whether everything is computed."""
        return self.measures == "full"

    def refuse_unknown(self, raters: list[str]) -> None:
        """Raise for a setting that names an unknown rater."""
        for what, given in (("--lag", self.lags), ("--rescale", self.rescale)):
            for rater in given:
                if rater != "*" and rater not in raters:
                    raise AnalysisError(f"{what} names {rater}, but the raters are {', '.join(raters)}.")
