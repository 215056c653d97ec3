"""Every setting of study.toml, in every command that reads a study.

It takes effect, or a flag that overrides it is reported. A setting that is added without a line here fails.
"""

import csv
import json
import re
import shutil
from dataclasses import fields, is_dataclass

import pytest

from studies import make_study, tracedial_here
from tracedial.analysis.told import settings_for
from tracedial.measures.ruptures import EventSettings, find_events
from tracedial.measures.trace import read_trace
from tracedial.room.study_room import Room
from tracedial.study.segments import change, read_choice
from tracedial.study.study import Study
from tracedial.study.study_file import read_study

# What stands in study.toml instead, by setting. The lines of other settings are left as they are.
CHANGES = {
    "preset": 'preset = "affect"',
    "title": 'title = "Another title"',
    "language": 'language = "de"',
    "scale": ("high = 50", "high = 60"),
    "rating.roles": 'roles = ["therapist", "client"]',
    "rating.what": 'what = "how close you felt"',
    "rating.definition": 'definition = "A word of explanation."',
    "rating.instructions": 'instructions = "Turn it when you feel it."',
    "rating.rate_hz": "rate_hz = 2",
    "rating.interchangeable": "interchangeable = true",
    "segments.kinds": 'kinds = ["highest"]',
    "segments.rule": 'rule = "optimal"',
    "segments.count": "count = 2",
    "segments.length_s": "length_s = 6",
    "segments.separation_s": "separation_s = 9",
    "segments.repairs": "repairs = false",
    "segments.chosen_by": 'chosen_by = "rule"',
    "segments.min_valid": "min_valid = 0.5",
    "segments.trim_start_s": "trim_start_s = 20",
    "segments.drop_sd": "drop_sd = 0.4",
    "segments.return_share": "return_share = 0.1",
    "segments.smooth_s": "smooth_s = 3",
    "segments.rise": "rise = 6.5",
    "segments.hold_s": "hold_s = 2",
    "segments.level_s": "level_s = 7",
    "clips.length_s": ("length_s = 5", "length_s = 7"),
    "clips.pairs": 'pairs = "together"',
    "clips.codes": 'codes = ["seen"]',
    "questions": ("What was happening during this segment?", "And what was it?"),
}
ON_PAGES_ONLY = {
    "rating.show_gauge", "rating.show_trace", "rating.allow_pause", "rating.allow_seek", "rating.reminder_s",
    "practice.on", "practice.duration_s", "segments.blind", "rating.enough_percent",
}  # fmt: skip
"""What only a rater's or a researcher's page can do anything with."""
OF_THE_RULE = {
    name.removeprefix("segments."): name for name in CHANGES
    if name.startswith("segments.") and name not in ("segments.kinds", "segments.repairs", "segments.chosen_by")
}  # fmt: skip
NAMES = {"length_s": "segment_s"}


def all_settings():
    found = []
    for entry in fields(Study):
        if entry.name == "folder":
            continue
        plan = entry.type
        found += [f"{entry.name}.{own.name}" for own in fields(plan)] if is_dataclass(plan) else [entry.name]
    return found


def test_each_setting_has_a_line_here():
    assert set(all_settings()) == set(CHANGES) | ON_PAGES_ONLY


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("one") / "study")


@pytest.fixture
def study(made_once, tmp_path):
    """A rated study in which nobody has chosen segments yet."""
    shutil.copytree(made_once, tmp_path / "study")
    for path in (tmp_path / "study").rglob("*"):
        if path.name in ("segments.tdj", "answers.tdj"):
            path.unlink()
    return tmp_path / "study"


@pytest.fixture
def chosen(made_once, tmp_path):
    """A rated study whose segments are confirmed, one of them moved, and whose questions are answered."""
    shutil.copytree(made_once, tmp_path / "study")
    who = {"who": "res-1", "why": "as the video shows", "end_of_video_s": 60.0}
    client = tmp_path / "study" / "sessions" / "s1" / "client"
    change(client, action="reopen", **who)
    change(client, action="move", id="rupture-1", start_s=10.0, end_s=15.5, **who)
    change(client, action="add", kind="repair", start_s=17.0, end_s=20.0, **who)
    change(client, action="accept", **who)
    return tmp_path / "study"


def set_in(study, name):
    """Put a setting's other value into study.toml."""
    path = study / "study.toml"
    text = path.read_text(encoding="utf-8")
    new = CHANGES[name]
    if isinstance(new, tuple):
        assert new[0] in text
        text = text.replace(*new)
    else:
        key = new.split(" = ")[0]
        table = name.split(".")[0] if "." in name else ""
        text = without(text, table, key)
        text = text.replace(f"[{table}]\n", f"[{table}]\n{new}\n") if table else f"{new}\n{text}"
    path.write_text(text, encoding="utf-8")


def without(text, table, key):
    """The text without a key of a table, however many lines its value takes."""
    parts = re.split(r"(?m)^(?=\[)", text)
    at = next(i for i, part in enumerate(parts) if part.startswith(f"[{table}]") or (not table and i == 0))
    value = r'("""(.|\n)*?"""|.*)'
    parts[at] = re.sub(rf"(?m)^{key} = {value}\n", "", parts[at])
    return "".join(parts)


def analysis_of(session, *flags):
    done = tracedial_here("analyze", session, "--set", "core", "--json", *flags)
    assert done.code == 0, done.err
    return json.loads(done.out)


def report_of(session, *flags):
    done = tracedial_here("report", session, "--set", "core", *flags)
    assert done.code == 0, done.err
    return (session / "report" / "report.html").read_text(encoding="utf-8")


def export_of(place, out, *formats):
    done = tracedial_here("export", place, "--format", ",".join(formats), "--out", out, "--force")
    assert done.code == 0, done.err
    return out


def rows(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def spans(events, first="begins_s"):
    return sorted((event[first], event["end_s"]) for event in events)


@pytest.mark.parametrize("setting", [*OF_THE_RULE.values(), "clips.length_s", "clips.pairs"])
def test_pages_analysis_and_export_find_the_same_by_the_studys_rule(study, tmp_path, setting):
    set_in(study, setting)
    if setting in ("segments.drop_sd", "segments.return_share"):
        set_in(study, "segments.rule")
        path = study / "study.toml"
        path.write_text(path.read_text("utf-8").replace('rule = "optimal"', 'rule = "vshape"'), "utf-8")
    told = read_study(study).event_settings()
    assert told != EventSettings(segment_s=8, separation_s=4, clip_s=5), "the setting changes nothing"
    session = study / "sessions" / "s1"
    data = analysis_of(session)
    assert data["parameters"]["clip_s"] == told.clip_s and data["parameters"]["segment_s"] == told.segment_s
    for name, value in vars(told).items():
        assert data["parameters"][name] == value, name
    rated = read_trace(session / "client" / "trace.csv").rated
    expected = find_events(rated, told)
    found = data["ruptures"]["client"]
    assert spans(found) == sorted((r.begins_s, r.end_s) for r in expected.ruptures)
    assert [r["onset_s"] for r in data["repairs"]["client"]] == [r.onset_s for r in expected.repairs]
    exported = rows(export_of(session, tmp_path / "out", "csv") / "csv" / "segments.csv")
    room = Room(study, [])
    try:
        page = room.review("s1", "client")
    finally:
        room._lock.release()
    on_page = {s["id"]: (float(s["start_s"]), float(s["end_s"]), float(s["clip_end_s"])) for s in page["segments"]}
    out = {r["segment"]: (float(r["start_s"]), float(r["end_s"]), float(r["clip_end_s"]))
           for r in exported if r["rater"] == "client"}  # fmt: skip
    assert on_page == out
    shown = {r["segment"]: (float(r["clip"]["start_s"]), float(r["end_s"]), float(r["clip"]["end_s"])) for r in found}
    assert shown == {name: span for name, span in on_page.items() if name.startswith("rupture")}


def test_a_study_is_analyzed_for_what_it_looks_for(study):
    session = study / "sessions" / "s1"
    before = analysis_of(session)
    assert before["ruptures"]["client"] and not before["peaks"].get("client")
    assert "Nobody has confirmed the segments of client yet" in " ".join(before["remarks"])
    set_in(study, "segments.chosen_by")
    set_in(study, "segments.repairs")
    after = analysis_of(session)
    assert "Nobody has confirmed" not in " ".join(after["remarks"])
    assert after["repairs"]["client"] == [] and after["ruptures"]["client"]
    set_in(study, "segments.kinds")
    done = tracedial_here("analyze", session, "--json")
    data = json.loads(done.out)
    assert data["ruptures"]["client"] == [] and len(data["peaks"]["client"]) == 3
    page = report_of(session)
    assert "Peaks of client" not in page or "rank (1 highest)" in page


def test_titles_words_roles_and_language_reach_analysis_report_and_export(study, tmp_path):
    session = study / "sessions" / "s1"
    for name in ("title", "language", "rating.roles", "rating.what", "rating.definition", "rating.instructions"):
        set_in(study, name)
    data = analysis_of(session)
    assert data["parameters"]["study"]["title"] == "Another title"
    assert data["parameters"]["study"]["language"] == "de"
    assert [(pair["a"], pair["b"]) for pair in data["pairs"]] == [("therapist", "client")]
    page = report_of(session)
    assert '<html lang="de">' in page and "<h1>Another title: Sitzung s1</h1>" in page
    assert "how close you felt" in page and "A word of explanation." in page and "Turn it when you feel it." in page
    assert "Rupturen und Reparaturen" in page and "Ruptures and repairs" not in page
    out = export_of(session, tmp_path / "out", "bids", "vtt")
    assert "Another title" in (out / "bids" / "dataset_description.json").read_text("utf-8")
    assert "Ruptur 1" in next((out / "vtt").glob("*client.vtt")).read_text("utf-8")
    done = tracedial_here("report", study, "--set", "core", "--jobs", 1)
    assert done.code == 0, done.err
    of_study = (study / "analysis" / "report.html").read_text("utf-8")
    assert "<h1>Another title</h1>" in of_study and '<html lang="de">' in of_study


def test_the_scale_of_the_study_is_used_and_another_that_was_recorded_is_said(study, tmp_path):
    session = study / "sessions" / "s1"
    assert analysis_of(session)["parameters"]["scale"]["source"] == "the study's"
    set_in(study, "scale")
    path = study / "study.toml"
    path.write_text(path.read_text("utf-8").replace("[50, ", "[60, "), "utf-8")
    data = analysis_of(session)
    assert data["parameters"]["scale"]["high"] == 60
    assert any("client rated on a scale from -50 to 50" in said for said in data["remarks"])
    done = tracedial_here("export", session, "--format", "csv", "--out", tmp_path / "out")
    assert "client rated s1 on a scale from -50 to 50" in done.out
    assert {row["scale_high"] for row in rows(tmp_path / "out" / "csv" / "raters.csv")} == {"60"}
    assert "+60" in (report_of(session) and (session / "report" / "figure.svg").read_text("utf-8"))


def test_interchangeable_raters_have_no_direction_in_analysis_and_report(study):
    session = study / "sessions" / "s1"
    assert "On average" in report_of(session) or "Neither rated clearly higher" in report_of(session)
    set_in(study, "rating.interchangeable")
    assert analysis_of(session)["parameters"]["interchangeable"]
    assert "points apart" in report_of(session)
    said = analysis_of(session, "--with-direction")
    assert not said["parameters"]["interchangeable"]
    assert any("rating.interchangeable is false here, as given" in one for one in said["remarks"])


def test_a_recording_by_hand_has_the_studys_rate(study, monkeypatch):
    plans = []
    monkeypatch.setattr("tracedial.cli.record.record_session", lambda plan: plans.append(plan) or [])
    set_in(study, "rating.rate_hz")
    session = study / "sessions" / "s1"
    place = ("record", session, "--video", study / "video.mp4", "--dial", "client=emulated:")
    assert tracedial_here(*place).code == 0 and plans[-1].rate_hz == 2
    done = tracedial_here(*place, "--rate", 5)
    assert plans[-1].rate_hz == 5 and "rating.rate_hz is 5 here, as given; study.toml of 'A test' says 2" in done.out


def test_codes_and_questions_reach_report_and_export(chosen, tmp_path):
    session = chosen / "sessions" / "s1"
    assert "<blockquote><p>=1+1" in report_of(session)
    assert "What was happening during this segment?" in report_of(session)
    set_in(chosen, "questions")
    set_in(chosen, "clips.codes")
    page = report_of(session)
    assert "about the segment or question as it was before it was changed" in page
    answers = rows(export_of(session, tmp_path / "out", "csv") / "csv" / "answers.csv")
    assert {"And what was it?", ""} <= {row["question_text"] for row in answers if row["current"] == "1"}
    assert "codes" in {row["question"] for row in answers}


def test_the_preset_is_provenance_and_changes_nothing(study):
    before = analysis_of(study / "sessions" / "s1")
    set_in(study, "preset")
    assert analysis_of(study / "sessions" / "s1") == before


FLAGS = {
    "segments.rule": ("--rule", "optimal"), "segments.count": ("--segments", 1), "segments.length_s": ("--segment", 10),
    "segments.separation_s": ("--separation", 2), "segments.min_valid": ("--min-valid", 0.9),
    "segments.trim_start_s": ("--trim-start", 10), "segments.drop_sd": ("--drop", 2),
    "segments.return_share": ("--return", 0.9), "segments.smooth_s": ("--smooth", 5), "segments.rise": ("--rise", 3),
    "segments.hold_s": ("--hold", 3), "segments.level_s": ("--level", 9), "clips.length_s": ("--clip", 9),
    "clips.pairs": ("--clip-pairs", "together"), "scale": ("--scale", "-60:60:1"),
    "rating.interchangeable": ("--interchangeable",),
}  # fmt: skip


@pytest.mark.parametrize("setting", FLAGS)
def test_a_flag_overrides_the_study_and_that_is_said(chosen, setting):
    data = analysis_of(chosen / "sessions" / "s1", *FLAGS[setting])
    (said,) = [one for one in data["remarks"] if "here, as given; study.toml" in one]
    assert said.startswith(f"{setting} is "), said
    assert "as given; study.toml of" in report_of(chosen / "sessions" / "s1", *FLAGS[setting])
    by_rule = setting in {f"segments.{NAMES.get(name, name)}" for name in OF_THE_RULE} | {"segments.length_s"}
    if by_rule and setting not in ("segments.smooth_s", "segments.rise", "segments.hold_s", "segments.level_s"):
        assert data["segments"]["client"] == {"used": "rule", "confirmed_by": "res-1"}
        assert data["ruptures"] == {name: found["ruptures"] for name, found in data["by_rule"].items()}
        assert any("confirmed segments stand beside them" in one for one in data["remarks"])
    else:
        assert data["segments"]["client"]["used"] == "confirmed"


def test_a_flag_that_says_what_the_study_says_overrides_nothing(chosen):
    plain = analysis_of(chosen / "sessions" / "s1")
    assert analysis_of(chosen / "sessions" / "s1", "--segment", 8, "--clip", 5, "--scale", "-50:50:1") == plain


def test_confirmed_segments_are_the_ruptures_and_the_rules_own_stand_beside(chosen, tmp_path):
    session = chosen / "sessions" / "s1"
    data = analysis_of(session)
    kept = rows(export_of(session, tmp_path / "out", "csv") / "csv" / "segments.csv")
    for rater in ("client", "therapist"):
        holding = [row for row in kept if row["rater"] == rater and row["chosen"] == "1"]
        confirmed = sorted(
            (int(float(r["start_s"])), -int(-float(r["end_s"]) // 1)) for r in holding if r["kind"] == "rupture"
        )
        assert spans(data["ruptures"][rater]) == confirmed
        assert {row["confirmed_by"] for row in holding} == {"res-1"}
        automatic = {one.id: (one.start_s, one.end_s) for one in read_choice(session / rater).automatic}
        assert {
            r["segment"]: (float(r["rule_start_s"]), float(r["rule_end_s"])) for r in holding if r["rule_start_s"]
        } == {name: span for name, span in automatic.items() if name in {row["segment"] for row in holding}}
    moved = next(r for r in data["ruptures"]["client"] if r["segment"] == "rupture-1")
    assert (moved["onset_s"], moved["end_s"], moved["source"]) == (10, 16, "moved")
    assert "added" in {r["source"] for r in data["repairs"]["client"]}
    assert {r["source"] for r in data["by_rule"]["client"]["ruptures"]} == {"rule"}
    untouched = next(r for r in data["ruptures"]["therapist"] if r["segment"] == "rupture-2")
    same = next(r for r in data["by_rule"]["therapist"]["ruptures"] if r["segment"] == "rupture-2")
    apart = {"clip": 0, "same_trough_as": 0, "begins_s": 0}
    assert untouched | apart == same | apart
    page = report_of(session)
    assert "Confirmed by res-1" in page and "1 (moved)" in page and "Ruptures of client, by the rule" in page
    assert "as the video shows" in page and "moved rupture 1 from" in page
    assert analysis_of(session, "--by-rule")["ruptures"] == {n: f["ruptures"] for n, f in data["by_rule"].items()}
    told = settings_for([session], {"segment_s": 12})
    assert told.segments == "rule" and told.events.segment_s == 12 and told.events.separation_s == 4


def test_a_whole_study_uses_the_same_settings_and_segments_as_each_session(chosen, tmp_path):
    alone = analysis_of(chosen / "sessions" / "s1")
    done = tracedial_here("analyze", chosen, "--set", "core", "--json", "--jobs", 1)
    assert done.code == 0, done.err
    (session,) = json.loads(done.out)["sessions"]
    assert session["ruptures"] == alone["ruptures"] and session["by_rule"] == alone["by_rule"]
    page = (tracedial_here("report", chosen, "--set", "core", "--jobs", 1), chosen / "analysis" / "report.html")[1]
    assert "=1+1" in page.read_text("utf-8") and "A test" in page.read_text("utf-8")
