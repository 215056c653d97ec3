"""An observer's codes compared with the raters' traces, by kind and by code."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tracedial.errors import AnalysisError
from tracedial.measures.coincidence import KINDS, Code, Detection, Stretches, detection, match


@dataclass(frozen=True)
class Observed:
    """How many of an observer's coded ruptures a rater's ruptures find, the same for repairs (None without such codes),
    and for each code how many of its lines were found."""

    ruptures: Detection
    repairs: Detection | None = None
    by_code: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As in the output of `tracedial analyze --json`: the figures for ruptures at the top level."""
        repairs = asdict(self.repairs) if self.repairs else None
        return {**asdict(self.ruptures), "repairs": repairs, "by_code": self.by_code}


def codes_of(codes: list[Code], session: str | None, path: Path) -> list[Code]:
    """The codes of one session: all of them or, if the sheet names sessions, those of this one. Raises `AnalysisError`
    if the sheet names sessions and the analyzed session has no name."""
    if not any(code.session for code in codes):
        return codes
    if not session:
        raise AnalysisError(f"{path} has codes of several sessions: give the session's folder, or a study.")
    return [code for code in codes if code.session == session]


def observed(
    name: str, codes: list[Code], ruptures: Stretches, repairs: Stretches, *, n_seconds: int, tolerance_s: int
) -> Observed:
    """Compare the events of a rater's trace with those that an observer coded for this rater or for all raters."""
    own = [code for code in codes if code.rater in ("", name)]
    n_seconds = max([n_seconds, *(code.end_s for code in own)])
    found = {"rupture": ruptures, "repair": repairs}
    detections: dict[str, Detection] = {}
    by_code: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        coded = [code for code in own if code.kind == kind]
        spans = [(code.onset_s, code.end_s) for code in coded]
        detections[kind] = detection(found[kind], spans, n_seconds=n_seconds, tolerance_s=tolerance_s)
        hit = {at for _, at in match(found[kind], spans, tolerance_s=tolerance_s, by_seconds=True)}
        for word in dict.fromkeys(code.code for code in coded):
            places = [at for at, code in enumerate(coded) if code.code == word]
            by_code[word] = {"kind": kind, "coded": len(places), "hits": sum(at in hit for at in places)}
    has_repairs = any(code.kind == "repair" for code in own)
    return Observed(detections["rupture"], detections["repair"] if has_repairs else None, by_code)
