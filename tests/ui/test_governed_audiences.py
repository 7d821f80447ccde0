"""Named audiences and channels are approved like rules: an edited file means nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from control import requests
from core.errors import Code, PilothouseError
from core.lifecycle import State
from tests.tools.demo import DECISION
from tests.ui.governed_team import Team
from ui import file_changes

PAYING = {
    "kind": "related",
    "entity": "subscription",
    "where": [{"column": "status", "value": "active"}],
    "op": ">=",
    "n": 1,
}


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    made.go_live(DECISION)
    yield made
    made.workspace.close()


def mean(team: Team, condition: dict[str, Any]) -> None:
    """Let trial users be others in audiences.yaml."""
    trial = team.read("audiences")["trial_users"]
    team.edit("audiences", trial_users=trial | {"condition": condition})


def email(team: Team, **fields: Any) -> None:
    """Write another e-mail channel into channels.yaml."""
    team.edit("channels", email=team.read("channels")["email"] | fields)


def test_an_edited_audience_under_a_live_rule_means_the_same_people(team: Team) -> None:
    before = team.workspace.run_cycle(dry_run=True)
    mean(team, PAYING)
    team.restart()

    assert team.workspace.run_cycle(dry_run=True).populations == before.populations


def test_an_approved_audience_is_meant_at_once_and_taken_back_by_a_rollback(team: Team) -> None:
    before = team.workspace.run_cycle(dry_run=True).populations
    mean(team, PAYING)

    request = requests.get(team.workspace.store, team.propose("audiences"))

    effect = request.data_effect
    assert effect is not None
    (policy,) = [one for one in effect.downstream if one.kind == "rule"]
    assert policy.before != policy.after
    assert {one.policy for one in request.findings} == {"people_meant_stay"}
    assert team.approve(request.id) is State.LIVE
    assert team.workspace.run_cycle(dry_run=True).populations != before

    ada = team.workspace.person("ada@demo")
    file_changes.roll_back(team.workspace, "audiences", 1, person=ada)
    assert team.workspace.run_cycle(dry_run=True).populations == before


def test_an_audience_that_a_live_rule_names_is_not_taken_away(team: Team) -> None:
    left = {key: one for key, one in team.read("audiences").items() if key != "trial_users"}
    (team.catalog / "audiences.yaml").write_text("{}\n")
    team.edit("audiences", **left)

    with pytest.raises(PilothouseError, match="trial_users") as refused:
        team.propose("audiences")

    assert refused.value.refusal.code is Code.BLOCKED_BY_POLICY


def test_a_channel_goes_on_asking_for_consent(team: Team) -> None:
    email(team, consent_purpose=None)
    team.restart()
    assert team.workspace.catalog.channels["email"].consent_purpose == "marketing"

    with pytest.raises(PilothouseError, match="ask nobody's consent") as refused:
        team.propose("channels")

    assert refused.value.refusal.code is Code.BLOCKED_BY_POLICY


def test_another_consent_is_looked_at_twice(team: Team) -> None:
    email(team, consent_purpose="newsletter")

    request = requests.get(team.workspace.store, team.propose("channels"))

    assert [one.policy for one in request.findings] == ["consent_is_for_the_same"]
    effect = request.data_effect
    assert effect is not None
    assert [one.reads for one in effect.downstream] == [("email",)]
    team.approve(request.id)
    assert team.workspace.catalog.channels["email"].consent_purpose == "newsletter"


def test_parts_that_name_each_other_are_put_over_edited_files_together(team: Team) -> None:
    team.edit("channels", fax={"description": "Fax.", "phrases": ["fax"]})
    assert team.approve(team.propose("channels")) is State.LIVE
    fax = {"name": "Fax", "channels": ["fax"], "subject": "", "body": "By fax."}
    team.edit("templates", by_fax=fax)
    assert team.approve(team.propose("templates")) is State.LIVE
    for section in ("channels", "templates"):
        left = {key: one for key, one in team.read(section).items() if "fax" not in key}
        (team.catalog / f"{section}.yaml").write_text("{}\n")
        team.edit(section, **left)

    team.restart()

    assert team.workspace.catalog.templates["by_fax"].channels == ("fax",)


def test_what_names_an_unapproved_channel_is_left_out_and_the_workspace_opens(team: Team) -> None:
    team.edit("channels", fax={"description": "Fax.", "phrases": ["fax"]})
    team.edit("actions", by_fax={"name": "A fax", "channels": ["fax"]})
    team.restart()
    assert "by_fax" not in team.workspace.catalog.actions

    team.approve(team.propose("channels"))
    team.restart()

    assert team.workspace.catalog.actions["by_fax"].channels == ("fax",)
