"""Conditions that somebody set by hand are one more change of the pending draft, and no other way
to a rule."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.conversation.amending import (
    CONDITION,
    POPULATION,
    Amended,
    Amendment,
    audiences_of,
    said,
)
from agent.guard import guard
from core.artifacts import AskResult
from core.conditions import And, Attribute, Condition, ConsentIs, EventCount, Not, Op, clauses
from core.errors import Code, PilothouseError
from core.rules import DecisionPolicy, EligibilityRule
from tests.tools.demo import DECISION, ELIGIBILITY, open_demo
from ui.workspace import Workspace
from warehouse.catalog import load_catalog

GERMANS = Attribute(column="country", value="DE")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_demo(tmp_path_factory.mktemp("workspace"))
    yield opened
    opened.close()


def say(workspace: Workspace, prompt: str, thread: str) -> AskResult:
    return workspace.ask(prompt, workspace.person("mara@demo"), thread_id=thread, submit=False)


def amend(workspace: Workspace, thread: str, *changed: Amended) -> AskResult:
    amendment = Amendment(of=changed)
    prompt, mara = said(amendment, workspace.catalog), workspace.person("mara@demo")
    return workspace.ask(prompt, mara, thread_id=thread, submit=False, amendment=amendment)


def rule_of(result: AskResult) -> EligibilityRule:
    assert isinstance(result.artifact, EligibilityRule)
    return result.artifact


def five_workouts(rule: EligibilityRule) -> Amended:
    first, *rest = clauses(rule.condition)
    assert isinstance(first, EventCount)
    after = And(of=(first.model_copy(update={"n": 5}), *rest))
    return Amended(place=CONDITION, before=rule.condition, after=after)


def test_conditions_set_by_hand_are_told_as_a_change_in_words_is(workspace: Workspace) -> None:
    drafted = say(workspace, ELIGIBILITY, "same")
    in_words = say(workspace, "make it 5 workouts", "same")
    say(workspace, "undo", "same")

    by_hand = amend(workspace, "same", five_workouts(rule_of(drafted)))

    assert by_hand.status == "answered"
    assert by_hand.answer == in_words.answer
    assert rule_of(by_hand).condition == rule_of(in_words).condition
    assert by_hand.preview == in_words.preview
    assert [one.node for one in by_hand.trace] == [one.node for one in in_words.trace]


def test_what_was_set_by_hand_can_be_changed_undone_and_sent(workspace: Workspace) -> None:
    drafted = say(workspace, ELIGIBILITY, "goes on")
    amend(workspace, "goes on", five_workouts(rule_of(drafted)))

    further = say(workspace, "only iOS", "goes on")
    assert "added: device os is ios" in further.answer
    say(workspace, "undo", "goes on")
    undone = say(workspace, "undo", "goes on")
    assert rule_of(undone).condition == rule_of(drafted).condition

    again = amend(workspace, "goes on", five_workouts(rule_of(drafted)))
    sent = say(workspace, "send it for approval", "goes on")
    assert sent.change_request
    assert rule_of(sent).condition == rule_of(again).condition


def test_an_entry_of_a_policy_and_who_is_considered_are_set_by_hand(workspace: Workspace) -> None:
    policy = say(workspace, DECISION, "policy").artifact
    assert isinstance(policy, DecisionPolicy)
    first = policy.entries[0]
    place = f"entry:{first.action.key}"
    before = audiences_of(policy)[place]

    told = amend(
        workspace,
        "policy",
        Amended(place=place, before=before, after=And(of=(before, GERMANS))),
        Amended(
            place=POPULATION,
            before=policy.population,
            after=And(of=(policy.population, Not(of=Attribute(column="device_os", value="web")))),
        ),
    )

    assert told.status == "answered"
    assert f"{first.action.name}: added: country is DE" in told.answer
    assert "of those considered: added: not (device os is web)" in told.answer
    assert told.preview
    assert isinstance(told.artifact, DecisionPolicy)
    assert told.artifact.entries[1:] == policy.entries[1:]


def test_a_draft_that_was_changed_meanwhile_is_not_written_over(workspace: Workspace) -> None:
    drafted = say(workspace, ELIGIBILITY, "two windows")
    mine = five_workouts(rule_of(drafted))
    theirs = say(workspace, "only iOS", "two windows")

    refused = amend(workspace, "two windows", mine)

    assert refused.status == "refused"
    assert "changed meanwhile" in str(refused.refusals[0])
    why = say(workspace, "why so few?", "two windows")
    assert rule_of(why).condition == rule_of(theirs).condition


def test_a_draft_in_whose_place_another_is_cannot_be_set_by_hand(workspace: Workspace) -> None:
    drafted = say(workspace, ELIGIBILITY, "replaced")
    say(workspace, "How many users viewed pricing?", "replaced")

    refused = amend(workspace, "replaced", five_workouts(rule_of(drafted)))

    assert refused.refusals[0].code is Code.OUT_OF_SCOPE
    assert "'the question before' took its place" in refused.refusals[0].message


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (Attribute(column="cuntry", value="DE"), Code.UNKNOWN_COLUMN),
        (Attribute(column="country", op=Op.GT, value="DE"), Code.INVALID_OPERATOR),
        (EventCount(event="workout_completed", op=Op.LT, n=2), Code.CONTRADICTION),
    ],
)
def test_what_a_prompt_could_not_draft_is_refused_by_the_same_check(
    workspace: Workspace, condition: Condition, code: Code
) -> None:
    thread = f"wrong {code}"
    drafted = rule_of(say(workspace, ELIGIBILITY, thread))
    after = And(of=(*clauses(drafted.condition), condition))

    refused = amend(
        workspace, thread, Amended(place=CONDITION, before=drafted.condition, after=after)
    )

    assert [one.code for one in refused.refusals] == [code]
    assert refused.artifact is None


def test_nothing_changed_is_said_and_makes_no_draft(workspace: Workspace) -> None:
    drafted = rule_of(say(workspace, ELIGIBILITY, "nothing"))
    same = Amended(place=CONDITION, before=drafted.condition, after=drafted.condition)

    refused = amend(workspace, "nothing", same)

    assert refused.refusals[0].code is Code.CONTRADICTION


def test_a_secret_in_a_condition_is_refused_before_anything_is_kept() -> None:
    key = Attribute(column="country", value="sk-abcdefghijklmnop")
    amendment = Amendment(of=(Amended(place=CONDITION, before=GERMANS, after=key),))

    with pytest.raises(PilothouseError, match="looks like this: API key"):
        said(amendment, load_catalog())


def test_conditions_about_consent_are_no_way_around_it() -> None:
    """Set by hand they are words too, and words are looked at for ways around approval."""
    consent = ConsentIs(purpose="marketing", channel="email")
    for after in (consent, Not(of=consent), And(of=(GERMANS, consent))):
        amendment = Amendment(of=(Amended(place=CONDITION, before=GERMANS, after=after),))
        assert guard(said(amendment, load_catalog())) == ()
