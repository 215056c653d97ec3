"""A plan of a study: how many dyads and minutes it needs, from a pilot or from a stated autocorrelation."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from tracedial import __version__
from tracedial.analysis.pilot import Pilot
from tracedial.errors import AnalysisError
from tracedial.files.counted import counted
from tracedial.measures.planning import Needed, Power, needed, power_of_studies
from tracedial.measures.pseudo_dyads import FEWEST
from tracedial.measures.simulated_dyads import Spectrum, Truth, spectrum_of_ar1

LONGEST_MINUTES = 240
SHORTEST_MINUTES = 2
MOST_DYADS = 2000
STATED_SPREAD_R = 0.1
"""The SD of the dyads' r (on Fisher's z) if neither a pilot nor the user gives one."""


@dataclass(frozen=True)
class PlanSettings:
    """The question. `r`, `difference` (b minus a, in units of the scale): the effects that the study should find, None
    for one that it does not look for. `dyads`: rising; `minutes`: of a session; `power`: as wanted; `runs`: simulated
    studies for each length. `autocorrelation` and `sd` describe each rater if there is no pilot; `spread_r` (SD between
    dyads on Fisher's z) and `spread_difference` come from the pilot if they are None."""

    r: float | None = None
    difference: float | None = None
    dyads: tuple[int, ...] = (8, 12, 16, 24, 32, 48, 64)
    minutes: tuple[float, ...] = (20, 30, 50)
    power: float = 0.8
    runs: int = 400
    seed: int = 1
    autocorrelation: float | None = None
    sd: float | None = None
    spread_r: float | None = None
    spread_difference: float | None = None

    def __post_init__(self) -> None:
        if self.r is None and self.difference is None:
            raise AnalysisError("Say what the study is to find: --r, --difference, or both.")
        if self.r is not None and not 0 < abs(self.r) < 1:
            raise AnalysisError(
                f"The mean r to find is {self.r:g}; it must lie between −1 and 1 and not be 0: a study finds an r of 0 "
                "in 5 of 100 cases, whatever its size."
            )
        if self.difference is not None and not (math.isfinite(self.difference) and self.difference != 0):
            raise AnalysisError(
                "The difference to find must be a number of units that is not 0: a study finds a difference of 0 in "
                "5 of 100 cases, whatever its size."
            )
        if not 0.05 < self.power < 1:
            raise AnalysisError(
                f"The power is {self.power:g}; it must lie above .05 and below 1: no study finds what it looks for "
                "with certainty."
            )
        if not self.dyads or min(self.dyads) < FEWEST or max(self.dyads) > MOST_DYADS:
            raise AnalysisError(
                f"The numbers of dyads must be within {FEWEST} and {MOST_DYADS:,}: below {FEWEST} there are too few "
                "pairings for any p beside pseudo-dyads."
            )
        if not self.minutes or not all(SHORTEST_MINUTES <= one <= LONGEST_MINUTES for one in self.minutes):
            raise AnalysisError(f"The minutes of a session must be within {SHORTEST_MINUTES} and {LONGEST_MINUTES}.")
        if not 20 <= self.runs <= 100_000:
            raise AnalysisError(f"{self.runs} simulated studies are asked for; 20 to 100,000 can be had.")
        if self.autocorrelation is not None and not 0 <= self.autocorrelation < 1:
            raise AnalysisError(
                f"The autocorrelation is {self.autocorrelation:g}; that of neighbouring seconds must be 0 and more, "
                "below 1."
            )
        if self.sd is not None and not (math.isfinite(self.sd) and self.sd > 0):
            raise AnalysisError(f"The SD of the ratings is {self.sd:g}; it must be above 0.")
        for name, value in (("r", self.spread_r), ("difference", self.spread_difference)):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise AnalysisError(f"The spread of the {name} is {value:g}; it must be 0 or more.")

    @property
    def questions(self) -> tuple[str, ...]:
        """The effects that the study should find."""
        return tuple(name for name in ("r", "difference") if getattr(self, name) is not None)


@dataclass(frozen=True)
class Plan:
    """The power for each number of dyads and minutes, how many dyads are needed, the assumptions (in sentences), and
    the pilot's estimates (None without a pilot)."""

    settings: PlanSettings
    truth: Truth
    powers: list[Power]
    needed: list[Needed]
    assumptions: list[str]
    pilot: Pilot | None = None
    remarks: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The object that `tracedial plan --json` prints."""
        pilot = self.pilot
        return {
            "power": [asdict(one) for one in self.powers],
            "needed": [asdict(one) for one in self.needed],
            "wanted_power": self.settings.power,
            "truth": asdict(self.truth),
            "pilot": pilot and {
                "a": pilot.a, "b": pilot.b, "dyads": pilot.dyads, "congruence": asdict(pilot.r),
                "discrepancy": asdict(pilot.difference),
            },
            "assumptions": self.assumptions,
            "remarks": self.remarks,
            "parameters": asdict(self.settings),
            "software": {"tracedial": __version__},
        }  # fmt: skip


def make_plan(
    settings: PlanSettings,
    pilot: Pilot | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Plan:
    """Make the plan. Raises `AnalysisError` if the pilot, or the values stated instead, are not enough."""
    a, b = _spectra(settings, pilot)
    truth = Truth(
        settings.r or 0.0,
        _spread_r(settings, pilot),
        settings.difference or 0.0,
        _spread_difference(settings, pilot),
    )
    dyads = sorted(set(settings.dyads))
    minutes = sorted(set(settings.minutes))
    powers = power_of_studies(
        a=a, b=b, truth=truth, questions=settings.questions, dyads=dyads, minutes=minutes, runs=settings.runs,
        seed=settings.seed, on_progress=on_progress,
    )  # fmt: skip
    return Plan(
        settings=settings,
        truth=truth,
        powers=powers,
        needed=needed(powers, wanted=settings.power),
        assumptions=_assumptions(settings, truth, pilot),
        pilot=pilot,
        remarks=pilot.remarks if pilot else [],
    )


def _spectra(settings: PlanSettings, pilot: Pilot | None) -> tuple[Spectrum, Spectrum]:
    if pilot is not None:
        if settings.autocorrelation is not None or settings.sd is not None:
            raise AnalysisError("A pilot says how its ratings vary: leave --autocorrelation and --sd out.")
        return pilot.spectrum_a, pilot.spectrum_b
    if settings.autocorrelation is None:
        raise AnalysisError("Give a pilot (a study, sessions or two CSVs), or state --autocorrelation.")
    if settings.difference is not None and settings.sd is None:
        raise AnalysisError("A difference in units needs --sd, the SD of one rater's ratings in units.")
    spectrum = spectrum_of_ar1(settings.autocorrelation, settings.sd or 1.0)
    return spectrum, spectrum


def _spread_r(settings: PlanSettings, pilot: Pilot | None) -> float:
    if settings.spread_r is not None:
        return settings.spread_r
    if pilot is None or settings.r is None:
        return STATED_SPREAD_R
    if pilot.r.tau2 is None:
        raise AnalysisError(
            f"A pilot of {counted(pilot.dyads, 'dyad')} does not say how much dyads differ in r: state it with "
            "--spread-r (the SD of their r; .1 is a common guess)."
        )
    return math.sqrt(pilot.r.tau2)


def _spread_difference(settings: PlanSettings, pilot: Pilot | None) -> float:
    if settings.spread_difference is not None:
        return settings.spread_difference
    if settings.difference is None:
        return 0.0
    if pilot is None or pilot.difference.tau2 is None:
        told = "Nothing says" if pilot is None else f"A pilot of {counted(pilot.dyads, 'dyad')} does not say"
        raise AnalysisError(
            f"{told} how much dyads differ in their difference: state it with --spread-difference (the SD of the "
            "dyads' mean differences, in units)."
        )
    return math.sqrt(pilot.difference.tau2)


def _assumptions(settings: PlanSettings, truth: Truth, pilot: Pilot | None) -> list[str]:
    said = []
    if pilot is None:
        said.append(
            f"Each rater's ratings are an AR(1) series with an autocorrelation of {settings.autocorrelation:g} from "
            "one second to the next" + (f" and an SD of {settings.sd:g} units." if settings.sd else ".")
        )
    else:
        said.append(
            f"Ratings of {pilot.a} and {pilot.b} vary as in {counted(pilot.dyads, 'dyad')} of the pilot: as much, as "
            "fast, and with the course that all of its sessions share, if they share one; nothing slower than a "
            "session of the pilot is known. Ends of the scale and steps of the dial are not simulated."
        )
    if settings.r is not None:
        source = "as in the pilot" if pilot and settings.spread_r is None else "as stated"
        said.append(
            f"The moments of a dyad correlate by r = {truth.r:g} on average, and dyads differ in it with an SD of "
            f"{truth.spread_z:.2f} on Fisher's z ({source}). Found means: p < .05, two-sided, of the study's mean r "
            "beside its pseudo-dyads, on the side of r."
        )
    if settings.difference is not None:
        source = "as in the pilot" if pilot and settings.spread_difference is None else "as stated"
        said.append(
            f"The second rater rates {abs(truth.difference):g} units {'higher' if truth.difference > 0 else 'lower'} "
            f"than the first on average, and dyads differ in it with an SD of {truth.spread_difference:.1f} units "
            f"({source}). Found means: the 95 % interval of the mean over dyads leaves 0 out, on the side of the "
            "difference."
        )
    said.append(
        f"Every dyad gives a whole session without gaps. {settings.runs:,} studies were simulated for each length "
        f"(seed {settings.seed}), so that a power is known to about ±{1.96 * math.sqrt(0.25 / settings.runs):.2f} at "
        "worst."
    )
    return said
