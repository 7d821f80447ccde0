"""Killed at any moment, the collector loses nothing it acknowledged and stores nothing twice."""

from __future__ import annotations

import multiprocessing
import os
import random
from pathlib import Path

import pytest

from tests.collect.dies_at import go_on
from tests.collect.world import World, balanced

# A seed takes seconds: PILOTHOUSE_CRASH_SEEDS=200 looks longer than the suite does.
SEEDS = int(os.environ.get("PILOTHOUSE_CRASH_SEEDS", "20"))
REQUESTS = 30
KILLS = 2


# Forks of a process that has imported everything: a kill costs its own time and no start.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.collect.dies_at"])


def killed(folder: Path, after: float) -> None:
    process = PROCESSES.Process(target=go_on, args=(folder, REQUESTS))
    process.start()
    process.join(after)
    process.kill()
    process.join()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[object, ...]]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    go_on(folder, REQUESTS)
    return kept(folder)


def kept(folder: Path) -> dict[str, set[tuple[object, ...]]]:
    """What a sender cares about: a request sent again after a crash is a duplicate, no more."""
    world = World(folder)
    try:
        assert balanced((0, *world.warehouse.fetch(TOTALS).rows[0]))
        columns = ("message_id", "event_name", "properties", "user_id", "body_sha")
        stored = world.rows("raw_events", *columns)
        dead = world.rows("dead_letters", "message_id", "code", "path", "body_sha")
        facts = world.rows("fct_events", "message_id", "event_name")
        for rows in (stored, dead, facts):
            assert len(rows) == len(set(rows))
        return {"stored": set(stored), "dead": set(dead), "facts": set(facts)}
    finally:
        world.close()


TOTALS = """
    SELECT SUM(received), SUM(stored), SUM(duplicate), SUM(dead_letter), SUM(suppressed)
    FROM ingest_ledger
"""


def check(seed: int, folder: Path, undisturbed: dict[str, set[tuple[object, ...]]]) -> None:
    chance = random.Random(seed)
    for _ in range(KILLS):
        killed(folder, chance.uniform(0.02, 0.5))
    go_on(folder, REQUESTS)

    assert kept(folder) == undisturbed


@pytest.mark.parametrize("seed", range(2))
def test_after_kills_the_tables_are_those_of_an_undisturbed_run(
    seed: int, tmp_path: Path, undisturbed: dict[str, set[tuple[object, ...]]]
) -> None:
    check(seed, tmp_path, undisturbed)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(0, SEEDS, 10))
def test_after_many_kills_as_well(
    first: int, tmp_path: Path, undisturbed: dict[str, set[tuple[object, ...]]]
) -> None:
    for seed in range(first, first + 10):
        check(seed, tmp_path / str(seed), undisturbed)
