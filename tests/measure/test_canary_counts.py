"""What is counted for a canary: messages, what was told of them, and goals, by version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from control.canaries import Canary
from control.delivery_tables import dispatches
from control.receipt_tables import receipts
from control.store import Store, open_store
from control.tables import outbox
from core.canary import CanaryLimits
from measure.canary import Readings, Side
from measure.canary_counts import follow_up, read
from tests.measure.small_world import CATALOG, SmallWorld
from tests.warehouse.connect.postgres_server import programs, running_server

BEGAN = datetime(2026, 6, 29, 9)
CANARY = Canary(
    id="c1", key="nudge", version=2, baseline=1, share=0.1, salt="canary/c1",
    limits=CanaryLimits(), change_request_id="CR-1", state="running", started_at=BEGAN,
    started_by="pavel@demo", ended_at=None, ended_by=None, why="",
)  # fmt: skip
HELD = {"rejected": "rejected", "ambiguous": "open", "expired": "clear"}


class Counted:
    """Messages of two versions, in a control store and a small warehouse."""

    def __init__(self, world: SmallWorld, store: Store) -> None:
        self.world, self.store = world, store
        self.told = 0

    def message(
        self,
        intent: str,
        state: str = "accepted",
        *,
        version: int = 2,
        policy: str = "nudge",
        minutes: float = 5,
        by: str | None = "mail",
        channel: str = "email",
        user: str | None = None,
    ) -> None:
        """A message that was decided on and handed over ``minutes`` after the canary began."""
        at = BEGAN + timedelta(minutes=minutes)
        row = {"intent_id": intent, "decision_id": f"d{intent}", "cycle_id": "c", "trace_id": "t"}
        row |= {"policy_key": policy, "policy_version": version, "action_key": "upgrade_nudge"}
        row |= {"user_id": user or f"u{intent}", "channel": channel, "state": state, "attempts": 1}
        moments: dict[str, Any] = dict.fromkeys(("decided_at", "not_before", "updated_at"), at)
        with self.store.write() as connection:
            connection.execute(
                outbox.insert(), row | moments | {"expires_at": at + timedelta(days=7)}
            )
            if by is not None:
                outcome = HELD.get(state, "accepted")
                taken = at if outcome == "accepted" else None
                sent = {"intent_id": intent, "destination": by, "request": intent, "place": 0}
                sent |= {"first_at": at, "last_at": at, "outcome": outcome, "accepted_at": taken}
                connection.execute(dispatches.insert(), sent | {"opted_out": False})

    def tell(self, kind: str, intent: str | None = None, **more: Any) -> None:
        """A receipt that was applied."""
        self.told += 1
        at = BEGAN + timedelta(minutes=30)
        row = {"key": f"r{self.told}", "destination": "mail", "kind": kind, "intent_id": intent}
        row |= {"at": at, "received_at": at, "applied_at": at}
        with self.store.write() as connection:
            connection.execute(receipts.insert(), row | more)

    def read(self, canary: Canary = CANARY, *, hours: float = 24) -> Readings:
        as_of = BEGAN + timedelta(hours=hours)
        return read(self.store, self.world.runner(), CATALOG, canary, as_of=as_of)

    def decide(self, version: int, users: int, reached: int, *, hours: float = 0.0) -> None:
        """Users who were decided on; the first of them reach the goal an hour later."""
        at = BEGAN + timedelta(hours=hours)
        given = {"at": at, "version": version, "users": users, "reached": reached}
        self.world.warehouse.execute(
            "INSERT INTO decisions (decision_id, cycle_id, user_id, decided_at, policy_key,"
            " policy_version, action_key, channel, outcome, reason_code, ghost)"
            " SELECT uuid()::VARCHAR, 'c', $version || '-' || i, $at, 'nudge', $version,"
            " 'upgrade_nudge', 'email', 'selected', 'SELECTED', FALSE FROM range($users) t(i)",
            {name: given[name] for name in ("at", "version", "users")},
        )
        self.world.warehouse.execute(
            "INSERT INTO fct_events (event_time, user_id, event_name)"
            " SELECT $at + INTERVAL 1 HOUR, $version || '-' || i, 'subscription_started'"
            " FROM range($reached) t(i)",
            {name: given[name] for name in ("at", "version", "reached")},
        )


@pytest.fixture
def counted(world: SmallWorld, tmp_path: Path) -> Iterator[Counted]:
    store = open_store(f"sqlite:///{tmp_path}/control.db")
    yield Counted(world, store)
    store.close()


def test_each_message_counts_for_its_version_by_what_became_of_it(counted: Counted) -> None:
    _one_of_each(counted)

    _right(counted.read())


@pytest.mark.slow
def test_a_team_s_control_store_counts_the_same(world: SmallWorld) -> None:
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or run make test as root")
    with running_server(folder) as url:
        store = open_store(url.replace("postgresql://", "postgresql+psycopg://"))
        counted = Counted(world, store)
        _one_of_each(counted)

        _right(counted.read())
        store.close()


def _one_of_each(counted: Counted) -> None:
    states = ("accepted", "delivered", "bounced", "rejected", "expired", "ambiguous", "cancelled")
    for state in (*states, "pending"):
        counted.message(state, state)
    counted.message("never asked", "expired", by=None)
    counted.message("could not be made", "rejected", by=None)
    counted.message("before", "bounced", version=1)
    counted.message("long before", "bounced", version=1, minutes=-60)
    counted.message("another rule", "bounced", policy="other")
    counted.tell("complained", "delivered")
    counted.tell("complained", "delivered")
    counted.tell("unsubscribed", "accepted")
    counted.tell("delivered", "delivered")


def _right(readings: Readings) -> None:
    assert readings.canary == Side(
        version=2, handed_over=7, sent=3, errors=4, complaints=1, unsubscribes=1
    )
    assert readings.baseline == Side(version=1, handed_over=1, sent=1, errors=1)
    assert readings.silent == ()


def test_what_was_not_applied_or_another_destination_says_does_not_count(
    counted: Counted,
) -> None:
    counted.message("m")
    counted.tell("complained", "m", applied_at=None)
    counted.tell("complained", "m", destination="other")

    assert counted.read().canary.complaints == 0


def test_a_former_no_for_which_a_provider_dropped_a_message_is_no_complaint_about_it(
    counted: Counted,
) -> None:
    counted.message("m", "bounced")
    counted.tell("bounced", "m")
    counted.tell("complained", "m")

    assert (counted.read().canary.complaints, counted.read().canary.errors) == (0, 1)


def test_a_destination_that_never_told_of_a_message_is_named(counted: Counted) -> None:
    counted.message("a", "delivered", by="mail")
    counted.message("b", by="push")
    counted.message("c", by="push", version=1)

    assert counted.read().silent == ("push",)


def test_a_stop_that_names_no_message_counts_for_the_last_one_by_that_channel(
    counted: Counted,
) -> None:
    stop = {"channel": "sms", "destination": "texts"}
    for user, versions in (("u1", (1, 2)), ("u2", (2, 1)), ("u3", (2,))):
        for place, version in enumerate(versions):
            name = f"{user}-{version}"
            counted.message(name, version=version, minutes=place, channel="sms", user=user)
    counted.message("later by another rule", policy="other", minutes=9, channel="sms", user="u3")
    counted.message("by mail", channel="email", user="u1", minutes=12)
    for user in ("u1", "u2", "u3"):
        counted.tell("unsubscribed", user_id=user, **stop)
    counted.tell("unsubscribed", user_id="u1", **stop)

    readings = counted.read()

    assert readings.baseline is not None
    assert (readings.canary.unsubscribes, readings.baseline.unsubscribes) == (1, 1)


def test_goals_count_once_a_user_and_for_both_after_the_same_time(counted: Counted) -> None:
    counted.decide(2, 10, 3)
    counted.decide(1, 90, 45)
    counted.decide(2, 10, 0, hours=2)
    counted.decide(1, 500, 500, hours=20)

    readings = counted.read()

    assert readings.follow_up_seconds == 12 * 3_600
    assert readings.baseline is not None
    assert (readings.canary.users, readings.canary.converted) == (10, 3)
    assert (readings.baseline.users, readings.baseline.converted) == (90, 45)
    assert counted.read(hours=1).canary.users == 0


def test_a_cycle_that_decided_as_of_before_the_approval_counts_too(counted: Counted) -> None:
    counted.decide(2, 1, 0, hours=-1)
    counted.message("m", minutes=-60)
    counted.message("b", version=1, minutes=-60)
    counted.message("old", version=1, minutes=-120)

    readings = counted.read()

    assert readings.baseline is not None
    assert (readings.canary.sent, readings.baseline.sent) == (1, 1)


def test_without_a_version_before_there_is_nothing_to_compare(counted: Counted) -> None:
    counted.message("m")
    counted.decide(2, 10, 3)

    readings = counted.read(CANARY._replace(baseline=None))

    assert readings.baseline is None
    assert (readings.canary.sent, readings.canary.users) == (1, 0)


def test_the_follow_up_is_that_of_lift_or_half_of_the_watch() -> None:
    def of(seconds: int) -> timedelta:
        return follow_up(CanaryLimits(watch_seconds=seconds))

    assert of(0) == timedelta(hours=1)
    assert of(86_400) == timedelta(hours=12)
    assert of(90 * 86_400) == timedelta(days=7)
