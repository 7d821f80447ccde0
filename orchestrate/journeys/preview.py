"""What a journey would do: who would enter at once, and how many in the days ahead."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import duckdb

from control import journeys
from control.journeys import TickState
from control.store import Store
from control.versions import JourneyVersion, audiences
from core.conditions import And, Condition
from core.journey_effects import ExpectedDay, JourneyEffect, MessageVolume
from core.journeys import AudienceEntry, EventEntry, Journey
from orchestrate.journeys import entering
from orchestrate.journeys.keeper import LiveRuns
from orchestrate.journeys.relations import with_relations
from orchestrate.journeys.statements import run
from orchestrate.stages import create_tables
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, compile_audience
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.wording import describe

DAYS = 7
DAY = timedelta(days=1)


def preview(
    store: Store, warehouse: DuckDBWarehouse, catalog: Catalog, journey: Journey, *, as_of: datetime
) -> JourneyEffect:
    """What the journey would do from a moment (naive UTC) on, judged by the week before it.

    The conditions of an event's entry are asked as of the moment, for the whole week.
    """
    known, named = with_relations(catalog), audiences(store)
    under_way = [
        n for key, _, _, _, n in journeys.counts(store, active_only=True) if key == journey.key
    ]
    with warehouse.cursor() as cursor:
        run(cursor, "tables")
        population = _size(cursor, journey.population, known, named, as_of)
        now, days = _entries(cursor, journey, known, named, as_of)
    expected = now + sum(day.entries for day in days)
    words = describe(journey.population, catalog)
    return JourneyEffect(
        population="all users" if words == "everyone" else words,
        population_size=population,
        enter_now=now,
        as_of=as_of.isoformat(),
        days=days,
        volume=tuple(
            MessageVolume(step=one.key, action=one.action.name, at_most=expected)
            for one in journey.messages()
        ),
        under_way=sum(under_way),
    )


def missed(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    version: JourneyVersion,
    *,
    as_of: datetime,
) -> int:
    """How many runs would begin for those who qualified while the journey was paused."""
    state = journeys.ticks(store).get(version.key) or TickState(version.key)
    known, named = with_relations(catalog), audiences(store)
    with warehouse.cursor() as cursor:
        create_tables(cursor)
        run(cursor, "tables")
        made_up = state._replace(backfill=True)
        entering.enter(cursor, LiveRuns(store), version, made_up, known, named, as_of)
        ((found,),) = cursor.execute("SELECT COUNT(*) FROM jr_runs").fetchall()
    return int(found)


def _entries(
    cursor: duckdb.DuckDBPyConnection,
    journey: Journey,
    catalog: Catalog,
    named: Audiences,
    as_of: datetime,
) -> tuple[int, tuple[ExpectedDay, ...]]:
    entry = journey.entry
    who = And(of=(journey.population, entry.condition))
    if isinstance(entry, AudienceEntry):
        now, before = _joined(cursor, who, catalog, named, as_of)
    else:
        now, before = 0, _did(cursor, journey, entry, who, catalog, named, as_of)
    # The same day of the week: the day after the moment is judged by the one seven days before.
    days = tuple(
        ExpectedDay(
            day=(as_of + number * DAY).date().isoformat(), entries=before[DAYS - number + 1]
        )
        for number in range(1, DAYS + 1)
    )
    return now, days


def _joined(
    cursor: duckdb.DuckDBPyConnection,
    who: Condition,
    catalog: Catalog,
    named: Audiences,
    as_of: datetime,
) -> tuple[int, Counter[int]]:
    """Who belongs now, and by how many days ago how many joined that day."""
    joined: Counter[int] = Counter()
    _keep(cursor, "jr_audience_then", who, catalog, named, as_of)
    ((now,),) = cursor.execute("SELECT COUNT(*) FROM jr_audience_then").fetchall()
    for ago in range(1, DAYS + 1):
        cursor.execute("CREATE OR REPLACE TEMP TABLE jr_audience_later AS FROM jr_audience_then")
        _keep(cursor, "jr_audience_then", who, catalog, named, as_of - ago * DAY)
        query = "SELECT COUNT(*) FROM jr_audience_later ANTI JOIN jr_audience_then USING (user_id)"
        ((joined[ago],),) = cursor.execute(query).fetchall()
    return int(now), joined


def _did(
    cursor: duckdb.DuckDBPyConnection,
    journey: Journey,
    entry: EventEntry,
    who: Condition,
    catalog: Catalog,
    named: Audiences,
    as_of: datetime,
) -> Counter[int]:
    entering.by_event(cursor, journey.key, entry, catalog, as_of, since=as_of - DAYS * DAY)
    entering.only(cursor, who, catalog, named, as_of)
    # Each user once a week where nobody enters twice, once a day otherwise, each key once.
    mode = journey.reentry.mode
    run(cursor, "week", as_of=as_of, keyed=mode == "keyed", daily=mode not in ("never", "keyed"))
    return Counter(dict(cursor.execute("SELECT ago, entries FROM jr_week").fetchall()))


def _size(
    cursor: duckdb.DuckDBPyConnection,
    who: Condition,
    catalog: Catalog,
    named: Audiences,
    as_of: datetime,
) -> int:
    _keep(cursor, "jr_considered", who, catalog, named, as_of)
    ((found,),) = cursor.execute("SELECT COUNT(*) FROM jr_considered").fetchall()
    return int(found)


def _keep(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    who: Condition,
    catalog: Catalog,
    named: Audiences,
    as_of: datetime,
) -> None:
    users = compile_audience(who, catalog, as_of=as_of, audiences=named)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {users}")
