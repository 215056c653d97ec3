"""What an observer coded, beside what the raters' traces show, by kind and by code."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tracedial.errors import AnalysisError
from tracedial.measures.coincidence import KINDS, Code, Detection, Stretches, detection, match


@dataclass(frozen=True)
class Observed:
    """What a rater's ruptures find of those that an observer coded, the same of repairs (None without such codes), and
    for each code how many of its lines were found."""

    ruptures: Detection
    repairs: Detection | None = None
    by_code: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it: the figures of ruptures at the top."""
        repairs = asdict(self.repairs) if self.repairs else None
        return {**asdict(self.ruptures), "repairs": repairs, "by_code": self.by_code}


def codes_of(codes: list[Code], session: str | None, path: Path) -> list[Code]:
    """The codes of one session: all, or of a sheet with sessions those of this one. Raises `AnalysisError` where the
    sheet has sessions and the one that is analyzed has no name."""
    if not any(code.session for code in codes):
        return codes
    if not session:
        raise AnalysisError(f"{path} has codes of several sessions: give the session's folder, or a study.")
    return [code for code in codes if code.session == session]


def observed(
    name: str, codes: list[Code], ruptures: Stretches, repairs: Stretches, *, n_seconds: int, tolerance_s: int
) -> Observed:
    """How far the events of a rater's trace are those that an observer coded for this rater or for all."""
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
