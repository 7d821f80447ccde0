"""The demo's canaries: the clean one goes live, the one people complain about is taken back."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.tools.demo import demo_file, open_demo
from ui.demo_canaries import Plan, play_canaries
from ui.demo_story import APPROVER, ELIGIBILITY, MARKETER, ON_A_TRAIT


@pytest.mark.slow
def test_of_the_demo_s_two_canaries_one_goes_live_and_one_is_taken_back(tmp_path: Path) -> None:
    workspace = open_demo(tmp_path / "workspace", shutil.copy(demo_file(), tmp_path / "w.duckdb"))
    keys = []
    for prompt in (ELIGIBILITY, ON_A_TRAIT):
        request = workspace.ask(prompt, workspace.person(MARKETER)).change_request
        assert request is not None
        decided = workspace.decide(request.id, workspace.person(APPROVER), "approve")
        keys.append(decided.target_key)
    plan = Plan(good=keys[0], bad=keys[1], author=MARKETER, approver=APPROVER)

    _, looked = play_canaries(workspace, plan, workspace.as_of() + timedelta(days=1))

    assert {one.canary.key: one.canary.state for one in looked} == {
        keys[0]: "promoted",
        keys[1]: "rolled_back",
    }
    workspace.close()
