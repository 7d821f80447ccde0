"""One look at every journey: runs go as far as what is known takes them, and new ones begin.

Everything is worked out in sets on one connection to the warehouse and then written to the
control store in one transaction: a tick that dies leaves nothing behind, and the next one does
what it would have done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb
from pydantic import BaseModel, ConfigDict

from control.journeys import Changes, TickState
from control.store import Store
from control.versions import JourneyVersion
from core.journey_runs import HELD_OUT, NO_WAY, NOT_NOW
from core.journeys import MOST_STEPS
from orchestrate.journeys import runs
from orchestrate.journeys.checks import undecidable_now
from orchestrate.journeys.clocks import fill_clocks
from orchestrate.journeys.entering import enter
from orchestrate.journeys.keeper import LiveRuns, RunKeeper
from orchestrate.journeys.relations import with_relations
from orchestrate.journeys.shape import Shape, lay_out
from orchestrate.journeys.statements import insert, run
from orchestrate.journeys.truths import fill_truths
from orchestrate.stages import create_tables
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.engines.duckdb import DuckDBWarehouse


class TickReport(BaseModel):
    """What one look at every journey changed. Counts are runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: datetime
    entered: int = 0
    moved: int = 0
    """Runs under way that went on, asked for their message's turn, or ended."""
    ended: dict[str, int] = {}
    """Why they ended → how many."""
    due: int = 0
    """Messages that ask for their turn in the next cycle."""
    active: int = 0
    held: dict[str, str] = {}
    """``key@version`` → why its runs stand still: the warehouse lacks what it reads."""
    skipped: bool = False
    """Whether nothing was done: the moment is before the last look, or another tick was faster."""


def tick(
    store: Store, warehouse: DuckDBWarehouse, catalog: Catalog, *, as_of: datetime
) -> TickReport:
    """Look at every live journey at a moment (naive UTC); the same moment again changes nothing.

    A moment before the last look changes nothing either.
    """
    return look(LiveRuns(store), warehouse, catalog, as_of=as_of)


def look(
    keeper: RunKeeper, warehouse: DuckDBWarehouse, catalog: Catalog, *, as_of: datetime
) -> TickReport:
    """``tick`` for the journeys whose runs somebody keeps; ``warehouse``: where they are decided
    on."""
    states = keeper.ticks()
    ours = _to_look_at(keeper, states, as_of)
    if not ours:
        return TickReport(as_of=as_of, skipped=True)
    known = with_relations(catalog)
    audiences = keeper.audiences()
    held = undecidable_now(list(ours.values()), known, audiences)
    able = [one for name, one in ours.items() if name not in held]
    with warehouse.cursor() as cursor:
        create_tables(cursor)
        run(cursor, "tables")
        keeper.make_ready(cursor)
        changes = _worked_out(cursor, keeper, able, known, audiences, states, as_of)
        report = _report(cursor, as_of, held)
    written = keeper.write(changes, before=states, now=as_of)
    return report if written else TickReport(as_of=as_of, skipped=True)


def _to_look_at(
    keeper: RunKeeper, states: dict[str, TickState], as_of: datetime
) -> dict[str, JourneyVersion]:
    def is_later(key: str) -> bool:
        state = states.get(key)
        return state is None or state.ticked_at is None or state.ticked_at <= as_of

    running = keeper.running()
    return {name: one for name, one in running.items() if is_later(one.key)}


def _worked_out(
    cursor: duckdb.DuckDBPyConnection,
    keeper: RunKeeper,
    ours: Sequence[JourneyVersion],
    catalog: Catalog,
    audiences: Audiences,
    states: dict[str, TickState],
    as_of: datetime,
) -> Changes:
    live = {one.key: one for one in ours if one.state == "live"}
    shape = lay_out(cursor, ours)
    _tell_journeys(cursor, ours, states)
    runs.load(cursor, keeper, sorted(live))
    keyed = [key for key, one in live.items() if one.artifact.reentry.mode == "keyed"]
    runs.follow_merges(cursor, catalog, keyed, as_of)
    runs.tell_never_sent(cursor, keeper.never_sent())
    _go_on(cursor, shape, catalog, audiences, as_of, fresh=runs.EXISTING)
    joined: list[tuple[str, str]] = []
    left: list[tuple[str, str]] = []
    ticked: list[TickState] = []
    for key, version in live.items():
        state = states.get(key) or TickState(key)
        first = min(one.published_at for one in ours if one.key == key)
        state = state._replace(since=state.since or first)
        more, fewer = enter(cursor, keeper, version, state, catalog, audiences, as_of)
        joined, left = joined + more, left + fewer
        ticked.append(_looked_at(state, as_of))
    _go_on(cursor, shape, catalog, audiences, as_of, fresh=runs.FRESH)
    return Changes(
        started=runs.changed(cursor, runs.FRESH),
        moved=runs.changed(cursor, runs.EXISTING),
        joined=joined,
        left=left,
        ticked=ticked,
    )


def _looked_at(state: TickState, as_of: datetime) -> TickState:
    """Up to now; after a pause that nobody is to make up for, what was before counts no more."""
    since = as_of if state.paused_at is not None and not state.backfill else state.since
    return TickState(state.journey_key, ticked_at=as_of, since=since)


def _tell_journeys(
    cursor: duckdb.DuckDBPyConnection,
    ours: Sequence[JourneyVersion],
    states: dict[str, TickState],
) -> None:
    rows = [
        (
            one.key,
            one.version,
            one.artifact.max_runtime_seconds,
            states[one.key].ticked_at if one.key in states else None,
        )
        for one in ours
    ]
    insert(cursor, "jr_journeys", rows)


def _go_on(
    cursor: duckdb.DuckDBPyConnection,
    shape: Shape,
    catalog: Catalog,
    audiences: Audiences,
    as_of: datetime,
    *,
    fresh: bool,
) -> None:
    """Move runs wave by wave: each wave is one step of every run that can go on."""
    runs.part(cursor, fresh)
    ((waiting,),) = cursor.execute("SELECT COUNT(*) FROM jr_moving").fetchall()
    if not waiting:
        return
    given = {"as_of": as_of, "not_now": sorted(NOT_NOW), "no_way": sorted(NO_WAY)}
    run(cursor, "decided", held_out=sorted(HELD_OUT), **given)
    fill_truths(cursor, shape, catalog, audiences, as_of)
    fill_clocks(cursor, catalog, as_of)
    run(cursor, "receipts", as_of=as_of)
    run(cursor, "stops", as_of=as_of)
    for wave in range(MOST_STEPS):
        run(cursor, "moves", as_of=as_of, wave=wave)
        ((moved,),) = cursor.execute("SELECT COUNT(*) FROM jr_moves").fetchall()
        if not moved:
            break
    run(cursor, "finish")


def _report(cursor: duckdb.DuckDBPyConnection, as_of: datetime, held: dict[str, str]) -> TickReport:
    counted = cursor.execute(
        "SELECT COUNT(*) FILTER (fresh), COUNT(*) FILTER (changed AND NOT fresh), "
        "COUNT(*) FILTER (exit_reason IS NULL AND phase = 'due'), "
        "COUNT(*) FILTER (exit_reason IS NULL) FROM jr_runs"
    ).fetchall()
    ((entered, moved, due, active),) = counted
    ended = cursor.execute(
        "SELECT exit_reason, COUNT(*) FROM jr_runs WHERE exit_reason IS NOT NULL "
        "GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return TickReport(
        as_of=as_of,
        entered=entered,
        moved=moved,
        due=due,
        active=active,
        ended=dict(ended),
        held=held,
    )
