"""A cycle of staging: the rulebook as it would be, decided over the real data at a moment.

It is decided and kept like any other, on staging's side of the warehouse. Nothing of it gets to
the outbox, so nothing of it can be sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb

from control import staging
from control.store import Store
from orchestrate import stages
from orchestrate.cycle import CycleReport, Tally, earlier, remember, report_of
from orchestrate.engine.decided import Decided
from orchestrate.journeys.offers import offer
from orchestrate.journeys.tick import TickReport, look
from orchestrate.keeping import keep_chunk, keep_rules
from orchestrate.staged.past import hide_past, see_messages, show_past
from orchestrate.staged.runs import StagedRuns, discard_all_but
from orchestrate.staged.side import StagingSide
from orchestrate.staged.world import World, with_waiting, world_of
from orchestrate.turn import own_turn
from warehouse.catalog import Catalog
from warehouse.clocks.past import stand_at
from warehouse.engines.duckdb import DuckDBWarehouse

_SQL = Path(__file__).parent / "sql"


def run_staged(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    as_of: datetime,
    trace_id: str | None = None,
    only_journeys: bool = False,
) -> CycleReport | None:
    """Decide for everybody as if what is in staging were live; None when nothing is.

    What runs of staging have due is decided on too; with ``only_journeys`` nothing else is. The
    same moment, rules and staging are the same cycle. No jump holds it: nobody gets anything.
    """
    side = StagingSide(warehouse)
    world = planned_world(store, side, catalog, as_of=as_of, trace_id=trace_id)
    if world is None or (only_journeys and not world.journeys):
        return None
    if world.journeys:
        due = StagedRuns(store, side, catalog, world).due(as_of)
        world = with_waiting(world, due, only_journeys=only_journeys)
    return _decide(side, world)


def look_at_staged(
    store: Store, warehouse: DuckDBWarehouse, catalog: Catalog, *, as_of: datetime
) -> TickReport | None:
    """Look at every journey that is tried, as at live ones; None when none is.

    Runs of what is not tried any more are discarded.
    """
    side = StagingSide(warehouse)
    world = planned_world(store, side, catalog, as_of=as_of)
    if world is None or not world.journeys:
        discard_all_but(side, ())
        return None
    runs = StagedRuns(store, side, catalog, world)
    runs.settle()
    return look(runs, side, catalog, as_of=as_of)


def explained_world(
    store: Store, side: StagingSide, catalog: Catalog, user: str, *, as_of: datetime
) -> World | None:
    """What a cycle of staging decided, or would decide, with for one user at a moment."""
    world = planned_world(store, side, catalog, as_of=as_of)
    if world is None or not world.journeys:
        return world
    runs = StagedRuns(store, side, catalog, world)
    return with_waiting(world, runs.offered(as_of, user) or runs.due(as_of, user))


def planned_world(
    store: Store,
    side: StagingSide,
    catalog: Catalog,
    *,
    as_of: datetime,
    trace_id: str | None = None,
) -> World | None:
    """What a cycle of staging would decide with at a moment; None when nothing is in staging."""
    if not staging.tried(store):
        return None
    with side.whole.cursor() as cursor:
        stages.create_tables(cursor)
    with side.cursor() as cursor:
        stages.create_tables(cursor)
        stopped = cursor.execute(_sql("released")).fetchall()
    released = frozenset(decision for (decision,) in stopped)
    return world_of(store, catalog, as_of=as_of, trace_id=trace_id, released=released)


def _decide(side: StagingSide, world: World) -> CycleReport:
    tick = world.tick
    with own_turn(side, tick.cycle_id) as cursor:
        found = earlier(cursor, tick.cycle_id)
        if found is not None:
            return found
        past = stand_at(cursor, tick.catalog, tick.as_of)
        see_messages(cursor, world, tick.catalog, past)
        offer(cursor, world.waiting, tick.as_of)
        stand = stages.lay_out(cursor, tick)
        tally = Tally(stand.candidates)
        keep_rules(cursor, stand)
        for number, one in enumerate(_decided(cursor, stand, world)):
            tally.add(one)
            keep_chunk(cursor, stand, number, one)
        cursor.execute(_sql("unstaged_intents"), {"cycle_id": tick.cycle_id})
        report = report_of(tick, tally, dry_run=False)
        remember(cursor, report)
    return report


def _decided(
    cursor: duckdb.DuckDBPyConnection, stand: stages.Stand, world: World
) -> Iterator[Decided]:
    """Chunk after chunk, each decided while the cursor sees staging's past, and kept when not."""
    chunks = stages.decided(cursor, stand)
    while True:
        show_past(cursor, world)
        one = next(chunks, None)
        hide_past(cursor)
        if one is None:
            return
        yield one


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
