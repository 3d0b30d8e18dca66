"""A browser without a window, told what to do through a pipe in its DevTools protocol: nothing to install."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
# The browser reads from descriptor 3 and writes to descriptor 4.
LAUNCH = """
import fcntl, os, sys
reading, writing = (fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3])
os.dup2(reading, 3)
os.dup2(writing, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
PATIENCE_S = 60.0


@dataclass
class Page:
    """What a browser made of a page."""

    browser: "Browser"
    session: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def evaluate(self, expression: str) -> Any:
        """Return what a JavaScript expression gives on this page."""
        answer = self.browser.ask("Runtime.evaluate", self, expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def resize(self, width: int, height: int = 800) -> None:
        """Give the page another size (CSS pixels)."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.ask("Emulation.setDeviceMetricsOverride", self, **size)

    def screenshot(self, path: Path) -> None:
        """Write the whole page, as far as it scrolls, as a PNG."""
        shot = self.browser.ask("Page.captureScreenshot", self, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def print_to_pdf(self, path: Path) -> None:
        """Write the page as it is printed."""
        printed = self.browser.ask("Page.printToPDF", self, preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(printed["data"]))


class Browser:
    """A browser that was started, and the two ends of its pipe."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._rest = b""
        self._asked = 0
        self._pages: dict[str, Page] = {}

    def ask(self, method: str, page: Page | None = None, **parameters: Any) -> Any:
        """Send one command and return its result; what happens meanwhile is noted with its page."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": parameters}
        if page is not None:
            message["sessionId"] = page.session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._asked:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def is_alive(self) -> bool:
        """Tell whether the browser started: a stub that would fetch the real one does not."""
        try:
            self.ask("Browser.getVersion")
        except (AssertionError, OSError):
            return False
        return True

    def open(self, address: str, *, width: int = 1400) -> Page:
        """Open a page and wait until everything in it is loaded."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        self._pages[session] = page
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable", page)
        page.resize(width)
        self.ask("Page.navigate", page, url=address)
        waited = time.monotonic()
        while page.evaluate("document.readyState") != "complete":
            assert time.monotonic() - waited < PATIENCE_S, f"{address} was not loaded"
            time.sleep(0.02)
        page.evaluate("1")  # what the browser has to say about the page comes before its answer
        return page

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reading], [], [], PATIENCE_S)
            assert ready, "the browser says nothing"
            piece = os.read(self._reading, 1 << 20)
            assert piece, "the browser has ended"
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if (page := self._pages.get(message.get("sessionId", ""))) is not None:
            _note(page, message.get("method"), message.get("params", {}))
        return message


def _note(page: Page, method: str | None, what: dict[str, Any]) -> None:
    if method == "Network.requestWillBeSent":
        page.requests.append(what["request"]["url"][:200])
    elif method == "Log.entryAdded":
        page.complaints.append(f"{what['entry']['level']}: {what['entry']['text']}")
    elif method == "Runtime.consoleAPICalled":
        page.complaints.append(f"console.{what['type']}: {what['args']}")
    elif method == "Runtime.exceptionThrown":
        page.complaints.append(str(what["exceptionDetails"]))


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def running(program: str) -> Iterator[Browser]:
    """Start a browser with a profile of its own, and end it."""
    to_browser, from_here = os.pipe()
    to_here, from_browser = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        ends = (to_browser, from_browser)
        command = [sys.executable, "-c", LAUNCH, *map(str, ends), program, *FLAGS, f"--user-data-dir={profile}"]
        nowhere = subprocess.DEVNULL
        with subprocess.Popen(command, pass_fds=ends, stdout=nowhere, stderr=nowhere) as process:
            for end in ends:
                os.close(end)
            browser = Browser(to_here, from_here)
            try:
                yield browser
                browser.ask("Browser.close")
            finally:
                os.close(from_here)
                os.close(to_here)
                try:
                    process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    process.kill()
