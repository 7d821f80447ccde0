"""What was verified is found by its name, and only as long as what it stands on stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from control import conversations
from core.artifacts import AskResult
from core.errors import PilothouseError
from core.rules import EligibilityRule
from tests.tools.demo import ELIGIBILITY, open_demo
from ui import remembering
from ui.workspace import Workspace
from warehouse.wording import describe

COUNT = "How many users viewed pricing in the last 7 days?"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One in which an upgrade nudge was approved and a question marked as right."""
    opened = open_demo(tmp_path_factory.mktemp("workspace"))
    sent = opened.ask(ELIGIBILITY, opened.person("mara@demo"))
    assert sent.change_request
    opened.decide(sent.change_request.id, opened.person("pavel@demo"), "approve")
    say(opened, COUNT, "counted")
    remembering.mark(opened, "counted", opened.person("mara@demo"))
    yield opened
    opened.close()


def say(workspace: Workspace, prompt: str, thread: str) -> AskResult:
    return workspace.ask(prompt, workspace.person("mara@demo"), thread_id=thread, submit=False)


def test_the_same_as_something_approved_is_its_copy_with_the_change(workspace: Workspace) -> None:
    result = say(workspace, "same as the upgrade nudge but for Android", "like")

    assert isinstance(result.artifact, EligibilityRule)
    assert describe(result.artifact.condition, workspace.catalog).endswith("device os is android")
    assert "like 'Upgrade nudge', version 1, approved for mara@demo" in result.answer
    assert result.status == "answered"


def test_a_question_marked_as_right_is_found_by_its_words(workspace: Workspace) -> None:
    result = say(workspace, "same question as viewed pricing but for Android", "again")

    assert "marked as right by mara@demo" in result.answer
    assert "device os is android" in result.answer


@pytest.mark.parametrize("words", ["like the win-back", "like last year's upgrade nudge"])
def test_what_nobody_verified_is_not_found(workspace: Workspace, words: str) -> None:
    result = say(workspace, words, words)

    assert result.artifact is None
    assert result.status == "needs_clarification"


def test_a_changed_definition_unverifies_by_itself(workspace: Workspace) -> None:
    before = workspace.catalog
    contact = before.defaults.contact_policy
    changed = contact.model_copy(update={"min_gap_seconds": contact.min_gap_seconds + 60})
    defaults = before.defaults.model_copy(update={"contact_policy": changed})
    assert len(remembering.verified(workspace)) == 2
    workspace.take_up(before.model_copy(update={"defaults": defaults}), workspace.settings)
    try:
        assert remembering.verified(workspace) == []
    finally:
        workspace.take_up(before, workspace.settings)


def test_another_workspace_finds_nothing_of_it(workspace: Workspace, tmp_path: Path) -> None:
    other = open_demo(tmp_path / "other")
    try:
        assert say(other, "same as the upgrade nudge", "like").artifact is None
    finally:
        other.close()


def test_only_ones_own_question_is_marked_and_nothing_personal(workspace: Workspace) -> None:
    with pytest.raises(PilothouseError):
        remembering.mark(workspace, "counted", workspace.person("ana@demo"))
    held = conversations.held(workspace.store, "counted")
    held["drafts"][-1]["prompt"] += " Ask jo@example.com."
    conversations.hold(workspace.store, "counted", held, now=workspace.now())

    with pytest.raises(PilothouseError) as refused:
        remembering.mark(workspace, "counted", workspace.person("mara@demo"))

    assert "nothing personal" in str(refused.value)
