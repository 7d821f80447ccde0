"""Every page in both themes: no violation of WCAG 2.2 AA that axe-core finds, nothing that a phone
or a zoom of 200 % cuts off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.collect.published import node_package
from tests.ui.command_line import CommandLine
from tests.ui.live_console import Visitor, serving, sign_in
from ui.console.ask import EXAMPLES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
expect.set_options(timeout=30_000)
PRIORITIES, ELIGIBILITY, DIAGNOSIS = (example.prompt for example in EXAMPLES)
AXE = "axe-core@4.14.1"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
ZOOMED = {"width": WIDE["width"] // 2, "height": WIDE["height"] // 2}
"""What a window of the usual size has left at 200 %."""
PAGES = {
    "/approvals": "Approvals",
    "/approvals?request=CR-1": "Decision",
    "/diagnoses": "Diagnoses",
    "/decisions": "Decisions",
    "/decisions?user=u0000001": "Decided before",
    "/rules": "Rules",
    "/rules?rule=trial_users_priority": "Versions",
    "/staging": "Staging",
    "/experiments": "Experiments",
    "/experiments?policy=starter_journey": "Message by message",
    "/outcomes": "Looked back at",
    "/data_health": "How old the data is",
    "/audit_log": "Audit log",
}
"""Address → the heading that is there once the page is drawn."""
DRAWN_LATE = {"/rules?rule=trial_users_priority"}
"""Pages with a picture that is drawn after everything else."""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The rules that judge a page, as a script."""
    folder = node_package(tmp_path_factory.mktemp("axe"), AXE)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.fixture(scope="module")
def chromium(chromium_path: str, chromium_arguments: list[str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = [*chromium_arguments, "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A console in which a policy is live and a rule waits for a decision."""
    workspace = tmp_path_factory.mktemp("accessible")
    with serving(workspace) as base:
        cli = CommandLine(workspace)
        cli.json("ask", ELIGIBILITY)
        request = cli.json("ask", PRIORITIES)["change_request"]["id"]
        cli.json("approvals", "approve", request, "--as", "pavel@demo")
        yield base


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_on_any_page_shuts_anybody_out(
    console: str, chromium: Browser, axe: str, scheme: str
) -> None:
    mara = sign_in(chromium, console, "Mara", scheme=scheme)
    found = {"/": _wrong_with(mara, axe)}
    mara.ask(DIAGNOSIS)
    found["/?run="] = _wrong_with(mara, axe)
    mara.page.get_by_role("button", name="Open as a diagnosis").click()
    expect(mara.page).to_have_url(re.compile(r"/diagnoses\?d=\w+$"))
    expect(mara.page.get_by_role("heading", name="What makes up the change")).to_be_visible()
    found["/diagnoses?d="] = _wrong_with(mara, axe)
    # Whoever decides and looks after the whole has more to click than anybody else.
    ada = sign_in(chromium, console, "Ada", scheme=scheme)
    for address, heading in PAGES.items():
        ada.page.goto(console + address)
        expect(ada.page.get_by_role("heading", name=heading).first).to_be_visible()
        if address in DRAWN_LATE:
            # What Streamlit shows until then says that it loads where nothing may be said.
            lineage = re.compile("^Lineage of the rule")
            expect(ada.page.get_by_role("img", name=lineage)).to_be_visible()
        found[address] = _wrong_with(ada, axe)

    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def _wrong_with(visitor: Visitor, axe: str) -> list[str]:
    """What axe-core finds, and the widths that the page does not fit."""
    page = visitor.page
    visitor.settle()
    page.evaluate(axe)
    options = {"runOnly": {"type": "tag", "values": TAGS}}
    judged: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    wrong = [_sentence(one) for one in judged["violations"]]
    return [
        *wrong,
        *(f"wider than {size['width']} px" for size in (ZOOMED, PHONE) if _cut(page, size)),
    ]


def _sentence(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    return f"{violation['id']}: {violation['help']}, {len(nodes)} times, {nodes[0]['html'][:200]}"


def _cut(page: Page, size: dict[str, int]) -> bool:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    is_cut = page.evaluate("document.documentElement.scrollWidth") > size["width"]
    page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
    return bool(is_cut)
