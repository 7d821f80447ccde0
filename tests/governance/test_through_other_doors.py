"""Attempts through the command line, HTTP, the console, files and what proposes by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from control import requests, tokens, versions
from control.people import get
from control.store import Store
from control.tokens import TokenScope
from core.conditions import EVERYONE
from core.data_changes import ChannelRoutesChange, DataEffect
from core.errors import Code, PilothouseError
from core.journey_effects import JourneyEffect
from core.journey_steps import Exit, Message
from core.journeys import AudienceEntry, Journey
from core.jumps import JumpedPolicy, PopulationJump
from core.lifecycle import State
from core.rules import Action
from orchestrate import change_requests, jump_requests, rulebook
from tests.governance.attacks import BOTH, NOW, account, approve, propose, repelled, still_waits
from tests.tools.demo import demo_file
from tests.ui.command_line import ELIGIBILITY, CommandLine, Done
from ui.cli.remote import PATH
from ui.cli.route import command_route
from ui.environment import load_settings
from ui.workspace import Workspace, open_workspace

MANY = "Create eligibility rules for an upgrade nudge for users who completed 3 workouts."
"""More than half of all users get it: two people have to agree."""


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    folder = tmp_path_factory.mktemp("attacked") / "workspace"
    folder.mkdir()
    shutil.copy(demo_file(), folder / "warehouse.duckdb")
    return CommandLine(folder)


@pytest.fixture(scope="module")
def waiting(cli: CommandLine) -> str:
    """A request of Mara's that nobody may get live in this module."""
    asked: str = cli.json("ask", ELIGIBILITY)["change_request"]["id"]
    return asked


def refused(done: Done, *words: str) -> None:
    """The command was refused in these words, as a person's mistake is."""
    told = done.out + done.err
    assert done.status == 1, told
    assert "Traceback" not in told
    assert all(word in told for word in words), told


def nothing_live(cli: CommandLine, request: str) -> bool:
    return cli.json("approvals", "show", request)["state"] == "in_review" and not cli.json(
        "rules", "list"
    )


# The command line.


@pytest.mark.parametrize("who", ["mara@demo", "ana@demo", "nobody@demo"])
def test_a_command_approves_as_somebody_who_may_not(
    cli: CommandLine, waiting: str, who: str
) -> None:
    refused(cli("approvals", "approve", waiting, "--as", who), who)

    assert nothing_live(cli, waiting)


def test_a_command_promotes_resumes_or_rolls_back_what_was_never_live(
    cli: CommandLine, waiting: str
) -> None:
    refused(cli("staging", "promote", "upgrade_nudge", "--as", "pavel@demo"), "staging")
    refused(cli("rules", "resume", "upgrade_nudge"), "rules list")
    refused(cli("rules", "rollback", "upgrade_nudge", "1"), "history")

    assert nothing_live(cli, waiting)


def test_a_file_brings_a_rule_that_says_it_was_approved(
    cli: CommandLine, waiting: str, tmp_path: Path
) -> None:
    content = cli.json("approvals", "show", waiting)["content"]
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "upgrade_nudge.yaml").write_text(
        "state: live\nreview: {verdict: approve, by: pavel@demo}\n"
        f"kind: eligibility_rule\nkey: upgrade_nudge\nname: {content['name']}\n"
    )

    done = cli(
        "import", "rulebook", str(tmp_path), "--reason", "Approved already", "--as", "mara@demo"
    )

    assert done.status == 1, done
    assert "Traceback" not in done.err
    assert nothing_live(cli, waiting)


def test_two_commands_of_one_approver_approve_a_grave_change(cli: CommandLine) -> None:
    asked = cli.json("ask", MANY)["change_request"]["id"]
    first = cli("approvals", "approve", asked)
    assert (first.status, "1 of 2 approvals; needs another approver" in first.out) == (0, True)

    refused(cli("approvals", "approve", asked), "2 different people", "another approver")

    shown = cli("approvals", "show", asked).out
    assert "pavel@demo approved it" in shown
    assert "2 different approvers have to agree" in shown
    assert "1 of 2 approvals" in cli("approvals", "list").out
    assert nothing_live(cli, asked)
    document = cli.json("approvals", "show", asked)
    assert (document["risk"], document["approvals_needed"]) == ("high", 2)
    assert [one["by"] for one in document["sign_offs"]] == ["pavel@demo"]


# HTTP.


@pytest.fixture(scope="module")
def served(cli: CommandLine, waiting: str) -> Iterator[Workspace]:
    """The same workspace, served by a process: commands reach it over HTTP."""
    # Outside of the demo, where nobody is taken at their word.
    given = {"workspace": str(cli.workspace), "identity": "proxy"}
    opened = open_workspace(load_settings(given))
    yield opened
    opened.close()


def over_http(served: Workspace, *words: str, secret: str = "right", **more: Any) -> Any:
    client = TestClient(Starlette(routes=[command_route(served, "right")]))
    body = {"argv": list(words), "folder": str(served.settings.workspace), "stdin": ""}
    headers = {"Authorization": f"Bearer {secret}"}
    return client.post(PATH, json=body | more, headers=headers)


def test_a_request_over_http_with_a_made_up_secret_approves(
    served: Workspace, waiting: str
) -> None:
    answered = over_http(served, "approvals", "approve", waiting, secret="made up")

    assert answered.status_code == 401
    assert "token" in answered.text
    assert still_waits(served.store, requests.get(served.store, waiting))


def test_a_token_of_an_admin_who_approves_too_approves_over_http(
    served: Workspace, waiting: str
) -> None:
    scopes = frozenset({TokenScope.ADMINISTER, TokenScope.READ})
    secret = tokens.create(served.store, "robot", scopes, who="ada@demo", now=served.now())

    answered = over_http(served, "approvals", "approve", waiting, token=secret)

    told = answered.json()
    assert told["status"] == 1, told
    assert "approver" in told["error"]
    assert still_waits(served.store, requests.get(served.store, waiting))


def test_a_token_that_was_revoked_is_used_again(served: Workspace, waiting: str) -> None:
    read = frozenset({TokenScope.READ})
    secret = tokens.create(served.store, "old", read, who="mara@demo", now=served.now())
    tokens.revoke(served.store, "old", who="ada@demo", now=served.now())

    told = over_http(served, "approvals", "approve", waiting, token=secret).json()

    assert told["status"] == 1, told
    assert "token" in told["error"]
    assert still_waits(served.store, requests.get(served.store, waiting))


# The console.


def test_a_page_drawn_for_another_request_approves_this_one(
    served: Workspace, waiting: str
) -> None:
    with pytest.raises(PilothouseError) as told:
        served.decide(waiting, served.person("pavel@demo"), "approve", seen_content_hash="0" * 64)

    assert told.value.refusal.code is Code.STALE_CHANGE_REQUEST
    assert told.value.refusal.fix
    assert still_waits(served.store, requests.get(served.store, waiting))


def test_a_page_of_the_author_presses_a_button_that_it_was_not_shown(
    served: Workspace, waiting: str
) -> None:
    mara = account(served.store, "mara@demo", BOTH)
    try:
        with pytest.raises(PilothouseError) as told:
            served.decide(waiting, mara, "approve")
    finally:
        account(served.store, "mara@demo", BOTH - {*get(served.store, "pavel@demo").roles})

    assert told.value.refusal.code is Code.SELF_APPROVAL
    assert still_waits(served.store, requests.get(served.store, waiting))


def test_a_worker_starts_again_while_a_grave_change_has_one_approval(served: Workspace) -> None:
    (grave,) = [one for one in requests.list_all(served.store) if one.approvals_needed == 2]

    done = served.reconcile()

    assert done.published == ()
    assert grave.id not in done.expired
    assert versions.live(served.store) == []


# What is no rule.


def test_the_author_of_a_change_of_routes_approves_it_from_a_second_account(store: Store) -> None:
    account(store, "router@demo", BOTH | get(store, "ana@demo").roles)
    request = change_requests.submit(
        store,
        artifact=ChannelRoutesChange(name="Push elsewhere", routes={"push": "mine"}),
        author="router@demo",
        prompt="x",
        effect=DataEffect(summary="Push goes elsewhere.", as_of="2026-01-01"),
        now=NOW,
    )

    with repelled(store, request, Code.SELF_APPROVAL, "one person"):
        approve(store, request, account(store, "Router@demo"))


def test_the_agent_s_way_publishes_an_approved_change_of_the_data(store: Store) -> None:
    request = change_requests.submit(
        store,
        artifact=ChannelRoutesChange(name="Push away", routes={"push": "theirs"}),
        author="ana@demo",
        prompt="x",
        effect=DataEffect(summary="Push goes elsewhere.", as_of="2026-01-01"),
        now=NOW,
    )
    approve(store, request, get(store, "pavel@demo"))

    with repelled(store, request, Code.NOT_ALLOWED, "built and audited", "approver"):
        rulebook.publish(store, request.id, now=NOW)


def test_a_marketer_asks_to_accept_a_jump_that_holds_the_cycles(store: Store) -> None:
    jumped = JumpedPolicy(key="a", version=1, before=10, after=1_000)
    jump = PopulationJump(name="It grew", since="c1", policies=(jumped,))
    asked = jump_requests.open_for(store, jump, now=NOW)

    with repelled(store, asked, Code.NOT_ALLOWED, "mara@demo"):
        propose(store, jump)  # type: ignore[arg-type]
    with repelled(store, asked, Code.NOT_ALLOWED, "mara@demo", "approver"):
        approve(store, asked, get(store, "mara@demo"))


def test_the_author_of_a_journey_approves_it_from_a_second_account(store: Store) -> None:
    account(store, "traveller@demo", BOTH)
    hello = Action(key="hello", name="Hello", channels=("push",))
    journey = Journey(
        key="attacked_journey",
        name="Attacked",
        entry=AudienceEntry(condition=EVERYONE),
        steps=(Message(key="push", action=hello, next="done"), Exit(key="done")),
    )
    effect = JourneyEffect(population="all", population_size=1, enter_now=1, as_of="2026-01-01")
    request = change_requests.submit(
        store, artifact=journey, author="traveller@demo", prompt="x", effect=effect, now=NOW
    )

    with repelled(store, request, Code.SELF_APPROVAL, "one person"):
        approve(store, request, account(store, "traveller+2@demo"))
    assert requests.get(store, request.id).state is State.IN_REVIEW


def test_a_session_names_an_approver_where_people_sign_in(cli: CommandLine, waiting: str) -> None:
    (cli.workspace / "pilothouse.toml").write_text('identity = "proxy"\n')
    try:
        done = cli("approvals", "approve", waiting, "--as", "pavel@demo")
    finally:
        (cli.workspace / "pilothouse.toml").unlink()

    refused(done, "--as")
