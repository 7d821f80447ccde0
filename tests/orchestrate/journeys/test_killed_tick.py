"""A look at journeys that was killed is made again: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from control.people import add_demo_people
from control.store import open_store
from orchestrate.intents import reconcile
from tests.doomed import KILLED, ended
from tests.orchestrate.journeys.dies_in_tick import MOMENTS, look_and_die
from tests.orchestrate.journeys.stage import Stage, push_then_email
from tests.orchestrate.world import World


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_server_killed_at_any_boundary_of_a_look_loses_nothing_and_sends_once(
    tmp_path: Path, moment: str
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/control.db")
    add_demo_people(store)
    before = Stage(World(tmp_path, store))
    before.publish(push_then_email())
    for user in ("u1", "u2"):
        before.world.user(user)
        before.did(user, "pricing_viewed")
    before.world.warehouse.close()
    store.close()

    assert ended(look_and_die, str(tmp_path), moment) == KILLED

    store = open_store(f"sqlite:///{tmp_path}/control.db")
    stage = Stage(World(tmp_path, store, is_new=False))
    stage.wait(minutes=1)
    reconcile(store, stage.world.warehouse)
    stage.later(minutes=1)
    stage.later(minutes=1)
    assert [len(stage.sent(user)) for user in ("u1", "u2")] == [1, 1]
    assert [run["user_id"] for run in stage.runs()] == ["u1", "u2"]
    assert {run["step"] for run in stage.runs()} == {"opened"}
    stage.world.warehouse.close()
    store.close()
