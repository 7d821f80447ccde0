"""Three people, a real browser and the real server: from a question to a decision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.ui.command_line import CommandLine
from tests.ui.live_console import FIRST_ANSWER_MS, Visitor, serving, sign_in
from ui.console.ask import EXAMPLES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
PRIORITIES, ELIGIBILITY, DIAGNOSIS = (example.prompt for example in EXAMPLES)
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a workspace that the server of these tests owns."""
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def console(workspace: Path) -> Iterator[str]:
    """The address of a console over that workspace."""
    with serving(workspace) as base:
        yield base


@pytest.fixture(scope="module")
def chromium(chromium_path: str, chromium_arguments: list[str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = [*chromium_arguments, "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        yield browser
        browser.close()


def test_a_rule_goes_from_a_question_by_way_of_an_edit_and_a_canary_to_its_end(
    console: str, chromium: Browser
) -> None:
    mara = sign_in(chromium, console, "Mara")
    mara.ask(ELIGIBILITY)
    assert mara.charts_without_a_picture() == 0
    mara.page.get_by_role("button", name="Edit conditions").click()
    times = mara.page.get_by_role("spinbutton").first
    expect(times).to_have_value("3")
    times.fill("4")
    times.press("Enter")
    mara.page.get_by_role("button", name="Apply and check").click()
    expect(mara.page.get_by_text("Drafted by")).to_have_count(2, timeout=FIRST_ANSWER_MS)
    mara.settle()
    mara.page.get_by_role("button", name="Send for approval").last.click()
    expect(mara.page.get_by_text("In review CR-1")).to_be_visible(timeout=30_000)
    mara.settle()
    mara.page.get_by_role("button", name=re.compile("Open CR-")).click()
    expect(mara.page.get_by_role("heading", name="Decision")).to_be_visible()
    expect(mara.page.get_by_text("only an approver may")).to_be_visible()
    expect(mara.page.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)

    ada = sign_in(chromium, console, "Ada", at="/approvals?request=CR-1")
    expect(ada.page.get_by_role("button", name="Approve and go live")).to_be_visible()

    pavel = sign_in(chromium, console, "Pavel")
    page = pavel.page
    page.get_by_role("button", name="Upgrade nudge").first.click()
    expect(page).to_have_url(re.compile(r"/approvals\?request=CR-1$"))
    assert pavel.charts_without_a_picture() == 0
    expect(page.get_by_text("at least 4").first).to_be_visible()
    page.get_by_text("Some users first").click()
    page.get_by_role("button", name=re.compile("^Approve for .* first$")).click()
    expect(page.get_by_text("You decided this.")).to_be_visible(timeout=30_000)

    ada.page.get_by_role("button", name="Approve and go live").click()
    expect(ada.page.get_by_text("Pavel approved it just now.")).to_be_visible(timeout=30_000)

    page.goto(f"{console}/rules?rule=upgrade_nudge")
    expect(page.get_by_text("Canary 5 %").first).to_be_visible(timeout=30_000)
    page.get_by_label("Reason", exact=True).fill("It says the wrong price.")
    page.get_by_role("button", name="Stop its messages now").click()
    expect(page.get_by_text("is stopped by Pavel").first).to_be_visible(timeout=30_000)
    assert [*mara.complaints, *ada.complaints, *pavel.complaints] == []


def test_a_trait_that_an_analyst_changes_goes_live_when_an_approver_has_read_it(
    console: str, workspace: Path, chromium: Browser, tmp_path: Path
) -> None:
    cli = CommandLine(workspace)
    assert cli("model", "export", str(tmp_path / "models")).status == 0
    file = tmp_path / "models" / "support_risk.sql"
    file.write_text(file.read_text().replace("LEAST(trouble,", "LEAST(trouble * 1.2,"))
    asked = cli("model", "apply", "--dir", str(tmp_path / "models"), "--reason", "It hurts more.")
    found = re.search(r"CR-\d+", asked.out)
    assert found, asked

    pavel = sign_in(chromium, console, "Pavel", at=f"/approvals?request={found[0]}")
    expect(pavel.page.get_by_text("get another value").first).to_be_visible(timeout=30_000)
    expect(pavel.page.get_by_text("+    CAST(ROUND(LEAST(trouble * 1.2")).to_be_visible()
    pavel.page.get_by_role("button", name="Approve and publish").click()

    expect(pavel.page.get_by_text("You decided this.")).to_be_visible(timeout=60_000)
    expect(pavel.page.get_by_text("It went live as trait_models version 2")).to_be_visible()
    assert cli.json("model", "history")[0]["version"] == 2
    assert pavel.complaints == []


def test_every_chart_of_an_answer_is_drawn(console: str, chromium: Browser) -> None:
    ana = sign_in(chromium, console, "Ana", scheme="dark")

    ana.ask(PRIORITIES)

    assert ana.charts_without_a_picture() == 0
    assert ana.complaints == []


def test_a_diagnosis_is_opened_its_check_run_and_a_rule_begun_from_it(
    console: str, chromium: Browser
) -> None:
    ana = sign_in(chromium, console, "Ana", scheme="dark")
    page = ana.page
    ana.ask(DIAGNOSIS)
    assert ana.charts_without_a_picture() == 0
    page.get_by_role("button", name="Open as a diagnosis").click()
    expect(page).to_have_url(re.compile(r"/diagnoses\?d=\w+$"))
    expect(page.get_by_role("heading", name="What makes up the change")).to_be_visible()
    ana.settle()
    assert ana.charts_without_a_picture() == 0
    _fits_a_phone(ana)

    page.get_by_role("button", name=re.compile("^Run it again|^Run this check")).first.click()
    expect(page.get_by_text("Ran just now")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Draft a rule from this").click()
    expect(page.get_by_test_id("stChatInputTextArea")).to_have_value(
        re.compile("^Target iOS users")
    )
    assert ana.complaints == []


def test_read_outs_and_outcomes_are_drawn_and_fit_a_phone(console: str, chromium: Browser) -> None:
    pavel = sign_in(chromium, console, "Pavel", at="/experiments?policy=starter_journey")
    page = pavel.page
    expect(page.get_by_role("heading", name="Message by message")).to_be_visible(timeout=60_000)
    # So few were held out that no number is told, and so no chart is drawn.
    expect(page.get_by_role("heading", name="from 100 on, intervals")).to_be_visible()
    pavel.settle()
    _fits_a_phone(pavel)

    page.goto(f"{console}/outcomes")
    expect(page.get_by_role("heading", name="Looked back at")).to_be_visible(timeout=60_000)
    pavel.settle()
    assert pavel.charts_without_a_picture() == 0
    _fits_a_phone(pavel)
    assert pavel.complaints == []


def test_a_run_survives_a_reload(console: str, chromium: Browser) -> None:
    mara = sign_in(chromium, console, "Mara")
    box = mara.page.get_by_test_id("stChatInputTextArea")
    box.fill(DIAGNOSIS)
    box.press("Enter")
    mara.page.wait_for_url(re.compile(r"\?run="))
    address = mara.page.url

    mara.page.reload()

    expect(mara.page.get_by_text("Where people drop out")).to_be_visible(timeout=FIRST_ANSWER_MS)
    assert mara.page.url == address


def test_signing_out_closes_the_door(console: str, chromium: Browser) -> None:
    ana = sign_in(chromium, console, "Ana")

    ana.page.get_by_role("button", name=re.compile("^Ana, ")).click()
    ana.page.get_by_text("Sign out").click()

    expect(ana.page.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)


def test_a_canary_is_approved_watched_and_rolled_back(console: str, chromium: Browser) -> None:
    mara = sign_in(chromium, console, "Mara")
    mara.ask(PRIORITIES)
    mara.page.get_by_role("button", name="Send for approval").click()
    opened = mara.page.get_by_role("button", name=re.compile("Open CR-"))
    request = re.search(r"CR-\d+", opened.inner_text(timeout=30_000))
    assert request

    pavel = sign_in(chromium, console, "Pavel", at=f"/approvals?request={request[0]}")
    page = pavel.page
    page.get_by_text("Some users first").click()
    share = page.get_by_role("spinbutton", name="Share of users")
    share.fill("100")
    share.press("Enter")
    expect(page.get_by_text("more than 0 % and less than 100 %")).to_be_visible()
    expect(page.get_by_role("button", name="Approve as a canary")).to_be_disabled()
    share.fill("10")
    share.press("Enter")
    page.get_by_role("button", name="Approve for 10 % first").click()
    expect(page.get_by_text("a canary for 10 % of users").first).to_be_visible(timeout=60_000)

    page.get_by_role("link", name="Rules").click()
    expect(page.get_by_text("Canary 10 %")).to_be_visible()
    page.get_by_role("button", name="Trial users priority").click()
    expect(page).to_have_url(re.compile(r"/rules\?rule=trial_users_priority$"))
    expect(page.get_by_text("0 of 200 messages were sent so far.")).to_be_visible(timeout=30_000)
    page.get_by_label("Comment").fill("The link in it is wrong.")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("Why: The link in it is wrong.")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Rolled back by Pavel, just now.")).to_be_visible()
    expect(page.get_by_text("What to do next")).to_be_visible()
    assert [*mara.complaints, *pavel.complaints] == []


def test_a_question_is_answered_at_a_click_and_the_draft_changed_in_words(
    console: str, chromium: Browser
) -> None:
    mara = sign_in(chromium, console, "Mara")
    mara.ask("Send the upgrade nudge to active users.")
    mara.settle()

    mara.page.get_by_role(
        "button", name=re.compile(r"^open the app in the last 30 days · ")
    ).click()
    expect(mara.page.get_by_role("button", name="Why so few?")).to_be_visible()
    mara.settle()
    box = mara.page.get_by_test_id("stChatInputTextArea")
    box.fill("only iOS")
    box.press("Enter")

    expect(mara.page.get_by_text("added: device os is ios")).to_be_visible()
    _conditions_are_set_with_widgets(mara)
    assert mara.complaints == []


def _conditions_are_set_with_widgets(mara: Visitor) -> None:
    page = mara.page
    mara.settle()
    page.get_by_role("button", name="Edit conditions").click()
    often = page.get_by_role("spinbutton", name="How many times")
    often.fill("-4")
    often.press("Enter")
    expect(page.get_by_text("-4 is too few here").first).to_be_visible()
    often.fill("2")
    often.press("Enter")
    mara.settle()
    _fits_a_phone(mara)
    page.get_by_role("button", name="Apply and check").click()
    expect(page.get_by_text("→ app opened at least 2 times").first).to_be_visible()


def test_what_was_decided_how_the_data_is_and_who_did_what_can_be_looked_up(
    console: str, chromium: Browser
) -> None:
    ada = sign_in(chromium, console, "Ada")
    page = ada.page
    expect(page.get_by_role("heading", name="How old the data is")).to_be_visible(timeout=30_000)
    ada.settle()
    page.get_by_role("link", name="Decisions").click()
    page.get_by_role("button", name="Somebody who got a message").click()
    expect(page).to_have_url(re.compile(r"/decisions\?user=u\d+$"))
    expect(page.get_by_role("heading", name="Decided before")).to_be_visible(timeout=30_000)
    ada.settle()
    _fits_a_phone(ada)

    page.get_by_role("link", name="Audit log").click()
    page.get_by_role("button", name="Check the log").click()
    expect(page.get_by_text("The chain holds.")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("newest first")).to_be_visible()
    ada.settle()
    _fits_a_phone(ada)
    page.get_by_role("link", name="Data health").click()
    expect(page.get_by_role("heading", name="Messages on their way out")).to_be_visible()
    _fits_a_phone(ada)
    assert ada.complaints == []


def _fits_a_phone(visitor: Visitor) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    visitor.page.set_viewport_size({"width": 1440, "height": 900})
