"""Conversations over real data: what is told, whose a thread is, and what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from control import conversations, requests, versions
from core.artifacts import AskResult
from core.errors import Code, PilothouseError
from core.lifecycle import State
from core.rules import EligibilityRule
from tests.tools.demo import DECISION, ELIGIBILITY, open_demo
from ui.workspace import Workspace
from warehouse.wording import describe

THREADS = 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def workspace(folder: Path) -> Iterator[Workspace]:
    opened = open_demo(folder)
    yield opened
    opened.close()


def say(workspace: Workspace, prompt: str, thread: str, person: str = "mara@demo") -> AskResult:
    return workspace.ask(prompt, workspace.person(person), thread_id=thread, submit=False)


def size(result: AskResult) -> int:
    assert result.preview
    return result.preview.audience_size


def test_a_change_is_told_with_the_audience_before_and_after(workspace: Workspace) -> None:
    before = say(workspace, ELIGIBILITY, "told")
    after = say(workspace, "make it 5 workouts", "told")

    assert size(after) < size(before)
    assert after.answer.startswith(
        "**Changed:** workout completed at least 3 times → workout completed at least 5 times; "
        f"audience {size(before):,} → {size(after):,}."
    )
    assert after.status == "answered"


def test_why_so_few_names_the_condition_that_removes_most(workspace: Workspace) -> None:
    draft = say(workspace, ELIGIBILITY, "why")
    why = say(workspace, "why so few?", "why")

    assert draft.preview
    left = [draft.preview.population_size, *(step.remaining for step in draft.preview.waterfall)]
    gone = [before - after for before, after in pairwise(left)]
    most = draft.preview.waterfall[gone.index(max(gone))]
    assert why.answer.startswith(f"**'{most.clause}' removes most:** {max(gone):,} users")
    assert why.artifact == draft.artifact


@pytest.mark.parametrize(
    ("follow_up", "told"),
    [
        ("what if we dropped the pricing condition?", "dropped: pricing viewed at least once"),
        ("what if the cap were 1?", "at most 1 messages by the contact policy"),
    ],
)
def test_what_if_compares_and_leaves_the_draft_as_it_is(
    workspace: Workspace, follow_up: str, told: str
) -> None:
    draft = say(workspace, ELIGIBILITY, f"if {told}")
    supposed = say(workspace, follow_up, f"if {told}")

    assert supposed.answer.startswith(f"**If so** ({told}): audience {size(draft):,} → ")
    assert supposed.artifact == draft.artifact
    assert say(workspace, "why so few?", f"if {told}").artifact == draft.artifact


def test_a_prompt_of_its_own_starts_anew_and_says_so(workspace: Workspace) -> None:
    first = say(workspace, ELIGIBILITY, "anew")
    other = say(workspace, "How many users viewed pricing?", "anew")
    back = say(workspace, "undo", "anew")

    assert "something new" in other.answer
    assert "'Upgrade nudge' is set aside" in other.answer
    assert back.artifact == first.artifact


def test_a_change_of_an_order_says_who_would_get_what(workspace: Workspace) -> None:
    say(workspace, DECISION, "order")

    moved = say(workspace, "put support first", "order")

    assert "order: 1. Help with a second workout" in moved.answer
    assert "would get it: support follow up" in moved.answer


def test_sending_for_approval_submits_the_changed_draft_and_approves_nothing(
    workspace: Workspace,
) -> None:
    say(workspace, ELIGIBILITY, "send")
    changed = say(workspace, "only Android", "send")

    sent = say(workspace, "send it for approval", "send")

    assert sent.status == "awaiting_approval"
    assert sent.change_request
    request = requests.get(workspace.store, sent.change_request.id)
    assert request.state is State.IN_REVIEW
    assert request.rule == changed.artifact
    assert request.prompt == f"{ELIGIBILITY}\nonly Android"
    assert versions.live(workspace.store) == []
    refused = say(workspace, "approve it", "send")
    assert [one.code for one in refused.refusals] == [Code.BYPASS_REQUESTED]


def test_a_question_back_brings_answers_with_their_audience_sizes(workspace: Workspace) -> None:
    asked = say(workspace, "Send the upgrade nudge to active users.", "chips")

    assert asked.status == "needs_clarification"
    assert 2 <= len(asked.choices) <= 4
    for choice in asked.choices:
        answered = say(workspace, choice.prompt, f"chip {choice.label}")
        assert size(answered) == choice.audience_size

    picked = say(workspace, "2", "chips")
    assert size(picked) == asked.choices[1].audience_size


def test_a_change_that_may_be_two_offers_both_with_their_sizes(workspace: Workspace) -> None:
    say(workspace, ELIGIBILITY, "which")
    asked = say(workspace, "change the window to 14 days", "which")

    assert len(asked.choices) == 2
    picked = say(workspace, asked.choices[1].label, "which")
    assert size(picked) == asked.choices[1].audience_size


@pytest.mark.parametrize(
    ("prompt", "label"),
    [
        ("Target users who completed 3 workouts without approval.", "Leave out"),
        ("Target users with an engagement score above 10.", "momentum score"),
        (
            "Target users who viewed pricing and completed 3 workouts or compared plans.",
            "(viewed pricing and completed 3 workouts)",
        ),
        (
            "Target users who completed 3 workouts and viewed pricing in the last 14 days.",
            "For both",
        ),
    ],
)
def test_what_is_unclear_or_refused_offers_what_can_be_asked(
    workspace: Workspace, prompt: str, label: str
) -> None:
    asked = say(workspace, prompt, f"offer {label}")

    assert any(choice.label.startswith(label) for choice in asked.choices), asked.choices
    assert all(choice.audience_size is not None for choice in asked.choices)


def test_somebody_elses_conversation_is_refused(workspace: Workspace) -> None:
    say(workspace, ELIGIBILITY, "mine")

    with pytest.raises(PilothouseError) as refused:
        say(workspace, "make it 5", "mine", person="ana@demo")

    assert refused.value.refusal.code is Code.NOT_ALLOWED


def test_a_draft_is_there_after_a_restart(workspace: Workspace, folder: Path) -> None:
    say(workspace, ELIGIBILITY, "kept")
    say(workspace, "only iOS", "kept")

    again = open_demo(folder)
    try:
        changed = say(again, "make it 5", "kept")
    finally:
        again.close()

    assert isinstance(changed.artifact, EligibilityRule)
    said = describe(changed.artifact.condition, workspace.catalog)
    assert "at least 5 times" in said
    assert said.endswith("device os is ios")


@pytest.mark.slow
def test_fifty_conversations_at_once_do_not_mix(workspace: Workspace) -> None:
    people = ("mara@demo", "ana@demo")
    say(workspace, "How many users completed 99 workouts?", "before")
    held = conversations.held(workspace.store, "before")

    def talk(number: int) -> tuple[int, str]:
        person = people[number % 2]
        conversations.hold(workspace.store, f"at once {number}", held, now=workspace.now())
        changed = say(workspace, f"make it {number + 2}", f"at once {number}", person)
        return number, changed.answer

    with ThreadPoolExecutor(8) as pool:
        answers = dict(pool.map(talk, range(THREADS)))

    for number, answer in answers.items():
        assert f"99 times → workout completed at least {number + 2} times" in answer
