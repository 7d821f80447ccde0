"""``ask --json``: the shapes that scripts rely on, and the people that a rule means."""

from __future__ import annotations

import pytest

from core.artifacts import AskResult
from tests.ui.command_line import ELIGIBILITY, CommandLine
from tests.ui.conftest import Asked

KEYS = {
    "thread_id",
    "intent",
    "status",
    "planner",
    "answer",
    "artifact",
    "sql",
    "required",
    "assumptions",
    "edge_cases",
    "choices",
    "questions",
    "preview",
    "findings",
    "change_request",
    "refusals",
    "trace",
    "usage",
}
UPGRADE_NUDGE = """
SELECT u.user_id FROM dim_users u
WHERE u.merged_into IS NULL
  AND (SELECT COUNT(*) FROM fct_events e
       WHERE e.user_id = u.user_id AND e.event_name = 'workout_completed'
         AND e.event_time < TIMESTAMP '2026-06-29') >= 3
  AND EXISTS (SELECT 1 FROM fct_events e
              WHERE e.user_id = u.user_id AND e.event_name = 'pricing_viewed'
                AND e.event_time < TIMESTAMP '2026-06-29')
  AND NOT EXISTS (SELECT 1 FROM fct_support s
                  WHERE s.user_id = u.user_id AND s.status = 'open'
                    AND s.created_at < TIMESTAMP '2026-06-29')
ORDER BY u.user_id
"""
TRIAL_PRIORITY = """
WITH trial AS (
  SELECT user_id, trial_start FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY trial_start DESC) AS latest
    FROM fct_subscriptions)
  WHERE latest = 1 AND status = 'trialing' AND trial_end > TIMESTAMP '2026-06-29'
), facts AS (
  SELECT t.user_id,
    (SELECT COUNT(*) FROM fct_events e WHERE e.user_id = t.user_id
       AND e.event_name = 'workout_completed' AND e.event_time >= t.trial_start
       AND e.event_time < TIMESTAMP '2026-06-29') AS workouts,
    EXISTS (SELECT 1 FROM fct_support s
            WHERE s.user_id = t.user_id AND s.status = 'open') AS ticket,
    EXISTS (SELECT 1 FROM fct_events e WHERE e.user_id = t.user_id
       AND e.event_name = 'pricing_viewed' AND e.event_time < TIMESTAMP '2026-06-29') AS looked,
    EXISTS (SELECT 1 FROM fct_subscriptions s
            WHERE s.user_id = t.user_id AND s.status = 'active') AS paying
  FROM trial t JOIN dim_users u ON u.user_id = t.user_id WHERE u.merged_into IS NULL
)
SELECT user_id, CASE WHEN workouts = 1 THEN 'second_workout_help'
                     WHEN ticket THEN 'support_follow_up'
                     WHEN looked AND NOT paying THEN 'upgrade_nudge' END AS action
FROM facts WHERE action IS NOT NULL ORDER BY user_id
"""


@pytest.mark.parametrize("kind", ["eligibility", "decision", "debug"])
def test_an_answer_has_the_documented_keys_and_no_others(asked: Asked, kind: str) -> None:
    document = asked.documents[kind]

    assert set(document) == KEYS
    assert AskResult.model_validate(document).intent == kind
    assert {"node", "ms", "attempt"} == set(document["trace"][0])
    assert {"purpose", "dialect", "text"} <= set(document["sql"][0])
    assert {"model", "prompt_tokens", "completion_tokens", "cost_usd"} <= set(document["usage"])


@pytest.mark.parametrize("kind", ["eligibility", "decision"])
def test_a_proposed_rule_waits_for_approval_with_its_preview(asked: Asked, kind: str) -> None:
    document = asked.documents[kind]

    assert document["status"] == "awaiting_approval"
    assert set(document["change_request"]) == {"id", "state", "content_hash"}
    assert document["change_request"]["state"] == "in_review"
    preview = document["preview"]
    assert {"population", "audience_size", "as_of", "waterfall", "overlap"} <= set(preview)
    assert preview["reachable_size"] <= preview["audience_size"] <= preview["population_size"]
    assert {"clause", "remaining"} == set(preview["waterfall"][0])
    assert {"policy", "severity", "message", "fix"} == set(document["findings"][0])


def test_an_eligibility_answer_names_what_its_rule_reads(asked: Asked) -> None:
    required = asked.documents["eligibility"]["required"]

    assert required["events"] == ["pricing_viewed", "workout_completed"]
    assert set(required) == {"traits", "events", "columns"}


def test_a_decision_answer_has_an_order_suppressions_and_stop_conditions(asked: Asked) -> None:
    artifact = asked.documents["decision"]["artifact"]

    assert artifact["kind"] == "decision_policy"
    order = [entry["action"]["key"] for entry in artifact["entries"]]
    assert order == ["second_workout_help", "support_follow_up", "upgrade_nudge"]
    assert artifact["suppressions"]
    assert artifact["stop_conditions"]
    assert asked.documents["decision"]["edge_cases"]


def test_a_debug_answer_has_funnel_exposure_and_causes_with_checks(asked: Asked) -> None:
    report = asked.documents["debug"]["artifact"]

    assert report["kind"] == "debug_report"
    steps = {"step", "segment", "period", "entered", "converted", "rate", "ci_low", "ci_high"}
    assert steps <= set(report["funnel"][0])
    assert {row["segment"] for row in report["exposure"]} == {"iOS", "Android"}
    assert set(report) >= {"metric", "periods", "segments", "deltas", "ruled_out", "data_quality"}
    ran = {text["id"] for text in asked.documents["debug"]["sql"]}
    for cause in report["causes"]:
        assert set(cause["evidence"]) <= ran
        verdict = asked.json("sql", "check", cause["next_check"]["sql"])
        assert verdict["allowed"]


def test_an_audience_is_what_a_query_written_by_hand_selects(asked: Asked) -> None:
    document = asked.json("rules", "audience", asked.file("eligibility"), "--ids")

    expected = [user for (user,) in asked.rows(UPGRADE_NUDGE)]
    assert document["user_ids"] == expected
    assert document["audience_size"] == len(expected) > 100
    assert document["audience_size"] == asked.documents["eligibility"]["preview"]["audience_size"]


def test_every_trial_user_gets_what_a_query_written_by_hand_says(asked: Asked) -> None:
    document = asked.json("rules", "audience", asked.file("decision"), "--ids")

    expected = dict(asked.rows(TRIAL_PRIORITY))
    found = {user: key for key, users in document["winner_ids"].items() for user in users}
    assert found == expected
    assert len(expected) > 50


def test_the_audience_of_a_change_request_and_of_its_saved_answer_are_the_same(
    asked: Asked,
) -> None:
    request = asked.documents["eligibility"]["change_request"]["id"]
    by_request = asked.json("rules", "audience", request, "--ids")
    by_file = asked.json("rules", "audience", asked.file("eligibility"), "--ids")

    assert by_request == by_file
    keys = {"key", "version", "as_of", "population", "audience_size", "sql", "user_ids"}
    assert keys <= set(by_file)


def test_asking_the_same_again_opens_no_second_change_request(asked: Asked) -> None:
    again = asked.json("ask", ELIGIBILITY)

    assert again["change_request"] == asked.documents["eligibility"]["change_request"]


def test_a_conversation_goes_on_under_the_name_a_person_gave_it(cli: CommandLine) -> None:
    document = cli.json("ask", "How many users viewed pricing?", "--thread", "T-7")

    assert document["thread_id"] == "T-7"


def test_a_text_answer_is_read_by_a_person_and_steps_go_to_stderr(cli: CommandLine) -> None:
    done = cli("ask", "How many users viewed pricing?")

    assert done.status == 0
    assert "users meet this" in done.out
    assert "Reading your prompt" in done.err
    assert "**" not in done.out


def test_a_past_moment_changes_who_is_meant(cli: CommandLine) -> None:
    now = cli.json("ask", "How many users viewed pricing?")
    then = cli.json("ask", "How many users viewed pricing?", "--as-of", "2026-06-01")

    assert then["artifact"]["rows"] != now["artifact"]["rows"]
