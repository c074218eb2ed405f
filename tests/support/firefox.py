"""Firefox as a second real engine, headless, spoken to over WebDriver BiDi (W3C) on a plain WebSocket."""

from __future__ import annotations

import base64
import itertools
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

STARTUP_S: Final = 60
DEADLINE_S: Final = 30
POLL_S: Final = 0.05

PREFERENCES: Final[dict[str, object]] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.peerconnection.ice.loopback": True,
    "media.gmp-manager.updateEnabled": False,
    "intl.accept_languages": "zh-CN",
    # Nothing that calls home, and no page of its own.
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}

_VISIBLE = """(id) => {
  const found = document.querySelector(`[data-testid="${id}"]`);
  return found !== null && found.getClientRects().length > 0 && !found.disabled;
}"""
_CLICK = """(id) => document.querySelector(`[data-testid="${id}"]`).click()"""
_FILL = """(id, text) => {
  const field = document.querySelector(`[data-testid="${id}"]`);
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}"""


class Firefox:
    """One window."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._say("session.new", {"capabilities": {}})
        self._context = self._say("browsingContext.getTree", {})["contexts"][0]["context"]

    def _say(self, method: str, params: dict[str, Any]) -> Any:
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            reply = json.loads(self._socket.recv(timeout=DEADLINE_S))
            if reply.get("id") == number:
                assert reply["type"] == "success", (method, reply)
                return reply["result"]

    def goto(self, url: str) -> None:
        """Open a page and wait until it has loaded."""
        self._say("browsingContext.navigate", {"context": self._context, "url": url, "wait": "complete"})

    def ask(self, function: str, *arguments: object) -> Any:
        """What a JavaScript function (async or not) answers in the page, as JSON carries it."""
        call = {
            "functionDeclaration": f"async (given) => JSON.stringify(await ({function})(...JSON.parse(given)))",
            "awaitPromise": True,
            "target": {"context": self._context},
            "arguments": [{"type": "string", "value": json.dumps(arguments)}],
        }
        result = self._say("script.callFunction", call)
        assert result["type"] == "success", result["exceptionDetails"]["text"]
        value = result["result"].get("value")
        return json.loads(value) if value is not None else None

    def until(self, what: str, function: str, *arguments: object) -> Any:
        """Ask until the answer is something true; fails naming `what` after the deadline."""
        end = time.monotonic() + DEADLINE_S
        while not (found := self.ask(function, *arguments)):
            assert time.monotonic() < end, f"not within {DEADLINE_S} s: {what}"
            time.sleep(POLL_S)
        return found

    def sees(self, testid: str) -> None:
        """Wait until it is shown and can be used."""
        self.until(testid, _VISIBLE, testid)

    def click(self, testid: str) -> None:
        """Press it once it is there."""
        self.sees(testid)
        self.ask(_CLICK, testid)

    def fill(self, testid: str, text: str) -> None:
        """Write into a field once it is there."""
        self.sees(testid)
        self.ask(_FILL, testid, text)

    def photograph(self, path: Path) -> None:
        """Keep what the window shows."""
        shot = self._say("browsingContext.captureScreenshot", {"context": self._context})
        path.write_bytes(base64.b64decode(shot["data"]))

    def address(self) -> str:
        """Where it is."""
        return str(self.ask("() => location.href"))


@contextmanager
def running_firefox(folder: Path) -> Iterator[Firefox]:
    """Start Firefox with a profile of its own and a fake camera and microphone; end it after."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program is not None, "the Debian package firefox-esr is missing (scripts/debian-test.txt)"
    profile = folder / "profile"
    profile.mkdir(parents=True)
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    log = folder / "firefox.log"
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen([*command, "about:blank"], stdout=out, stderr=subprocess.STDOUT)
    try:
        with connect(_address(process, log) + "/session", max_size=None, proxy=None) as socket:
            yield Firefox(socket)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + STARTUP_S
    while True:
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text(errors="replace"))
        if found:
            return found.group(1)
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(POLL_S)
