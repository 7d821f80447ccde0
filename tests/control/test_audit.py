"""The audit log tells when somebody changed it."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import audit
from control.store import Store

NOW = datetime(2026, 1, 1)


@pytest.fixture
def three_entries(store: Store) -> Store:
    with store.write() as connection:
        for number in range(3):
            audit.append(connection, audit.Act(NOW, "mara@demo", "propose", f"CR-{number}"))
    return store


def _as_an_intruder(store: Store, statement: str) -> None:
    """Change the log as somebody would who owns the file and drops its guards."""
    with store.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_stays")
        connection.exec_driver_sql("DROP TRIGGER audit_remains")
        connection.exec_driver_sql(statement)


def test_an_untouched_log_verifies(three_entries: Store) -> None:
    assert audit.verify(three_entries) is None
    assert [entry.subject for entry in audit.entries(three_entries)] == ["CR-0", "CR-1", "CR-2"]


def test_a_changed_entry_is_named(three_entries: Store) -> None:
    _as_an_intruder(three_entries, "UPDATE audit SET who = 'pavel@demo' WHERE seq = 2")

    broken = audit.verify(three_entries)

    assert broken is not None
    assert broken.seq == 2
    assert "changed" in broken.why


def test_a_removed_entry_is_named(three_entries: Store) -> None:
    _as_an_intruder(three_entries, "DELETE FROM audit WHERE seq = 2")

    broken = audit.verify(three_entries)

    assert broken == (2, "Entry 2 is missing.")


def test_an_entry_rewritten_with_a_fitting_hash_breaks_the_next(three_entries: Store) -> None:
    second = audit.entries(three_entries)[1]
    forged = second._replace(who="pavel@demo")
    forged = forged._replace(hash=audit.seal(forged))
    _as_an_intruder(
        three_entries,
        f"UPDATE audit SET who = 'pavel@demo', hash = '{forged.hash}' WHERE seq = 2",
    )

    broken = audit.verify(three_entries)

    assert broken is not None
    assert broken.seq == 3


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_rewrite_the_log(three_entries: Store, statement: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        three_entries.write() as connection,
    ):
        connection.execute(sa.text(statement))


def test_the_newest_entries_can_be_listed_alone(three_entries: Store) -> None:
    assert [entry.seq for entry in audit.entries(three_entries, limit=2)] == [2, 3]
