"""A rule that nobody asked for in words is checked, simulated and proposed like any other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from control import requests
from core.conditions import EventCount
from core.errors import Code, PilothouseError
from core.lifecycle import State
from core.rules import EligibilityRule
from tests.tools.demo import DECISION, demo_file, open_demo
from ui.proposing import propose_rule
from ui.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_demo(tmp_path / "workspace", shutil.copy(demo_file(), tmp_path / "w.duckdb"))
    yield opened
    opened.close()


def rule(event: str = "workout_completed") -> EligibilityRule:
    return EligibilityRule(
        key="engaged", name="Engaged", condition=EventCount(event=event, n=3), assumptions=("All.",)
    )


def test_a_typed_rule_waits_for_approval_with_its_reach_findings_and_ground(
    workspace: Workspace,
) -> None:
    mara = workspace.person("mara@demo")

    request = propose_rule(workspace, rule(), author=mara, reason="From rules/engaged.yaml")

    assert (request.state, request.author) == (State.IN_REVIEW, "mara@demo")
    assert request.rule == rule()
    assert request.prompt == "From rules/engaged.yaml"
    assert request.assumptions == ("All.",)
    assert request.preview is not None
    assert 0 < request.preview.audience_size < request.preview.population_size
    assert "contact_policy" in request.dependencies
    decided = workspace.decide(request.id, workspace.person("pavel@demo"), "approve")
    assert decided.state is State.LIVE


def test_it_is_the_request_that_the_same_words_would_have_made(workspace: Workspace) -> None:
    mara = workspace.person("mara@demo")
    said = workspace.ask(DECISION, mara).change_request
    assert said is not None
    asked = requests.get(workspace.store, said.id)
    workspace.decide(said.id, workspace.person("pavel@demo"), "reject", "Not now.")

    other = propose_rule(workspace, asked.rule, author=mara, reason="Again")

    for name in ("content_hash", "findings", "dependencies", "effect_hash"):
        assert getattr(other, name) == getattr(asked, name)


def test_unknown_names_and_whoever_may_not_propose_are_refused(workspace: Workspace) -> None:
    with pytest.raises(PilothouseError) as unknown:
        propose_rule(workspace, rule("swum"), author=workspace.person("mara@demo"), reason="x")
    with pytest.raises(PilothouseError) as not_allowed:
        propose_rule(workspace, rule(), author=workspace.person("pavel@demo"), reason="x")

    assert unknown.value.refusal.code is Code.UNKNOWN_EVENT
    assert not_allowed.value.refusal.code is Code.NOT_ALLOWED
