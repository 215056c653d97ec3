"""Reading a recording folder back: the journal's records by kind, and what was wrong with it.

The journal alone is the recording; every other file in the folder can be rebuilt from it.
"""

from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tracedial.errors import RecordingError
from tracedial.link.messages import Gone, Mark, Started, SyncExchange
from tracedial.recording.doubt import Doubt, doubts_of
from tracedial.recording.findings import Code, Finding, finding
from tracedial.recording.folder import JOURNAL_NAME
from tracedial.recording.journal import JournalContent, read_journal, restored
from tracedial.recording.journal_lines import TWICE
from tracedial.recording.record_kinds import Kind
from tracedial.recording.recording_findings import findings_of_lines, findings_of_records
from tracedial.recording.samples import ROW, Samples
from tracedial.recording.session import FORMAT, check_format
from tracedial.timing.player import PlayerEvent
from tracedial.timing.shown_frames import FrameBatch

T = TypeVar("T")
ByKind = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Recording:
    """One rater's ratings of one session video, as the journal has them.

    `samples` are in the order of arrival, resent ones included. If a page played the video, `page_exchanges` are the
    exchanges of its clock, `frames` the frames that it showed, and `pages` its other reports. `ratings` are those of an
    imported recording, which has no clock: each states its second of the video. `others` are other dials that answered
    on the dial's port. `doubts` are times when the video's position is unknown, `findings` the problems found.
    `journal` is the file's name: a resumed recording has several.
    """

    folder: Path
    journal: str
    rater: str
    header: dict[str, Any]
    hellos: list[dict[str, Any]]
    exchanges: list[SyncExchange]
    starts: list[Started]
    samples: Samples
    ratings: list[dict[str, Any]]
    marks: list[Mark]
    gone: list[Gone]
    player: list[PlayerEvent]
    page_exchanges: list[SyncExchange]
    frames: list[FrameBatch]
    pages: list[dict[str, Any]]
    links: list[dict[str, Any]]
    others: list[dict[str, Any]]
    logs: list[dict[str, Any]]
    end: dict[str, Any] | None
    last_ns: int
    doubts: list[Doubt]
    findings: list[Finding]

    @property
    def boots(self) -> list[int]:
        """Boot ids in the order in which the dial reported them, then any boots without a HELLO in the journal."""
        said = [hello["boot"] for hello in self.hellos]
        return list(dict.fromkeys([*said, *(e.boot for e in self.exchanges), *self.samples.boots]))


def read_recording(folder: Path, journal: str = JOURNAL_NAME) -> Recording:
    """Read one journal of a recording, however it ended. Raises if there is no journal or none of it can be used."""
    path = folder / journal
    if not path.is_file():
        raise RecordingError(folder, f"{folder} is no recording: it has no {journal}.")
    content = read_journal(path, samples_apart=True)
    by_kind: ByKind = {}
    for record in content.records:
        by_kind.setdefault(record.pop("kind"), []).append(record)
    mended = _mend(content, by_kind)
    header = _header(path, by_kind.get(Kind.RECORDING, []))
    try:
        recording = _built(folder, journal, header, content, by_kind)
    except (KeyError, TypeError) as error:
        raise RecordingError(path, f"{path} is not a journal of format {FORMAT}: {error} is missing or odd.") from error
    recording.findings[:0] = mended
    return recording


def _built(
    folder: Path,
    journal: str,
    header: dict[str, Any],
    content: JournalContent,
    by_kind: ByKind,
) -> Recording:
    samples = content.samples or Samples(np.zeros(0, ROW))
    if by_kind.get(Kind.SAMPLE):
        raise KeyError(f"a field of sample {by_kind['sample'][0].get('seq')}")
    came_ns = [int(record.get("host_ns") or record.get("host_received_ns") or 0) for record in content.records]
    came_ns.append(int(samples.rows["host_ns"].max()) if len(samples) else 0)
    last_ns = max(came_ns)
    player = [_player_event(record) for record in by_kind.get(Kind.PLAYER, [])]
    frames = _build(FrameBatch, by_kind.get(Kind.FRAMES, []))
    end = by_kind[Kind.END][-1] if by_kind.get(Kind.END) else None
    said = [finding(Code.JOURNAL_NOTE, text=str(record.get("text"))) for record in by_kind.get(Kind.JOURNAL, [])]
    return Recording(
        folder=folder,
        journal=journal,
        rater=header["rater"],
        header=header,
        hellos=by_kind.get(Kind.HELLO, []),
        exchanges=_build(SyncExchange, by_kind.get(Kind.SYNC, [])),
        starts=_build(Started, by_kind.get(Kind.STARTED, [])),
        samples=samples,
        ratings=by_kind.get(Kind.RATING, []),
        marks=_build(Mark, by_kind.get(Kind.EVENT, [])),
        gone=_build(Gone, by_kind.get(Kind.GONE, [])),
        player=player,
        page_exchanges=_build(SyncExchange, by_kind.get(Kind.PAGE_SYNC, [])),
        frames=frames,
        pages=by_kind.get(Kind.PAGE, []),
        links=by_kind.get(Kind.LINK, []),
        others=by_kind.get(Kind.OTHER_DIAL, []),
        logs=by_kind.get(Kind.LOG, []) + by_kind.get(Kind.REFUSED, []),
        end=end,
        last_ns=last_ns,
        doubts=doubts_of(content, player, frames, ended=end is not None, last_ns=last_ns),
        findings=[*said, *findings_of_lines(content, end, len(samples)), *findings_of_records(by_kind)],
    )


def _mend(content: JournalContent, by_kind: ByKind) -> list[Finding]:
    """Restore the most important lines of a journal without numbers where one byte was changed."""
    if content.numbered:
        return []
    mended: list[int] = []
    for number, line in content.damaged.items():
        record = restored(line) if number == 1 or b"player" in line else None
        if record and record["kind"] in TWICE:
            by_kind.setdefault(record.pop("kind"), []).append(record)
            mended.append(number)
    content.gaps[:] = [gap for gap in content.gaps if not set(range(gap.first, gap.first + gap.count)) <= set(mended)]
    return [finding(Code.BYTE_RESTORED, line=number) for number in mended]


def _header(path: Path, headers: list[dict[str, Any]]) -> dict[str, Any]:
    """The journal's first record. Raises if there is none, or more than one."""
    if not headers:
        raise RecordingError(path, f"{path} has lost its first line, which says what it is: it cannot be aligned.")
    if any(other != headers[0] for other in headers):
        raise RecordingError(
            path,
            f"{path} holds {len(headers)} recordings, one behind the other: put each into a file of its own "
            "(journal.tdj, journal-2.tdj, …).",
        )
    check_format(path, headers[0].get("format"))
    return headers[0]


def _player_event(record: dict[str, Any]) -> PlayerEvent:
    return PlayerEvent(
        kind=record["event"],
        host_ns=record["host_ns"],
        video_s=record["video_s"],
        speed=record["speed"],
        page_boot=record.get("page_boot"),
        page_us=record.get("page_us"),
    )


def _build(kind: type[T], records: list[dict[str, Any]]) -> list[T]:
    # Read fields by name: a later version may add fields that this one does not know, and fields that an earlier
    # version did not write keep their defaults.
    entries = fields(kind)  # pyright: ignore[reportArgumentType]
    needed = [entry.name for entry in entries if entry.default_factory is MISSING]
    added = [entry.name for entry in entries if entry.default_factory is not MISSING]
    return [
        kind(*[record[name] for name in needed], **{name: record[name] for name in added if name in record})
        for record in records
    ]
