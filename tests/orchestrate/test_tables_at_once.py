"""The tables of decisions are made once, whoever is first and however many at once."""

from __future__ import annotations

from functools import partial
from threading import Barrier

from orchestrate.stages import create_tables
from tests.at_once import at_once
from tests.orchestrate.world import World


def _in_a_transaction(world: World, together: Barrier) -> int:
    with world.warehouse.cursor() as cursor:
        cursor.execute("BEGIN")
        together.wait(timeout=30)
        create_tables(cursor)
        together.wait(timeout=30)  # both transactions are open, and have made the tables
        found = cursor.execute("SELECT COUNT(*) FROM decisions").fetchone()
        cursor.execute("COMMIT")
    assert found is not None
    return int(found[0])


def test_two_open_transactions_make_the_tables_for_the_first_time_at_once(world: World) -> None:
    together = Barrier(2)

    found = at_once(*(partial(_in_a_transaction, world, together) for _ in range(2)))

    assert found == [0, 0]


def test_a_transaction_that_is_taken_back_leaves_the_tables_for_the_next_one(world: World) -> None:
    with world.warehouse.cursor() as cursor:
        cursor.execute("BEGIN")
        create_tables(cursor)
        cursor.execute("ROLLBACK")

    assert world.rows("SELECT COUNT(*) FROM decision_records") == [(0,)]
