"""The control store opens, waits its turn, and tells what is wrong."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from control import guards
from control.hashing import content_hash
from control.people import DEMO_PEOPLE, Person, add, get, list_all
from control.store import Store, open_store, utc
from control.tables import metadata, people
from core.errors import PilothouseError
from core.lifecycle import Role


def test_opening_again_keeps_what_was_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/folder/control.db"
    first = open_store(url)
    add(first, DEMO_PEOPLE)
    first.close()

    assert list_all(open_store(url)) == sorted(DEMO_PEOPLE, key=lambda person: person.email)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://host/db", "sqlite:////proc/no/control.db"]
)
def test_a_useless_url_is_refused_with_the_next_step(url: str) -> None:
    with pytest.raises(PilothouseError, match="control store cannot be opened") as refused:
        open_store(url)

    assert refused.value.refusal.fix


def test_two_writers_take_turns(store: Store) -> None:
    inside, seen = threading.Event(), []

    def second() -> None:
        inside.wait()
        with store.write() as connection:
            seen.append(connection.execute(sa.select(people.c.name)).all())

    other = threading.Thread(target=second)
    other.start()
    with store.write() as connection:
        inside.set()
        other.join(timeout=0.2)
        connection.execute(people.update().values(name="renamed"))
    other.join()

    assert {name for ((name,), *_) in seen} == {"renamed"}


def test_a_person_added_again_gets_the_new_roles(store: Store) -> None:
    add(store, [Person(email="mara@demo", name="Mara M.", roles=frozenset({Role.ANALYST}))])

    assert get(store, "mara@demo").roles == {Role.ANALYST}


def test_an_unknown_person_is_refused_with_the_known_ones(store: Store) -> None:
    with pytest.raises(PilothouseError, match="Nobody here is called 'eve@demo'") as refused:
        get(store, "eve@demo")

    assert "mara@demo" in str(refused.value.refusal.fix)


def test_times_are_kept_in_naive_utc() -> None:
    in_berlin = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))

    assert utc(in_berlin) == datetime(2026, 7, 1, 10)
    assert utc(datetime(2026, 7, 1, 10, tzinfo=UTC)) == utc(datetime(2026, 7, 1, 10))


def test_a_hash_does_not_depend_on_the_order_of_keys() -> None:
    assert content_hash({"a": 1, "b": [1.0, None]}) == content_hash({"b": [1, None], "a": 1})


def test_every_table_and_guard_has_a_form_for_postgresql() -> None:
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=postgresql.dialect()))

    made = len(guards.statements("postgresql")) - len(guards.RETIRED)
    assert made == 2 * len(guards.GUARDS)
