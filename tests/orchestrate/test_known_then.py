"""A decision of the past is made again as it was: what arrived later changes nothing of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from control.people import add_demo_people
from control.store import open_store
from core.conditions import And, EventCount, Op, Rolling, Trait
from core.errors import Code, PilothouseError
from core.rules import DAY, EligibilityRule
from orchestrate.cycle import CycleReport, run_cycle
from orchestrate.explain import explain
from orchestrate.hindsight import decisions_in_hindsight
from tests.orchestrate.world import World
from tests.warehouse.clocks.late_facts import a_user_of_then, arrive_late
from warehouse.catalog import load_catalog
from warehouse.demo.generate import generate

THEN = datetime(2026, 6, 20, 9)
LOOKED = And(
    of=(
        EventCount(event="pricing_viewed", op=Op.GE, n=2, window=Rolling(seconds=30 * DAY)),
        Trait(name="upgrade_intent", op=Op.GE, value=0.2),
    )
)


class Demo(World):
    """The demo warehouse with one live rule, about an event and a trait made of it."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(f"sqlite:///{folder}/control.db")
        add_demo_people(self.store)
        super().__init__(folder, self.store)
        self.catalog = load_catalog()
        with self.warehouse.cursor() as cursor:
            self.as_of = generate(cursor, users=400, days=60).as_of
        actions = self.catalog.actions
        self.publish(
            EligibilityRule(
                key="looked", name="Looked", condition=LOOKED, action=actions["support_follow_up"]
            )
        )

    def replay(self, at: datetime = THEN) -> CycleReport:
        return run_cycle(self.store, self.warehouse, self.catalog, as_of=at, dry_run=True)

    def told(self, user: str, at: datetime = THEN) -> dict[str, Any]:
        return explain(self.store, self.warehouse, self.catalog, user, at=at)

    def a_late_buyer(self) -> str:
        """Somebody who looked at prices twice before then, of which nobody knew until later."""
        user = a_user_of_then(self.warehouse, THEN)
        before, after = THEN - timedelta(days=1), THEN + timedelta(days=1)
        arrive_late(self.warehouse, user, "pricing_viewed", happened=before, arrived=after)
        return user


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return Demo(tmp_path)


def test_what_arrived_later_does_not_change_a_decision_of_the_past(demo: Demo) -> None:
    before = demo.replay()
    user = demo.a_late_buyer()

    again, told = demo.replay(), demo.told(user)

    assert again.model_dump(exclude={"trace_id"}) == before.model_dump(exclude={"trace_id"})
    assert before.selected > 0
    assert told["as_known"] == "recomputed"
    (candidate,) = told["decisions"][0]["candidates"]
    assert candidate["reason_code"] == "INELIGIBLE"
    assert candidate["value_read"] == "0"


def test_a_later_moment_knows_it(demo: Demo) -> None:
    user = demo.a_late_buyer()
    (candidate,) = demo.told(user, THEN + timedelta(days=2))["decisions"][0]["candidates"]
    assert candidate["reason_code"] == "SELECTED"


def test_nobody_is_decided_on_before_signing_up(demo: Demo) -> None:
    ((newcomer, signup),) = demo.rows(
        "SELECT user_id, signup_at FROM dim_users "
        "WHERE merged_into IS NULL ORDER BY signup_at DESC LIMIT 1"
    )
    with pytest.raises(PilothouseError) as refused:
        demo.told(newcomer, signup - timedelta(hours=1))
    assert refused.value.refusal.code is Code.UNKNOWN_USER
    assert "had not signed up" in refused.value.refusal.message


def test_the_report_names_the_decisions_that_hindsight_would_have_made(demo: Demo) -> None:
    args = (demo.store, demo.warehouse, demo.catalog)
    planted = {one.user_id for one in decisions_in_hindsight(*args, at=THEN).changed}
    user = demo.a_late_buyer()

    found = decisions_in_hindsight(*args, at=THEN)

    assert {one.user_id for one in found.changed} - planted == {user}
    (one,) = [one for one in found.changed if one.user_id == user]
    assert (one.policy_key, one.then, one.now) == ("looked", "INELIGIBLE", "SELECTED")


def test_the_present_is_decided_on_the_tables_as_they_are(demo: Demo) -> None:
    (user,) = demo.rows("SELECT min(user_id) FROM traits")[0]
    assert demo.told(user, demo.as_of)["as_known"] is None
