"""What one person may do alone in an emergency, once more: in a team's store on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from control import emergencies, kill_switches, versions
from control.emergency_tables import emergencies as rows
from control.people import get
from core.errors import Code, PilothouseError
from orchestrate import rulebook
from orchestrate.rulebook import emergency
from tests.control_stores import store_on
from tests.orchestrate.world import NOW, World, policy, single

pytestmark = pytest.mark.slow
KEY, WHY = "next_best", "Wrong price."


def test_one_person_stops_pauses_and_rolls_back_and_another_looks_at_each(tmp_path: Path) -> None:
    with store_on("postgresql", tmp_path) as store:
        world = World(tmp_path, store)
        mara, pavel, ada = (get(store, f"{name}@demo") for name in ("mara", "pavel", "ada"))
        world.publish(single(world.catalog))
        world.publish(policy(world.catalog))
        first = versions.version(store, KEY, 1).content_hash

        emergency.stop(store, "channel", "push", person=mara, reason=WHY, now=NOW)
        emergency.pause(store, KEY, person=pavel, reason=WHY, now=NOW)
        assert versions.live(store) == []
        rulebook.resume(store, KEY, person=pavel, now=NOW)
        back = emergency.roll_back(store, KEY, 1, person=pavel, reason=WHY, now=NOW)

        assert kill_switches.active(store).stops(policy="p", action="a", channel="push")
        (live,) = versions.live(store)
        assert (live.version, live.content_hash) == (3, first)
        assert len(emergencies.unreviewed(store)) == 3
        with pytest.raises(PilothouseError) as refused:
            emergency.review(store, back.id, person=pavel, comment="Mine.", now=NOW)
        assert refused.value.refusal.code is Code.SELF_APPROVAL
        rewritten = rows.update().where(rows.c.id == back.id).values(reason="Nothing.")
        with pytest.raises(IntegrityError), store.write() as connection:
            connection.execute(rewritten)
        emergency.review(store, back.id, person=ada, comment="Right.", now=NOW)
        assert len(emergencies.unreviewed(store)) == 2
        world.warehouse.close()
