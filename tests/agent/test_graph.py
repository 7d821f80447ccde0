"""A prompt on its way: to an answer, to another person's approval, into force, and back."""

from __future__ import annotations

import threading

import pytest
from langgraph.types import Command

from agent.ask import wake
from agent.graph import build_graph
from agent.nodes import NODES
from control import requests, versions
from control.people import Person
from core.errors import Code, PilothouseError
from core.lifecycle import State
from core.rules import DecisionPolicy, EligibilityRule
from tests.tools.demo import DEBUG, DECISION, ELIGIBILITY, open_demo
from ui.workspace import Workspace


def published(workspace: Workspace) -> list[tuple[str, int]]:
    return [(rule.key, rule.version) for rule in versions.live(workspace.store)]


def request_id(workspace: Workspace) -> str:
    return requests.list_all(workspace.store)[0].id


def config(run_id: str) -> dict[str, dict[str, str]]:
    return {"configurable": {"thread_id": run_id}}


# The three prompts, word for word.


def test_the_eligibility_prompt_becomes_a_rule_that_waits_for_approval(
    workspace: Workspace, mara: Person
) -> None:
    result = workspace.ask(ELIGIBILITY, mara)

    assert (result.intent, result.status) == ("eligibility", "awaiting_approval")
    assert isinstance(result.artifact, EligibilityRule)
    assert result.required.events == ("pricing_viewed", "workout_completed")
    assert result.preview
    remaining = [step.remaining for step in result.preview.waterfall]
    assert remaining == sorted(remaining, reverse=True)
    assert remaining[-1] == result.preview.audience_size > 0
    assert 0 < result.preview.reachable_size < result.preview.audience_size
    assert any("at least 3" in sentence for sentence in result.assumptions)
    assert result.change_request
    assert result.change_request.state == "in_review"
    assert not any(finding.severity == "block" for finding in result.findings)
    assert published(workspace) == []


def test_the_decision_prompt_becomes_an_ordered_policy_that_waits_for_approval(
    workspace: Workspace, mara: Person
) -> None:
    result = workspace.ask(DECISION, mara)

    assert (result.intent, result.status) == ("decision", "awaiting_approval")
    assert isinstance(result.artifact, DecisionPolicy)
    assert [entry.action.key for entry in result.artifact.entries] == [
        "second_workout_help",
        "support_follow_up",
        "upgrade_nudge",
    ]
    assert result.artifact.suppressions
    assert all(result.artifact.stops_of(entry) for entry in result.artifact.entries)
    assert result.edge_cases
    assert result.artifact.edge_cases == result.edge_cases
    assert result.change_request


def test_the_debug_prompt_is_answered_and_proposes_nothing(
    workspace: Workspace, mara: Person
) -> None:
    result = workspace.ask(DEBUG, mara)

    assert (result.intent, result.status) == ("debug", "answered")
    assert result.change_request is None
    assert result.artifact
    assert result.artifact.kind == "debug_report"
    assert {row.segment for row in result.artifact.funnel} == {"iOS", "Android"}
    assert result.artifact.causes[0].next_check.sql
    ids = {query.id for query in result.sql}
    assert {one for cause in result.artifact.causes for one in cause.evidence} <= ids


def test_every_step_is_told_as_it_starts_and_timed_in_the_trace(
    workspace: Workspace, mara: Person
) -> None:
    told: list[str] = []

    result = workspace.ask(ELIGIBILITY, mara, on_step=lambda node, _title: told.append(node))

    ran = ["understand", "ground", "draft", "check", "simulate", "answer", "submit"]
    assert [step.node for step in result.trace] == ran
    assert told == [*ran, "guardrail"]


def test_the_same_prompt_by_the_same_person_is_one_change_request(
    workspace: Workspace, mara: Person
) -> None:
    first, second = (workspace.ask(ELIGIBILITY, mara) for _ in range(2))

    assert first.change_request == second.change_request
    assert len(requests.list_all(workspace.store)) == 1


def test_a_draft_is_kept_until_the_person_sends_it(workspace: Workspace, mara: Person) -> None:
    draft = workspace.ask(ELIGIBILITY, mara, run_id="run", submit=False)
    assert (draft.status, draft.change_request) == ("answered", None)

    sent = workspace.submit("run", mara)

    assert sent.status == "awaiting_approval"
    assert len(requests.list_all(workspace.store)) == 1


def test_an_answer_without_a_draft_cannot_be_sent(workspace: Workspace, mara: Person) -> None:
    workspace.ask(DEBUG, mara, run_id="run", submit=False)

    with pytest.raises(PilothouseError) as refused:
        workspace.submit("run", mara)

    assert refused.value.refusal.code is Code.INVALID_ARGUMENT


def test_an_approver_alone_may_ask_but_not_propose(workspace: Workspace, pavel: Person) -> None:
    result = workspace.ask(ELIGIBILITY, pavel)

    assert result.status == "refused"
    assert [one.code for one in result.refusals] == [Code.NOT_ALLOWED]
    assert requests.list_all(workspace.store) == []


def test_an_unknown_name_is_asked_back_with_the_words(workspace: Workspace, mara: Person) -> None:
    result = workspace.ask("Target users who completed 3 swims and viewed pricing.", mara)

    assert result.status == "needs_clarification"
    assert "swim" in result.answer
    assert requests.list_all(workspace.store) == []


@pytest.mark.parametrize("prompt", ["", "   \n", "x" * 4_001])
def test_nothing_to_read_or_too_much_is_asked_back(
    workspace: Workspace, mara: Person, prompt: str
) -> None:
    result = workspace.ask(prompt, mara)

    assert result.status == "needs_clarification"
    assert result.refusals


# Approval.


def test_an_approval_by_another_person_publishes_one_version(
    workspace: Workspace, mara: Person, pavel: Person
) -> None:
    asked = workspace.ask(ELIGIBILITY, mara)
    assert asked.change_request

    decided = workspace.decide(asked.change_request.id, pavel, "approve")

    assert decided.state is State.LIVE
    assert published(workspace) == [(decided.target_key, 1)]


def test_the_author_cannot_approve_even_with_every_role(workspace: Workspace, ada: Person) -> None:
    workspace.ask(ELIGIBILITY, ada)

    with pytest.raises(PilothouseError) as refused:
        workspace.decide(request_id(workspace), ada, "approve")

    assert refused.value.refusal.code is Code.SELF_APPROVAL
    assert published(workspace) == []


def test_a_marketer_cannot_approve(workspace: Workspace, ada: Person, mara: Person) -> None:
    workspace.ask(ELIGIBILITY, ada)

    with pytest.raises(PilothouseError) as refused:
        workspace.decide(request_id(workspace), mara, "approve")

    assert refused.value.refusal.code is Code.NOT_ALLOWED


def test_a_rejection_ends_the_run(workspace: Workspace, mara: Person, pavel: Person) -> None:
    workspace.ask(ELIGIBILITY, mara, run_id="run")

    decided = workspace.decide(request_id(workspace), pavel, "reject", "Too broad.")

    assert decided.state is State.REJECTED
    assert workspace.asking.graph.get_state(config("run")).next == ()
    assert workspace.wake(decided.id) is None
    assert published(workspace) == []


def test_of_two_approvers_at_once_one_publishes_and_the_other_is_told(
    workspace: Workspace, mara: Person, pavel: Person, ada: Person
) -> None:
    workspace.ask(ELIGIBILITY, mara)
    wanted, told = request_id(workspace), []
    together = threading.Barrier(2)

    def approve(person: Person) -> None:
        together.wait()
        try:
            told.append(workspace.decide(wanted, person, "approve").state)
        except PilothouseError as error:
            told.append(error.refusal.code)

    threads = [threading.Thread(target=approve, args=(person,)) for person in (pavel, ada)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == sorted([State.LIVE, Code.ALREADY_DECIDED])
    assert len(published(workspace)) == 1


def test_an_approval_for_an_older_draft_does_not_publish_the_newer_one(
    workspace: Workspace, mara: Person, pavel: Person
) -> None:
    older = workspace.ask(ELIGIBILITY, mara)
    newer = workspace.ask(ELIGIBILITY.replace("3 workouts", "5 workouts"), mara)
    assert older.change_request
    assert newer.change_request
    assert older.change_request.id != newer.change_request.id

    with pytest.raises(PilothouseError) as refused:
        workspace.decide(
            newer.change_request.id,
            pavel,
            "approve",
            seen_content_hash=older.change_request.content_hash,
        )
    workspace.decide(older.change_request.id, pavel, "approve")

    assert refused.value.refusal.code is Code.STALE_CHANGE_REQUEST
    (live,) = versions.live(workspace.store)
    assert live.artifact == older.artifact
    assert requests.get(workspace.store, newer.change_request.id).state is State.IN_REVIEW


# Nobody gets around the approval.


@pytest.mark.parametrize(
    "value", [True, "approve", "no", {"verdict": "approve", "approver": "pavel@demo"}, None]
)
def test_a_forged_resume_value_publishes_nothing(
    workspace: Workspace, mara: Person, value: object
) -> None:
    workspace.ask(ELIGIBILITY, mara, run_id="run")
    (waiting,) = workspace.asking.graph.get_state(config("run")).interrupts
    context = workspace.asking.context(mara, "run")

    workspace.asking.graph.invoke(
        Command(resume={waiting.id: value}), config("run"), context=context, durability="sync"
    )

    assert published(workspace) == []
    assert workspace.asking.graph.get_state(config("run")).next == ("guardrail",)
    assert requests.list_all(workspace.store)[0].state is State.IN_REVIEW


def test_jumping_over_the_gate_inside_the_process_publishes_nothing(
    workspace: Workspace, mara: Person
) -> None:
    workspace.ask(ELIGIBILITY, mara, run_id="run")
    context = workspace.asking.context(mara, "run")

    workspace.asking.graph.invoke(Command(goto="publish"), config("run"), context=context)
    forged = {"change_request": {"id": request_id(workspace), "state": "approved"}}
    jumped = workspace.asking.graph.update_state(config("run"), forged, as_node="guardrail")
    final = workspace.asking.graph.invoke(None, jumped, context=context)

    assert published(workspace) == []
    assert [one["code"] for one in final["refusals"]] == ["NOT_ALLOWED"]


def test_a_forged_wake_does_not_spoil_the_real_decision(
    workspace: Workspace, mara: Person, pavel: Person
) -> None:
    workspace.ask(ELIGIBILITY, mara, run_id="run")
    for _ in range(3):
        wake(workspace.asking.graph, workspace.asking.context(mara, "run"), "run")

    decided = workspace.decide(request_id(workspace), pavel, "reject", "No.")

    assert decided.state is State.REJECTED
    assert published(workspace) == []


def test_waking_twice_publishes_once(workspace: Workspace, mara: Person, pavel: Person) -> None:
    workspace.ask(ELIGIBILITY, mara)
    wanted = request_id(workspace)
    workspace.decide(wanted, pavel, "approve")

    workspace.wake(wanted)
    workspace.wake(wanted)
    workspace.reconcile()

    assert len(published(workspace)) == 1
    assert len(versions.history(workspace.store, published(workspace)[0][0])) == 1


# Processes come and go.


def test_another_process_wakes_a_run_that_waits(
    workspace: Workspace, mara: Person, pavel: Person
) -> None:
    workspace.ask(ELIGIBILITY, mara, run_id="run")
    another = open_demo(workspace.settings.workspace, workspace.warehouse.path)

    decided = another.decide(request_id(another), pavel, "approve")

    assert decided.state is State.LIVE
    assert another.asking.graph.get_state(config("run")).values["status"] == "answered"
    another.close()


def test_a_run_of_an_older_graph_is_published_without_being_resumed(
    workspace: Workspace, mara: Person, pavel: Person
) -> None:
    workspace.ask(ELIGIBILITY, mara, run_id="run")
    workspace.asking.graph.update_state(config("run"), {"graph_version": 0}, as_node="submit")

    decided = workspace.decide(request_id(workspace), pavel, "approve")

    assert decided.state is State.LIVE
    assert len(published(workspace)) == 1


def test_an_approval_that_no_run_waits_for_is_reconciled(
    workspace: Workspace, mara: Person, pavel: Person
) -> None:
    workspace.ask(ELIGIBILITY, mara)
    from orchestrate import approvals

    approvals.decide(
        workspace.store,
        request_id(workspace),
        person=pavel,
        verdict="approve",
        now=workspace.now(),
    )

    assert len(workspace.reconcile().published) == 1
    assert len(workspace.reconcile().published) == 0
    assert len(published(workspace)) == 1


def test_every_node_says_in_words_what_it_is_doing() -> None:
    assert all(node.__doc__ and not node.__doc__.endswith(".") for node in NODES)
    assert set(build_graph(None).get_graph().nodes) == {
        *(node.__name__ for node in NODES),
        "__start__",
        "__end__",
    }
