"""Two readers of one request: what both read is taken, the rest is asked, nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from agent.explaining import explain
from agent.planners.grammar import GrammarPlanner
from agent.planners.hybrid import HybridPlanner
from agent.planners.measuring import Overlap
from agent.planners.openai import OpenAIPlanner
from agent.planners.port import Plan, PlanRequest
from core.conditions import Condition
from core.errors import Code
from core.rules import EligibilityRule
from core.settings import ModelSettings
from tests.agent import model_server as say
from tests.agent.model_server import ModelServer, format_of, model_server
from warehouse.catalog import Catalog, load_catalog

AS_OF = datetime(2026, 3, 31)
RULE = "Create eligibility rules for an upgrade nudge that only targets users who viewed pricing."
UNREAD = "Only target users who frobnicated the gizmo at least twice."
VIEWED = {"kind": "event_count", "event": "pricing_viewed", "op": ">=", "n": 1}


class Data:
    """The users of a test: every pair of conditions overlaps as the test says."""

    def __init__(self) -> None:
        self.overlap: Overlap | None = Overlap(one=10, other=7, both=5)
        self.asked: list[tuple[Condition, Condition]] = []

    def __call__(self, one: Condition, other: Condition, as_of: datetime) -> Overlap | None:
        self.asked.append((one, other))
        return self.overlap


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def data() -> Data:
    return Data()


@pytest.fixture(scope="module")
def grammar(catalog: Catalog) -> GrammarPlanner:
    return GrammarPlanner(catalog)


@pytest.fixture
def planner(
    server: ModelServer, catalog: Catalog, data: Data, grammar: GrammarPlanner
) -> Iterator[HybridPlanner]:
    settings = ModelSettings(name="scripted", base_url=server.base_url, timeout_seconds=10)
    model = OpenAIPlanner(settings, catalog, grammar, max_retries=0)
    hybrid = HybridPlanner(grammar, model, catalog, data)
    yield hybrid
    hybrid.close()


def ask(planner: HybridPlanner, prompt: str) -> Plan:
    return planner.plan(PlanRequest(prompt=prompt, as_of=AS_OF))


def nudge(*clauses: dict[str, Any], action: str | None = "upgrade_nudge") -> dict[str, Any]:
    """The reply of a model that reads an upgrade nudge for whom the clauses say."""
    sent = None if action is None else {"action": action}
    rule = {"kind": "eligibility_rule", "name": "Upgrade nudge", "action": sent}
    return {"plan": rule | {"condition": {"join": "all", "clauses": [*clauses]}}}


def audience(catalog: Catalog, prompt: str) -> EligibilityRule:
    draft = GrammarPlanner(catalog).plan(PlanRequest(prompt=prompt, as_of=AS_OF)).draft
    assert isinstance(draft, EligibilityRule)
    return draft


# both read it


def test_what_both_read_the_same_is_taken_as_the_grammar_words_it(
    planner: HybridPlanner, server: ModelServer, catalog: Catalog, data: Data
) -> None:
    server.reply(RULE, nudge(VIEWED | {"op": ">", "n": 0}))
    plan = ask(planner, RULE)

    assert plan.draft == audience(catalog, RULE)
    assert plan.assumptions[-1] == "The grammar and the model read it the same."
    assert (plan.usage.model, plan.usage.prompt_tokens) == ("scripted", say.PROMPT_TOKENS)
    assert data.asked == []


def test_two_wordings_that_select_the_same_users_agree(
    planner: HybridPlanner, server: ModelServer, data: Data
) -> None:
    data.overlap = Overlap(one=12, other=12, both=12)
    server.reply(RULE, nudge(VIEWED, {"kind": "event_count", "event": "app_opened"} | COUNTED))

    assert isinstance(ask(planner, RULE).draft, EligibilityRule)
    assert len(data.asked) == 1


COUNTED = {"op": ">=", "n": 1}


@pytest.mark.parametrize(
    "overlap",
    [Overlap(one=10, other=7, both=7), Overlap(), None],
    ids=["fewer users", "nobody in either", "it cannot be run"],
)
def test_readings_that_differ_are_shown_to_the_person_and_none_is_taken(
    planner: HybridPlanner, server: ModelServer, data: Data, overlap: Overlap | None
) -> None:
    data.overlap = overlap
    server.reply(RULE, nudge(VIEWED | {"op": "=", "n": 0}))
    plan = ask(planner, RULE)

    assert (plan.draft, plan.intent) == (None, "clarify")
    assert "two ways" in plan.questions[0]
    assert [choice.label for choice in plan.choices] == [
        "Who: pricing viewed at least once",
        "Who: no pricing viewed",
    ]


def test_picking_a_reading_gives_exactly_that_one_without_asking_a_model_again(
    planner: HybridPlanner, server: ModelServer, catalog: Catalog
) -> None:
    server.reply(RULE, nudge(VIEWED | {"op": "=", "n": 0}))
    plan = ask(planner, RULE)
    server.requests.clear()
    picked = ask(planner, plan.choices[1].prompt)

    assert isinstance(picked.draft, EligibilityRule)
    assert explain(picked.draft, catalog) == plan.choices[1].prompt
    assert picked.draft.condition.n == 0  # type: ignore[union-attr]
    assert server.requests == []


@pytest.mark.parametrize(("better", "first"), [("second", "no pricing"), ("neither", "at least")])
def test_the_model_sees_both_readings_and_only_their_order_follows(
    planner: HybridPlanner, server: ModelServer, better: str, first: str
) -> None:
    server.once.append(say.completion(json.dumps(nudge(VIEWED | {"op": "=", "n": 0}))))
    server.once.append(say.completion(json.dumps({"better": better})))
    plan = ask(planner, RULE)

    assert first in plan.choices[0].label
    assert len(plan.choices) == 2
    assert "The first reading:\nRule: Upgrade nudge" in server.requests[1]["messages"][1]["content"]


def test_another_message_for_the_same_users_is_a_difference(
    planner: HybridPlanner, server: ModelServer
) -> None:
    server.reply(RULE, nudge(VIEWED, action="win_back"))

    assert len(ask(planner, RULE).choices) == 2


# one of them read it


def test_what_only_the_model_reads_is_offered_and_never_taken(
    planner: HybridPlanner, server: ModelServer
) -> None:
    server.reply(UNREAD, nudge(VIEWED))
    plan = ask(planner, UNREAD)

    assert (plan.draft, plan.intent) == (None, "clarify")
    assert "Only the model" in plan.questions[0]
    assert plan.choices[0].label == "Who: pricing viewed at least once"


def test_what_only_the_grammar_reads_is_taken_and_the_models_question_is_told(
    planner: HybridPlanner, server: ModelServer, catalog: Catalog
) -> None:
    server.reply(RULE, {"questions": ["Viewed when?"]})
    plan = ask(planner, RULE)

    assert plan.draft == audience(catalog, RULE)
    assert plan.assumptions[-1] == "The model would have asked back: Viewed when?"


def test_what_nobody_reads_is_asked_back_as_the_grammar_does(
    planner: HybridPlanner, server: ModelServer
) -> None:
    server.reply(UNREAD, {"not_understood": ["frobnicated the gizmo"]})
    plan = ask(planner, UNREAD)

    assert plan.draft is None
    assert plan.choices == ()
    assert "frobnicated" in str(plan.refusals)


def test_a_name_that_the_model_made_up_is_never_offered_with_a_wrong_meaning(
    planner: HybridPlanner, server: ModelServer
) -> None:
    server.reply(UNREAD, nudge({"kind": "event_count", "event": "gizmo_used"} | COUNTED))

    assert ask(planner, UNREAD).choices == ()


# what a model may not change


@pytest.mark.parametrize(
    "prompt",
    [
        "Only target users whose religion is catholic.",
        "Target users who viewed pricing and never viewed pricing.",
    ],
)
def test_what_the_grammar_refuses_for_good_no_model_is_asked_about(
    planner: HybridPlanner, server: ModelServer, prompt: str
) -> None:
    server.reply(prompt, nudge(VIEWED))
    plan = ask(planner, prompt)

    assert plan.draft is None
    assert server.requests == []


@pytest.mark.parametrize("fault", [say.UNAUTHORIZED, say.TOO_LONG, say.MALFORMED, say.BROKEN])
def test_without_a_usable_model_the_grammar_answers_and_says_so(
    planner: HybridPlanner, server: ModelServer, catalog: Catalog, fault: say.Answer
) -> None:
    server.always = fault
    plan = ask(planner, RULE)

    assert plan.draft == audience(catalog, RULE)
    assert "the grammar planner answered" in plan.assumptions[0]
    assert plan.usage.model == "grammar"


def test_a_model_that_fails_between_the_readings_does_not_settle_the_difference(
    planner: HybridPlanner, server: ModelServer
) -> None:
    server.once.append(say.completion(json.dumps(nudge(VIEWED | {"op": "=", "n": 0}))))
    server.always = say.UNAUTHORIZED
    plan = ask(planner, RULE)

    assert plan.draft is None
    assert len(plan.choices) == 2


def test_a_draft_that_the_check_refused_is_not_read_again(
    planner: HybridPlanner, server: ModelServer
) -> None:
    first = ask(planner, UNREAD).refusals
    server.requests.clear()
    plan = planner.plan(PlanRequest(prompt=RULE, as_of=AS_OF, refusals=first, attempt=2))

    assert plan.draft is None
    assert plan.refusals == first
    assert [format_of(request) for request in server.requests] == []
    assert all(isinstance(one.code, Code) for one in plan.refusals)
