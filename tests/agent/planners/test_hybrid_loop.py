"""The whole loop with two readers: differences are compared on real data, shown and picked."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from core.artifacts import AskResult
from core.settings import ModelSettings, Settings
from tests.agent import model_server as say
from tests.agent.model_server import ModelServer, model_server
from ui.cli.data import make_demo_data
from ui.workspace import Workspace
from warehouse.demo.generate import AS_OF

pytestmark = pytest.mark.slow

PROMPT = "Create eligibility rules for an upgrade nudge that only targets users who viewed pricing."
VIEWED = {"kind": "event_count", "event": "pricing_viewed", "op": ">=", "n": 1}
OPENED = {"kind": "event_count", "event": "app_opened", "op": ">=", "n": 0}


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("workspace")
    settings = Settings(
        workspace=folder,
        warehouse_url=f"duckdb:///{folder}/warehouse.duckdb",
        control_url=f"sqlite:///{folder}/control.db",
        model=ModelSettings(name="scripted", base_url=server.base_url, timeout_seconds=5),
    )
    make_demo_data(settings, users=400, days=40, seed=7, as_of=AS_OF, scenario="none")
    opened = Workspace(settings)
    yield opened
    opened.asking.close()
    opened.close()


def ask(workspace: Workspace, prompt: str) -> AskResult:
    return workspace.ask(prompt, workspace.person("mara@demo"))


def nudge(*clauses: dict[str, object]) -> say.Answer:
    rule = {
        "kind": "eligibility_rule",
        "name": "Upgrade nudge",
        "action": {"action": "upgrade_nudge"},
        "condition": {"join": "all", "clauses": [*clauses]},
    }
    return say.completion(json.dumps({"plan": rule}))


def test_other_words_for_the_same_users_are_an_agreement(
    workspace: Workspace, server: ModelServer
) -> None:
    server.once.append(nudge(VIEWED, OPENED))
    result = ask(workspace, PROMPT)

    assert (result.planner, result.status) == ("hybrid", "awaiting_approval")
    assert "The grammar and the model read it the same." in result.assumptions


def test_a_difference_is_shown_with_both_audiences_and_the_pick_is_what_counts(
    workspace: Workspace, server: ModelServer
) -> None:
    server.once.append(nudge(VIEWED | {"op": "=", "n": 0}))
    asked = ask(workspace, PROMPT)

    assert (asked.status, asked.change_request) == ("needs_clarification", None)
    sizes = [choice.audience_size for choice in asked.choices]
    assert len(sizes) == 2
    assert all(size is not None for size in sizes)
    assert sizes[0] != sizes[1]

    server.requests.clear()
    picked = ask(workspace, asked.choices[1].prompt)
    assert picked.preview is not None
    assert picked.preview.audience_size == sizes[1]
    assert server.requests == []


def test_an_approved_rule_is_an_example_of_the_next_prompt(
    workspace: Workspace, server: ModelServer
) -> None:
    server.once.append(nudge(VIEWED))
    result = ask(workspace, PROMPT)
    assert result.change_request is not None
    workspace.decide(result.change_request.id, workspace.person("pavel@demo"), "approve")
    server.once.append(nudge(VIEWED | {"n": 2}))
    server.requests.clear()
    ask(workspace, "Only target users who viewed pricing twice.")

    shown = server.requests[0]["messages"][1]["content"]
    assert f'- "{PROMPT}"\n  {{"kind":"eligibility_rule"' in shown
