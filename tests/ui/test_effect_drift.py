"""What a rule would do is measured again before it goes live: what drifted waits for people."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from control import requests, versions
from control.requests import ChangeRequest
from core.conditions import EventCount
from core.effects import Effect, EffectTolerance
from core.errors import Code, PilothouseError
from core.lifecycle import State, Suspended
from core.rules import EligibilityRule
from orchestrate import approvals
from tests.tools.demo import ELIGIBILITY, demo_file, open_demo
from ui import rebasing, staging
from ui.environment import load_settings
from ui.proposing import propose_rule
from ui.workspace import Workspace

KEY = "trained_often"
RULE = EligibilityRule(
    key=KEY, name="Trained often", condition=EventCount(event="workout_completed", n=8)
)
A_DAY_LATER = """
UPDATE meta SET value = strftime(CAST(value AS TIMESTAMP) + INTERVAL 1 DAY, '%Y-%m-%dT%H:%M:%S')
WHERE key = 'as_of'
"""
EVERYBODY_TRAINS = """
INSERT INTO fct_events (event_time, user_id, event_name, message_id)
SELECT (SELECT CAST(value AS TIMESTAMP) FROM meta WHERE key = 'as_of') - INTERVAL 1 HOUR,
       user_id, 'workout_completed', 'drift_' || user_id || '_' || n
FROM dim_users, range(8) AS times(n)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_demo(tmp_path / "workspace", shutil.copy(demo_file(), tmp_path / "w.duckdb"))
    yield opened
    opened.close()


def proposed(workspace: Workspace) -> ChangeRequest:
    return propose_rule(workspace, RULE, author=workspace.person("mara@demo"), reason="They do.")


def effect_of(request: ChangeRequest) -> Effect:
    assert request.preview is not None
    assert request.preview.effect is not None
    return request.preview.effect


def approved_by_nobodys_process(workspace: Workspace, request: ChangeRequest) -> None:
    """An approval is on record, and whoever recorded it ended before anything was published."""
    pavel = workspace.person("pavel@demo")
    approvals.decide(
        workspace.store, request.id, person=pavel, verdict="approve", now=workspace.now()
    )


def everybody_trains(workspace: Workspace) -> None:
    workspace.warehouse.execute(A_DAY_LATER)
    workspace.warehouse.execute(EVERYBODY_TRAINS)


def held(workspace: Workspace, request: ChangeRequest) -> str:
    """Why a request is suspended for its effect."""
    found = requests.get(workspace.store, request.id).suspended
    assert found is not None
    assert found.code is Suspended.EFFECT_DRIFT
    assert KEY not in {one.key for one in versions.live(workspace.store)}
    return found.why


def test_whoever_approves_what_drifted_sees_both_numbers_and_approves_it_anew(
    workspace: Workspace,
) -> None:
    request, pavel = proposed(workspace), workspace.person("pavel@demo")
    before = effect_of(request).against.after
    everybody_trains(workspace)

    with pytest.raises(PilothouseError) as refused:
        workspace.decide(request.id, pavel, "approve")

    anew = rebasing.rebase(workspace, request.id, person=workspace.person("mara@demo"))
    after = effect_of(anew).against.after
    assert refused.value.refusal.code is Code.SUSPENDED
    assert f"{before:,} when it was proposed, {after:,} now" in refused.value.refusal.message
    assert after > before + 100
    assert anew.content_hash == request.content_hash
    assert workspace.decide(anew.id, pavel, "approve").state is State.LIVE


def test_a_day_on_which_little_changed_holds_nothing(workspace: Workspace) -> None:
    request = proposed(workspace)
    workspace.warehouse.execute(A_DAY_LATER)

    decided = workspace.decide(request.id, workspace.person("pavel@demo"), "approve")

    assert decided.state is State.LIVE


def test_data_that_became_late_since_blocks_an_approval_until_it_is_loaded(
    workspace: Workspace,
) -> None:
    request, pavel = proposed(workspace), workspace.person("pavel@demo")
    for _ in range(3):
        workspace.warehouse.execute(A_DAY_LATER)

    with pytest.raises(PilothouseError) as refused:
        workspace.decide(request.id, pavel, "approve")

    assert refused.value.refusal.code is Code.BLOCKED_BY_POLICY
    assert "on old data: fct_events has no row that is new enough" in refused.value.refusal.message
    assert requests.get(workspace.store, request.id).state is State.IN_REVIEW
    assert workspace.decide(request.id, pavel, "reject", "Too old.").state is State.REJECTED


def test_what_was_approved_before_a_crash_is_measured_again(workspace: Workspace) -> None:
    request = proposed(workspace)
    approved_by_nobodys_process(workspace, request)
    everybody_trains(workspace)

    assert workspace.reconcile().published == ()
    assert "people it is for" in held(workspace, request)
    assert requests.get(workspace.store, request.id).state is State.APPROVED


def test_the_agent_does_not_publish_what_drifted(workspace: Workspace) -> None:
    said = workspace.ask(ELIGIBILITY, workspace.person("mara@demo")).change_request
    assert said is not None
    request = requests.get(workspace.store, said.id)
    approved_by_nobodys_process(workspace, request)
    workspace.warehouse.execute(A_DAY_LATER)
    workspace.warehouse.execute("DELETE FROM fct_events WHERE event_name = 'pricing_viewed'")

    with pytest.raises(PilothouseError):
        workspace.wake(request.id)

    assert "people" in held(workspace, request)


def test_staging_does_not_promote_what_drifted(workspace: Workspace) -> None:
    request, ada = proposed(workspace), workspace.person("ada@demo")
    staging.add(workspace, [request.id], ada)
    workspace.decide(request.id, workspace.person("pavel@demo"), "approve")
    everybody_trains(workspace)

    with pytest.raises(PilothouseError):
        staging.promote(workspace, None, ada)

    assert "people who enter" in held(workspace, request)


def test_a_workspace_says_how_far_an_effect_may_move(tmp_path: Path) -> None:
    (tmp_path / "pilothouse.toml").write_text(
        "[governance.effect_tolerance]\nshare = 0.5\nusers = 7\n"
    )

    settings = load_settings({"workspace": tmp_path})

    assert settings.governance.effect_tolerance == EffectTolerance(share=0.5, users=7)
