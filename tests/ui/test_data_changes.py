"""A change of the data layer in a whole workspace: from a proposal to what the warehouse holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.publish import publish_approved
from control import audit, requests, versions
from control.versions import AnyVersion
from core.conditions import Trait
from core.data_changes import ChangedPart, DataChange, DataEffect, TrackingPlanChange
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import State
from core.rules import EligibilityRule
from orchestrate import approvals
from tests.tools.demo import open_demo
from tools.propose import dependencies
from ui import data_changes
from ui.data_changes import Hooks
from ui.workspace import Workspace, open_workspace


class Plans:
    """A warehouse that can be told to fail, and remembers which version it took up."""

    def __init__(self) -> None:
        self.effective: int | None = None
        self.audit, self.breaks = "", False

    def built_in(self, workspace: Workspace) -> DataChange:
        return TrackingPlanChange(name="Built in", plan={"events": {"workout_completed": {}}})

    def prepare(self, workspace: Workspace, change: DataChange) -> None:
        if self.audit:
            raise refuse(Code.INVALID_FILE, self.audit)

    def apply(self, workspace: Workspace, version: AnyVersion) -> None:
        if self.breaks:
            raise OSError("no space left on device")
        self.effective = version.version


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_demo(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> Plans:
    made = Plans()
    hooks = Hooks(made.built_in, made.prepare, made.apply)
    monkeypatch.setitem(data_changes.HOOKS, "tracking_plan", hooks)
    return made


def _proposed(workspace: Workspace, event: str = "workout_completed") -> str:
    plan = TrackingPlanChange(name="Saved workouts", plan={"events": {event: {"owner": "growth"}}})
    touched = ChangedPart(kind="event", name=event, change="changed")
    effect = DataEffect(
        summary="Nothing is stored otherwise.",
        as_of=workspace.as_of().isoformat(),
        changed=(touched,),
    )
    ana = workspace.person("ana@demo")
    return data_changes.propose(workspace, plan, effect, author=ana, reason="growth owns it").id


def test_an_approved_data_change_is_live_and_effective(workspace: Workspace, plans: Plans) -> None:
    request = _proposed(workspace)

    decided = workspace.decide(request, workspace.person("pavel@demo"), "approve")

    assert decided.state is State.LIVE
    live = versions.current_data(workspace.store, TrackingPlanChange)
    assert live is not None
    assert (live.version, plans.effective) == (1, 1)


def test_an_audit_that_fails_is_told_to_the_approver_and_changes_nothing(
    workspace: Workspace, plans: Plans
) -> None:
    request = _proposed(workspace)
    plans.audit = "workout_completed would lose 3 of 4 events."

    with pytest.raises(PilothouseError, match="would lose"):
        workspace.decide(request, workspace.person("pavel@demo"), "approve")

    assert requests.get(workspace.store, request).state is State.EXPIRED
    assert (versions.live_data(workspace.store), plans.effective) == ([], None)


def test_the_agent_cannot_publish_a_data_change_even_when_it_is_approved(
    workspace: Workspace, plans: Plans
) -> None:
    request = _proposed(workspace)
    pavel, now = workspace.person("pavel@demo"), workspace.now()
    approvals.decide(workspace.store, request, person=pavel, verdict="approve", now=now)

    with pytest.raises(PilothouseError) as refused:
        publish_approved(workspace.store, request, now=now, dependencies={})

    assert refused.value.refusal.code is Code.NOT_ALLOWED
    assert (versions.live_data(workspace.store), plans.effective) == ([], None)


def test_a_kind_that_nothing_takes_up_cannot_be_proposed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(data_changes.HOOKS, "tracking_plan", raising=False)

    with pytest.raises(PilothouseError, match="cannot be changed"):
        _proposed(workspace)


def test_a_rule_published_in_between_voids_the_approval(workspace: Workspace, plans: Plans) -> None:
    request = _proposed(workspace)
    mara, pavel = workspace.person("mara@demo"), workspace.person("pavel@demo")
    asked = workspace.ask("Create an eligibility rule for users who completed 3 workouts.", mara)
    assert asked.change_request
    workspace.decide(asked.change_request.id, pavel, "approve")

    with pytest.raises(PilothouseError) as refused:
        workspace.decide(request, pavel, "approve")

    assert refused.value.refusal.code is Code.STALE_CHANGE_REQUEST
    assert versions.current_data(workspace.store, TrackingPlanChange) is None
    assert requests.get(workspace.store, request).state is State.EXPIRED


def test_the_next_start_makes_effective_what_was_live_before_a_crash(
    workspace: Workspace, plans: Plans
) -> None:
    pavel = workspace.person("pavel@demo")
    plans.breaks = True
    with pytest.raises(PilothouseError, match="no space"):
        workspace.decide(_proposed(workspace), pavel, "approve")
    assert (len(versions.live_data(workspace.store)), plans.effective) == (1, None)

    # A start that still cannot take it up serves what was there.
    data_changes.apply_live(workspace)
    plans.breaks = False
    data_changes.apply_live(workspace)

    assert plans.effective == 1


def test_the_next_start_builds_and_publishes_what_was_approved_before_a_crash(
    workspace: Workspace, plans: Plans
) -> None:
    request = _proposed(workspace)
    pavel = workspace.person("pavel@demo")
    approvals.decide(workspace.store, request, person=pavel, verdict="approve", now=workspace.now())
    settings = workspace.settings
    workspace.close()

    again = open_workspace(settings)

    assert requests.get(again.store, request).state is State.LIVE
    assert plans.effective == 1
    again.close()


def test_a_rollback_is_effective_at_once(workspace: Workspace, plans: Plans) -> None:
    pavel = workspace.person("pavel@demo")
    for event in ("workout_completed", "workout_saved"):
        workspace.decide(_proposed(workspace, event), pavel, "approve")

    restored = data_changes.roll_back(workspace, "tracking_plan", 1, person=pavel)

    assert (restored.version, plans.effective) == (3, 3)


def test_rules_are_asked_for_decided_and_explained_beside_data_changes(
    workspace: Workspace, plans: Plans
) -> None:
    mara, pavel = workspace.person("mara@demo"), workspace.person("pavel@demo")
    workspace.decide(_proposed(workspace, "gift_bought"), pavel, "approve")

    asked = workspace.ask("Create an eligibility rule for users who completed 3 workouts.", mara)
    assert asked.change_request
    assert asked.preview
    workspace.decide(asked.change_request.id, pavel, "approve")
    (rule,) = versions.live(workspace.store)
    counted = workspace.ask("How many users completed 3 workouts?", mara)
    report = workspace.run_cycle(dry_run=True)
    (user,) = workspace.warehouse.fetch(
        "SELECT min(user_id) FROM dim_users WHERE merged_into IS NULL"
    ).rows[0]

    assert requests.get(workspace.store, asked.change_request.id).state is State.LIVE
    assert counted.status == "answered"
    assert report.cycle_id
    assert workspace.explain(user)["user_id"] == user
    assert [one.key for one in versions.all_current(workspace.store)] == [rule.key]


def test_an_approval_that_a_changed_trait_made_stale_ends_and_says_why(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    mara, pavel = workspace.person("mara@demo"), workspace.person("pavel@demo")
    asked = workspace.ask(
        "Create an eligibility rule for users whose activation state is at risk.", mara
    )
    assert asked.change_request
    request = requests.get(workspace.store, asked.change_request.id)
    assert "trait:activation_state" in request.dependencies
    changed = {**data_changes.fingerprints(workspace), "activation_state": "0" * 64}
    monkeypatch.setattr(data_changes, "fingerprints", lambda _workspace: changed)

    with pytest.raises(PilothouseError, match="something it relies on changed"):
        workspace.decide(request.id, pavel, "approve")

    assert requests.get(workspace.store, request.id).state is State.EXPIRED
    assert versions.live(workspace.store) == []
    last = audit.entries(workspace.store)[-1]
    assert (last.what, last.subject) == ("expire", request.id)


def test_the_approval_of_a_rule_is_void_when_a_trait_it_reads_was_changed(
    workspace: Workspace,
) -> None:
    reads = EligibilityRule(
        key="at_risk", name="At risk", condition=Trait(name="activation_state", value="at_risk")
    )
    before = data_changes.fingerprints(workspace)
    after = {**before, "activation_state": "0" * 64}

    stood_on = dependencies(reads, workspace.catalog, [], before)
    stands_on = dependencies(reads, workspace.catalog, [], after)

    assert stood_on["trait:activation_state"] == before["activation_state"]
    assert stood_on != stands_on
