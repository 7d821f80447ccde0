"""Take every picture of the console anew: ``python -m docs.screenshots.take``.

It makes the default demo in a temporary folder, starts the real server, and walks
through the console as the demo's people, once light and once dark.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.ui.command_line import CommandLine
from tests.ui.live_console import Visitor, serving, sign_in
from ui.console.ask import EXAMPLES

FOLDER = Path(__file__).parent
USERS = 20_000
WIDTH, LEAST_HEIGHT = 1440, 900
CHROME = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
PRIORITIES, ELIGIBILITY, DIAGNOSIS = (example.prompt for example in EXAMPLES)
WIN_BACK = (
    "Send the win-back by email to users who cancelled a subscription in the last 60 days and did "
    "not open the app in the last 14 days."
)


def main() -> None:
    """Write the pictures beside this file."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "workspace", USERS) as base,
        sync_playwright() as playwright,
    ):
        path = next(found for name in CHROME if (found := shutil.which(name)))
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        for scheme in ("light", "dark"):
            _walk(browser, base, scheme)
            if scheme == "light":
                _change_a_trait(Path(folder))
            _read_the_change(browser, base, scheme)
        _bring_about(Path(folder))
        for scheme in ("light", "dark"):
            _see_what_is_live(browser, base, scheme)
        browser.close()


def _walk(browser: Browser, base: str, scheme: str) -> None:
    mara = sign_in(browser, base, "Mara", scheme=scheme)
    if scheme == "light":
        # The second walk finds both requests waiting.
        _propose(mara, ELIGIBILITY)
        _propose(mara, PRIORITIES)
    mara.page.goto(base)
    expect(mara.page.get_by_text("Pick up where you left off")).to_be_visible()
    _shoot(mara.page, f"ask_{scheme}")
    _open_recent(mara, "Upgrade nudge")
    _shoot(mara.page, f"ask_thread_{scheme}")
    mara.ask(DIAGNOSIS)
    _shoot(mara.page, f"ask_diagnosis_{scheme}")
    _find_out(mara, scheme)
    pavel = sign_in(browser, base, "Pavel", scheme=scheme)
    _shoot(pavel.page, f"approvals_{scheme}")
    pavel.page.goto(f"{base}/approvals?request=CR-1")
    pavel.page.get_by_role("button", name="Show some people").click()
    expect(pavel.page.get_by_text("Left out").first).to_be_visible(timeout=30_000)
    _shoot(pavel.page, f"approval_{scheme}")
    _look_things_up(browser, base, scheme)
    for visitor in (mara, pavel):
        visitor.page.context.close()


def _find_out(mara: Visitor, scheme: str) -> None:
    """The pages on which people find out why a number moved and what came of it."""
    mara.page.get_by_role("button", name="Open as a diagnosis").click()
    expect(mara.page.get_by_text("What makes up the change")).to_be_visible(timeout=30_000)
    _shoot(mara.page, f"diagnosis_{scheme}")
    mara.page.goto(f"{mara.base}/experiments?policy=starter_journey")
    expect(mara.page.get_by_text("Message by message")).to_be_visible(timeout=60_000)
    _shoot(mara.page, f"experiment_{scheme}")
    mara.page.goto(f"{mara.base}/outcomes")
    expect(mara.page.get_by_text("Looked back at")).to_be_visible(timeout=60_000)
    _shoot(mara.page, f"outcomes_{scheme}")


def _look_things_up(browser: Browser, base: str, scheme: str) -> None:
    """The pages on which people find out how the data is and who did what."""
    ada = sign_in(browser, base, "Ada", at="/data_health", scheme=scheme)
    expect(ada.page.get_by_text("How old the data is")).to_be_visible(timeout=30_000)
    _shoot(ada.page, f"data_health_{scheme}")
    ada.page.goto(f"{base}/audit_log")
    expect(ada.page.get_by_text("newest first")).to_be_visible(timeout=30_000)
    _shoot(ada.page, f"audit_log_{scheme}")
    ada.page.context.close()


def _change_a_trait(folder: Path) -> None:
    """Ana proposes on the command line what Pavel is going to read."""
    cli, models = CommandLine(folder / "workspace"), folder / "models"
    cli("model", "export", str(models))
    file = models / "support_risk.sql"
    file.write_text(file.read_text().replace("LEAST(trouble,", "LEAST(trouble * 1.2,"))
    cli("model", "apply", "--dir", str(models), "--reason", "Waiting for support hurts more.")


def _read_the_change(browser: Browser, base: str, scheme: str) -> None:
    pavel = sign_in(browser, base, "Pavel", at="/approvals?request=CR-3", scheme=scheme)
    expect(pavel.page.get_by_text("Some values, before and after")).to_be_visible(timeout=30_000)
    _shoot(pavel.page, f"approval_data_{scheme}")
    pavel.page.context.close()


def _bring_about(folder: Path) -> None:
    """Both rules go live, and a third one is tried over the real data."""
    cli = CommandLine(folder / "workspace")
    for request in ("CR-1", "CR-2"):
        cli.json("approvals", "approve", request, "--as", "pavel@demo")
    asked = cli.json("ask", WIN_BACK)["change_request"]["id"]
    cli.json("staging", "add", asked)
    cli.json("cycle", "run")


def _see_what_is_live(browser: Browser, base: str, scheme: str) -> None:
    """The pages of what is in force and of what is tried."""
    pavel = sign_in(browser, base, "Pavel", at="/rules", scheme=scheme)
    expect(pavel.page.get_by_role("button", name="Upgrade nudge")).to_be_visible()
    _shoot(pavel.page, f"rules_{scheme}")
    pavel.page.goto(f"{base}/rules?rule=upgrade_nudge")
    expect(pavel.page.get_by_role("heading", name="Versions")).to_be_visible(timeout=30_000)
    _shoot(pavel.page, f"rule_{scheme}")
    pavel.page.goto(f"{base}/staging")
    expect(pavel.page.get_by_role("heading", name="Staging", exact=True)).to_be_visible()
    _shoot(pavel.page, f"staging_{scheme}")
    pavel.page.goto(f"{base}/decisions")
    pavel.page.get_by_role("button", name="Somebody who was stopped").click()
    expect(pavel.page.get_by_text("Decided before")).to_be_visible(timeout=30_000)
    _shoot(pavel.page, f"decisions_{scheme}")
    pavel.page.context.close()


def _propose(visitor: Visitor, prompt: str) -> None:
    visitor.ask(prompt)
    visitor.page.get_by_role("button", name="Send for approval").click()
    expect(visitor.page.get_by_role("button", name="Open CR-")).to_be_visible()


def _open_recent(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_test_id("stSidebar").get_by_role("button", name=name).click()
    expect(visitor.page.get_by_text("Drafted by")).to_be_visible(timeout=30_000)


def _shoot(page: Page, name: str) -> None:
    """The whole page: it scrolls inside, so the window must grow to its height."""
    content = page.get_by_test_id("stMainBlockContainer")
    # Pictures below the window are drawn once it reaches them, and may need more room.
    for _ in range(2):
        page.wait_for_timeout(1_500)
        height = int(content.evaluate("node => node.scrollHeight")) + 140
        page.set_viewport_size({"width": WIDTH, "height": max(LEAST_HEIGHT, height)})
    page.mouse.move(WIDTH - 5, 5)
    page.wait_for_timeout(1_000)
    page.screenshot(path=FOLDER / f"{name}.png")
    page.set_viewport_size({"width": WIDTH, "height": LEAST_HEIGHT})


if __name__ == "__main__":
    main()
