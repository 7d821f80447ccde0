"""``deliver cancel`` of messages that a destination has, and of all that a switch stops."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deliver.destinations.fake import SECRET
from tests.deliver.destinations.fake_onesignal import APP, FakeMessages
from tests.ui.command_line import CommandLine
from ui.environment import load_settings
from ui.workspace import open_workspace

NUDGE = "Create an eligibility rule that emails users who completed 3 workouts an upgrade nudge."
SETTINGS = """
[destinations.crm]
kind = "onesignal"
url = "{url}"
app_id = "{app}"
api_key = "env:CRM_KEY"
send = "message"
"""


@pytest.fixture
def fake() -> Iterator[FakeMessages]:
    with FakeMessages() as running:
        yield running


@pytest.fixture
def sent(cli: CommandLine, fake: FakeMessages, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A workspace whose nudges the provider has."""
    monkeypatch.setenv("CRM_KEY", SECRET)
    text = SETTINGS.format(url=fake.url, app=APP)
    (cli.workspace / "pilothouse.toml").write_text(text, encoding="utf-8")
    route = cli.json("destinations", "route", "email", "crm")["change_request"]["id"]
    nudge = cli.json("ask", NUDGE)["change_request"]["id"]
    for request in (route, nudge):
        cli.json("approvals", "approve", request)
    cli.json("cycle", "run", "--as-of", "2026-06-28T15:00")
    assert cli.json("deliver", "run")["by_destination"]["crm"] > 5
    return cli


def test_what_the_destination_took_back_and_what_was_too_late_is_said_of_each(
    sent: CommandLine, fake: FakeMessages
) -> None:
    back, late, open_one = sorted(fake.ledger)[:3]
    fake.sent_on.add(late)
    fake.breaks_at.add(open_one)

    said = sent.json("deliver", "cancel", back, late, open_one, "--reason", "wrong price")

    states = {one["intent_id"]: one["state"] for one in said["asked_back"]}
    assert states == {back: "taken_back", late: "too_late", open_one: "waiting"}
    counts = sent.json("deliver", "status")
    assert counts["cancelled"] == 1
    assert counts["asked_back"] == {"crm": 1}
    (listed,) = sent.json("deliver", "list")
    assert (listed["intent_id"], listed["asked_back"]) == (open_one, "waiting")
    assert "already been sent" in sent("deliver", "cancel", back, late).out
    audited = [one for one in sent.json("audit", "list") if one["subject"] == back]
    assert [(one["who"], one["what"]) for one in audited] == [
        ("mara@demo", "ask for message back"),
        ("mara@demo", "message taken back"),
    ]
    assert audited[0]["note"] == "wrong price"


def test_who_may_not_stop_messages_is_refused_and_nobody_is_asked(
    sent: CommandLine, fake: FakeMessages
) -> None:
    calls = len(fake.calls)

    done = sent("deliver", "cancel", min(fake.ledger), "--as", "ana@demo")

    assert done.status == 1
    assert "may not cancel messages" in done.err
    assert len(fake.calls) == calls


def test_a_kill_switch_takes_back_what_the_provider_still_has(
    sent: CommandLine, fake: FakeMessages
) -> None:
    many = sent.json("deliver", "status")["accepted"]

    sent.json("kill", "--channel", "email", "--reason", "wrong price")
    sent.json("deliver", "run")

    counts = sent.json("deliver", "status")
    assert (counts["cancelled"], counts.get("accepted", 0)) == (many, 0)
    assert not any(fake.ledger.values())


def test_a_server_wakes_up_for_what_a_switch_stopped(sent: CommandLine, fake: FakeMessages) -> None:
    sent.json("kill", "--all", "--reason", "wrong price")
    workspace = open_workspace(load_settings({"workspace": str(sent.workspace)}))
    try:
        assert workspace.has_to_send()
        workspace.deliver()
        assert not workspace.has_to_send()
    finally:
        workspace.close()
    assert not any(fake.ledger.values())


def test_what_a_destination_can_do_says_that_it_takes_messages_back(sent: CommandLine) -> None:
    (crm,) = [
        one for one in sent.json("destinations", "list")["destinations"] if one["name"] == "crm"
    ]

    assert "takes messages back" in crm["can"]
