"""The blueprint's rules give the users that hand-written SQL over the contracted tables gives."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import pytest

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import PlanRequest
from core.conditions import InAudience, Not
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.simulation import simulate
from orchestrate.winners import winners_sql
from tests.tools.demo import DECISION, ELIGIBILITY, demo_file
from warehouse.catalog import load_catalog
from warehouse.compile import compile_audience, compile_waterfall
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.runner import CheckedRunner

CATALOG = load_catalog()
DEMOS = [
    ("ios_checkout", 7),
    ("none", 11),
    pytest.param(("cap_starves_ios", 3), marks=pytest.mark.slow),
    pytest.param(("mix_shift", 23), marks=pytest.mark.slow),
    pytest.param(("tracking_break", 5), marks=pytest.mark.slow),
]

ELIGIBLE = """
SELECT u.user_id
FROM dim_users u
WHERE u.merged_into IS NULL
  AND (SELECT COUNT(*) FROM fct_events e
       WHERE e.user_id = u.user_id AND e.event_name = 'workout_completed'
         AND e.event_time < $as_of) >= 3
  AND EXISTS (SELECT 1 FROM fct_events e
              WHERE e.user_id = u.user_id AND e.event_name = 'pricing_viewed'
                AND e.event_time < $as_of)
  AND NOT EXISTS (SELECT 1 FROM fct_support s
                  WHERE s.user_id = u.user_id AND s.created_at < $as_of
                    AND (s.closed_at IS NULL OR s.closed_at >= $as_of))
ORDER BY u.user_id
"""

WINNERS = """
WITH begun AS (
    SELECT * FROM fct_subscriptions WHERE COALESCE(trial_start, started_at) < $as_of),
latest AS (
    SELECT b.user_id, b.status, b.trial_start, b.trial_end FROM begun b
    WHERE NOT EXISTS (
        SELECT 1 FROM begun later
        WHERE later.user_id = b.user_id AND (
            later.trial_start > b.trial_start
            OR (later.trial_start IS NOT NULL AND b.trial_start IS NULL)
            OR (later.trial_start IS NOT DISTINCT FROM b.trial_start
                AND later.started_at > b.started_at)))),
trial AS (
    SELECT l.user_id, l.trial_start FROM latest l JOIN dim_users u USING (user_id)
    WHERE u.merged_into IS NULL AND l.status = 'trialing' AND l.trial_end > $as_of),
facts AS (
    SELECT t.user_id,
        (SELECT COUNT(*) FROM fct_events e
         WHERE e.user_id = t.user_id AND e.event_name = 'workout_completed'
           AND e.event_time >= t.trial_start AND e.event_time < $as_of) AS workouts,
        EXISTS (SELECT 1 FROM fct_support s
                WHERE s.user_id = t.user_id AND s.created_at < $as_of
                  AND (s.closed_at IS NULL OR s.closed_at >= $as_of)) AS open_ticket,
        EXISTS (SELECT 1 FROM fct_events e
                WHERE e.user_id = t.user_id AND e.event_name = 'pricing_viewed'
                  AND e.event_time < $as_of) AS looked,
        EXISTS (SELECT 1 FROM begun b
                WHERE b.user_id = t.user_id AND b.status = 'active') AS pays
    FROM trial t)
SELECT DISTINCT user_id, CASE
    WHEN workouts = 1 THEN 'second_workout_help'
    WHEN open_ticket THEN 'support_follow_up'
    ELSE 'upgrade_nudge' END AS action_key
FROM facts
WHERE workouts = 1 OR open_ticket OR (looked AND NOT pays)
ORDER BY user_id
"""


@cache
def warehouse(demo: tuple[str, int]) -> DuckDBWarehouse:
    return DuckDBWarehouse(demo_file(*demo))


@cache
def drafted(prompt: str, as_of: datetime) -> EligibilityRule | DecisionPolicy:
    draft = GrammarPlanner(CATALOG).plan(PlanRequest(prompt=prompt, as_of=as_of)).draft
    assert isinstance(draft, EligibilityRule | DecisionPolicy)
    return draft


def as_of(demo: tuple[str, int]) -> datetime:
    rows = warehouse(demo).fetch("SELECT value FROM meta WHERE key = 'as_of'")
    return datetime.fromisoformat(rows.scalar())


def scope(demo: tuple[str, int], rule: EligibilityRule | DecisionPolicy) -> dict[str, Any]:
    return {"as_of": as_of(demo), "population": rule.population, "audiences": None}


@pytest.mark.parametrize("demo", DEMOS)
def test_the_eligibility_audience_equals_hand_written_sql(demo: tuple[str, int]) -> None:
    rule = drafted(ELIGIBILITY, as_of(demo))
    assert isinstance(rule, EligibilityRule)
    runner = CheckedRunner(warehouse(demo), CATALOG)

    found = runner.fetch(
        compile_audience(rule.condition, CATALOG, **scope(demo, rule)), purpose="audience"
    ).rows
    (waterfall,) = runner.fetch(
        compile_waterfall(rule.condition, CATALOG, **scope(demo, rule)), purpose="waterfall"
    ).rows

    expected = warehouse(demo).fetch(ELIGIBLE, {"as_of": as_of(demo)}).rows
    assert found == expected
    assert waterfall[-1] == len(expected) > 50


@pytest.mark.parametrize("demo", DEMOS)
def test_the_policy_puts_each_trial_user_where_hand_written_sql_does(
    demo: tuple[str, int],
) -> None:
    policy = drafted(DECISION, as_of(demo))
    assert isinstance(policy, DecisionPolicy)
    runner = CheckedRunner(warehouse(demo), CATALOG)

    found = runner.fetch(winners_sql(policy, CATALOG, **scope(demo, policy)), purpose="who").rows

    expected = warehouse(demo).fetch(WINNERS, {"as_of": as_of(demo)}).rows
    assert sorted(found) == expected
    assert {action for _, action in expected} == {entry.action.key for entry in policy.entries}


@pytest.mark.parametrize("demo", DEMOS)
def test_the_counts_of_the_preview_are_the_counts_of_the_winners(demo: tuple[str, int]) -> None:
    policy = drafted(DECISION, as_of(demo))
    assert isinstance(policy, DecisionPolicy)
    runner = CheckedRunner(warehouse(demo), CATALOG)

    preview = simulate(policy, runner, CATALOG, as_of=as_of(demo), live=[])

    expected = warehouse(demo).fetch(WINNERS, {"as_of": as_of(demo)}).rows
    actions = [action for _, action in expected]
    for row in preview.winners:
        assert row.selected + row.held_out == actions.count(row.entry)
        assert row.eligible == row.selected + row.held_out + row.suppressed + row.lost
    assert preview.no_entry == preview.population_size - preview.audience_size
    assert 0 < preview.reachable_size < len(expected)


@pytest.mark.parametrize("demo", DEMOS[:1])
def test_everybody_is_either_on_trial_or_not(demo: tuple[str, int]) -> None:
    runner = CheckedRunner(warehouse(demo), CATALOG)
    on_trial = InAudience(key="trial_users")

    sizes = [
        len(
            runner.fetch(
                compile_audience(condition, CATALOG, as_of=as_of(demo)), purpose="audience"
            ).rows
        )
        for condition in (on_trial, Not(of=on_trial))
    ]

    everybody = warehouse(demo).fetch("SELECT COUNT(*) FROM dim_users WHERE merged_into IS NULL")
    assert sum(sizes) == everybody.scalar()
