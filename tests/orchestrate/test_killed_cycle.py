"""A cycle that was killed is run again: the same records, and no message twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from control.people import add_demo_people
from control.store import open_store
from orchestrate.intents import reconcile
from tests.doomed import KILLED, ended
from tests.orchestrate.dies_in_cycle import MOMENTS, decide_and_die
from tests.orchestrate.world import EVERYBODY_HELD_OUT, World, policy

TABLES = ("decisions", "decision_records", "slots", "intents", "record_users")


def _world(folder: Path) -> World:
    folder.mkdir()
    store = open_store(f"sqlite:///{folder}/control.db")
    add_demo_people(store)
    world = World(folder, store)
    for number in range(9):
        user = world.user(f"u{number}", consent=("granted", "denied")[number % 4 == 3])
        for event in ("pricing_viewed", "workout_completed")[: 1 + number % 2]:
            world.did(user, event)
    world.publish(policy(world.catalog, hit_policy="top_k", k=2))
    held_out = policy(world.catalog, key="other", holdout=EVERYBODY_HELD_OUT)
    world.publish(held_out)
    return world


def _left(world: World) -> dict[str, list[Any]]:
    left = {name: sorted(world.rows(f"SELECT * FROM {name}"), key=str) for name in TABLES}
    # A run of its own has a trace of its own; nothing else may differ.
    left["intents"] = [(*row[:3], *row[4:]) for row in left["intents"]]
    with world.store.engine.connect() as connection:
        query = "SELECT intent_id, decision_id, state FROM outbox ORDER BY intent_id"
        left["outbox"] = [tuple(row) for row in connection.exec_driver_sql(query)]
    return left


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_cycle_killed_at_any_stage_and_run_again_is_the_cycle_that_was_not_killed(
    tmp_path: Path, moment: str
) -> None:
    whole = _world(tmp_path / "whole")
    whole.cycle()
    torn = _world(tmp_path / "torn")
    torn.warehouse.close()
    torn.store.close()

    assert ended(decide_and_die, str(tmp_path / "torn"), moment) == KILLED

    again = World(
        tmp_path / "torn", open_store(f"sqlite:///{tmp_path}/torn/control.db"), is_new=False
    )
    reconcile(again.store, again.warehouse)
    again.cycle()
    assert _left(again) == _left(whole)
    assert len(_left(again)["outbox"]) > 4
