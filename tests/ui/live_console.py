"""The real server on a small demo workspace, and people who look at it in a real browser."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

ENTRY = "from ui.cli import main; main()"
START_SECONDS = 90
FIRST_ANSWER_MS = 60_000


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(workspace: Path, users: int = 2_000) -> Iterator[str]:
    """The console's address, for as long as the context lasts."""
    command = [sys.executable, "-c", ENTRY, "--workspace", str(workspace)]
    made = [*command, "demo-data", "--users", str(users), "--seed", "7"]
    subprocess.run(made, check=True, capture_output=True)
    port = free_port()
    log = (workspace / "server.log").open("w")
    server = subprocess.Popen([*command, "up", "--port", str(port)], stdout=log, stderr=log)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def _wait_until_ready(base: str, server: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if server.poll() is not None:
            raise RuntimeError("the server ended before it answered")
        try:
            if httpx.get(f"{base}/_stcore/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise RuntimeError(f"the server did not answer within {START_SECONDS} s")


@dataclass
class Visitor:
    """A signed-in person's browser, and everything that went wrong in it."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Write down errors, and requests that leave this machine."""
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on("console", self._console)
        self.page.on("request", self._request)

    def ask(self, prompt: str) -> None:
        """Type a question on the Ask page and wait for its answer."""
        self.page.goto(self.base)
        # Not everybody starts there.
        self.page.get_by_role("link", name="Ask", exact=True).click()
        box = self.page.get_by_test_id("stChatInputTextArea")
        box.fill(prompt)
        box.press("Enter")
        expect(self.page.get_by_text("Drafted by")).to_be_visible(timeout=FIRST_ANSWER_MS)

    def settle(self) -> None:
        """Wait until the page has nothing left to draw: a click while it draws may be lost."""
        still = '[data-testid="stApp"][data-test-script-state="notRunning"]'
        self.page.locator(still).wait_for()

    def charts_without_a_picture(self) -> int:
        """How many charts the browser could not draw."""
        charts = self.page.get_by_test_id("stVegaLiteChart")
        charts.first.locator("svg").first.wait_for()
        drawn = [charts.nth(place).locator("svg").count() for place in range(charts.count())]
        return drawn.count(0)

    def _console(self, message: ConsoleMessage) -> None:
        # Below a page's path Streamlit first looks for itself there, and is told that it is not.
        probe = re.search(r"/\w+/_stcore/", message.location["url"])
        if message.type == "error" and not probe:
            self.complaints.append(f"console: {message.text} {message.location['url']}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.complaints.append(f"left the machine: {request.url}")


def sign_in(
    browser: Browser, base: str, name: str, at: str = "/", scheme: str = "light"
) -> Visitor:
    """Open the console as one of the demo's people, at a path."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    visitor = Visitor(context.new_page(), base)
    visitor.watch()
    page = visitor.page
    page.goto(base + at)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=re.compile(f"^{name}, ")).click()
    expect(page.get_by_test_id("stSidebar").get_by_text("Data as of")).to_be_visible(timeout=30_000)
    return visitor
