"""How a model is asked: as a stream, as patiently as it wants, within a budget, without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import openai
import pytest

from agent.planners.grammar import GrammarPlanner
from agent.planners.openai import OpenAIPlanner
from agent.planners.openai.asking import Example
from agent.planners.openai.patience import asked_wait
from agent.planners.openai.spending import Ledger
from agent.planners.port import Drafted, Plan, PlanRequest
from agent.planners.watching import watched
from control import model_calls
from control.store import Store, open_store
from core.errors import Code, Refusal
from core.rules import EligibilityRule
from core.settings import ModelBudget, ModelSettings
from tests.agent import model_server as say
from tests.agent.model_server import REPLIES, ModelServer, model_server
from warehouse.catalog import Catalog, load_catalog

PROMPT = next(iter(REPLIES))
AS_OF = datetime(2026, 3, 31)
NOW = datetime(2026, 4, 1, 12, 0)
Make = Callable[..., OpenAIPlanner]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/control.db")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def grammar(catalog: Catalog) -> GrammarPlanner:
    return GrammarPlanner(catalog)


@pytest.fixture
def make(server: ModelServer, catalog: Catalog, grammar: GrammarPlanner) -> Iterator[Make]:
    """A planner of the scripted server, with settings and surroundings of a test."""
    made: list[OpenAIPlanner] = []

    def built(
        ledger: Ledger | None = None,
        nearest: Callable[[str, int], Sequence[Example]] = lambda prompt, limit: (),
        **settings: object,
    ) -> OpenAIPlanner:
        given = {"name": "scripted", "base_url": server.base_url, "timeout_seconds": 10.0}
        model = ModelSettings.model_validate(given | settings)
        planner = OpenAIPlanner(
            model, catalog, grammar, ledger=ledger, nearest=nearest, max_retries=1
        )
        made.append(planner)
        return planner

    yield built
    for planner in made:
        planner.close()


def ask(planner: OpenAIPlanner, prompt: str = PROMPT, **more: object) -> Plan:
    return planner.plan(PlanRequest.model_validate({"prompt": prompt, "as_of": AS_OF} | more))


def by_grammar(grammar: GrammarPlanner, prompt: str) -> Drafted:
    draft = grammar.plan(PlanRequest(prompt=prompt, as_of=AS_OF)).draft
    assert draft is not None
    return draft


def sent(server: ModelServer) -> str:
    return json.dumps([request["messages"] for request in server.requests])


# streams


def test_an_answer_is_read_as_it_is_written_and_whoever_watches_is_told(
    make: Make, server: ModelServer
) -> None:
    heard: list[int] = []
    with watched(heard.append):
        plan = ask(make())

    assert isinstance(plan.draft, EligibilityRule)
    assert server.requests[0]["stream"] is True
    assert len(heard) > 3
    assert heard == sorted(heard)


def test_a_server_that_does_not_stream_is_understood_too(make: Make, server: ModelServer) -> None:
    server.streams = False

    assert isinstance(ask(make()).draft, EligibilityRule)


def test_a_server_that_rejects_streams_is_asked_without_from_then_on(
    make: Make, server: ModelServer
) -> None:
    server.unknown_options = ("stream_options",)
    planner = make()
    ask(planner)
    ask(planner)

    assert ["stream" in request for request in server.requests] == [True, False, False]


def test_an_answer_that_never_ends_is_given_up_in_time(make: Make, server: ModelServer) -> None:
    server.always = say.ENDLESS
    plan = ask(make(timeout_seconds=0.2))

    assert "not complete after 0.2 s" in plan.assumptions[0]
    assert plan.usage.model == "grammar"


def test_an_answer_that_breaks_off_is_no_answer(make: Make, server: ModelServer) -> None:
    server.once.append(say.completion("{}", finish_reason=None))  # type: ignore[arg-type]
    plan = ask(make())

    assert "the answer broke off" in server.requests[1]["messages"][-1]["content"]
    assert isinstance(plan.draft, EligibilityRule)


# patience


def test_a_busy_server_is_asked_again_no_sooner_than_it_wants(
    make: Make, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("agent.planners.openai.patience.time.sleep", waits.append)
    server.once.append(say.error(429, "Slow down", retry_after="3"))

    assert isinstance(ask(make()).draft, EligibilityRule)
    assert waits == [3.0]


def test_a_date_to_wait_for_is_read_by_the_servers_own_clock() -> None:
    headers = {
        "retry-after": "Fri, 01 Jan 2100 00:00:05 GMT",
        "date": "Fri, 01 Jan 2100 00:00:00 GMT",
    }
    request = httpx.Request("POST", "http://127.0.0.1/v1")
    response = httpx.Response(503, headers=headers, request=request)

    assert asked_wait(openai.APIStatusError("busy", response=response, body=None)) == 5.0


@pytest.mark.parametrize(
    "busy",
    [
        say.error(429, "Slow down", retry_after="3600"),
        say.Answer(
            429,
            {"error": {"message": "no money", "type": "x", "code": "insufficient_quota"}},
        ),
    ],
    ids=["it wants an hour", "the quota is used up"],
)
def test_a_server_that_wants_too_long_a_wait_is_not_pressed(
    make: Make, server: ModelServer, busy: say.Answer
) -> None:
    server.always = busy
    plan = ask(make(when_unusable="refuse"))

    assert len(server.requests) == 1
    assert plan.refusals[0].code is Code.MODEL_UNREACHABLE


# what it cost


@pytest.mark.parametrize(
    "claimed",
    [
        {},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": -5, "completion_tokens": 10**9},
        {"prompt_tokens": "many", "completion_tokens": None},
    ],
    ids=["nothing", "zero", "impossible", "no numbers"],
)
def test_a_server_that_lies_about_usage_has_its_tokens_estimated_and_marked(
    make: Make, server: ModelServer, claimed: dict[str, object]
) -> None:
    server.once.append(say.completion(json.dumps(REPLIES[PROMPT]), usage=claimed))
    usage = ask(make()).usage

    assert usage.estimated
    assert 1_000 < usage.prompt_tokens < 10_000
    assert 50 < usage.completion_tokens < 1_000


def test_a_count_that_can_be_right_is_believed(make: Make) -> None:
    usage = ask(make()).usage

    assert not usage.estimated
    assert usage.prompt_tokens == say.PROMPT_TOKENS


def test_the_price_is_that_of_the_model_in_the_table(make: Make) -> None:
    usage = ask(make(prices={"scripted": {"prompt": 1.0, "completion": 10.0}})).usage

    assert usage.cost_usd == pytest.approx(
        (say.PROMPT_TOKENS + 10 * say.COMPLETION_TOKENS) / 1_000_000
    )


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ({"tokens_per_day": 1_000}, "1,000 tokens for today"),
        ({"tokens_per_thread": 1_000}, "1,000 tokens for this conversation"),
        ({"usd_per_day": 0.001}, "$0.001 for today"),
        ({"usd_per_thread": 0.001}, "$0.001 for this conversation"),
    ],
)
def test_a_call_that_could_go_beyond_a_budget_is_not_made(
    make: Make, server: ModelServer, store: Store, budget: dict[str, float], words: str
) -> None:
    planner = make(
        Ledger(store, lambda: NOW),
        budget=budget,
        prices={"scripted": {"prompt": 1.0, "completion": 1.0}},
    )
    plan = ask(planner, thread="t1")

    assert server.requests == []
    assert f"the budget of {words} is used up" in plan.assumptions[0]
    assert isinstance(plan.draft, EligibilityRule)


def test_a_budget_counts_what_calls_did_cost_over_planners_and_until_midnight(
    make: Make, server: ModelServer, store: Store
) -> None:
    now = [NOW]
    budget = {"tokens_per_day": 9_000}
    for _ in range(2):
        ask(make(Ledger(store, lambda: now[0]), budget=budget), thread="t")
    assert len(server.requests) == 2
    assert model_calls.spent_since(store, AS_OF).tokens == 2 * (
        say.PROMPT_TOKENS + say.COMPLETION_TOKENS
    )

    assert (
        "for today is used up"
        in ask(make(Ledger(store, lambda: now[0]), budget=budget)).assumptions[0]
    )
    now[0] = NOW + timedelta(days=1)
    assert ask(make(Ledger(store, lambda: now[0]), budget=budget)).usage.model == "scripted"


def test_conversations_have_budgets_of_their_own(make: Make, store: Store) -> None:
    planner = make(Ledger(store, lambda: NOW), budget={"tokens_per_thread": 7_500})

    assert ask(planner, thread="one").usage.model == "scripted"
    assert ask(planner, thread="one").usage.model == "grammar"
    assert ask(planner, thread="two").usage.model == "scripted"


def test_a_call_that_was_refused_costs_nothing_and_one_that_hangs_may_have_cost(
    make: Make, server: ModelServer, store: Store
) -> None:
    ledger = Ledger(store, lambda: NOW)
    server.always = say.UNAUTHORIZED
    ask(make(ledger))
    assert model_calls.spent_since(store, AS_OF).tokens == 0

    server.always = say.HANG
    ask(make(ledger, timeout_seconds=0.2))
    assert model_calls.spent_since(store, AS_OF).tokens > 2_500


def test_a_budget_in_dollars_without_a_price_is_refused_with_the_settings() -> None:
    with pytest.raises(ValueError, match="needs the price of 'm'"):
        ModelSettings(name="m", budget=ModelBudget(usd_per_day=1.0))


# what leaves the machine

SECRETS = {
    "sk-live-abcdef0123456789": "my key sk-live-abcdef0123456789",
    "ann@example.org": "mail ann@example.org",
    "4111 1111 1111 1111": "card 4111 1111 1111 1111",
}


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_leaves_wherever_it_came_from(
    make: Make, server: ModelServer, grammar: GrammarPlanner, secret: str
) -> None:
    said = SECRETS[secret]
    rule = by_grammar(grammar, PROMPT)
    assert isinstance(rule, EligibilityRule)
    pending = rule.model_copy(update={"name": f"Nudge {said}"[:60]})
    refusal = Refusal(code=Code.UNKNOWN_EVENT, message=f"No event '{said}'.", span=said)
    nearest = [Example(f"Target users, {said}.", rule)]
    planner = make(nearest=lambda prompt, limit: nearest)
    ask(planner, f"{PROMPT} {said}", pending=pending, refusals=[refusal], attempt=2)

    assert len(server.requests) >= 1
    assert secret not in sent(server)


# examples, follow-ups and votes


def test_examples_are_shown_as_the_plans_that_a_model_would_write(
    make: Make, server: ModelServer, grammar: GrammarPlanner
) -> None:
    prompt = "Only target users who completed 5 workouts in the last 14 days."
    example = Example(prompt, by_grammar(grammar, prompt))
    ask(make(nearest=lambda asked, limit: [example, example]))

    shown = server.requests[0]["messages"][1]["content"]
    assert json.dumps(prompt) in shown
    assert '"event":"workout_completed","op":">=","n":5,"window":{"kind":"rolling","n":14' in shown


def test_the_prompt_itself_is_no_example_of_itself(
    make: Make, server: ModelServer, grammar: GrammarPlanner
) -> None:
    example = Example(PROMPT, by_grammar(grammar, PROMPT))
    ask(make(nearest=lambda asked, limit: [example]))

    assert "with their plans:\n- none" in server.requests[0]["messages"][1]["content"]


def test_a_follow_up_shows_the_plan_that_it_changes(
    make: Make, server: ModelServer, grammar: GrammarPlanner
) -> None:
    server.reply("make it 5", REPLIES[PROMPT])
    ask(make(), "make it 5", pending=by_grammar(grammar, PROMPT))

    assert '{"kind":"eligibility_rule","name":"Upgrade nudge"' in sent(server).replace("\\", "")


REFUSED = (Refusal(code=Code.UNKNOWN_EVENT, message="No event 'x'.", span="x"),)


def reading(n: int) -> say.Answer:
    clause = {"kind": "event_count", "event": "pricing_viewed", "op": ">=", "n": n}
    condition = {"join": "all", "clauses": [clause]}
    return say.completion(json.dumps({"plan": {"kind": "count_question", "condition": condition}}))


def test_when_the_check_kept_refusing_most_of_several_readings_win(
    make: Make, server: ModelServer
) -> None:
    server.once.extend([reading(1), reading(2), reading(2)])
    plan = ask(make(), refusals=REFUSED, attempt=3)

    assert plan.draft.condition.n == 2  # type: ignore[union-attr]
    assert "2 of 3 readings of the model agree on it." in plan.assumptions
    assert [request["temperature"] for request in server.requests] == [0.8, 0.8, 0.8]


def test_without_a_majority_what_was_refused_is_asked_back(make: Make, server: ModelServer) -> None:
    server.once.extend([reading(1), reading(2), reading(3)])
    plan = ask(make(), refusals=REFUSED, attempt=3)

    assert (plan.draft, plan.refusals) == (None, REFUSED)


def test_a_rule_says_which_model_and_prompt_drafted_it(make: Make) -> None:
    draft = ask(make()).draft

    assert isinstance(draft, EligibilityRule)
    assert "Drafted by the model scripted with prompt plan@3 sha256:" in draft.assumptions[-1]
