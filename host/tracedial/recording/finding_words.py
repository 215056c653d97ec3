"""The sentences of the findings, in one table. A translation is another table with the same codes and its own ways to
write values.

A sentence is a template. Its fields are the values of the finding, with a way to write each: `times` (once, 3 times),
`list` (joined by semicolons), `line` and `lines` (journal lines by their first number and count), `ranges` (video
seconds). Where a finding counts something, there is one sentence for one and one for more.
"""

import string
from collections.abc import Sequence
from typing import Any

from tracedial.recording.findings import Code, Finding

SHOWN = 5
"""A sentence lists at most this many lines."""

Template = str | tuple[str, str]
"""One sentence, or two: for a `count` of 1 and for any other count."""

ENGLISH: dict[Code, Template] = {
    Code.JOURNAL_NOTE: "{text}",
    Code.BYTE_RESTORED: "One byte of line {line} was changed; it was restored from the line's checksum.",
    Code.JOURNAL_EDITED: "The journal was saved by an editor ({edits:list}). It is still readable.",
    Code.JOURNAL_CUT: (
        "The journal was cut in the middle of its last line (1 byte, not used).",
        "The journal was cut in the middle of its last line ({count} bytes, not used).",
    ),
    Code.LINES_DAMAGED: (
        "1 line of the journal is damaged and not used (line {lines:first}).",
        "{count} lines of the journal are damaged and not used (line {lines:first}).",
    ),
    Code.LINES_LOST: (
        "1 line of the journal is lost ({gaps:lines}).",
        "{count} lines of the journal are lost ({gaps:lines}).",
    ),
    Code.COPIES_LOST: (
        "1 line that is written twice is there only once. Nothing is lost.",
        "{count} lines that are written twice are there only once. Nothing is lost.",
    ),
    Code.LINES_DOUBLED: (
        "1 line of the journal appears again and is used once.",
        "{count} lines of the journal appear again and are used once.",
    ),
    Code.LINES_MISPLACED: (
        "1 line of the journal was out of order; the order was restored.",
        "{count} lines of the journal were out of order; the order was restored.",
    ),
    Code.LINES_FOREIGN: (
        "1 line without a number stands among numbered lines and is not used.",
        "{count} lines without a number stand among numbered lines and are not used.",
    ),
    Code.SAMPLES_LOST: (
        "1 recorded sample is not in the journal: a line is missing.",
        "{count} recorded samples are not in the journal: lines are missing.",
    ),
    Code.DIAL_FLOODED: (
        "The dial flooded its link: 1 message above the limit was rejected.",
        "The dial flooded its link: {count} messages above the limit were rejected.",
    ),
    Code.DIAL_MALFORMED: (
        "1 message of the dial had impossible content and was rejected.",
        "{count} messages of the dial had impossible content and were rejected.",
    ),
    Code.END_INCOMPLETE: "The recording ended before the dial had sent all its records.",
    Code.SCALE_CHANGED: "The dial's scale changed during the recording: its ratings are not on one scale.",
    Code.OTHER_DIAL_MET: "Another dial answered on this dial's port and was ignored: {dials:comma}.",
    Code.PORT_CHANGED: "The dial changed its port {count:times} and was found by its id: {ports:comma}.",
    Code.NOT_ENDED: (
        "The recording did not end properly: the program was stopped or the computer failed. "
        "Everything before that is complete."
    ),
    Code.RECORDS_MISSING: (
        "1 record of the dial never arrived.",
        "{count} records of the dial never arrived.",
    ),
    Code.TICKS_MISSED: (
        "The dial was too busy to sample at 1 tick: that tick has no rating.",
        "The dial was too busy to sample at {count} ticks: those ticks have no rating.",
    ),
    Code.DIAL_RESET: (
        "The dial was reset {count:times}. Each boot has its own clock, and the dial's memory was lost at each reset."
    ),
    Code.LINK_LOST: "The link was lost {count:times}; the dial resent {resent} samples.",
    Code.NO_CLOCK: "No clock could be fitted for {boots:list}. Its samples are not in the trace.",
    Code.COMPUTER_SLEPT: (
        "The computer's clock stood still {count:times} (was it asleep?). Those samples have a wide bound."
    ),
    Code.EXCHANGES_IMPOSSIBLE: (
        "1 clock exchange had a negative round trip or contradicted all others and was not used.",
        "{count} clock exchanges had a negative round trip or contradicted all others and were not used.",
    ),
    Code.RECORDS_CONFLICT: (
        "1 record arrived twice with different content; the first is used.",
        "{count} records arrived twice with different content; the first is used.",
    ),
    Code.OFF_SCALE: (
        "1 sample has values outside the dial's scale. It is no rating and has the flag off_scale.",
        "{count} samples have values outside the dial's scale. They are no ratings and have the flag off_scale.",
    ),
    Code.WIRE_BROKEN: (
        "The knob's wire was broken at 1 sample, which has no rating.",
        "The knob's wire was broken at {count} samples, which have no rating.",
    ),
    Code.NOT_HOMED: (
        "The dial had not been homed at 1 sample, which has no rating (set the knob to zero and hold the button).",
        "The dial had not been homed at {count} samples, which have no rating (set the knob to zero and hold the "
        "button).",
    ),
    Code.SECONDS_REVISITED: (
        "1 second was watched more than once; the last rating is used.",
        "{count} seconds were watched more than once; the last rating is used.",
    ),
    Code.NEVER_MOVED: "The dial was never moved: the trace shows only its initial position.",
    Code.MOVED_LATE: "The dial was not moved before second {second}: nothing was rated until then.",
    Code.NO_FRAME_REPORTS: (
        "The browser does not report which frame it shows: video times come from the player's own clock (currentTime) "
        "and are less exact."
    ),
    Code.SOUND_ONLY: (
        "The session consists of sound alone: its times are those of the second that the browser reports. Loudspeakers "
        "and headphones add their own delay, wireless ones up to 0.3 s."
    ),
    Code.NO_FRAME_PLACED: (
        "No frame that the page showed can be placed in time: video times come from the player and are less exact, and "
        "it is unknown what was on the screen."
    ),
    Code.PAGE_STOPPED: ("The page stopped for more than 5 s {count:times}: the computer slept or was too busy."),
    Code.PICTURE_STOOD_STILL: (
        "The picture stood still {count:times}, for {total_s:.1f} s in total, although nobody had stopped the video (a "
        "frozen or overloaded browser). Samples from that time belong to no second of the video."
    ),
    Code.VIDEO_UNSEEN: (
        "{total_s:.1f} s of the video passed without a picture on the screen (a hidden page or dropped frames). Whole "
        "seconds of it are flagged `unseen` and have no rating."
    ),
    Code.PLACED_WIDELY: (
        "{count} of {of} seconds are placed less exactly than the goal of {goal_ms:g} ms; the worst bound is "
        "{worst_ms:.0f} ms (see bound_ms). The computer or the link was too busy."
    ),
    Code.DOUBT_AT_END: ("The player's last action before the end may not have been recorded: {seconds:ranges}."),
    Code.DOUBT_PLAYER_LINES: (
        "{line:line} of the journal is damaged or missing and may have said what the player did: {seconds:ranges}.",
        "{line:line} of the journal are damaged or missing and may have said what the player did: {seconds:ranges}.",
    ),
    Code.DOUBT_FRAME_LINES: (
        "{line:line} of the journal is damaged or missing and may have said which frames were shown: {seconds:ranges}.",
        "{line:line} of the journal are damaged or missing and may have said which frames were shown: "
        "{seconds:ranges}.",
    ),
    Code.DOUBT_STOOD_STILL: (
        "The player reported a {action} at {video_s:.1f} s of the video while it stood still, so a line is missing: "
        "{seconds:ranges}."
    ),
    Code.DOUBT_JUMPED: (
        "The player was at {video_s:.1f} s of the video and then, without a report, at {then_s:.1f} s, so a line is "
        "missing: {seconds:ranges}."
    ),
    Code.DOUBT_NO_END: (
        "The journal has its last line but does not say where the player ended, so a line is missing: {seconds:ranges}."
    ),
    Code.RESUMED: "The recording was resumed {count:times} and is in several journals.",
    Code.SEVERAL_DIALS_PERMITTED: (
        "The recording was made with more than one dial: {dials:list}. This was permitted (--another-dial)."
    ),
    Code.SEVERAL_DIALS: (
        "The recording was made with more than one dial: {dials:list}. This was not permitted: check that every part "
        "is from this rater."
    ),
    Code.JOURNAL_UNUSABLE: "{text}",
    Code.RATED_AGAIN: (
        "1 second was rated more than once; the last rating is used.",
        "{count} seconds were rated more than once; the last rating is used.",
    ),
    Code.IMPORTED: (
        "The ratings were imported from {file} ({program}): no clock was recorded, and their times are used unchanged."
    ),
    Code.IMPORT_NOTE: "{text}",
    Code.ROWS_UNREADABLE: (
        "1 row of the file is unreadable and left out (row {rows:first}).",
        "{count} rows of the file are unreadable and left out (row {rows:first}).",
    ),
    Code.ROWS_UNRATED: ("1 row of the file has no rating.", "{count} rows of the file have no rating."),
    Code.RATED_SPARSELY: (
        "The file has a rating for each {step_s:g} s of video: the seconds between have none and are not filled."
    ),
    Code.RATED_AFTER_END: (
        "1 rating at the video's end or after it belongs to no second.",
        "{count} ratings at the video's end or after it belong to no second.",
    ),
    Code.RATED_PART_ENDS: (
        "The rated part ends with second {second}: the last second has no rating.",
        "The rated part ends with second {second}: the last {count} seconds have no rating.",
    ),
    Code.SAME_AT_START: (
        "The rating stays the same for {count} seconds at the beginning; it is unknown whether that was intended."
    ),
}


def sentence(finding: Finding, templates: dict[Code, Template] = ENGLISH) -> str:
    """A finding's sentence, with its journal's name in front where it has one."""
    template = templates[finding.code]
    if not isinstance(template, str):
        of_one, of_more = template
        template = of_one if finding.values["count"] == 1 else of_more
    text = _WORDS.vformat(template, (), finding.values)
    return text if finding.journal is None else f"{finding.journal}: {text}"


def times(count: int) -> str:
    """`once`, `2 times`."""
    return "once" if count == 1 else f"{count} times"


class _Words(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        return WAYS[format_spec](value) if format_spec in WAYS else super().format_field(value, format_spec)


def _first(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values[:SHOWN])) + ("…" if len(values) > SHOWN else "")


def _line(line: Sequence[int]) -> str:
    first, count = line
    return f"Line {first}" if count == 1 else f"Lines {first} to {first + count - 1}"


def _lines(gaps: Sequence[Sequence[int]]) -> str:
    return _first([_line(gap).lower() for gap in gaps])


def _ranges(ranges: Sequence[Sequence[int]]) -> str:
    """`second 4 is in doubt`, `seconds 4 to 9 and 12 are in doubt`; from first and last second of each range."""
    if not ranges:
        return "no second of the trace was rated then"
    words = [f"{first}" if first == last else f"{first} to {last}" for first, last in ranges]
    said = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    one = len(ranges) == 1 and ranges[0][0] == ranges[0][1]
    return f"second {said} is in doubt (flag doubt)" if one else f"seconds {said} are in doubt (flag doubt)"


WAYS = {
    "times": times,
    "comma": ", ".join,
    "list": "; ".join,
    "first": _first,
    "line": _line,
    "lines": _lines,
    "ranges": _ranges,
}
"""The ways to write a value, besides Python's own."""
_WORDS = _Words()
