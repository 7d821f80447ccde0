"""Where the messages of a channel go: proposed by one person, approved by another, taken back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from control import requests, versions
from control.channel_routes import routes, unsent
from core.errors import Code, PilothouseError
from core.lifecycle import State
from deliver.destinations.braze import Braze
from deliver.destinations.onesignal import OneSignal
from deliver.registry import LocalMailbox
from tests.tools.demo import demo_file, open_demo
from ui import channel_routes, data_changes, route_effects, status
from ui.rebasing import rebase
from ui.workspace import Workspace

NUDGE = "Create an eligibility rule that emails users who completed 3 workouts an upgrade nudge."


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_demo(tmp_path / "workspace", shutil.copy(demo_file(), tmp_path / "w.duckdb"))
    configure(opened, crm={"kind": "mailbox"}, relay={"kind": "mailbox"})
    yield opened
    opened.close()


def configure(workspace: Workspace, **destinations: Any) -> None:
    """Settings of the workspace with these tables."""
    workspace.settings = workspace.settings.model_copy(update={"destinations": destinations})


def propose(workspace: Workspace, channel: str, name: str, email: str = "ana@demo") -> str:
    change = route_effects.route(workspace, channel, name)
    author = workspace.person(email)
    return route_effects.propose_route(workspace, change, author=author, reason="moving").id


def approve(workspace: Workspace, request: str) -> State:
    return workspace.decide(request, workspace.person("pavel@demo"), "approve").state


def publish_nudge(workspace: Workspace) -> None:
    asked = workspace.ask(NUDGE, workspace.person("mara@demo"))
    assert asked.change_request, asked
    assert approve(workspace, asked.change_request.id) is State.LIVE


def test_before_any_change_every_channel_goes_to_the_local_mailbox(workspace: Workspace) -> None:
    assert routes(workspace.store) == {}
    assert set(channel_routes.shown(workspace).values()) == {"mailbox"}


def test_an_approved_route_is_in_force(workspace: Workspace) -> None:
    request = propose(workspace, "email", "crm")
    assert routes(workspace.store) == {}

    assert approve(workspace, request) is State.LIVE

    assert routes(workspace.store) == {"email": "crm"}


def test_who_proposes_a_route_does_not_approve_it_and_a_marketer_does_not_propose_one(
    workspace: Workspace,
) -> None:
    own = propose(workspace, "email", "crm", "ada@demo")

    with pytest.raises(PilothouseError) as refused:
        workspace.decide(own, workspace.person("ada@demo"), "approve")
    assert refused.value.refusal.code is Code.SELF_APPROVAL
    with pytest.raises(PilothouseError, match="may not propose a change of the channel routes"):
        propose(workspace, "push", "crm", "mara@demo")


def test_a_destination_that_is_not_configured_blocks_the_route(workspace: Workspace) -> None:
    with pytest.raises(PilothouseError, match="There is no destination 'crn'") as refused:
        propose(workspace, "email", "crn")

    assert refused.value.refusal.code is Code.BLOCKED_BY_POLICY


def test_a_destination_that_is_configured_wrongly_blocks_the_route(workspace: Workspace) -> None:
    configure(workspace, crm={"kind": "mailbox", "colour": "red"})

    with pytest.raises(PilothouseError, match=r"destinations\.crm\.colour"):
        propose(workspace, "email", "crm")


def test_a_channel_that_the_catalog_does_not_have_blocks_the_route(workspace: Workspace) -> None:
    with pytest.raises(PilothouseError, match="The catalog has no channel emial"):
        propose(workspace, "emial", "crm")


def test_a_route_that_is_in_force_already_is_not_proposed(workspace: Workspace) -> None:
    with pytest.raises(PilothouseError, match="It is so already"):
        propose(workspace, "email", "mailbox")


def test_the_approver_sees_who_sends_by_the_channel_and_how_many_messages_move(
    workspace: Workspace,
) -> None:
    publish_nudge(workspace)
    workspace.run_cycle()
    waiting = unsent(workspace.store)["email"]

    request = requests.get(workspace.store, propose(workspace, "email", "crm"))

    effect = request.data_effect
    assert effect is not None
    assert [(one.kind, one.reads) for one in effect.downstream] == [("rule", ("email",))]
    assert f"{waiting:,} messages that wait go there too" in effect.summary
    assert [line.path for line in request.rule_diff] == ["email"]
    assert {one.policy for one in request.findings} == {"waiting_messages_are_told"}


def test_a_rule_published_since_voids_the_approval_of_a_route_that_it_sends_by(
    workspace: Workspace,
) -> None:
    request = propose(workspace, "email", "crm")
    publish_nudge(workspace)

    with pytest.raises(PilothouseError) as refused:
        approve(workspace, request)

    assert refused.value.refusal.code is Code.STALE_CHANGE_REQUEST
    assert routes(workspace.store) == {}


def test_a_route_to_a_destination_that_is_gone_waits_until_it_is_there_again(
    workspace: Workspace,
) -> None:
    request = propose(workspace, "email", "crm")
    tables = workspace.settings.destinations
    configure(workspace, relay={"kind": "mailbox"})

    with pytest.raises(PilothouseError, match="There is no destination 'crm'"):
        approve(workspace, request)

    assert requests.get(workspace.store, request).state is State.IN_REVIEW
    configure(workspace, **tables)
    assert approve(workspace, request) is State.LIVE


def test_a_destination_that_was_changed_since_voids_the_approval(workspace: Workspace) -> None:
    request = propose(workspace, "email", "crm")
    configure(workspace, crm={"kind": "mailbox"}, other={"kind": "mailbox"})

    with pytest.raises(PilothouseError) as refused:
        approve(workspace, request)

    assert refused.value.refusal.code is Code.STALE_CHANGE_REQUEST


def test_a_waiting_route_does_not_void_the_approval_of_a_trait_or_a_rule(
    workspace: Workspace,
) -> None:
    asked = workspace.ask(NUDGE, workspace.person("mara@demo"))
    assert asked.change_request

    assert approve(workspace, propose(workspace, "email", "crm")) is State.LIVE

    assert approve(workspace, asked.change_request.id) is State.LIVE


def test_the_first_routes_come_back_by_one_rollback(workspace: Workspace) -> None:
    approve(workspace, propose(workspace, "email", "crm"))
    approve(workspace, propose(workspace, "push", "relay"))
    assert routes(workspace.store) == {"email": "crm", "push": "relay"}
    ada = workspace.person("ada@demo")

    route_effects.roll_back(workspace, 2, person=ada)
    assert routes(workspace.store) == {"email": "crm"}
    route_effects.roll_back(workspace, 1, person=ada)

    assert routes(workspace.store) == {}
    assert [one.version for one in channel_routes.history(workspace)] == [5, 4, 3, 2, 1]


def test_routes_to_a_destination_that_is_gone_are_not_put_back(workspace: Workspace) -> None:
    approve(workspace, propose(workspace, "email", "crm"))
    approve(workspace, propose(workspace, "email", "relay"))
    configure(workspace, relay={"kind": "mailbox"})

    with pytest.raises(PilothouseError, match="There is no destination 'crm'"):
        route_effects.roll_back(workspace, 2, person=workspace.person("ada@demo"))

    assert routes(workspace.store) == {"email": "relay"}


def test_what_is_wrong_with_other_destinations_stops_no_route_and_no_rollback(
    workspace: Workspace,
) -> None:
    approve(workspace, propose(workspace, "email", "crm"))
    approve(workspace, propose(workspace, "push", "relay"))
    configure(workspace, crm={"kind": "mailbox", "colour": "red"}, relay={"kind": "mailbox"})

    assert approve(workspace, propose(workspace, "sms", "relay")) is State.LIVE
    route_effects.roll_back(workspace, 3, person=workspace.person("ada@demo"))
    assert routes(workspace.store) == {"email": "crm", "push": "relay"}
    route_effects.roll_back(workspace, 1, person=workspace.person("ada@demo"))
    assert routes(workspace.store) == {}


def test_a_route_approved_before_a_crash_is_published_by_the_next_start(
    workspace: Workspace,
) -> None:
    from orchestrate import approvals

    request = propose(workspace, "email", "crm")
    pavel = workspace.person("pavel@demo")
    approvals.decide(workspace.store, request, person=pavel, verdict="approve", now=workspace.now())

    workspace.reconcile()
    data_changes.apply_live(workspace)

    assert routes(workspace.store) == {"email": "crm"}


def test_messages_for_a_destination_that_is_gone_wait_and_status_says_so(
    workspace: Workspace,
) -> None:
    publish_nudge(workspace)
    workspace.run_cycle()
    approve(workspace, propose(workspace, "email", "crm"))
    waiting = unsent(workspace.store)["email"]
    configure(workspace)

    workspace.deliver(now=workspace.as_of() + timedelta(hours=12))

    assert unsent(workspace.store)["email"] == waiting
    said = status.text(status.status(workspace))
    assert "Nothing is sent to crm, and its messages wait" in said


def test_moving_a_channel_edits_no_rule(workspace: Workspace) -> None:
    publish_nudge(workspace)
    before = [(one.key, one.version, one.content_hash) for one in versions.live(workspace.store)]

    approve(workspace, propose(workspace, "email", "crm"))

    after = [(one.key, one.version, one.content_hash) for one in versions.live(workspace.store)]
    assert after == before


APP = "0b7e3c2a-6d0e-4b0c-9a52-3f0f6d8f3c11"
BRAZE = Braze(api_key=SecretStr("k"))
KEYED = Braze(api_key=SecretStr("k"), send="transactional")


def test_what_the_old_destination_does_for_uncertain_messages_and_the_new_one_does_not() -> None:
    assert [*route_effects.lost(KEYED, BRAZE, "crm")] == [
        "crm knows no keys and cannot be asked: without an answer nobody can tell whether it has "
        "a message."
    ]
    assert [*route_effects.lost(LocalMailbox(), BRAZE, "crm")]
    assert not [*route_effects.lost(BRAZE, KEYED, "crm")]
    assert not [*route_effects.lost(BRAZE, BRAZE, "crm")]
    assert not [*route_effects.lost(KEYED, LocalMailbox(), "mailbox")]


def test_keys_that_are_known_for_a_shorter_time_and_no_taking_back_are_told() -> None:
    push = OneSignal(app_id=APP, api_key=SecretStr("k"))

    assert [*route_effects.lost(push, KEYED, "crm")] == [
        "crm knows a key for 24 hours only.",
        "crm does not take a message back.",
    ]


def test_routes_of_two_channels_that_were_proposed_at_once_come_together(
    workspace: Workspace,
) -> None:
    overtaken = propose(workspace, "push", "crm")
    approve(workspace, propose(workspace, "email", "relay"))

    anew = rebase(workspace, overtaken, person=workspace.person("ana@demo"))

    assert anew.content["routes"] == {"push": "crm", "email": "relay"}
    assert approve(workspace, anew.id) is State.LIVE
