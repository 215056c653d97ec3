"""Debian's Firefox, driven by WebDriver BiDi over its WebSocket: the part of Playwright's `Page` that a run needs."""

import asyncio
import contextlib
import itertools
import json
import re
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import aiohttp

from requirements import FIREFOX

PREFERENCES = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "app.normandy.enabled": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "extensions.getAddons.cache.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "app.update.auto": False,
}
ANSWER_S = 60


class FirefoxPage:
    """One tab. `evaluate` takes an expression or a function, as Playwright does."""

    def __init__(self, port: int) -> None:
        self.found_problems: list[str] = []
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._answers: dict[int, asyncio.Future] = {}
        self._run(self._connect(port))
        self._call("session.new", capabilities={})
        self._context = self._call("browsingContext.getTree")["contexts"][0]["context"]

    def goto(self, url: str) -> None:
        self._call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def evaluate(self, script: str, arg: Any = None) -> Any:
        """The value of a script; what it returns travels as JSON."""
        is_function = re.match(r"\s*(async\s+)?(\([^()]*\)|\w+)\s*=>", script)
        call = f"({script})({json.dumps(arg)})" if is_function else f"({script})"
        expression = f"Promise.resolve({call}).then(v => JSON.stringify(v === undefined ? null : v))"
        answer = self._call(
            "script.evaluate", expression=expression, target={"context": self._context}, awaitPromise=True
        )
        if answer["type"] != "success":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def wait_for_function(self, script: str, *, arg: Any = None, timeout: float = ANSWER_S * 1000) -> None:
        until_s = time.monotonic() + timeout / 1000
        while not self.evaluate(script, arg):
            assert time.monotonic() < until_s, f"{script} did not come true in {timeout / 1000:.0f} s"
            time.sleep(0.05)

    def wait_for_selector(self, selector: str, *, timeout: float = ANSWER_S * 1000) -> None:
        self.wait_for_function("s => !!document.querySelector(s)", arg=selector, timeout=timeout)

    def wait_for_timeout(self, milliseconds: float) -> None:
        time.sleep(milliseconds / 1000)

    def click(self, selector: str) -> None:
        self.wait_for_selector(selector)
        self.evaluate("s => document.querySelector(s).click()", selector)

    def choose(self, selector: str, value: str) -> None:
        self.evaluate(
            "([s, v]) => { const e = document.querySelector(s); e.value = v; e.dispatchEvent(new Event('change')); }",
            [selector, value],
        )

    def close(self) -> None:
        self._run(self._socket.close())
        self._run(self._session.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_S)

    async def _connect(self, port: int) -> None:
        self._session = aiohttp.ClientSession()
        self._socket = await self._session.ws_connect(f"ws://127.0.0.1:{port}/session", max_msg_size=0)
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if said.get("id") in self._answers:
                self._answers.pop(said["id"]).set_result(said)

    async def _ask(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        self._answers[number] = answer = self._loop.create_future()
        await self._socket.send_str(json.dumps({"id": number, "method": method, "params": given}))
        return await answer

    def _call(self, method: str, **given: Any) -> dict[str, Any]:
        answer = self._run(self._ask(method, given))
        assert answer.get("type") == "success", answer
        return answer["result"]


@contextlib.contextmanager
def firefox(url: str, *, headless: bool):
    """A Firefox of its own, with a new profile, that shows `url`."""
    assert FIREFOX, "install Debian's firefox-esr"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = [f'user_pref("{name}", {json.dumps(value)});\n' for name, value in PREFERENCES.items()]
        (Path(profile) / "user.js").write_text("".join(lines))
        command = [FIREFOX, "--profile", profile, "--remote-debugging-port", "0", "--no-remote", "--width", "1400",
                   "--height", "900", *(["--headless"] if headless else []), "about:blank"]  # fmt: skip
        said = Path(profile) / "said.txt"
        with said.open("w") as file:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file)
        try:
            page = FirefoxPage(_port(process, said))
            try:
                page.goto(url)
                yield page
            finally:
                page.close()
        finally:
            process.terminate()
            process.wait()


def _port(process: subprocess.Popen, said: Path) -> int:
    """Where Firefox listens, once it says so."""
    while True:
        if found := re.search(r"ws://127\.0\.0\.1:(\d+)", said.read_text(errors="replace")):
            return int(found[1])
        assert process.poll() is None, said.read_text(errors="replace")
        time.sleep(0.05)
