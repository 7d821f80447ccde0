"""Decisions on single users in the warehouse: kept as a cycle keeps them, and replayed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest

from core.moments import EPOCH, micros
from core.reasons import REASONS
from orchestrate import stages
from orchestrate.live.book import Book
from orchestrate.live.entry import (
    Edition,
    Entry,
    edition,
    edition_line,
    entry_line,
    read_edition,
    read_entry,
)
from orchestrate.live.kept import entry_of
from orchestrate.live.scalar import decide
from orchestrate.live.writing import Batch, Writer
from orchestrate.replay import replay
from orchestrate.stages import Tick
from tests.orchestrate import small_worlds
from tests.orchestrate.live.test_one_user import OWN, without_putting_off
from tests.orchestrate.world import SCHEMA
from warehouse.catalog import load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse

APART = timedelta(seconds=7, microseconds=11)


@pytest.fixture
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    folder = tmp_path_factory.mktemp("written")
    made = DuckDBWarehouse(folder / "w.duckdb", must_exist=False, threads=1)
    made.execute(SCHEMA)
    yield made
    made.close()


def entries_of(warehouse: DuckDBWarehouse, tick: Tick) -> tuple[Edition, list[Entry]]:
    """Everybody decided on one after the other, at moments of their own."""
    book = Book(tick)
    with warehouse.cursor() as cursor:
        newest = {
            one: micros(stages.newest(cursor, one, tick.catalog, tick.as_of))
            for one in book.watched
        }
        users = [user for (user,) in cursor.execute(OWN).fetchall()]
        people = book.reader.read(cursor, users, tick.as_of)
    stale = book.stale(newest, micros(tick.as_of))
    of = edition(str(uuid.uuid4()), book.rules, book.conditions, stale, book.asking.truths)
    entries = []
    for number, person in enumerate(people.values()):
        book.settle(person)
        now = min(micros(tick.as_of + number * APART), person.last)
        told = decide(book, person, now, released=tick.released, stale=stale)
        entries.append(entry_of(person, told, of, tick.cycle_id, f"trace {number}"))
    return of, entries


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_every_decision_that_was_kept_is_replayed_from_its_record(
    warehouse: DuckDBWarehouse, seed: int
) -> None:
    worlds = small_worlds.batch(seed, 12, everything=True)
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        small_worlds.write(cursor, worlds)
        cursor.execute("DELETE FROM decisions")
    tick = without_putting_off(small_worlds.tick_of(worlds, load_catalog()))
    tick = tick._replace(cycle_id=f"seed {seed}", counts_later=True)
    of, entries = entries_of(warehouse, tick)
    kept_of = read_edition(json.loads(edition_line(of)))
    kept = [read_entry(json.loads(entry_line(entry))) for entry in entries]

    writer = Writer()
    with warehouse.transaction() as cursor:
        assert writer.write(cursor, Batch(tick.cycle_id, kept_of, kept))
        assert not writer.write(cursor, Batch(tick.cycle_id, kept_of, kept))

    told = {
        (
            entry.user, EPOCH + timedelta(microseconds=entry.now),
            of.candidates[one.number].policy.key,
            of.candidates[one.number].entry.action.key, REASONS[one.reason].code, one.ghost,
        )
        for entry in entries
        for one in entry.decisions
    }  # fmt: skip
    rows = warehouse.fetch(
        "SELECT user_id, decided_at, policy_key, action_key, reason_code, ghost, decision_id "
        "FROM decisions"
    ).rows
    assert {row[:-1] for row in rows} == told
    assert len(rows) == len(told) > 50
    for *_, decision in rows[:: max(1, len(rows) // 150)]:
        assert replay(warehouse, decision).is_equal


def test_a_decision_and_its_rules_are_the_same_after_a_journal(
    warehouse: DuckDBWarehouse,
) -> None:
    worlds = small_worlds.batch(1, 6)
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        small_worlds.write(cursor, worlds)
    of, entries = entries_of(warehouse, small_worlds.tick_of(worlds, load_catalog()))

    read = read_edition(json.loads(edition_line(of)))

    assert read.candidates == of.candidates
    assert read.rules == of.rules
    for entry in entries:
        again = read_entry(json.loads(entry_line(entry)))
        assert repr(again) == repr(entry._replace(consent=dict(entry.consent)))
        for name in of.conditions:
            told, meant = read.truths, of.truths
            assert told.truth(name, again.literals) is meant.truth(name, entry.literals)
