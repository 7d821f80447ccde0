"""Staging in a real browser on the real server: tried, decided, read, and let go live."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.ui.command_line import ELIGIBILITY, CommandLine
from tests.ui.live_console import serving, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
expect.set_options(timeout=30_000)
NARROW = {"width": 390, "height": 844}


@pytest.fixture
def chromium(chromium_path: str, chromium_arguments: list[str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = [*chromium_arguments, "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        yield browser
        browser.close()


def test_a_rule_is_tried_read_and_let_go_live_from_its_page(
    tmp_path: Path, chromium: Browser
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    with serving(workspace) as base:
        cli = CommandLine(workspace)
        cli.json("ask", ELIGIBILITY)
        pavel = sign_in(chromium, base, "Pavel", at="/staging")
        page = pavel.page
        page.get_by_role("combobox", name="Try something").click()
        page.get_by_role("option", name=re.compile("CR-1")).click()
        page.get_by_role("button", name=re.compile("Try CR.1 in staging")).click()
        expect(page.get_by_text(re.compile("On trial"))).to_be_visible()
        expect(page.get_by_role("button", name="Promote all")).to_be_disabled()

        page.get_by_role("button", name="Decide now").click()
        expect(page.get_by_text("What staging decided last")).to_be_visible()
        expect(page.get_by_text("Nothing left this machine.")).to_be_visible()
        pavel.settle()
        page.set_viewport_size(NARROW)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= NARROW["width"]
        page.set_viewport_size({"width": 1440, "height": 900})

        cli.json("approvals", "approve", "CR-1", "--as", "ada@demo")
        page.reload()
        page.get_by_role("button", name="Promote all").click()
        expect(page.get_by_text("went live for the first time")).to_be_visible()
        page.get_by_role("button", name="Take it back").click()
        expect(page.get_by_text("Taken back by Pavel")).to_be_visible()
        assert [one["state"] for one in cli.json("rules", "list")] == ["paused"]
        assert pavel.complaints == []
