"""Which intents a worker takes, of however many that wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from control.delivery_tables import dispatches
from control.store import Store, open_store
from control.tables import outbox as kept
from core.lifecycle import IntentState
from deliver import outbox

NOW = datetime(2026, 3, 2, 9)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/control.db")
    yield opened
    opened.close()


def test_what_was_due_first_leaves_first_whatever_became_of_it(store: Store) -> None:
    _wait(store, "fresh", minutes=-1)
    _wait(store, "left_behind", minutes=-3, state="submitted", lease_until=NOW)
    _wait(store, "uncertain", minutes=-2, state="ambiguous")
    _wait(store, "oldest", minutes=-4)
    _wait(store, "tomorrow", minutes=24 * 60)
    _wait(store, "in_hand", minutes=-9, state="leased", lease_until=NOW + timedelta(seconds=1))
    _left(store, "uncertain", look_at=NOW)

    taken = [one.intent_id for one in outbox.lease(store, worker="a", now=NOW, limit=10)]

    assert taken == ["oldest", "left_behind", "uncertain", "fresh"]
    assert not outbox.has_work(store, now=NOW)


def test_what_a_paused_channel_holds_keeps_nothing_else_waiting(store: Store) -> None:
    for number in range(5):
        _wait(store, f"push{number}", minutes=-9, channel="push")
    _wait(store, "email", minutes=-1)

    taken = outbox.lease(store, worker="a", now=NOW, limit=2, not_by=("push",))

    assert [one.intent_id for one in taken] == ["email"]
    assert not outbox.has_work(store, now=NOW, not_by=("push",))
    assert outbox.has_work(store, now=NOW)


def test_an_uncertain_message_that_a_person_is_to_settle_is_no_work(store: Store) -> None:
    _wait(store, "uncertain", minutes=-2, state="ambiguous")
    _left(store, "uncertain", look_at=None)

    assert not outbox.has_work(store, now=NOW)
    assert outbox.lease(store, worker="a", now=NOW, limit=10) == []


def test_taking_some_reads_no_more_when_many_more_wait(store: Store) -> None:
    steps = _counting(store)
    _many(store, 0, 200)
    few = steps(lambda: outbox.lease(store, worker="a", now=NOW, limit=50))
    _many(store, 200, 10_000)

    many = steps(lambda: outbox.lease(store, worker="a", now=NOW, limit=50))

    assert many < 2 * few


def _counting(store: Store) -> Any:
    """How many steps, in hundreds, the database goes through for something."""
    gone = [0]

    def step() -> None:
        gone[0] += 1

    def watch(connection: Any, *_: object) -> None:
        connection.set_progress_handler(step, 100)

    def steps(work: Any) -> int:
        before = gone[0]
        work()
        return gone[0] - before

    sa.event.listen(store.engine, "checkout", watch)
    return steps


def _many(store: Store, start: int, stop: int) -> None:
    rows = [_row(f"{number:06}", minutes=-1) for number in range(start, stop)]
    with store.write() as connection:
        connection.execute(kept.insert(), rows)


def _wait(store: Store, name: str, **given: Any) -> None:
    with store.write() as connection:
        connection.execute(kept.insert(), _row(name, **given))


def _row(
    name: str,
    *,
    minutes: float,
    state: str = IntentState.PENDING.value,
    channel: str = "email",
    lease_until: datetime | None = None,
) -> dict[str, Any]:
    return {
        "intent_id": name,
        "decision_id": f"decision-{name}",
        "cycle_id": "cycle",
        "trace_id": "trace",
        "policy_key": "weekly",
        "policy_version": 1,
        "action_key": "tip",
        "user_id": f"user-{name}",
        "channel": channel,
        "decided_at": NOW - timedelta(hours=1),
        "not_before": NOW + timedelta(minutes=minutes),
        "expires_at": NOW + timedelta(days=7),
        "state": state,
        "attempts": 0,
        "lease_owner": "died",
        "lease_until": lease_until,
        "updated_at": NOW,
    }


def _left(store: Store, name: str, *, look_at: datetime | None) -> None:
    row = {
        "intent_id": name,
        "destination": "braze",
        "request": name,
        "place": 0,
        "first_at": NOW,
        "last_at": NOW,
        "outcome": "open",
        "look_at": look_at,
    }
    with store.write() as connection:
        connection.execute(dispatches.insert(), row)
