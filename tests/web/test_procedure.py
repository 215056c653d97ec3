"""The article's whole procedure, from `study init` to the exported answers, in a real browser."""

import csv
import json
import re
from pathlib import Path

import pytest

import tracedial.room as room_code
from commands import tracedial
from emulation import emulate, read_rows
from requirements import needs_chromium
from rooms import Server, begin, browser, make_study, open_page, video_s, wait_for_video
from tracedial.recording.journal import read_journal
from tracedial.study.study import LANGUAGES

pytestmark = [needs_chromium, pytest.mark.real_time("a browser plays the video")]

TYPED = "=2+2; „sie sprachen“, on goals\nand tasks 🙂"


def rate_with_keys(page):
    for key in ("PageDown", "PageDown", "ArrowRight", "Home", "0", "PageUp", "PageUp"):
        page.keyboard.press(key)
        # A second and more of the video: each rating is that of a sample.
        wait_for_video(page, video_s(page) + 1.2)


def test_from_init_to_the_exported_answers_with_an_emulated_dial(tmp_path):
    script = tmp_path / "knob.csv"
    with script.open("w", newline="") as file:
        csv.writer(file).writerows([("time_s", "rating"), *[(s, -30 + 10 * (s % 7)) for s in range(0, 400, 3)]])
    study = make_study(tmp_path / "study", seconds=20)
    with emulate("--knob", script) as emulator, Server(study, "--dial", emulator.urls[0]) as server, browser() as one:
        emulator.command("play 0 1 0")
        page = open_page(one, server.url)
        begin(page, "s1", "client", "dial")
        page.click("#next")
        page.click("#practice-begin")
        page.wait_for_selector("#practice-result", timeout=60_000)
        page.click("text=Go to the video")
        page.click("#play")
        page.wait_for_selector("#to-review", timeout=90_000)
        page.click("#to-review")
        choose_and_answer(page)
        assert page.found_problems == []
    check_result(study, board="emulated")


def test_from_init_to_the_exported_answers_with_the_keyboard_alone(tmp_path):
    study = make_study(tmp_path / "study", seconds=20, changes={"on = true": "on = false"})
    with Server(study) as server, browser() as one:
        page = open_page(one, server.url, width=1280, height=720)
        begin(page, "s1", "client", "keyboard")
        page.keyboard.press("ArrowRight")
        page.focus("#next")
        page.keyboard.press("Enter")
        page.wait_for_selector("#play")
        page.focus("#play")
        page.keyboard.press("Enter")
        wait_for_video(page, 1)
        rate_with_keys(page)
        page.keyboard.press("m")
        page.keyboard.press("Space")
        page.wait_for_selector("#play")
        page.focus("#play")
        page.keyboard.press("Enter")
        page.wait_for_selector("#to-review", timeout=90_000)
        page.focus("#to-review")
        page.keyboard.press("Enter")
        choose_and_answer(page, press=lambda selector: (page.focus(selector), page.keyboard.press("Enter")))
        assert page.found_problems == []
    check_result(study, board="browser")
    rows = read_rows(study / "sessions" / "s1" / "client" / "trace.csv")
    rated = [row for row in rows if row["rating"]]
    assert len(rows) == 20 and len(rated) >= 19
    # It had been moved one step on the page before; until the first movement while rating nothing was rated.
    assert "unmoved" in rows[0]["flags"] and "unmoved" not in rows[8]["flags"]
    assert min(int(row["rating"]) for row in rated) == -50
    marks = read_rows(study / "sessions" / "s1" / "client" / "marks.csv")
    assert "button" in [mark["event"] for mark in marks]


def choose_and_answer(page, press=None):
    press = press or page.click
    page.wait_for_selector("#accept")
    before = page.locator(".segments tbody tr").count()
    # Without a name and a reason nothing is changed.
    press("#add-rupture")
    page.wait_for_selector(".problem")
    page.fill("#who", "res-1")
    page.fill("#why", "heard at the beginning")
    press("#add-rupture")
    page.wait_for_function("n => document.querySelectorAll('.segments tbody tr').length === n", arg=before + 1)
    page.fill("#why", "too short")
    # One that the rule chose: where the added one stands among them depends on where the knob happened to be.
    page.locator(".segments tbody tr", has_text="rule").first.locator("button.plain").click()
    page.wait_for_selector("tr.gone")
    press("#accept")
    page.wait_for_selector("#reopen")
    press("#to-clips")
    page.wait_for_selector("#play-clip")
    clips = int(re.search(r"of (\d+)", page.locator("h1").inner_text()).group(1))
    assert clips >= 2
    for number in range(clips):
        page.wait_for_function("n => document.querySelector('h1').textContent.includes(`Clip ${n} of`)", arg=number + 1)
        press("#play-clip")
        page.wait_for_selector("textarea", timeout=60_000)
        for at in range(page.locator("textarea").count()):
            page.locator("textarea").nth(at).fill(f"{TYPED} {number}.{at}")
        if number == 0:
            page.wait_for_function("() => document.getElementById('saved').textContent === 'Saved'")
            page.reload()
            # What was typed is there again, though nobody pressed a button.
            page.wait_for_selector("#play-clip")
            continue_from_first(page, clips)
        press("#next-clip")
    page.wait_for_selector("#done")
    assert "That was all" in page.inner_text("#done")


def continue_from_first(page, clips):
    """After a reload the page is at the first clip with an open question; go back to the one that was answered."""
    title = page.locator("h1").inner_text()
    if clips > 1 and "Clip 1 of" not in title:
        page.click("text=Previous clip")
        page.wait_for_function("() => document.querySelector('h1').textContent.includes('Clip 1 of')")
    assert page.locator("textarea").first.input_value() == f"{TYPED} 0.0"


def check_result(study, board):
    status = tracedial("study", "status", study)
    assert "complete" in status.stdout and "0 of" in status.stdout
    done = tracedial("study", "export", study)
    assert done.returncode == 0, done.stderr
    with (study / "export" / "answers.csv").open(newline="", encoding="utf-8-sig") as file:
        answers = list(csv.DictReader(file))
    assert answers and all(row["answer"].startswith(f"'{TYPED}") for row in answers)
    assert {row["question"] for row in answers} >= {"rupture_what", "rupture_why"}
    with (study / "export" / "segments.csv").open(newline="", encoding="utf-8-sig") as file:
        segments = list(csv.DictReader(file))
    assert any(row["source"] == "res-1" and row["why"] == "heard at the beginning" for row in segments)
    assert any(row["chosen"] == "0" and row["why"] == "too short" and row["source"] == "rule" for row in segments)
    folder = study / "sessions" / "s1" / "client"
    (hello, *_) = [r for r in read_journal(folder / "journal.tdj").records if r["kind"] == "hello"]
    assert hello["board"] == board
    with (study / "export" / "traces.csv").open(newline="", encoding="utf-8-sig") as file:
        exported = [(row["video_s"], row["rating"]) for row in csv.DictReader(file)]
    # The same seconds and ratings as in the rater's own trace, all of the video's.
    assert exported == [(row["video_s"], row["rating"]) for row in read_rows(folder / "trace.csv")]
    assert len(exported) == 20 and any(rating for _, rating in exported)


def test_the_words_are_the_same_keys_and_places_in_each_language():
    words = Path(room_code.__file__).parent / "static" / "words"
    english = json.loads((words / "en.json").read_text(encoding="utf-8"))
    others = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in words.glob("*.json")}
    assert sorted(others) == sorted(LANGUAGES)
    del others["en"]
    for language, other in others.items():
        assert other.keys() == english.keys(), language
        for key, text in english.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", other[key])), (language, key)
            assert other[key].strip(), (language, key)
    used = set()
    for path in (words.parent / "js").rglob("*.js"):
        used |= set(re.findall(r'\bt\(\s*"([a-z_0-9]+)"', path.read_text(encoding="utf-8")))
    assert used <= english.keys()
