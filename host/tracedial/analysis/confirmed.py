"""The segments of a study's session: those that somebody confirmed, and those that the rule finds."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracedial.analysis.settings import CONFIRMED, AnalysisSettings
from tracedial.measures.chosen_events import Stretch, chosen_events, chosen_peaks
from tracedial.measures.ruptures import Events, Rupture, find_events
from tracedial.measures.trace import Trace
from tracedial.recording.session import Session
from tracedial.study.segments import BY_RULE, Choice, Segment, clips, read_choice


@dataclass(frozen=True)
class Found:
    """A rater's ruptures, repairs and peaks, of one kind: the rule's own, or those that `confirmed_by` confirmed."""

    events: Events
    peaks: list[Rupture] = field(default_factory=list)
    confirmed_by: str = ""


@dataclass(frozen=True)
class Sets:
    """Both sets of a rater's events, and which of them the analysis uses (`confirmed` is None where nobody has
    confirmed any); `remarks` are sentences for the reader."""

    by_rule: Found
    confirmed: Found | None
    used: Found
    remarks: list[str]


def by_rule(trace: Trace, settings: AnalysisSettings, *, step: float, end_s: float | None) -> Found:
    """The rule's findings in a trace. In a study's session these are the kinds that the study looks for, with the clips
    that it shows. `end_s`: the video's length, if known."""
    study = settings.study
    events = find_events(trace.rating, settings.events, step=step)
    # The highest segments are the lowest segments of the inverted ratings.
    peaks = find_events(-trace.rating, settings.events, step=step).ruptures if settings.full else []
    events = replace(
        events,
        ruptures=[replace(one, segment=f"rupture-{one.rank}") for one in events.ruptures],
        repairs=[replace(one, segment=f"repair-{one.rank}") for one in events.repairs],
    )
    peaks = [replace(one, segment=f"peak-{one.rank}") for one in peaks]
    if study is None:
        return Found(events, peaks)
    if "lowest" not in study.kinds:
        events = Events([], [], events.rise, ["The study looks for no lowest segments."])
    if not study.repairs:
        events = replace(events, repairs=[])
    if "highest" not in study.kinds:
        peaks = []
    found = Found(events, peaks)
    return _with_clips(found, settings, end_s=float(len(trace.rating)) if end_s is None else end_s)


def sets_of(trace: Trace, settings: AnalysisSettings, session: Session | None, *, step: float, lag_s: int) -> Sets:
    """Both sets of a rater's events. `lag_s`: how many seconds earlier the trace was moved; the confirmed events move
    with it."""
    end_s = session.video["duration_s"] if session else None
    rule = by_rule(trace, settings, step=step, end_s=end_s)
    folder = session.folder / trace.rater if session and settings.study else None
    choice = read_choice(folder) if folder else None
    if choice is None or not choice.accepted_by:
        return Sets(rule, None, rule, _unconfirmed(trace.rater, settings, folder))
    moved = [_moved(segment, -lag_s) for segment in choice.chosen]
    untouched = {segment.id: _moved(segment, -lag_s) for segment in choice.automatic}
    stretches = _stretches(moved, untouched, settings, end_s=float(len(trace.rating) if end_s is None else end_s))
    # A segment left as the rule found it is recognized by its clip, which the rule gives to no other segment.
    alone = find_events(trace.rating, settings.events, step=step)
    alone_peaks = find_events(-trace.rating, settings.events, step=step).ruptures
    events = chosen_events(trace.rating, stretches, alone, settings.events, step=step)
    peaks = chosen_peaks(trace.rating, stretches, alone_peaks, smooth_s=settings.events.smooth_s)
    confirmed = Found(events, peaks, choice.accepted_by)
    used = confirmed if settings.segments == CONFIRMED else rule
    return Sets(rule, confirmed, used, _said(trace.rater, choice, settings, used is confirmed))


def _with_clips(found: Found, settings: AnalysisSettings, *, end_s: float) -> Found:
    """The rule's events with the clips that the study's pages show for them, all kinds together."""
    segments = [Segment(r.segment, "rupture", r.rank, r.clip[0], r.end_s) for r in found.events.ruptures]
    segments += [Segment(p.segment, "peak", p.rank, p.clip[0], p.end_s) for p in found.peaks]
    segments += [
        Segment(r.segment, "repair", r.rank, r.onset_s, r.end_s)
        for r in found.events.repairs
        if r.onset_s is not None and r.end_s is not None
    ]
    made = _clips_of(segments, settings, end_s)
    events = found.events
    return replace(
        found,
        events=replace(
            events,
            ruptures=[
                replace(one, clip=made[one.segment][0], clip_cut=made[one.segment][1]) for one in events.ruptures
            ],
            repairs=[
                replace(one, clip=made[one.segment][0], clip_cut=made[one.segment][1]) if one.segment in made else one
                for one in events.repairs
            ],
        ),
        peaks=[replace(one, clip=made[one.segment][0], clip_cut=made[one.segment][1]) for one in found.peaks],
    )


def _clips_of(
    segments: Iterable[Segment], settings: AnalysisSettings, end_s: float
) -> dict[str, tuple[tuple[float, float], bool]]:
    plan = settings.events
    shown = clips(segments, length_s=plan.clip_s, end_of_video_s=end_s, pairs=plan.clip_pairs)
    return {clip.segment.id: ((clip.start_s, clip.end_s), clip.cut) for clip in shown}


def _moved(segment: Segment, by_s: int) -> Segment:
    return replace(segment, start_s=segment.start_s + by_s, end_s=segment.end_s + by_s)


def _stretches(
    chosen: list[Segment], automatic: dict[str, Segment], settings: AnalysisSettings, *, end_s: float
) -> list[Stretch]:
    made = _clips_of(chosen, settings, end_s)
    found = []
    for one in chosen:
        rule = automatic.get(one.id)
        same = rule and (rule.start_s, rule.end_s) == (one.start_s, one.end_s)
        source = "rule" if same else "moved" if rule else "added"
        found.append(
            Stretch(
                segment=one.id,
                kind=one.kind,
                rank=one.rank,
                start_s=one.start_s,
                end_s=one.end_s,
                source=source,
                clip=made[one.id][0],
                clip_cut=made[one.id][1],
            )
        )
    return found


def _unconfirmed(rater: str, settings: AnalysisSettings, folder: Path | None) -> list[str]:
    """A remark for a study in which a researcher chooses the segments, if nobody has chosen yet."""
    if folder is None or settings.study is None or settings.study.chosen_by == BY_RULE or not settings.events.count:
        return []
    return [f"Nobody has confirmed the segments of {rater} yet: those of the rule stand here."]


def _said(rater: str, choice: Choice, settings: AnalysisSettings, used: bool) -> list[str]:
    said = []
    if not used:
        said.append(
            f"The segments of {rater} that {choice.accepted_by} confirmed are not used here: those of the rule are."
        )
    now = settings.events.as_parameters()
    asked = settings.segments == CONFIRMED
    changed = [name for name, was in choice.parameters.items() if name in now and now[name] != was]
    if asked and changed:
        what = ", ".join(f"{name} was {choice.parameters[name]}, is {now[name]}" for name in changed)
        said.append(f"The segments of {rater} were confirmed under another rule than the study has now: {what}.")
    if choice.damaged_lines:
        said.append(f"{choice.damaged_lines} lines of the choice of {rater} are damaged and not used.")
    return said
