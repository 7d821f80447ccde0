"""Whatever somebody does to the log who owns the database is found, and where."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import rfc8785
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from control import audit
from control.audit_check import Anchor, Break, check
from control.audit_entries import AuditEntry, seal
from control.audit_tables import audit_head, audit_texts
from control.hashing import content_hash
from control.store import Store
from control.tables import audit as rows
from tests.control_stores import ENGINES, store_on, without_guards

NOW = datetime(2026, 1, 1)
SIZE = 12


@pytest.fixture(params=ENGINES, scope="module")
def guardless(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A log of twelve entries that nothing guards any more."""
    with (
        tempfile.TemporaryDirectory() as folder,
        store_on(request.param, Path(folder), people=False) as store,
    ):
        with store.write() as connection:
            for number in range(SIZE):
                at = NOW + timedelta(seconds=number)
                act = audit.Act(at, "mara@demo", "propose", f"CR-{number}", note=f"why {number}")
                audit.append(connection, act)
        without_guards(store)
        yield store


class Tampered:
    """The log as an intruder left it; the next one finds it whole again."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __enter__(self) -> Tampered:
        with self.store.read() as connection:
            self._kept = {
                table: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                for table in (rows, audit_texts, audit_head)
            }
        self.entries = [AuditEntry(**row) for row in self._kept[rows]]
        return self

    def __exit__(self, *_: object) -> None:
        with self.store.write() as connection:
            for table, kept in self._kept.items():
                connection.execute(table.delete())
                connection.execute(table.insert(), kept)

    def become(self, entries: list[AuditEntry], *, head: bool = False) -> None:
        """Write these entries in place of the log; with ``head``, its head as well."""
        with self.store.write() as connection:
            connection.execute(rows.delete())
            if entries:
                connection.execute(rows.insert(), [one._asdict() for one in entries])
            if head:
                last = entries[-1]
                values = {"seq": last.seq, "hash": last.hash}
                connection.execute(audit_head.update().values(values))

    def found(self, *anchors: Anchor) -> list[Break]:
        return [*check(self.store, anchors).breaks]

    def kinds(self, *anchors: Anchor) -> list[tuple[str, int, int]]:
        return [(one.kind, one.seq, one.last) for one in self.found(*anchors)]


def renumbered(entries: list[AuditEntry]) -> list[AuditEntry]:
    return [one._replace(seq=number) for number, one in enumerate(entries, start=1)]


def sealed_anew(entries: list[AuditEntry]) -> list[AuditEntry]:
    """The same acts as a chain that holds: what somebody can do who knows the code."""
    chain: list[AuditEntry] = []
    for number, one in enumerate(entries, start=1):
        previous = chain[-1].hash if chain else "0" * 64
        unsealed = one._replace(seq=number, prev_hash=previous)
        chain.append(unsealed._replace(hash=seal(unsealed)))
    return chain


places = st.integers(1, SIZE)
quick = settings(max_examples=8)


def test_a_log_that_nobody_touched_holds(guardless: Store) -> None:
    checked = check(guardless)

    assert (checked.entries, checked.first, checked.head[0], checked.breaks) == (SIZE, 1, SIZE, ())


@quick
@given(place=places, field=st.sampled_from(["who", "what", "subject", "at", "after_hash", "note"]))
def test_an_edited_entry_is_found_at_its_place(guardless: Store, place: int, field: str) -> None:
    with Tampered(guardless) as log:
        other = NOW - timedelta(days=1) if field == "at" else "x"
        log.entries[place - 1] = log.entries[place - 1]._replace(**{field: other})
        log.become(log.entries)

        assert log.kinds() == [("edited", place, place)]


@quick
@given(place=st.integers(1, SIZE - 1))
def test_an_entry_rewritten_with_a_fitting_hash_breaks_the_link(
    guardless: Store, place: int
) -> None:
    with Tampered(guardless) as log:
        forged = log.entries[place - 1]._replace(who="pavel@demo")
        log.entries[place - 1] = forged._replace(hash=seal(forged))
        log.become(log.entries)

        assert log.kinds() == [("unlinked", place, place + 1)]


def test_the_last_entry_rewritten_with_a_fitting_hash_is_not_the_head(guardless: Store) -> None:
    with Tampered(guardless) as log:
        forged = log.entries[-1]._replace(who="pavel@demo")
        log.become([*log.entries[:-1], forged._replace(hash=seal(forged))])

        assert log.kinds() == [("anchor", SIZE, SIZE)]


@quick
@given(gone=st.sets(places, min_size=1, max_size=SIZE))
def test_removed_entries_are_found_by_number(guardless: Store, gone: set[int]) -> None:
    with Tampered(guardless) as log:
        log.become([one for one in log.entries if one.seq not in gone])

        missed = {
            number
            for one in log.found()
            for number in range(one.seq, one.last + 1)
            if one.kind in ("missing", "cut_off")
        }
        assert missed == gone
        assert {one.kind for one in log.found()} <= {"missing", "cut_off"}


@quick
@given(place=places)
def test_a_gap_that_was_closed_by_renumbering_is_found(guardless: Store, place: int) -> None:
    with Tampered(guardless) as log:
        log.become(renumbered([one for one in log.entries if one.seq != place]))

        moved = [("moved", place, SIZE - 1)] if place < SIZE else []
        gone = ("missing" if moved else "cut_off", place, place)
        assert sorted(log.kinds()) == sorted([gone, *moved])


@quick
@given(pair=st.lists(places, min_size=2, max_size=2, unique=True))
def test_two_entries_that_changed_places_are_found(guardless: Store, pair: list[int]) -> None:
    with Tampered(guardless) as log:
        one, other = (number - 1 for number in sorted(pair))
        log.entries[one], log.entries[other] = log.entries[other], log.entries[one]
        log.become(renumbered(log.entries))

        assert sorted(log.found())[0].detail == f"written as {other + 1}"
        assert [(kind, seq) for kind, seq, _ in log.kinds()] == [
            ("moved", one + 1),
            ("moved", other + 1),
        ]


@settings(max_examples=12)
@given(order=st.permutations(range(1, SIZE + 1)))
def test_every_entry_of_a_shuffled_log_is_told_where_it_was(
    guardless: Store, order: list[int]
) -> None:
    with Tampered(guardless) as log:
        log.become(renumbered([log.entries[number - 1] for number in order]))

        off = {place for place, number in enumerate(order, start=1) if place != number}
        told = {
            number for one in log.found() for number in range(one.seq, one.last + 1)
            if one.kind == "moved"
        }  # fmt: skip
        assert told == off


@quick
@given(place=places)
def test_an_entry_put_in_between_is_found(guardless: Store, place: int) -> None:
    with Tampered(guardless) as log:
        before = log.entries[place - 2].hash if place > 1 else "0" * 64
        forged = log.entries[0]._replace(seq=place, who="eve@demo", prev_hash=before, note="")
        forged = forged._replace(hash=seal(forged))
        log.entries.insert(place - 1, forged)
        log.become(renumbered(log.entries))

        assert ("inserted", place, place) in log.kinds()
        assert ("moved", place + 1, SIZE + 1) in log.kinds()


def test_entries_put_at_the_end_are_found_though_their_chain_holds(guardless: Store) -> None:
    with Tampered(guardless) as log:
        forged = [one._replace(note="") for one in log.entries[3:5]]
        log.become(sealed_anew([*log.entries, *forged]))

        assert log.kinds() == [("inserted", SIZE + 1, SIZE + 2)]


@quick
@given(left=st.integers(0, SIZE - 1))
def test_a_log_cut_off_at_the_end_is_found(guardless: Store, left: int) -> None:
    with Tampered(guardless) as log:
        log.become(log.entries[:left])

        assert log.kinds() == [("cut_off", left + 1, SIZE)]


@quick
@given(left=st.integers(1, SIZE - 1))
def test_a_log_cut_off_together_with_its_head_is_found_by_what_was_noted_outside(
    guardless: Store, left: int
) -> None:
    with Tampered(guardless) as log:
        noted = Anchor(SIZE, log.entries[-1].hash, "the anchor file")
        log.become(log.entries[:left], head=True)

        assert log.kinds() == []
        assert log.kinds(noted) == [("cut_off", left + 1, SIZE)]


@quick
@given(place=places)
def test_a_log_sealed_anew_as_a_whole_is_found_by_what_was_noted_outside(
    guardless: Store, place: int
) -> None:
    with Tampered(guardless) as log:
        noted = [Anchor(one.seq, one.hash, "the anchor file") for one in log.entries]
        log.entries[place - 1] = log.entries[place - 1]._replace(who="eve@demo")
        log.become(sealed_anew(log.entries), head=True)

        assert log.kinds() == []
        assert log.kinds(*noted) == [("anchor", place, SIZE)]


@quick
@given(places=st.sets(places, min_size=2, max_size=5))
def test_every_one_of_several_breaks_is_found(guardless: Store, places: set[int]) -> None:
    with Tampered(guardless) as log:
        for place in places:
            log.entries[place - 1] = log.entries[place - 1]._replace(subject="CR-99")
        log.become(log.entries)

        edited = {number for _, seq, last in log.kinds() for number in range(seq, last + 1)}
        assert edited == places


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_texts SET note = 'another reason' WHERE seq = 5",
        "UPDATE audit_texts SET note = NULL WHERE seq = 5",
        "DELETE FROM audit_texts WHERE seq = 5",
    ],
)
def test_a_text_that_changed_or_went_without_a_word_is_found(
    guardless: Store, statement: str
) -> None:
    with Tampered(guardless) as log:
        without_guards(guardless, statement)

        assert log.kinds() == [("text", 5, 5)]


def test_the_log_goes_on_after_an_attack_and_the_break_stays(guardless: Store) -> None:
    with Tampered(guardless) as log:
        log.become(log.entries[:-2])
        with guardless.write() as connection:
            audit.append(connection, audit.Act(NOW, "mara@demo", "propose", "CR-13"))

        assert log.kinds() == [("missing", SIZE - 1, SIZE)]


def test_entries_written_before_notes_were_kept_apart_stay_valid(store: Store) -> None:
    unsealed = AuditEntry(
        1, NOW, "mara@demo", "propose", "CR-1", None, "a" * 64, "why", "0" * 64, ""
    )
    before = unsealed._replace(hash=seal(unsealed))
    with store.write() as connection:
        connection.execute(rows.insert().values(before._asdict()))
    with store.write() as connection:
        audit.append(connection, audit.Act(NOW, "pavel@demo", "approve", "CR-1", note="fine"))

    assert [one.note for one in audit.entries(store)] == ["why", "fine"]
    assert check(store).breaks == ()
    without_guards(store, "UPDATE audit SET note = 'because' WHERE seq = 1")
    assert [(one.kind, one.seq) for one in check(store).breaks] == [("edited", 1)]


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    entry=st.builds(
        AuditEntry,
        seq=st.integers(1, 2**40), at=st.datetimes(), who=text, what=text, subject=text,
        before_hash=st.none() | text, after_hash=st.none() | text, note=text, prev_hash=text,
        hash=text,
    )
)  # fmt: skip
def test_a_seal_is_the_hash_of_canonical_json_as_before(entry: AuditEntry) -> None:
    fields = entry._asdict() | {"at": entry.at.isoformat()}
    del fields["hash"]

    assert seal(entry) == content_hash(fields)
    assert rfc8785.dumps(fields)
