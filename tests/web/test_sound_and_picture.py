"""If a browser cannot show or play something, the page says so before a rating begins; sound alone works like video."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from emulation import read_rows
from requirements import needs_chromium, needs_ffmpeg
from rooms import Server, begin, browser, make_study, open_page, wait_for_video
from tracedial.study.study_file import read_study
from tracedial.study.study_sessions import add_session

sys.path.insert(0, str(Path(__file__).parent.parent / "host"))
from test_sound import write_sound

pytestmark = [needs_chromium, pytest.mark.real_time("a browser plays the session")]

NO_PRACTICE = {"on = true": "on = false"}


def film(path, *codecs):
    sound = ["-f", "lavfi", "-i", "sine=d=4"]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=d=4:s=160x120:r=10", *sound, *codecs, str(path)],
        check=True,
    )  # fmt: skip
    return path


@needs_ffmpeg
@pytest.mark.parametrize(
    "codecs, said",
    [
        (["-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1", "-c:a", "aac"], "no picture"),
        (["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "ac3"], "no sound"),
    ],
    ids=["H.265", "AC-3"],
)
def test_what_a_browser_does_not_show_or_play_is_said_before_begin(tmp_path, codecs, said):
    study = make_study(tmp_path / "study", changes=NO_PRACTICE)
    add_session(read_study(study), "s2", video_file=film(study / "film.mp4", *codecs), raters=["client"])
    with Server(study) as server, browser() as one:
        page = open_page(one, server.url)
        begin(page, "s2", "client", "keyboard")
        page.click("#next")
        page.wait_for_selector("code.command")
        assert said in page.inner_text(".veil") and "ffmpeg -i" in page.inner_text(".veil")
        assert page.locator("#play").is_hidden()
        if said == "no sound":
            # The rater may be meant to see alone.
            page.click("#play-anyway")
            wait_for_video(page, 0.5)
    if said == "no picture":
        assert not (study / "sessions" / "s2" / "client" / "trace.csv").exists()


@pytest.mark.parametrize("name, codec", [("s.wav", "pcm_s16le"), ("s.mp3", "libmp3lame")])
def test_sound_alone_is_rated_reviewed_and_replayed(tmp_path, name, codec):
    (tmp_path / "study").mkdir()
    write_sound(tmp_path / "study" / name, codec=codec, seconds=8)
    changes = {**NO_PRACTICE, "count = 3": "count = 1", 'chosen_by = "researcher"': 'chosen_by = "rule"'}
    study = make_study(tmp_path / "study", changes=changes, video_name=name)
    with Server(study) as server, browser() as one:
        page = open_page(one, server.url)
        begin(page, "s1", "client", "keyboard")
        page.click("#next")
        page.click("#play")
        wait_for_video(page, 0.3)
        page.keyboard.press("PageUp")
        assert page.inner_text(".wave-time").startswith("0:0")
        wait_for_video(page, 2)
        page.keyboard.press("Home")
        wait_for_video(page, 4)
        page.keyboard.press("End")
        page.click("#to-clips", timeout=60_000)
        page.click("#play-clip")
        page.wait_for_selector("textarea", timeout=60_000)
        assert page.locator(".wave canvas").count() == 1
        page.goto(page.url.split("#")[0] + "#/review/s1/client")
        page.wait_for_selector(".review-video .wave")
        assert page.found_problems == []
    folder = study / "sessions" / "s1" / "client"
    rows = read_rows(folder / "trace.csv")
    # MP3 is padded to whole packets.
    assert len(rows) in (8, 9) and sum(bool(row["rating"]) for row in rows) >= 7
    report = json.loads((folder / "alignment.json").read_text())
    assert report["page"]["frames_used"] > 100
    assert any("sound alone" in finding for finding in report["findings"])
