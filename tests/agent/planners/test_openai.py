"""The planner that asks a model: the three prompts of the blueprint, and what it sends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from agent.explaining import explain
from agent.planners.grammar import GrammarPlanner
from agent.planners.openai import OpenAIPlanner
from agent.planners.port import (
    CountQuestion,
    DebugQuestion,
    Plan,
    PlanRequest,
    Segment,
    SqlQuestion,
)
from core.conditions import (
    And,
    AsOf,
    Attribute,
    EventCount,
    Filter,
    InAudience,
    Op,
    Or,
    Related,
    SinceMoment,
)
from core.errors import Code, Refusal
from core.rules import DecisionPolicy, EligibilityRule, Holdout
from core.settings import ModelSettings
from tests.agent.model_server import ModelServer, flaws, model_server, prompt_of
from warehouse.catalog import Catalog, load_catalog
from warehouse.compile import validate
from warehouse.glossary import Term

ELIGIBILITY = (
    "Create eligibility rules for an upgrade nudge that only targets users who completed "
    "3 workouts, viewed pricing, and have no open support tickets."
)
DECISION = (
    "Define a priority order for trial users: (1) help users complete a second workout, "
    "(2) handle support issues, (3) upgrade messaging. Write the suppressions and stop conditions."
)
DEBUG = (
    "Why did conversion drop on iOS this week? Compare funnel steps and message exposure for iOS "
    "vs Android and summarize likely causes."
)
AS_OF = datetime(2026, 3, 31)
OPEN = (Filter(column="status", value="open"),)
SINCE_TRIAL = SinceMoment(column="current_subscription.trial_start")
OPEN_TICKET = Related(entity="ticket", where=OPEN, op=Op.GE, n=1)
NO_TICKET = Related(entity="ticket", where=OPEN, op=Op.EQ, n=0)


class Silent:
    """A fallback that must not be asked here."""

    name = "grammar"

    def plan(self, request: PlanRequest) -> Plan:
        raise AssertionError("the fallback was asked")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def planner(server: ModelServer, catalog: Catalog) -> Iterator[OpenAIPlanner]:
    settings = ModelSettings(
        name="scripted",
        base_url=server.base_url,
        api_key="sk-local",
        usd_per_million_prompt_tokens=2.0,
        usd_per_million_completion_tokens=8.0,
    )
    planner = OpenAIPlanner(settings, catalog, Silent())
    yield planner
    planner.close()


def ask(planner: OpenAIPlanner, prompt: str, **more: object) -> Plan:
    return planner.plan(PlanRequest(prompt=prompt, as_of=AS_OF, **more))


def clause(kind: str, **parts: object) -> dict[str, object]:
    return {"kind": kind, **parts}


def counting(*clauses: dict[str, object], join: str = "all") -> dict[str, object]:
    condition = {"join": join, "clauses": list(clauses)}
    return {"plan": {"kind": "count_question", "condition": condition}}


# the three prompts


def test_the_eligibility_prompt_gives_the_expected_audience(
    planner: OpenAIPlanner, catalog: Catalog
) -> None:
    plan = ask(planner, ELIGIBILITY)

    assert isinstance(plan.draft, EligibilityRule)
    assert plan.draft.condition == And(
        of=(
            EventCount(event="workout_completed", op=Op.GE, n=3),
            EventCount(event="pricing_viewed", op=Op.GE, n=1),
            NO_TICKET,
        )
    )
    assert plan.draft.action == catalog.actions["upgrade_nudge"]
    assert plan.draft.holdout == Holdout(share=0.1, salt="upgrade_nudge")
    assert plan.intent == "eligibility"


def test_the_decision_prompt_gives_the_expected_order(planner: OpenAIPlanner) -> None:
    policy = ask(planner, DECISION).draft

    assert isinstance(policy, DecisionPolicy)
    assert policy.population == InAudience(key="trial_users")
    assert [(entry.tier, entry.action.key, entry.eligibility) for entry in policy.entries] == [
        (
            1,
            "second_workout_help",
            EventCount(event="workout_completed", window=SINCE_TRIAL, op=Op.EQ, n=1),
        ),
        (2, "support_follow_up", OPEN_TICKET),
        (3, "upgrade_nudge", InAudience(key="upgrade_ready")),
    ]


def test_the_decision_prompt_says_what_holds_back_and_what_stops(planner: OpenAIPlanner) -> None:
    policy = ask(planner, DECISION).draft
    assert isinstance(policy, DecisionPolicy)
    upgrade = policy.entries[2]
    held_back, stopped = policy.suppressions_of(upgrade), policy.stops_of(upgrade)

    assert [one.when for one in held_back] == [OPEN_TICKET, None]
    assert held_back[1].outcome is not None
    assert held_back[1].outcome.pause_seconds == 60 * 86_400
    assert [stop.name for stop in stopped] == ["A subscription is active", "The trial is over"]
    assert stopped[1].when == Attribute(
        column="current_subscription.trial_end", op=Op.LE, value=AsOf()
    )
    assert policy.suppressions_of(policy.entries[1]) == ()


def test_the_debug_prompt_names_metric_slices_and_the_week_since_monday(
    planner: OpenAIPlanner,
) -> None:
    plan = ask(planner, DEBUG)

    assert plan.draft == DebugQuestion(
        metric="conversion",
        segment=Segment(label="iOS", column="device_os", value="ios"),
        control=Segment(label="Android", column="device_os", value="android"),
        direction="drop",
        start=AS_OF - timedelta(days=AS_OF.weekday()),
        end=AS_OF,
    )


@pytest.mark.parametrize("prompt", [ELIGIBILITY, DECISION])
def test_every_condition_of_the_drafts_passes_the_check(
    planner: OpenAIPlanner, catalog: Catalog, prompt: str
) -> None:
    draft = ask(planner, prompt).draft
    conditions = [draft.condition] if isinstance(draft, EligibilityRule) else []
    if isinstance(draft, DecisionPolicy):
        conditions = [draft.population, *(entry.eligibility for entry in draft.entries)]

    assert [validate(condition, catalog) for condition in conditions] == [()] * len(conditions)


# questions


def test_a_counting_question_reads_values_by_the_words_of_the_catalog(
    planner: OpenAIPlanner,
) -> None:
    plan = ask(planner, "How many trial users are on iOS or come from TikTok?")

    assert plan.draft == CountQuestion(
        population=InAudience(key="trial_users"),
        condition=Or(
            of=(
                Attribute(column="device_os", value="ios"),
                Attribute(column="utm_source", value="tiktok"),
            )
        ),
    )


def test_a_question_about_numbers_becomes_one_query_for_the_check(planner: OpenAIPlanner) -> None:
    draft = ask(planner, "How many tickets were opened per reason?").draft

    assert isinstance(draft, SqlQuestion)
    assert draft.sql.startswith("SELECT ticket_reason")


def test_an_ambiguous_prompt_comes_back_as_a_question(planner: OpenAIPlanner) -> None:
    plan = ask(planner, "Send the best users a nice message.")

    assert plan.draft is None
    assert plan.questions[0].startswith("Which users are the best")


def test_words_that_nothing_stands_for_are_pointed_at_with_the_nearest_names(
    planner: OpenAIPlanner,
) -> None:
    found = (Term(kind="event", name="workout_started", text="A workout was started."),)
    plan = ask(planner, "Target users who did a cold plunge.", grounding=found)

    assert plan.draft is None
    assert [(one.code, one.span) for one in plan.refusals] == [
        (Code.NOT_UNDERSTOOD, "did a cold plunge")
    ]
    assert "workout_started" in str(plan.refusals[0].fix)


# what leaves the machine


def test_the_schema_that_is_sent_is_strict_and_bounded_everywhere(
    planner: OpenAIPlanner, server: ModelServer
) -> None:
    ask(planner, ELIGIBILITY)
    sent = server.requests[0]["response_format"]

    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["strict"] is True
    assert flaws(sent["json_schema"]["schema"]) == []


def test_a_schema_without_bounds_would_be_noticed() -> None:
    text = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}

    assert len(flaws(text | {"additionalProperties": False})) == 1
    assert len(flaws({"type": "object", "oneOf": []})) == 2


def test_personal_columns_are_neither_named_nor_offered_to_the_model(
    planner: OpenAIPlanner, server: ModelServer
) -> None:
    ask(planner, ELIGIBILITY)
    sent = json.dumps(server.requests[0])
    columns = server.requests[0]["response_format"]["json_schema"]["schema"]["$defs"]

    assert "email" not in columns["WireAttribute"]["properties"]["column"]["enum"]
    assert "E-mail address" not in sent
    assert ", email," not in sent


def test_secrets_in_a_prompt_stay_on_the_machine_and_the_person_is_told(
    planner: OpenAIPlanner, server: ModelServer
) -> None:
    server.reply(
        "Count all users like [e-mail address].", counting(clause("audience", key="paying_users"))
    )

    plan = ask(planner, "Count all users like jo@example.com.")

    assert "jo@example.com" not in json.dumps(server.requests)
    assert plan.assumptions[0] == "Not sent to the model: e-mail address in the prompt."


def test_refusals_of_the_last_draft_and_what_was_found_go_into_the_prompt(
    planner: OpenAIPlanner, server: ModelServer
) -> None:
    refusal = Refusal(
        code=Code.UNKNOWN_EVENT,
        message="The catalog has no event 'workout_done'.",
        span="workout_done",
        fix="Did you mean workout_completed?",
    )
    found = (Term(kind="event", name="pricing_viewed", text="The pricing page was viewed."),)
    ask(planner, ELIGIBILITY, refusals=(refusal,), grounding=found, attempt=2)

    user = server.requests[0]["messages"][1]["content"]
    assert "UNKNOWN_EVENT" in user
    assert "Did you mean workout_completed?" in user
    assert "- event pricing_viewed" in user
    assert prompt_of(server.requests[0]) == ELIGIBILITY


def test_proxies_of_the_environment_are_not_used(
    planner: OpenAIPlanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert ask(planner, ELIGIBILITY).draft is not None


# what is stamped


def test_usage_counts_tokens_and_cost_and_names_the_prompt(planner: OpenAIPlanner) -> None:
    usage = ask(planner, ELIGIBILITY).usage

    assert (usage.model, usage.prompt_tokens, usage.completion_tokens) == ("scripted", 3000, 150)
    assert usage.cost_usd == pytest.approx(0.0072)
    assert str(usage.prompt).startswith("plan@3 sha256:")


def test_every_default_is_stated_as_an_assumption(planner: OpenAIPlanner) -> None:
    said = " ".join(ask(planner, ELIGIBILITY).assumptions)

    assert "10 % are held out to measure lift: no holdout was named" in said
    assert "workout_completed is counted over all time: no window was given" in said
    assert "'Upgrade nudge' goes out by push, then email: no channel was named" in said


def test_importing_the_planner_does_not_import_the_sdk() -> None:
    code = "import sys, agent.planners.openai; sys.exit('openai' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# beside the grammar planner


@pytest.mark.parametrize(
    "prompt",
    [ELIGIBILITY, DECISION, DEBUG, "How many trial users are on iOS or come from TikTok?"],
)
def test_the_model_and_the_grammar_mean_the_same_users(
    planner: OpenAIPlanner, catalog: Catalog, prompt: str
) -> None:
    by_grammar = GrammarPlanner(catalog).plan(PlanRequest(prompt=prompt, as_of=AS_OF))

    assert meant(ask(planner, prompt)) == meant(by_grammar)


def meant(plan: Plan) -> object:
    """What a plan decides, without names and sentences."""
    match plan.draft:
        case EligibilityRule() as rule:
            return rule.population, rule.condition, rule.action, rule.holdout
        case DecisionPolicy() as policy:
            return policy.population, policy.entries, policy.holdout
        case other:
            return other


def test_an_explanation_is_read_as_it_stands_and_no_model_is_asked(
    catalog: Catalog, server: ModelServer
) -> None:
    settings = ModelSettings(name="scripted", base_url=server.base_url, api_key="sk-local")
    planner = OpenAIPlanner(settings, catalog, GrammarPlanner(catalog))
    drafted = GrammarPlanner(catalog).plan(PlanRequest(prompt=ELIGIBILITY, as_of=AS_OF)).draft
    assert isinstance(drafted, EligibilityRule)

    plan = ask(planner, explain(drafted, catalog))

    planner.close()
    assert plan.draft == drafted
    assert server.requests == []
