"""A cycle over messy demo data, held against rules written a second time, in plain SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest

from control.people import add_demo_people
from control.store import open_store
from core.assignment import bucket, in_range, share_end
from core.conditions import EventCount, InAudience, Op, Rolling
from core.rules import DAY, EligibilityRule, Holdout
from orchestrate.cycle import run_cycle
from orchestrate.explain import explain
from tests.orchestrate.world import World, policy
from warehouse.catalog import load_catalog
from warehouse.demo.generate import generate

pytestmark = pytest.mark.slow


class Demo(World):
    """The demo warehouse after one cycle with a policy and a single rule."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(f"sqlite:///{folder}/control.db")
        add_demo_people(self.store)
        super().__init__(folder, self.store)
        self.catalog = load_catalog()
        with self.warehouse.cursor() as cursor:
            self.as_of = generate(cursor, users=1_500, days=60).as_of
        actions = self.catalog.actions
        self.publish(
            policy(
                self.catalog,
                population=InAudience(key="trial_users"),
                holdout=Holdout(share=0.1, salt="next_best"),
            )
        )
        away = EventCount(
            event="workout_completed", op=Op.EQ, n=0, window=Rolling(seconds=14 * DAY)
        )
        self.publish(
            EligibilityRule(key="away", name="Away", condition=away, action=actions["win_back"])
        )
        self.report = run_cycle(self.store, self.warehouse, self.catalog, as_of=self.as_of)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("demo"))
    yield made
    made.warehouse.close()
    made.store.close()


def test_something_of_everything_was_decided(demo: Demo) -> None:
    report = demo.report

    assert report.selected > 100
    assert {"SELECTED", "NO_CONSENT", "CONSENT_UNKNOWN", "HELD_OUT_GLOBAL"} <= set(report.by_reason)
    assert report.candidates == report.selected + report.held_out + report.suppressed + report.lost


def test_nobody_without_marketing_consent_is_messaged(demo: Demo) -> None:
    marketing = demo.rows(
        """
        SELECT COUNT(*) FROM intents i
        WHERE i.action_key <> 'support_follow_up' AND 'granted' IS DISTINCT FROM (
            SELECT arg_max(c.status, (c.effective_at, c.status <> 'granted'))
            FROM fct_consent c
            WHERE c.user_id = i.user_id AND c.channel = i.channel AND c.effective_at <= i.decided_at
        )
        """
    )

    assert marketing == [(0,)]


def test_nobody_gets_more_than_the_weekly_cap(demo: Demo) -> None:
    most = demo.rows(
        f"""
        SELECT MAX(n) FROM (
            SELECT user_id, COUNT(*) AS n FROM (
                SELECT user_id FROM fct_messages
                WHERE sent_at > TIMESTAMP '{demo.as_of}' - INTERVAL 7 DAY
                    AND action_key <> 'support_follow_up' AND failed_reason IS NULL
                UNION ALL
                SELECT user_id FROM intents WHERE action_key <> 'support_follow_up'
            ) GROUP BY user_id HAVING user_id IN (SELECT user_id FROM intents)
        )
        """
    )

    assert most[0][0] <= 3


def test_no_message_may_go_out_in_the_users_night(demo: Demo) -> None:
    found = demo.rows(
        "SELECT i.not_before, u.timezone FROM intents i JOIN dim_users u USING (user_id)"
    )

    zones = available_timezones()
    for not_before, zone in found:
        known = ZoneInfo(zone if zone in zones else "UTC")
        local = not_before.replace(tzinfo=UTC).astimezone(known)
        assert 8 <= local.hour < 21


def test_holdouts_are_those_that_python_assigns(demo: Demo) -> None:
    held_out = demo.rows(
        "SELECT user_id, outcome FROM decisions "
        f"WHERE policy_key = 'next_best' AND cycle_id = '{demo.report.cycle_id}' "
        "AND reason_code IN ('SELECTED', 'HELD_OUT_POLICY')"
    )

    for user, outcome in held_out:
        is_held_out = in_range(bucket("next_best", user), "00000000", share_end(0.1))
        assert (outcome == "held_out") is is_held_out


def test_explain_agrees_with_the_cycle_for_every_reason_there_is(demo: Demo) -> None:
    one_of_each = demo.rows(
        "SELECT policy_key, action_key, reason_code, MIN(user_id) "
        "FROM decision_records GROUP BY ALL"
    )

    for key, action, reason, user in one_of_each:
        told = explain(demo.store, demo.warehouse, demo.catalog, user, policy=key, at=demo.as_of)
        line = next(c for c in told["decisions"][0]["candidates"] if c["action"] == action)
        assert line["reason_code"] == reason


def test_every_candidate_has_a_record_and_its_flip_gives_the_opposite(demo: Demo) -> None:
    kept = demo.rows("SELECT COUNT(*) FROM decision_records")
    assert kept == [(demo.report.records,)]
    some = demo.rows(
        """
        SELECT policy_key, MIN(user_id), MAX(user_id) FROM (
            SELECT policy_key, user_id, list(reason_code ORDER BY action_key) AS reasons
            FROM decision_records GROUP BY policy_key, user_id
        ) GROUP BY policy_key, reasons
        """
    )

    flipped = opposite = 0
    for key, user in {(key, user) for key, *users in some for user in users}:
        told = explain(demo.store, demo.warehouse, demo.catalog, user, policy=key, at=demo.as_of)
        for line in told["decisions"][0]["candidates"]:
            flipped += 1
            was, becomes = line["reason_code"], line["flip"]["would_become"]
            opposite += (was == "SELECTED") is not (becomes == "SELECTED")

    assert flipped > 50
    assert opposite == flipped


def test_a_second_cycle_an_hour_later_finds_little_left_to_send(demo: Demo) -> None:
    later = demo.as_of + timedelta(hours=1)

    report = run_cycle(demo.store, demo.warehouse, demo.catalog, as_of=later, dry_run=True)

    assert report.selected < demo.report.selected / 10
