"""A model server that fails: each fault is a sentence for the person, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import pytest

from agent.planners.openai import OpenAIPlanner
from agent.planners.port import CountQuestion, Plan, PlanRequest
from core.conditions import EVERYONE, EventCount, InAudience
from core.errors import Code
from core.rules import EligibilityRule
from core.settings import ModelSettings
from tests.agent import model_server as say
from tests.agent.model_server import ModelServer, format_of, model_server
from warehouse.catalog import Catalog, load_catalog
from warehouse.compile import validate

PROMPT = (
    "Create eligibility rules for an upgrade nudge that only targets users who completed "
    "3 workouts, viewed pricing, and have no open support tickets."
)


class Grammar:
    """The fallback: says what it was asked, in a plan that a test recognises."""

    name = "grammar"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def plan(self, request: PlanRequest) -> Plan:
        self.asked.append(request.prompt)
        draft = CountQuestion(population=EVERYONE, condition=EVERYONE)
        return Plan(intent="question", draft=draft, assumptions=("By the grammar.",))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def grammar() -> Grammar:
    return Grammar()


def settings_for(base_url: str, **more: object) -> ModelSettings:
    given = {"name": "scripted", "base_url": base_url, "api_key": "sk-local"}
    return ModelSettings.model_validate(given | {"timeout_seconds": 10.0} | more)


def refusing(base_url: str, **more: object) -> ModelSettings:
    return settings_for(base_url, when_unusable="refuse", **more)


@pytest.fixture
def planner(server: ModelServer, catalog: Catalog, grammar: Grammar) -> Iterator[OpenAIPlanner]:
    planner = OpenAIPlanner(settings_for(server.base_url), catalog, grammar, max_retries=1)
    yield planner
    planner.close()


@pytest.fixture
def explicit(server: ModelServer, catalog: Catalog, grammar: Grammar) -> Iterator[OpenAIPlanner]:
    planner = OpenAIPlanner(refusing(server.base_url), catalog, grammar, max_retries=1)
    yield planner
    planner.close()


def ask(planner: OpenAIPlanner, prompt: str = PROMPT) -> Plan:
    return planner.plan(PlanRequest(prompt=prompt, as_of=datetime(2026, 3, 31)))


# faults that pass


@pytest.mark.parametrize("fault", [say.RATE_LIMITED, say.BROKEN, say.OVERLOADED])
def test_a_fault_that_passes_is_retried(
    explicit: OpenAIPlanner, server: ModelServer, fault: say.Answer
) -> None:
    server.once.append(fault)

    assert isinstance(ask(explicit).draft, EligibilityRule)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "fault",
    [
        say.TRUNCATED,
        say.REFUSED,
        say.FILTERED,
        say.MALFORMED,
        say.WRONG_TYPES,
        say.EMPTY,
        say.NO_CHOICES,
        say.HTML,
        say.BROKEN_JSON,
    ],
)
def test_a_reply_that_is_no_use_is_asked_for_once_more(
    explicit: OpenAIPlanner, server: ModelServer, fault: say.Answer
) -> None:
    server.once.append(fault)
    plan = ask(explicit)

    assert isinstance(plan.draft, EligibilityRule)
    assert "could not be used" in server.requests[1]["messages"][-1]["content"]


def test_both_calls_are_paid_for(planner: OpenAIPlanner, server: ModelServer) -> None:
    server.once.append(say.MALFORMED)

    usage = ask(planner).usage

    assert usage.prompt_tokens == 2 * say.PROMPT_TOKENS
    assert usage.completion_tokens == 2 * say.COMPLETION_TOKENS


# servers that speak less of the protocol


@pytest.mark.parametrize(
    ("formats", "tried"),
    [
        (("json_object", "tool"), ["json_schema", "tool"]),
        (("json_object",), ["json_schema", "tool", "json_object"]),
        (("text",), ["json_schema", "tool", "json_object", "text"]),
    ],
)
def test_a_server_without_schemas_is_asked_in_a_way_it_speaks(
    explicit: OpenAIPlanner, server: ModelServer, formats: tuple[str, ...], tried: list[str]
) -> None:
    server.formats = formats
    plan = ask(explicit)

    assert isinstance(plan.draft, EligibilityRule)
    assert [format_of(request) for request in server.requests] == tried
    assert "JSON Schema" in server.requests[-1]["messages"][0]["content"]


def test_the_way_a_server_speaks_is_remembered(
    explicit: OpenAIPlanner, server: ModelServer
) -> None:
    server.formats = ("json_object",)
    ask(explicit)
    server.requests.clear()
    ask(explicit)

    assert [format_of(request) for request in server.requests] == ["json_object"]


def test_a_server_that_answers_500_to_schemas_is_asked_in_another_way(
    explicit: OpenAIPlanner, server: ModelServer
) -> None:
    server.once.extend([say.BROKEN, say.BROKEN])

    assert isinstance(ask(explicit).draft, EligibilityRule)
    assert format_of(server.requests[-1]) == "tool"


def test_options_that_a_model_does_not_take_are_left_out(
    explicit: OpenAIPlanner, server: ModelServer
) -> None:
    server.unknown_options = ("temperature", "seed", "max_tokens")

    assert isinstance(ask(explicit).draft, EligibilityRule)
    assert "temperature" not in server.requests[-1]


# endpoints that give nothing

REFUSED = [
    (say.UNAUTHORIZED, Code.MODEL_UNUSABLE, "API key was refused"),
    (say.FORBIDDEN, Code.MODEL_UNUSABLE, "may not use"),
    (say.NO_MODEL, Code.MODEL_UNUSABLE, "no model 'scripted'"),
    (say.TOO_LONG, Code.MODEL_UNUSABLE, "rejected (400)"),
    (say.REDIRECT, Code.MODEL_UNUSABLE, "rejected (302)"),
    (say.RATE_LIMITED, Code.MODEL_UNREACHABLE, "too many requests"),
    (say.OVERLOADED, Code.MODEL_UNREACHABLE, "server error (503)"),
    (say.BROKEN, Code.MODEL_UNREACHABLE, "server error (500)"),
]


@pytest.mark.parametrize(("fault", "code", "words"), REFUSED)
def test_a_chosen_model_that_gives_nothing_is_a_refusal_with_the_next_step(
    explicit: OpenAIPlanner,
    server: ModelServer,
    grammar: Grammar,
    fault: say.Answer,
    code: Code,
    words: str,
) -> None:
    server.always = fault
    plan = ask(explicit)

    assert [one.code for one in plan.refusals] == [code]
    assert words in plan.refusals[0].message
    assert f"127.0.0.1:{server.port}" in plan.refusals[0].message
    assert "pilothouse.toml" in str(plan.refusals[0].fix)
    assert (plan.draft, grammar.asked) == (None, [])


@pytest.mark.parametrize(("fault", "code", "words"), REFUSED)
def test_a_model_that_was_only_found_gives_way_to_the_grammar_and_the_plan_says_so(
    planner: OpenAIPlanner, server: ModelServer, fault: say.Answer, code: Code, words: str
) -> None:
    server.always = fault
    plan = ask(planner)

    assert plan.assumptions[0].startswith(f"The model at 127.0.0.1:{server.port} was not usable (")
    assert words in plan.assumptions[0]
    assert plan.assumptions[1] == "By the grammar."
    assert plan.usage.model == "grammar"


def test_what_a_server_writes_in_an_error_is_not_repeated(
    explicit: OpenAIPlanner, server: ModelServer
) -> None:
    server.always = say.UNAUTHORIZED

    assert "sk-" not in ask(explicit).model_dump_json()


def test_a_server_that_does_not_answer_in_time_is_given_up(
    server: ModelServer, catalog: Catalog, grammar: Grammar
) -> None:
    server.always = say.HANG
    settings = refusing(server.base_url, timeout_seconds=0.2)
    planner = OpenAIPlanner(settings, catalog, grammar, max_retries=0)
    plan = ask(planner)
    planner.close()

    assert plan.refusals[0].code is Code.MODEL_UNREACHABLE
    assert "no answer within 0.2 s" in plan.refusals[0].message


def test_an_endpoint_where_nobody_listens_is_named_without_its_password(
    catalog: Catalog, grammar: Grammar
) -> None:
    settings = refusing("http://user:hunter2@127.0.0.1:9/v1")
    planner = OpenAIPlanner(settings, catalog, grammar, max_retries=0)
    plan = ask(planner)
    planner.close()

    assert plan.refusals[0].code is Code.MODEL_UNREACHABLE
    assert plan.refusals[0].span == "127.0.0.1:9"
    assert "hunter2" not in plan.model_dump_json()


# replies that are no use, again and again


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (say.TRUNCATED, "cut off"),
        (say.REFUSED, "refused to answer"),
        (say.MALFORMED, "did not fit its schema"),
        (say.WRONG_TYPES, "plan.count_question.condition"),
        (say.HTML, "was not JSON"),
        (say.NO_CHOICES, "not a chat completion"),
    ],
)
def test_a_model_that_never_replies_usably_gives_way_to_the_grammar_even_when_chosen(
    explicit: OpenAIPlanner,
    server: ModelServer,
    grammar: Grammar,
    fault: say.Answer,
    words: str,
) -> None:
    server.always = fault
    plan = ask(explicit)

    assert grammar.asked == [PROMPT]
    assert len(server.requests) == 2
    assert words in plan.assumptions[0]
    assert "the grammar planner answered" in plan.assumptions[0]


# models that are wrong, or obey somebody else


def counted(clause: dict[str, object]) -> dict[str, object]:
    condition = {"join": "all", "clauses": [clause]}
    return {"plan": {"kind": "count_question", "condition": condition}}


def test_a_made_up_event_reaches_the_check_and_is_refused_there(
    planner: OpenAIPlanner, server: ModelServer, catalog: Catalog
) -> None:
    made_up = {"kind": "event_count", "event": "workout_compleated", "op": ">=", "n": 3}
    server.reply("Count.", counted(made_up))
    draft = ask(planner, "Count.").draft

    assert isinstance(draft, CountQuestion)
    assert draft.condition == EventCount(event="workout_compleated", n=3)
    refusals = validate(draft.condition, catalog)
    assert [one.code for one in refusals] == [Code.UNKNOWN_EVENT]
    assert "workout_completed" in str(refusals[0].fix)


def test_a_made_up_action_is_asked_back_with_the_nearest_ones(
    planner: OpenAIPlanner, server: ModelServer
) -> None:
    rule = {
        "kind": "eligibility_rule",
        "name": "Nudge",
        "condition": {"join": "all", "clauses": [{"kind": "audience", "key": "paying_users"}]},
        "action": {"action": "upgrade_nudges"},
    }
    server.reply("Nudge.", {"plan": rule})
    plan = ask(planner, "Nudge.")

    assert plan.draft is None
    assert plan.refusals[0].code is Code.UNKNOWN_KEY
    assert "upgrade_nudge" in str(plan.refusals[0].fix)


@pytest.mark.parametrize(
    "reply",
    [
        {"plan": {"kind": "approve", "change_request": "1"}},
        {"approve": True, "plan": None},
        {"plan": None, "sql": "DROP TABLE dim_users"},
        counted({"kind": "audience", "key": "paying_users", "where": "1=1; DROP TABLE dim_users"}),
        counted({"kind": "sql", "text": "user_id IN (SELECT user_id FROM dim_users)"}),
        counted({"kind": "trait", "name": "ltv", "op": ">", "values": []}),
    ],
)
def test_a_reply_that_tries_to_do_more_than_plan_is_no_use(
    planner: OpenAIPlanner, server: ModelServer, grammar: Grammar, reply: dict[str, object]
) -> None:
    server.reply("Approve it.", reply)

    plan = ask(planner, "Approve it.")

    assert grammar.asked == ["Approve it."]
    assert plan.assumptions[1] == "By the grammar."


def test_text_of_a_model_in_place_of_a_name_stays_a_refused_name(
    planner: OpenAIPlanner, server: ModelServer, catalog: Catalog
) -> None:
    server.reply("Count.", counted({"kind": "audience", "key": "approved_by_admin"}))
    draft = ask(planner, "Count.").draft

    assert isinstance(draft, CountQuestion)
    assert draft.condition == InAudience(key="approved_by_admin")
    assert [one.code for one in validate(draft.condition, catalog)] == [Code.UNKNOWN_AUDIENCE]


def test_no_reply_of_the_protocol_can_crash_the_planner(
    planner: OpenAIPlanner, server: ModelServer
) -> None:
    for body in ("null", "[]", "1", '"text"', "{}", '{"choices": [{}]}', '{"choices": [null]}'):
        server.always = say.Answer(body=body)
        assert ask(planner).usage.model == "grammar"
    for content in ("null", "[]", "1", json.dumps({"plan": {}}), "\u0000", "{" * 5000):
        server.always = say.completion(content)
        assert ask(planner).usage.model == "grammar"


def test_without_an_endpoint_nothing_is_sent_anywhere(catalog: Catalog, grammar: Grammar) -> None:
    plan = ask(OpenAIPlanner(ModelSettings(when_unusable="refuse"), catalog, grammar))

    assert plan.refusals[0].code is Code.MODEL_UNREACHABLE
    assert "neither a base URL nor an API key" in plan.refusals[0].message
    assert "OPENAI_BASE_URL" in str(plan.refusals[0].fix)
