"""A backup that is taken while everybody writes is one consistent state, on either database."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import audit, backup, holds
from control.audit_check import check
from control.delivery_tables import dispatches
from control.people import Person, get
from control.store import Store, open_store
from control.tables import audit as log
from control.tables import outbox, versions
from core.conditions import EventCount
from core.errors import PilothouseError
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, rulebook
from tests.control_stores import ENGINES, store_on

NOW = datetime(2026, 6, 29, 12)


@pytest.fixture(params=ENGINES)
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store that knows nobody yet."""
    with store_on(request.param, tmp_path, people=False) as opened:
        yield opened


class Load:
    """People who publish, and a sender who takes and settles messages, until they are stopped."""

    def __init__(self, store: Store) -> None:
        self.store, self.pavel = store, get(store, "pavel@demo")
        self._ends, self.published, self.sent = threading.Event(), 0, 0
        self._threads = [threading.Thread(target=one) for one in (self._publish, self._send)]

    def __enter__(self) -> Load:
        for one in self._threads:
            one.start()
        while min(self.published, self.sent) < 3:
            self._ends.wait(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        for one in self._threads:
            one.join()

    def _publish(self) -> None:
        while not self._ends.wait(0.002):
            publish(self.store, self.pavel, self.published)
            self.published += 1

    def _send(self) -> None:
        # A pause after each: whoever waits for the writer's place gets it.
        while not self._ends.wait(0.002):
            one = f"i{self.sent}"
            with self.store.write() as connection:
                connection.execute(outbox.insert(), intent(one))
                connection.execute(dispatches.insert(), dispatch(one))
                audit.append(connection, audit.Act(NOW, "pilothouse", "send", one))
            self.sent += 1


def publish(store: Store, pavel: Person, number: int) -> None:
    rule = EligibilityRule(
        key=f"rule_{number}", name="R", condition=EventCount(event="workout_completed", n=1)
    )
    asked = change_requests.submit(store, artifact=rule, author="mara@demo", prompt="who?", now=NOW)
    approvals.decide(store, asked.id, person=pavel, verdict="approve", now=NOW)
    rulebook.publish(store, asked.id, now=NOW)


def intent(intent_id: str) -> dict[str, object]:
    return {
        "intent_id": intent_id, "decision_id": "d", "cycle_id": "c", "trace_id": "t",
        "policy_key": "p", "policy_version": 1, "action_key": "a", "user_id": "u",
        "channel": "email", "decided_at": NOW, "not_before": NOW,
        "expires_at": NOW + timedelta(days=7), "state": "accepted", "attempts": 1,
        "updated_at": NOW,
    }  # fmt: skip


def dispatch(intent_id: str) -> dict[str, object]:
    return {
        "intent_id": intent_id, "destination": "mail", "request": intent_id, "place": 0,
        "first_at": NOW, "last_at": NOW, "outcome": "accepted", "opted_out": False,
    }  # fmt: skip


def sends(connection: sa.Connection) -> int:
    query = sa.select(sa.func.count()).select_from(log).where(log.c.what == "send")
    return connection.execute(query).scalar_one()


def count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def consistent(store: Store) -> None:
    """What one transaction wrote is there together, or not at all."""
    assert check(store).breaks == ()
    with store.read() as connection:
        assert count(connection, outbox) == count(connection, dispatches) == sends(connection) > 0
        published = sa.select(sa.func.count()).select_from(log).where(log.c.what == "publish")
        assert connection.execute(published).scalar_one() == count(connection, versions) > 0
        if store.engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_a_backup_taken_under_load_restores_to_a_consistent_state(
    store: Store, other: Store, tmp_path: Path
) -> None:
    file = tmp_path / "control.backup"
    with Load(store):
        saved = backup.save(store, file, who="ada@demo", now=NOW)

    restored = backup.restore(other, file, now=NOW)

    assert saved.breaks == restored.breaks == ()
    assert restored.head == saved.head
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("*backup*")] == ["control.backup"]
    consistent(other)
    as_it_is = open_store(f"sqlite:///{file}")
    consistent(as_it_is)
    as_it_is.close()
    assert other.engine.dialect.name in ("sqlite", "postgresql")


def test_what_was_restored_is_guarded_and_held(store: Store, other: Store, tmp_path: Path) -> None:
    pavel = get(store, "pavel@demo")
    publish(store, pavel, 1)
    backup.save(store, tmp_path / "one.backup", who="ada@demo", now=NOW)
    backup.restore(other, tmp_path / "one.backup", now=NOW)

    with pytest.raises(IntegrityError), other.write() as connection:
        connection.execute(log.delete())
    with pytest.raises(PilothouseError, match="Nothing goes live: the control store was restored"):
        publish(other, pavel, 2)
    held = holds.of(other)
    assert held is not None
    assert held.since == NOW


def test_a_backup_never_takes_the_place_of_another_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "one.backup").write_text("mine")

    with pytest.raises(PilothouseError, match="is there already"):
        backup.save(store, tmp_path / "one.backup", who="ada@demo", now=NOW)


@pytest.mark.parametrize("content", ["", "no database", None])
def test_what_is_no_backup_is_refused_and_changes_nothing(
    store: Store, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "wrong.backup"
    if content is not None:
        file.write_text(content)

    with pytest.raises(PilothouseError, match="is no backup"):
        backup.restore(store, file, now=NOW)

    assert get(store, "pavel@demo")
    assert holds.of(store) is None
