"""Explanations: everything an artifact says, in plain words, and read back to the same artifact."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.explaining import explain, is_explanation, read_explanation
from agent.planners.grammar import GrammarPlanner
from agent.planners.port import PlanRequest
from core.conditions import EVERYONE, And, EventCount, InAudience, Op, Related
from core.errors import PilothouseError
from core.rules import (
    Action,
    Arm,
    DecisionPolicy,
    EligibilityRule,
    Entry,
    Experiment,
    Holdout,
    Offer,
    OutcomeSuppression,
    StopCondition,
    Suppression,
)
from evals.domains import domain_catalog
from evals.reading import load_suite, suite_names
from warehouse.catalog import load_catalog

CATALOG = load_catalog()
AS_OF = datetime(2026, 6, 29)
TEXTS = st.sampled_from(
    ["plain", "two\nlines", ' spaces "and" quotes ', '"quoted"', "a: colon (and brackets)", "ж 🎉"]
)
SHARES = st.sampled_from([0.0, 0.1, 0.125, 0.05, 1 / 3, 1.0])
HOLDOUTS = st.none() | st.builds(Holdout, share=SHARES, salt=TEXTS)
OFFERS = st.none() | st.sampled_from(
    [
        Offer(key="summer", price=9.99, valid_from=datetime(2026, 6, 1), valid_until=AS_OF),
        Offer(
            key="winter",
            discount=0.15,
            list_price=20,
            cost=4.5,
            margin_floor=0.2,
            valid_from=datetime(2026, 1, 1, 8, 30, 1),
            valid_until=AS_OF,
        ),
    ]
)
CONDITIONS = st.sampled_from(
    [
        EVERYONE,
        EventCount(event="workout_completed", n=3),
        And(of=(InAudience(key="trial_users"), Related(entity="ticket", op=Op.EQ, n=0))),
    ]
)


def actions(key: str) -> st.SearchStrategy[Action]:
    return st.builds(
        Action,
        key=st.just(key),
        name=TEXTS,
        message_class=st.sampled_from(["marketing", "service"]),
        channels=st.sampled_from([("email",), ("push", "email")]),
        template=st.just("") | TEXTS,
        goal_event=st.none() | st.just("subscription_started"),
        value=st.sampled_from([0.0, 2.5]),
        expires_after_seconds=st.sampled_from([90, 86_400]),
        exclusion_group=st.none() | st.just("upgrades"),
        offer=OFFERS,
    )


RULES = st.builds(
    EligibilityRule,
    key=st.just("some_rule"),
    name=TEXTS,
    population=CONDITIONS,
    condition=CONDITIONS,
    action=st.none() | actions("nudge"),
    assumptions=st.lists(TEXTS, max_size=2).map(tuple),
    as_of=st.sampled_from(["decision", "send"]),
    max_staleness_seconds=st.sampled_from([{}, {"fct_events": 3_600, "dim_users": 86_400}]),
    holdout=HOLDOUTS,
)
EXPERIMENTS = st.none() | st.just(
    Experiment(
        key="words",
        salt="a salt",
        arms=(Arm(key="a", high="80000000"), Arm(key="b", low="80000000", treated=False)),
    )
)


def entries(key: str) -> st.SearchStrategy[Entry]:
    return st.builds(
        Entry,
        tier=st.integers(1, 3),
        action=actions(key),
        eligibility=CONDITIONS,
        applicability=st.none() | CONDITIONS,
        score=st.none() | st.just("churn_risk"),
        experiment=EXPERIMENTS,
    )


SUPPRESSIONS = st.builds(
    Suppression,
    key=st.just("held"),
    name=TEXTS,
    actions=st.sampled_from([(), ("first",)]),
    when=CONDITIONS,
    scope=st.sampled_from(["action", "class", "all"]),
) | st.builds(
    Suppression,
    key=st.just("tired"),
    name=TEXTS,
    outcome=st.just(
        OutcomeSuppression(outcome="ignored", n=2, window_seconds=86_400, pause_seconds=90)
    ),
)
STOPS = st.builds(
    StopCondition,
    key=st.just("done"),
    name=TEXTS,
    when=CONDITIONS,
    effect=st.sampled_from(["exit", "skip_step"]),
)
POLICIES = st.builds(
    DecisionPolicy,
    key=st.just("some_policy"),
    name=TEXTS,
    population=CONDITIONS,
    entries=st.tuples(entries("first"), entries("second")),
    hit_policy=st.just("top_k"),
    k=st.integers(1, 3),
    suppressions=st.lists(SUPPRESSIONS, max_size=2).map(tuple),
    stop_conditions=st.lists(STOPS, max_size=2).map(tuple),
    cooldown_seconds=st.sampled_from([0, 7 * 86_400]),
    reentry=st.sampled_from(["after_cooldown", "never"]),
    holdout=HOLDOUTS,
    assumptions=st.lists(TEXTS, max_size=2).map(tuple),
    edge_cases=st.lists(TEXTS, max_size=2).map(tuple),
)


@settings(max_examples=80, deadline=None)
@given(RULES | POLICIES)
def test_an_explanation_is_read_back_to_the_same_artifact(
    artifact: EligibilityRule | DecisionPolicy,
) -> None:
    words = explain(artifact, CATALOG)
    assert is_explanation(words)
    assert read_explanation(words, CATALOG) == artifact, words


@cache
def planner_of(domain: str) -> GrammarPlanner:
    return GrammarPlanner(domain_catalog(domain))


@pytest.mark.parametrize(
    "name", [name for name in suite_names() if "eligibility" in name or "decision" in name]
)
def test_what_prompts_of_the_suites_become_round_trips_through_its_explanation(name: str) -> None:
    explained = 0
    for case in load_suite(name).cases:
        planner = planner_of(case.domain)
        draft = planner.plan(PlanRequest(prompt=case.prompt, as_of=AS_OF)).draft
        if isinstance(draft, EligibilityRule | DecisionPolicy):
            explained += 1
            words = explain(draft, planner.catalog)
            assert planner.plan(PlanRequest(prompt=words, as_of=AS_OF)).draft == draft
    assert explained


RULE = """\
Rule: Upgrade nudge (upgrade_nudge)
Among: everyone
Who: workout completed at least 3 times and no open ticket
Message: Upgrade nudge (upgrade_nudge)
  Class: marketing
  Channels: push, email
  Expires after: 7 days
Held out: 10% (salt upgrade_nudge)
"""


def test_edited_words_are_an_edited_rule() -> None:
    before = read_explanation(RULE, CATALOG)
    after = read_explanation(RULE.replace("at least 3 times", "at least 5 times"), CATALOG)
    assert isinstance(before, EligibilityRule)
    assert isinstance(after, EligibilityRule)
    assert before.model_copy(update={"condition": after.condition}) == after
    assert "at least 5 times" in explain(after, CATALOG)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (RULE.replace("Channels: push, email\n", "\n"), "Line 4 (Message): It does not say"),
        (RULE.replace("Held out:", "Held back out:"), "Line 8 (Held back out)"),
        (RULE.replace("7 days", "a while"), "Line 7 (Expires after): 'a while'"),
        (RULE.replace("no open ticket", "no open box"), "Line 3 (Who)"),
        (RULE.replace("10%", "ten"), "Line 8 (Held out)"),
        (RULE.replace("10%", "130%"), "less than or equal to 1"),
        (RULE + "Among: everyone\n", "Line 9 (Among): 'Among' is said twice"),
        (RULE + "What is this\n", "Line 9 of the explanation has no label"),
        ("", "not the explanation"),
    ],
)
def test_words_that_cannot_be_read_are_refused_with_their_line(broken: str, said: str) -> None:
    with pytest.raises(PilothouseError) as error:
        read_explanation(broken, CATALOG)
    assert said in str(error.value)
