"""A population that vanished or exploded since the last cycle holds the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.conditions import Attribute
from core.errors import Code, PilothouseError
from orchestrate import cycle
from tests.orchestrate.world import NOW, World, single


def _people(world: World, count: int) -> None:
    world.warehouse.execute(
        "INSERT INTO dim_users (user_id, country) SELECT 'p' || i, 'DE' FROM range($n) t(i)",
        {"n": count},
    )


@pytest.mark.parametrize(("before", "now"), [(150, 0), (2, 150)])
def test_a_population_of_0_or_50_times_the_last_one_holds_the_cycle(
    world: World, before: int, now: int
) -> None:
    _people(world, before)
    world.publish(single(world.catalog, population=Attribute(column="country", value="DE")))
    world.cycle()
    world.warehouse.execute("DELETE FROM dim_users")
    _people(world, now)
    later = NOW + timedelta(days=1)

    with pytest.raises(PilothouseError, match="nothing was decided") as held:
        world.cycle(later)

    assert held.value.refusal.code is Code.BLOCKED_BY_POLICY
    assert world.rows("SELECT COUNT(*) FROM cycles") == [(1,)]
    accepted = cycle.run_cycle(
        world.store, world.warehouse, world.catalog, as_of=later, accept_jump=True
    )
    assert accepted.populations == {"next_best": now}
