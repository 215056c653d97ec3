"""A rating room as users run it: the command in a separate process, its pages in a real Chromium."""

import contextlib
import http.client
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from commands import tracedial_here
from requirements import CHROMIUM
from tracedial.emulation.synthetic import write_video

ANSWER_MS = 30_000
SHORT = {
    "length_s = 30": "length_s = 4",
    "separation_s = 30": "separation_s = 2",
    "length_s = 120": "length_s = 3",
    "duration_s = 60": "duration_s = 20",
}


def make_study(
    folder: Path,
    *,
    seconds=12,
    raters="client",
    changes=None,
    preset="alliance",
    session="s1",
    video_name="video.mp4",
) -> Path:
    """A study with one short session; `changes` replaces texts in its study.toml."""
    done = tracedial_here("study", "init", folder, "--preset", preset, "--title", "A test")
    assert done.code == 0, done.err
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in {**SHORT, **(changes or {})}.items():
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    video = folder / video_name
    if not video.exists():
        write_video(video, seconds)
    done = tracedial_here("study", "add-session", folder, session, "--video", video, "--raters", raters)
    assert done.code == 0, done.err
    return folder


class Server:
    """A room's server as the command starts it."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "tracedial", "room", *map(str, arguments), "--port", "0", "--no-browser"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout and self.process.stderr
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + self.process.stderr.read()
        self.url = found.group()
        self.given: str | None = None

    def new_link(self) -> str:
        """Press Enter: a link for one more browser."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return next(line.split()[-1] for line in self.process.stdout if line.startswith("A new link"))

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def close(self) -> str:
        """Ctrl-C; returns what was printed to the terminal as errors."""
        if self.process.poll() is None:
            self.process.terminate()
        _, errors = self.process.communicate(timeout=60)
        return errors

    def __enter__(self):
        return self

    def __exit__(self, *_):
        errors = self.close()
        assert "Traceback" not in errors, errors


def ask(room, path, method="GET", body=None, **headers):
    parts = urlsplit(room.url)
    link = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
    given = {"Host": parts.netloc, **{name.replace("_", "-"): value for name, value in headers.items()}}
    link.request(method, path, body=body, headers={name: value for name, value in given.items() if value is not None})
    answer = link.getresponse()
    content = answer.read()
    link.close()
    return answer, content


def token(room) -> str:
    return urlsplit(room.url).query.removeprefix("token=")


def home(room) -> str:
    """The path below which the room lies."""
    return urlsplit(room.url).path


def cookie(room) -> str:
    """A cookie for the test itself, by a link of its own: the one that was printed first is left for a browser."""
    if room.given is None:
        answer, _ = ask(room, f"/?{urlsplit(room.new_link()).query}")
        assert answer.status == 303 and answer.getheader("Location") == home(room)
        said = answer.getheader("Set-Cookie")
        assert "HttpOnly" in said and "SameSite=Strict" in said and f"Path={home(room)}" in said
        room.given = said.split(";")[0]
    return room.given


def post(room, path: str, **said):
    """What the room answers a page's call with: the status and the object."""
    own = urlsplit(room.url)
    answer, content = ask(
        room, home(room) + path[1:], "POST", json.dumps(said), Cookie=cookie(room), Origin=f"http://{own.netloc}"
    )
    return answer.status, json.loads(content)


def get(room, path: str):
    """The same for what a page asks for."""
    answer, content = ask(room, home(room) + path[1:], Cookie=cookie(room))
    return answer.status, json.loads(content)


@contextlib.contextmanager
def browser(*, headless=True):
    with sync_playwright() as play:
        one = play.chromium.launch(
            executable_path=CHROMIUM,
            headless=headless,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--window-position=0,0"],
        )
        try:
            yield one
        finally:
            one.close()


def open_page(one, url: str, *, width=1366, height=768, problems=None) -> Page:
    """A page on which anything that the browser complains of fails the test; without a width as large as its window."""
    viewport = {"viewport": {"width": width, "height": height}} if width else {"no_viewport": True}
    page = one.new_context(**viewport).new_page()
    page.set_default_timeout(ANSWER_MS)
    found = [] if problems is None else problems
    page.on("pageerror", lambda error: found.append(str(error)))
    # What the room refuses with a sentence the browser notes as an error of its own.
    page.on(
        "console", lambda said: found.append(said.text) if said.type == "error" and "409" not in said.text else None
    )
    page.found_problems = found
    page.goto(url)
    return page


def begin(page: Page, session: str, rater: str, knob: str) -> None:
    """In the lobby, begin a rater's sitting with a knob (`dial` for the first dial that answers)."""
    select = page.locator(f'[id="knob-{session}/{rater}"]')
    select.wait_for()
    if knob == "dial":
        page.wait_for_function(
            "id => [...document.getElementById(id).options].some(o => o.value.startsWith('dial '))",
            arg=f"knob-{session}/{rater}",
        )
        value = select.locator("option").first.get_attribute("value")
        assert value and value.startswith("dial ")
        select.select_option(value)
    else:
        select.select_option(knob)
    page.locator(f'[id="begin-{session}/{rater}"]').click()
    page.wait_for_selector("#next")


def video_s(page: Page) -> float:
    return page.evaluate("document.querySelector('video').currentTime")


def wait_for_video(page: Page, seconds: float) -> None:
    # A page that is being shown anew has no video for a moment.
    page.wait_for_function("s => document.querySelector('video')?.currentTime >= s", arg=seconds, timeout=60_000)


def was_unseen(row: dict[str, str]) -> bool:
    """Whether a second of trace.csv says that the page did not show it, or stood still there."""
    return bool({"unseen", "paused"} & set(row["flags"].split("|")))
