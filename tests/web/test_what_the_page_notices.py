"""What a page notices by itself: a hidden tab, a computer's sleep, slow data, a dial that does not move."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from emulation import emulate, read_rows
from requirements import needs_chromium
from rooms import Server, begin, browser, make_study, open_page, video_s, wait_for_video
from tracedial.recording.journal import read_journal

pytestmark = [needs_chromium, pytest.mark.real_time("a browser is stopped and hidden in mid-play")]

NO_PRACTICE = {"on = true": "on = false"}
# A browser without a window hides no tab: the page is told what a browser would tell it.
HIDE = """hidden => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
SLEEP = "() => { const until = performance.now() + 6500; while (performance.now() < until); }"


def rate_to_the_end(page, act, knob="keyboard"):
    begin(page, "s1", "client", knob)
    page.click("#next")
    page.click("#play")
    wait_for_video(page, 1.2)
    act(page)
    page.wait_for_selector("#to-review", timeout=60_000)


def recorded(study):
    folder = study / "sessions" / "s1" / "client"
    records = read_journal(folder / "journal.tdj").records
    notes = [record for record in records if record["kind"] == "page"]
    players = [record for record in records if record["kind"] == "player"]
    return read_rows(folder / "trace.csv"), notes, players


def test_a_hidden_tab_pauses_and_what_is_sampled_meanwhile_belongs_to_no_second(tmp_path):
    study = make_study(tmp_path / "study", seconds=8, changes=NO_PRACTICE)

    def hide(page):
        page.evaluate(HIDE, True)
        stood_s = video_s(page)
        page.wait_for_timeout(2500)
        assert video_s(page) == stood_s
        page.evaluate(HIDE, False)
        page.click("#play")

    with Server(study) as server, browser() as one:
        page = open_page(one, server.url)
        rate_to_the_end(page, hide)
        assert page.found_problems == []
    rows, notes, players = recorded(study)
    assert [note["what"] for note in notes if note["what"] in ("hidden", "visible")] == ["hidden", "visible"]
    assert [record["event"] for record in players].count("pause") == 1
    assert len(rows) == 8 and sum(not row["rating"] for row in rows) <= 1
    samples = read_rows(study / "sessions" / "s1" / "client" / "samples.csv")
    assert sum(not row["video_s"] for row in samples) >= 2


def test_a_computer_that_slept_is_noted_and_nothing_is_misfiled(tmp_path):
    study = make_study(tmp_path / "study", seconds=12, changes=NO_PRACTICE)
    with emulate() as emulator, Server(study, "--dial", emulator.urls[0]) as server, browser() as one:
        page = open_page(one, server.url)
        rate_to_the_end(page, lambda page: page.evaluate(SLEEP), knob="dial")
    rows, notes, _ = recorded(study)
    slept = [note for note in notes if note["what"] == "slept"]
    assert len(slept) == 1 and 6000 < float(slept[0]["text"].split()[0]) < 9000
    assert sum(bool(row["rating"]) for row in rows) >= 11


def test_a_dial_that_stands_still_is_reminded_of(tmp_path):
    study = make_study(tmp_path / "study", seconds=8, changes={**NO_PRACTICE, "reminder_s = 90": "reminder_s = 2"})

    def wait(page):
        page.wait_for_selector(".reminder:not([hidden])")
        page.keyboard.press("PageUp")
        page.wait_for_selector(".reminder", state="hidden")

    with Server(study) as server, browser() as one:
        page = open_page(one, server.url)
        rate_to_the_end(page, wait)
    _, notes, _ = recorded(study)
    reminders = [note for note in notes if note["what"] == "reminder"]
    assert reminders and 1 <= float(reminders[0]["text"]) <= 6


def test_a_browser_without_frame_callbacks_rates_by_the_players_time_and_says_so(tmp_path):
    study = make_study(tmp_path / "study", seconds=8, changes=NO_PRACTICE)
    with Server(study) as server, browser() as one:
        context = one.new_context()
        context.add_init_script("delete HTMLVideoElement.prototype.requestVideoFrameCallback;")
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(server.url)
        rate_to_the_end(page, lambda page: page.keyboard.press("PageUp"))
    rows, notes, _ = recorded(study)
    assert [note["text"] for note in notes if note["what"] == "frames_from"] == ["currentTime"]
    assert len(rows) == 8 and sum(bool(row["rating"]) for row in rows) >= 7
    report = json.loads((study / "sessions" / "s1" / "client" / "alignment.json").read_text())
    assert any("currentTime" in finding for finding in report["findings"])


def test_data_that_come_slower_than_the_video_plays_stop_it_and_lose_no_second(tmp_path):
    (tmp_path / "study").mkdir()
    video = tmp_path / "study" / "video.mp4"
    write_noise(video, seconds=10)
    study = make_study(tmp_path / "study", changes=NO_PRACTICE)
    with emulate() as emulator, Server(study, "--dial", emulator.urls[0]) as server, browser() as one:
        page = open_page(one, server.url)
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        slow = {"offline": False, "latency": 0, "uploadThroughput": -1, "downloadThroughput": video.stat().st_size / 18}
        begin(page, "s1", "client", "dial")
        line.send("Network.emulateNetworkConditions", slow)
        page.click("#next")
        page.click("#play")
        page.wait_for_selector("text=Loading the video", timeout=60_000)
        page.wait_for_selector("#to-review", timeout=90_000)
    rows, _, players = recorded(study)
    events = [record["event"] for record in players]
    assert 1 <= events.count("stall") == events.count("play") - 1
    assert sum(bool(row["rating"]) for row in rows) >= 10 - events.count("stall")


def write_noise(path: Path, *, seconds: int) -> None:
    """A video that does not compress, so that it can come slower than it plays."""
    rng = np.random.default_rng(4)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "18", "g": "25"}
        for _ in range(25 * seconds):
            picture = rng.integers(0, 255, (360, 640), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")))
        container.mux(stream.encode(None))
