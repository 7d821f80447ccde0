"""The contact policy is approved like a rule: an edited defaults.yaml changes nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from control import requests, versions
from core.errors import Code, PilothouseError
from core.lifecycle import State
from tests.ui.governed_team import Team
from ui import file_changes, governed_files


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.workspace.close()


def test_before_anything_is_live_files_apply_from_the_next_start(team: Team) -> None:
    team.contact(min_gap_seconds=60)
    team.restart()

    assert team.policy.min_gap_seconds == 60
    assert versions.live_data(team.workspace.store) == []


def test_from_the_first_rule_on_an_edited_contact_policy_changes_nothing(team: Team) -> None:
    team.go_live()
    before = team.policy
    team.contact(caps=[], min_gap_seconds=0, quiet_hours=None, global_holdout=None)

    team.restart()

    assert team.policy == before
    assert team.policy.caps[0].n == 3
    (contact,) = governed_files.standing(team.workspace)[:1]
    assert (contact.kind, contact.version, contact.differs) == ("contact_policy", 1, True)


def test_an_approved_cap_holds_in_the_running_server_at_once(team: Team) -> None:
    team.go_live()
    selected = team.workspace.run_cycle(dry_run=True).selected
    assert selected
    team.contact(caps=[{"key": "none", "n": 0, "window_seconds": 604800}])

    request = team.propose("contact_policy")
    assert team.workspace.run_cycle(dry_run=True).selected == selected
    assert team.approve(request) is State.LIVE

    assert team.workspace.run_cycle(dry_run=True).selected == 0
    team.restart()
    assert team.policy.caps[0].n == 0


def test_what_is_proposed_is_what_the_file_said_then(team: Team) -> None:
    team.go_live()
    team.contact(min_gap_seconds=28800)
    request = team.propose("contact_policy")
    team.contact(min_gap_seconds=0)

    team.approve(request)

    assert team.policy.min_gap_seconds == 28800


def test_the_approver_sees_who_is_stopped_and_who_enters_the_holdout(team: Team) -> None:
    team.go_live()
    team.contact(global_holdout={"share": 0.1, "salt": "global"})

    request = requests.get(team.workspace.store, team.propose("contact_policy"))

    effect = request.data_effect
    assert effect is not None
    assert "and lets go 0" in effect.summary
    assert [(one.name, one.change) for one in effect.changed] == [("global holdout", "changed")]
    (rule,) = effect.downstream
    assert rule.before is not None
    assert rule.after is not None
    assert rule.after < rule.before
    changed = [one.path for one in request.rule_diff if one.change == "changed"]
    assert changed == ["global_holdout.share"]
    assert {one.policy for one in request.findings} == {"volume_is_told"}


def test_loosening_needs_judgement_and_another_salt_is_blocked(team: Team) -> None:
    team.go_live()
    team.contact(quiet_hours=None, caps=[])
    request = requests.get(team.workspace.store, team.propose("contact_policy"))
    assert [(one.policy, one.severity) for one in request.findings][:1] == [
        ("contact_is_not_loosened", "warn")
    ]

    team.contact(global_holdout={"share": 0.02, "salt": "other"})
    with pytest.raises(PilothouseError, match="Another salt") as refused:
        team.propose("contact_policy")
    assert refused.value.refusal.code is Code.BLOCKED_BY_POLICY


def test_the_author_does_not_approve_it_and_a_marketer_does_not_propose_it(team: Team) -> None:
    team.go_live()
    team.contact(min_gap_seconds=0)
    own = team.propose("contact_policy", "ada@demo")

    with pytest.raises(PilothouseError) as refused:
        team.workspace.decide(own, team.workspace.person("ada@demo"), "approve")
    assert refused.value.refusal.code is Code.SELF_APPROVAL
    with pytest.raises(PilothouseError, match="may not propose a change of the contact policy"):
        team.propose("contact_policy", "mara@demo")
    assert team.policy.min_gap_seconds == 14400


def test_a_rollback_brings_back_what_was_kept(team: Team) -> None:
    team.go_live()
    team.contact(min_gap_seconds=0)
    team.approve(team.propose("contact_policy"))
    assert team.policy.min_gap_seconds == 0

    ada = team.workspace.person("ada@demo")
    file_changes.roll_back(team.workspace, "contact_policy", 1, person=ada)

    assert team.policy.min_gap_seconds == 14400
    team.restart()
    assert team.policy.min_gap_seconds == 14400
    numbers = [one.version for one in governed_files.history(team.workspace, "contact_policy")]
    assert numbers == [3, 2, 1]


def test_what_is_in_force_already_is_not_proposed(team: Team) -> None:
    team.go_live()

    with pytest.raises(PilothouseError, match="what is in force already"):
        team.propose("contact_policy")
    assert file_changes.differences(team.workspace) == {}


def test_a_rule_that_sends_published_since_voids_the_approval(team: Team) -> None:
    team.contact(min_gap_seconds=0)
    team.restart()
    team.contact(min_gap_seconds=60)
    request = team.propose("contact_policy")
    team.go_live()

    with pytest.raises(PilothouseError) as refused:
        team.approve(request)

    assert refused.value.refusal.code is Code.STALE_CHANGE_REQUEST
    assert team.policy.min_gap_seconds == 0
