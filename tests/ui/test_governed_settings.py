"""Destinations and syncs are approved like rules: an edited pilothouse.toml moves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from control import requests, versions
from core.errors import Code, PilothouseError
from core.lifecycle import State
from deliver.registry import checked
from tests.ui.governed_team import Team
from ui import file_changes, governed_files

OURS = "https://hooks.ours.example/messages"
THEIRS = "https://hooks.theirs.example/messages"
KEY = "whsec_" + "a" * 43 + "="
SYNC = {
    "destination": "crm",
    "traits": ["activation_state"],
    "purpose": "marketing",
    "channel": "email",
}


def hook(url: str, **more: Any) -> dict[str, Any]:
    """The table of a webhook."""
    return {"kind": "webhook", "url": url, "secrets": ["env:HOOK_KEY"], **more}


@pytest.fixture
def team(tmp_path: Path, plain_environment: pytest.MonkeyPatch) -> Iterator[Team]:
    plain_environment.setenv("HOOK_KEY", KEY)
    plain_environment.setenv("CRM_KEY", "secret")
    made = Team(tmp_path)
    made.settings_file(destinations={"hook": hook(OURS)})
    made.restart()
    yield made
    made.workspace.close()


def url(team: Team) -> Any:
    """Where messages of the hook go."""
    return getattr(checked(team.workspace.settings).usable["hook"], "url", None)


def test_before_anything_goes_to_one_destinations_are_as_in_the_file(team: Team) -> None:
    team.go_live()
    team.settings_file(destinations={"hook": hook(THEIRS)})
    team.restart()

    assert url(team) == THEIRS


def test_an_edited_url_moves_no_message_once_a_channel_goes_there(team: Team) -> None:
    assert team.route("email", "hook") is State.LIVE
    team.settings_file(destinations={"hook": hook(THEIRS)})
    team.restart()

    assert url(team) == OURS
    assert [one.kind for one in governed_files.standing(team.workspace) if one.differs] == [
        "destinations"
    ]


@pytest.mark.parametrize(
    ("kept", "edited", "moves"),
    [
        ("http://127.0.0.1:9001/in", "http://127.0.0.1:9002/in", True),
        ("http://localhost:9001/in", "http://localhost/in", True),
        ("http://127.0.0.1:9001/in", "http://127.0.0.1:9002/other", False),
        ("http://127.0.0.1:9001/in", "http://127.0.0.1.theirs.example:9001/in", False),
        ("https://ours.example:9001/in", "https://ours.example:9002/in", False),
        ("http://127.0.0.1:9001/in", THEIRS, False),
    ],
    ids=["port", "no port", "path", "another host", "port elsewhere", "elsewhere"],
)
def test_only_a_port_of_this_machine_may_be_edited(
    team: Team, kept: str, edited: str, moves: bool
) -> None:
    team.settings_file(destinations={"hook": hook(kept, allow_private=True)})
    team.restart()
    team.route("email", "hook")

    team.settings_file(destinations={"hook": hook(edited, allow_private=True)})
    team.restart()

    assert url(team) == (edited if moves else kept)


def test_a_destination_set_up_later_is_there_and_kept_once_something_goes_to_it(
    team: Team,
) -> None:
    team.route("email", "hook")
    both = {"hook": hook(OURS), "other": hook("https://hooks.other.example/messages")}
    team.settings_file(destinations=both)
    team.restart()
    assert [one.kind for one in governed_files.standing(team.workspace) if one.differs] == []

    assert team.route("push", "other") is State.LIVE
    team.settings_file(destinations=both | {"other": hook(THEIRS)})
    team.restart()

    there = checked(team.workspace.settings).usable
    assert getattr(there["other"], "url", None) == "https://hooks.other.example/messages"
    assert team.approve(team.propose("destinations")) is State.LIVE
    there = checked(team.workspace.settings).usable
    assert getattr(there["other"], "url", None) == THEIRS


def test_a_name_that_was_approved_once_is_no_new_one(team: Team) -> None:
    both = {"hook": hook(OURS), "other": hook("https://hooks.other.example/messages")}
    team.settings_file(destinations=both)
    team.restart()
    team.route("email", "hook")
    team.settings_file(destinations={"hook": hook(OURS)})
    assert team.approve(team.propose("destinations")) is State.LIVE

    team.settings_file(destinations=both | {"other": hook(THEIRS)})
    team.restart()

    assert [*checked(team.workspace.settings).usable] == ["mailbox", "hook"]


def test_an_approved_url_is_in_force_at_once_and_after_a_restart(team: Team) -> None:
    team.route("email", "hook")
    team.settings_file(destinations={"hook": hook(THEIRS)})

    request = team.propose("destinations")
    assert url(team) == OURS
    assert team.approve(request) is State.LIVE

    assert url(team) == THEIRS
    team.settings_file(destinations={})
    team.restart()
    assert url(team) == THEIRS


def test_one_approver_is_not_enough_and_the_author_is_none(team: Team) -> None:
    team.route("email", "hook")
    team.settings_file(destinations={"hook": hook(THEIRS)})
    request = team.propose("destinations", "ada@demo")

    with pytest.raises(PilothouseError) as refused:
        team.workspace.decide(request, team.workspace.person("ada@demo"), "approve")
    assert refused.value.refusal.code is Code.SELF_APPROVAL
    pavel = team.workspace.person("pavel@demo")
    assert team.workspace.decide(request, pavel, "approve").state is State.IN_REVIEW
    assert url(team) == OURS


def test_a_rollback_brings_messages_back_to_where_they_went(team: Team) -> None:
    team.route("email", "hook")
    team.settings_file(destinations={"hook": hook(THEIRS)})
    team.approve(team.propose("destinations"))

    ada = team.workspace.person("ada@demo")
    file_changes.roll_back(team.workspace, "destinations", 1, person=ada)

    assert url(team) == OURS


def test_the_approver_sees_where_messages_would_go_and_no_secret(team: Team) -> None:
    team.route("email", "hook")
    team.settings_file(destinations={"hook": hook(THEIRS)})

    request = requests.get(team.workspace.store, team.propose("destinations"))

    found = {one.policy: one for one in request.findings}
    assert f"hook is at {THEIRS} instead of {OURS}" in (
        found["messages_stay_where_they_were"].message
    )
    assert KEY not in str(request.content)
    assert "env:HOOK_KEY" in str(request.content)


@pytest.mark.parametrize(
    "table",
    [
        hook(THEIRS) | {"secrets": [KEY]},
        hook("https://somebody:word@hooks.theirs.example/"),
        hook(THEIRS) | {"api_kye": "sk_live"},
        {"kind": "webhok", "token": "sk_live"},
    ],
)
def test_a_table_that_may_hold_a_secret_is_neither_proposed_nor_kept(
    team: Team, table: dict[str, Any]
) -> None:
    team.settings_file(destinations={"hook": hook(OURS), "other": table})
    team.restart()
    team.route("email", "hook")
    team.settings_file(destinations={"hook": hook(THEIRS), "other": table})

    with pytest.raises(PilothouseError) as refused:
        team.propose("destinations")

    assert refused.value.refusal.code is Code.SETTINGS_INVALID
    assert refused.value.refusal.span.startswith("destinations.other")
    (kept,) = versions.history_of(team.workspace.store, "destinations")
    assert [*kept.artifact.content] == ["hook"]


def test_a_destination_that_a_channel_goes_to_is_not_taken_away(team: Team) -> None:
    team.route("email", "hook")
    team.settings_file(destinations={})

    with pytest.raises(PilothouseError, match="There is no destination 'hook'") as refused:
        team.propose("destinations")

    assert refused.value.refusal.code is Code.BLOCKED_BY_POLICY


def crm(**sync: Any) -> dict[str, Any]:
    """The settings of a sync to Braze, and of Braze."""
    table = {"kind": "braze", "url": "https://rest.iad-01.braze.com", "api_key": "env:CRM_KEY"}
    return {"destinations": {"crm": table}, "syncs": {"crm": SYNC | sync}}


def test_an_edited_sync_tells_a_tool_nothing_more_until_two_people_approve(team: Team) -> None:
    team.settings_file(**crm())
    team.restart()
    team.go_live()
    team.settings_file(**crm(columns=["country"]))
    team.restart()
    assert team.workspace.settings.syncs["crm"].columns == ()

    request = requests.get(team.workspace.store, team.propose("syncs"))

    effect = request.data_effect
    assert effect is not None
    assert effect.tables[0].before == effect.tables[0].after > 100
    assert (
        "crm: country"
        in {one.policy: one.message for one in request.findings}["more_is_told_knowingly"]
    )
    assert team.approve(request.id) is State.LIVE
    assert team.workspace.settings.syncs["crm"].columns == ("country",)


def test_a_sync_set_up_later_is_there_and_is_kept_as_it_was(team: Team) -> None:
    team.go_live()
    team.settings_file(**crm())
    team.restart()
    assert [*team.workspace.settings.syncs] == ["crm"]

    team.settings_file(**crm(columns=["country"]))
    team.restart()

    assert team.workspace.settings.syncs["crm"].columns == ()


def test_a_sync_of_something_that_may_not_leave_is_blocked(team: Team) -> None:
    team.settings_file(**crm())
    team.restart()
    team.go_live()
    team.settings_file(**crm(columns=["email"]))

    with pytest.raises(PilothouseError, match="which is personal") as refused:
        team.propose("syncs")

    assert refused.value.refusal.code is Code.BLOCKED_BY_POLICY
