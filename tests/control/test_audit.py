"""The audit log tells when somebody changed it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

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
            audit.append(
                connection, audit.Act(NOW, "mara@demo", "propose", f"CR-{number}", note="why")
            )
    return store


def test_an_untouched_log_verifies(three_entries: Store) -> None:
    assert audit.verify(three_entries) is None
    assert [entry.subject for entry in audit.entries(three_entries)] == ["CR-0", "CR-1", "CR-2"]


def test_entries_are_found_by_who_what_about_what_and_when(three_entries: Store) -> None:
    later = NOW + timedelta(days=1)
    with three_entries.write() as connection:
        audit.append(connection, audit.Act(later, "pavel@demo", "approve", "CR-1", note="fine"))

    def found(**asked: Any) -> list[int]:
        return [one.seq for one in audit.entries(three_entries, audit.Asked(**asked))]

    assert found(who="pavel@demo") == found(what="approve") == found(since=later) == [4]
    assert found(subject="CR-1") == [2, 4]
    assert found(until=later, limit=2) == [2, 3]


def test_a_note_is_read_with_its_entry_and_kept_apart_from_it(store: Store) -> None:
    with store.write() as connection:
        act = audit.Act(NOW, "ana@demo", "view", "u-4711", note="why she left", personal=True)
        stored = audit.append(connection, act)

    (read,) = audit.entries(store)

    assert (read.subject, read.note) == ("u-4711", "why she left")
    assert "u-4711" not in str(stored)
    assert "she left" not in str(stored)
    assert audit.verify(store) is None


def test_a_page_of_many_people_is_one_entry(store: Store) -> None:
    with store.write() as connection:
        audit.viewed(connection, NOW, "ana@demo", "Audience page", [f"u{n}" for n in range(120)])

    (one,) = audit.entries(store)

    assert (one.what, one.subject) == ("view", "Audience page")
    assert one.note.startswith("120: u0, u1, u10,")
    assert one.note.endswith("and 20 more")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'x'",
        "DELETE FROM audit",
        "UPDATE audit_texts SET note = 'x'",
        "DELETE FROM audit_texts",
        "UPDATE audit_head SET seq = 1",
        "DELETE FROM audit_head",
    ],
)
def test_the_database_refuses_to_rewrite_the_log(three_entries: Store, statement: str) -> None:
    with (
        pytest.raises(IntegrityError, match=r"append-only|forgotten|only grows"),
        three_entries.write() as connection,
    ):
        connection.execute(sa.text(statement))


def test_the_newest_entries_can_be_listed_alone(three_entries: Store) -> None:
    assert [entry.seq for entry in audit.entries(three_entries, limit=2)] == [2, 3]
