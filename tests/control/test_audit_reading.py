"""Who reads what of the audit log, and that long ones are read page by page."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from control import audit, audit_reading, people
from control.audit import Act, Asked
from control.audit_entries import seal
from control.people import Person
from control.store import Store
from core.errors import PilothouseError
from core.lifecycle import Role

NOW = datetime(2026, 1, 1)


@pytest.fixture
def log(store: Store) -> Store:
    """Seven acts, every third one of Mara."""
    people.add_demo_people(store)
    with store.write() as connection:
        for number in range(7):
            who = "mara@demo" if number % 3 == 0 else "pavel@demo"
            what = "propose" if who == "mara@demo" else "approve"
            act = Act(NOW + timedelta(days=number), who, what, f"CR-{number}", note=f"n{number}")
            audit.append(connection, act)
    return store


def _seqs(store: Store, email: str, **asked: object) -> list[int]:
    person = people.get(store, email)
    found = audit_reading.page(store, person, Asked(**asked), number=1, size=50)  # type: ignore[arg-type]
    return [one.seq for one in found.entries]


@pytest.mark.parametrize("email", ["ana@demo", "pavel@demo", "ada@demo"])
def test_who_is_no_marketer_reads_what_everybody_did(log: Store, email: str) -> None:
    assert _seqs(log, email) == [7, 6, 5, 4, 3, 2, 1]
    assert _seqs(log, email, who="mara@demo") == [7, 4, 1]


def test_a_marketer_reads_their_own_deeds_whatever_they_ask_for(log: Store) -> None:
    mara = people.get(log, "mara@demo")

    assert _seqs(log, "mara@demo", who="pavel@demo") == [7, 4, 1]
    assert audit_reading.choices(log, mara) == (("mara@demo",), ("propose",))
    assert audit_reading.entry(log, mara, 2) is None
    assert [one.seq for one in audit_reading.every(log, mara, Asked(), most=9)] == [7, 4, 1]
    assert len([*audit_reading.stored_lines(log, mara, Asked(who="pavel@demo"))]) == 3


def test_whoever_lost_every_role_reads_nothing(log: Store) -> None:
    ana = people.get(log, "ana@demo")
    people.add(log, [ana.model_copy(update={"roles": frozenset()})])

    with pytest.raises(PilothouseError, match="may not read the audit log"):
        audit_reading.page(log, ana, Asked(), number=1, size=5)


def test_a_role_shown_and_not_held_opens_nothing(log: Store) -> None:
    forged = Person(email="mara@demo", name="Mara", roles=frozenset({Role.MARKETER, Role.ADMIN}))

    found = audit_reading.page(log, forged, Asked(), number=1, size=50)

    assert {one.who for one in found.entries} == {"mara@demo"}


def test_pages_have_every_entry_once_and_say_how_many_there_are(log: Store) -> None:
    ada = people.get(log, "ada@demo")

    pages = [audit_reading.page(log, ada, Asked(), number=n, size=3) for n in (1, 2, 3, 4)]

    assert [[one.seq for one in page.entries] for page in pages] == [[7, 6, 5], [4, 3, 2], [1], []]
    assert {page.total for page in pages} == {7}
    assert pages[0].entries[0].note == "n6"


def test_what_it_was_done_to_is_found_by_a_part_of_its_name(log: Store) -> None:
    assert _seqs(log, "ada@demo", about="cr-3") == [4]
    assert _seqs(log, "ada@demo", about="%") == []


def test_stored_lines_still_fit_their_hashes(log: Store) -> None:
    ada = people.get(log, "ada@demo")

    documents = [json.loads(line) for line in audit_reading.stored_lines(log, ada, Asked())]

    stored = {one.seq: pair[0] for one in audit.entries(log) if (pair := audit.get(log, one.seq))}
    assert [one["hash"] for one in documents] == [seal(stored[one["seq"]]) for one in documents]
    assert all("texts" not in one for one in documents)
