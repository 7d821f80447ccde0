"""The same events give the same tables: in any order, sent twice, cut anywhere, killed anywhere.

What says how an event travelled (its line, its request, when it was received) is
its journey's. Everything else in ``raw_events`` and ``dead_letters`` depends on
the set of events alone. Of two events under one id the first in the log is
stored; both together are the same whichever came first.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.collect.dies_at import CLASHING, events, go_on
from tests.collect.world import World
from tests.doomed import begun

# A seed takes a second: PILOTHOUSE_CRASH_SEEDS=200 looks longer than the suite does.
SEEDS = int(os.environ.get("PILOTHOUSE_CRASH_SEEDS", "20"))
KILLS = 2

JOURNEY = {"seq", "request_id", "request_events", "received_at", "clock_skew_ms"}

Rows = Counter[tuple[object, ...]]


def killed(folder: Path, seed: int, after: float) -> None:
    process = begun(go_on, folder, seed)
    process.join(after)
    process.kill()
    process.join()


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """Every event once, in one request, loaded in one go."""
    world = World(tmp_path_factory.mktemp("at once"))
    world.send(*events())
    world.load()
    return kept(world)


def kept(world: World) -> dict[str, Rows]:
    """What is in the tables apart from the journey, each row with how often it is there."""
    try:
        assert uneven(world) == 0
        tables = {name: columns(world, name) for name in ("raw_events", "dead_letters")}
        plain = {
            name: Counter(world.warehouse.fetch(
                f"SELECT {', '.join(found)} FROM {name} WHERE NOT STARTS_WITH(message_id, $id)",
                {"id": CLASHING},
            ).rows)
            for name, found in tables.items()
        }  # fmt: skip
        return plain | {"clashing": Counter(clashing(world))}
    finally:
        world.close()


def columns(world: World, table: str) -> list[str]:
    found = world.warehouse.fetch(f"SELECT * FROM {table} LIMIT 0").columns
    return sorted(set(found) - JOURNEY)


def uneven(world: World) -> int:
    """Requests that do not balance, and rows that the ledger does not know of."""
    return int(
        world.warehouse.fetch("""
            SELECT COUNT(*) FILTER (WHERE received <> stored + duplicate + dead_letter + suppressed)
                + ABS(SUM(stored) - (SELECT COUNT(*) FROM raw_events))
                + ABS(SUM(dead_letter) - (SELECT COUNT(*) FROM dead_letters))
            FROM ingest_ledger
        """).scalar()
    )


def clashing(world: World) -> list[tuple[object, ...]]:
    """The bodies told under ids of two events, stored or not; each id is stored once."""
    stored = world.warehouse.fetch(
        "SELECT message_id FROM raw_events WHERE STARTS_WITH(message_id, $id)", {"id": CLASHING}
    ).rows
    assert len(stored) == len(set(stored)) == 4
    return world.warehouse.fetch(
        """
        SELECT message_id, body_key FROM raw_events WHERE STARTS_WITH(message_id, $id)
        UNION ALL SELECT message_id, body_key FROM dead_letters WHERE STARTS_WITH(message_id, $id)
        """,
        {"id": CLASHING},
    ).rows


def check(seed: int, folder: Path, at_once: dict[str, Rows]) -> None:
    chance = random.Random(seed)
    for _ in range(KILLS):
        killed(folder, seed, chance.uniform(0.02, 0.7))
    go_on(folder, seed)

    assert kept(World(folder)) == at_once


@pytest.mark.parametrize("seed", range(2))
def test_the_same_events_give_the_same_tables_however_they_come_and_whenever_it_dies(
    seed: int, tmp_path: Path, at_once: dict[str, Rows]
) -> None:
    check(seed, tmp_path, at_once)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(2, SEEDS, 10))
def test_and_for_many_more_ways(first: int, tmp_path: Path, at_once: dict[str, Rows]) -> None:
    for seed in range(first, min(first + 10, SEEDS)):
        check(seed, tmp_path / str(seed), at_once)
