"""Flags for everybody at once: chunks, populations, missing values, and what leaves say."""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb
import numpy as np
import pytest

from core.conditions import (
    And,
    Attribute,
    Bucket,
    Condition,
    ConsentIs,
    EventCount,
    InAudience,
    Not,
    Op,
    Or,
    Trait,
    WhenUnknown,
)
from core.errors import Code, PilothouseError
from tests.warehouse.messy_world import AS_OF, load, messy_rows
from tests.warehouse.reference_evaluator import Reference
from warehouse.batch import POPULATION, Flags, count, flags, unpack
from warehouse.catalog import load_catalog

CATALOG = load_catalog()
COMMITTED = Trait(name="activation_state", value="committed")
ACTIVE = EventCount(event="workout_completed", op=Op.GE, n=2)
GERMAN = Attribute(column="country", value="DE", when_unknown=WhenUnknown.BLOCK)


@cache
def warehouse() -> duckdb.DuckDBPyConnection:
    return load(messy_rows())


def truths(made: list[Flags], name: str) -> dict[str, bool | None]:
    """User → the truth of a named condition, over all chunks."""
    found: dict[str, bool | None] = {}
    for part in made:
        true = unpack(part.true[name], part.users.size)
        unknown = unpack(part.unknown[name], part.users.size)
        for user, yes, maybe in zip(part.users, true, unknown, strict=True):
            found[user] = None if maybe else bool(yes)
    return found


def asked(condition: Condition, **more: Any) -> list[Flags]:
    """The chunks for one condition, named ``wanted``."""
    cursor = warehouse().cursor()
    return list(flags(cursor, {"wanted": condition}, CATALOG, as_of=AS_OF, **more))


@pytest.mark.parametrize("chunk", [1, 7, 8, 9, 1_000])
def test_chunks_of_any_size_give_the_same_truths(chunk: int) -> None:
    condition = And(of=(Or(of=(COMMITTED, Not(of=GERMAN))), ACTIVE))
    reference = Reference(messy_rows(), AS_OF)

    made = asked(condition, chunk=chunk)

    assert all(part.users.size <= chunk for part in made)
    assert truths(made, "wanted") == {u: reference.truth(condition, u) for u in reference.users()}


@pytest.mark.parametrize("chunk", [1, 7, 1_000])
def test_within_a_transaction_every_chunk_is_read_as_outside_of_one(chunk: int) -> None:
    outside = truths(asked(ACTIVE, chunk=chunk), "wanted")
    cursor = warehouse().cursor()
    cursor.execute("BEGIN")

    inside = list(flags(cursor, {"wanted": ACTIVE}, CATALOG, as_of=AS_OF, chunk=chunk))

    cursor.execute("ROLLBACK")
    assert truths(inside, "wanted") == outside


def test_users_outside_the_population_are_there_and_flagged() -> None:
    made = asked(ACTIVE, population=GERMAN)

    reference = Reference(messy_rows(), AS_OF)
    assert truths(made, POPULATION) == {u: reference.truth(GERMAN, u) for u in reference.users()}


def test_only_the_asked_users_come_and_merged_ones_never() -> None:
    made = asked(ACTIVE, users=("u1", "u8", "nobody"))

    assert list(truths(made, "wanted")) == ["u1"]


def test_nobody_is_no_chunk_of_trouble() -> None:
    (made,) = asked(Not(of=GERMAN), users=("nobody",))

    assert made.users.size == 0
    assert count(made.true["wanted"]) == 0


def test_a_condition_without_leaves_is_true_for_everybody() -> None:
    assert all(truths(asked(And()), "wanted").values())


@pytest.mark.parametrize("chunk", [1, 7, 8])
def test_each_chunk_has_its_own_stretch_of_ids_in_their_order(chunk: int) -> None:
    users = [user for part in asked(ACTIVE, chunk=chunk) for user in part.users.tolist()]

    assert users == sorted(users)


def test_the_caller_may_use_the_cursor_between_chunks() -> None:
    cursor = warehouse().cursor()
    seen = 0
    for part in flags(cursor, {"wanted": ACTIVE}, CATALOG, as_of=AS_OF, chunk=5):
        cursor.execute("SELECT count(*) FROM dim_users").fetchall()
        seen += part.users.size

    assert seen == len(Reference(messy_rows(), AS_OF).users())


def test_what_chunks_are_read_from_is_gone_when_the_reader_stops_early() -> None:
    cursor = warehouse().cursor()
    reading = flags(cursor, {"wanted": ACTIVE}, CATALOG, as_of=AS_OF, chunk=5)
    next(reading)

    reading.close()

    left = "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'batch%'"
    assert cursor.execute(left).fetchall() == [(0,)]


def test_a_reader_whose_transaction_fails_gets_its_own_error() -> None:
    cursor = warehouse().cursor()
    cursor.execute("BEGIN")
    reading = flags(cursor, {"wanted": ACTIVE}, CATALOG, as_of=AS_OF, chunk=5)
    next(reading)

    with pytest.raises(duckdb.CatalogException):
        cursor.execute("SELECT * FROM nowhere")
    reading.close()

    cursor.execute("ROLLBACK")


def test_more_words_than_a_byte_can_number_are_told_apart() -> None:
    catalog = load_catalog()
    many = tuple(f"zone {number}" for number in range(300))
    zone = Attribute(column="timezone", op=Op.IN, value=many)
    reference = dict.fromkeys(Reference(messy_rows(), AS_OF).users(), False)

    made = list(flags(warehouse().cursor(), {"wanted": zone}, catalog, as_of=AS_OF))

    assert truths(made, "wanted") == reference


def test_leaves_that_conditions_share_are_there_once_with_who_they_are_unknown_for() -> None:
    cursor = warehouse().cursor()
    rules: dict[str, Condition] = {"a": And(of=(GERMAN, ACTIVE)), "b": Or(of=(GERMAN, COMMITTED))}
    (made,) = flags(cursor, rules, CATALOG, as_of=AS_OF)

    columns = [leaf.kind for leaf in made.leaves.leaves]
    assert columns == ["attribute", "event_count", "trait"]
    nowhere = sum(
        row["country"] is None and row["merged_into"] is None for row in messy_rows().users
    )
    assert {leaf: count(bits) for leaf, bits in made.leaves.unknown.items()} == {0: nowhere}
    both = made.leaves.true[0] & made.leaves.true[1]
    assert np.array_equal(both, made.true["a"])


def test_buckets_are_those_of_assignment() -> None:
    condition = Bucket(salt="it's", low="40000000", high="c0000000")
    reference = Reference(messy_rows(), AS_OF)

    assert truths(asked(condition), "wanted") == {
        user: reference.truth(condition, user) for user in reference.users()
    }


def test_what_cannot_be_decided_is_refused_before_anything_is_read() -> None:
    with pytest.raises(PilothouseError) as refused:
        asked(InAudience(key="nobody_knows"))

    assert refused.value.refusal.code is Code.UNKNOWN_AUDIENCE


def test_consent_that_nobody_gave_is_unknown() -> None:
    made = asked(ConsentIs(purpose="marketing", channel="email"))

    reference = Reference(messy_rows(), AS_OF)
    condition = ConsentIs(purpose="marketing", channel="email")
    assert truths(made, "wanted") == {u: reference.truth(condition, u) for u in reference.users()}
    assert None in truths(made, "wanted").values()
