"""Who enters a journey: those who joined its audience, or did its event, since the last look."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
from sqlglot import exp

from control import journeys
from control.journeys import TickState
from control.versions import JourneyVersion
from core.conditions import And, Condition, Related
from core.journeys import AudienceEntry, EventEntry
from orchestrate.journeys.happened import occurrences
from orchestrate.journeys.keeper import RunKeeper
from orchestrate.journeys.relations import ENTRANT
from orchestrate.journeys.statements import DIALECT, run
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, compile_audience
from warehouse.compile.values import moment

Changed = tuple[list[tuple[str, str]], list[tuple[str, str]]]
"""Who joined and who left an entry audience, as (journey, user)."""
NOBODY: Changed = ([], [])


def enter(
    cursor: duckdb.DuckDBPyConnection,
    keeper: RunKeeper,
    version: JourneyVersion,
    state: TickState,
    catalog: Catalog,
    audiences: Audiences,
    as_of: datetime,
) -> Changed:
    """Begin the runs of everybody who may enter now; gives how the entry audience changed.

    Those who qualified while the journey was paused enter only where that was chosen.
    """
    entry, journey = version.artifact.entry, version.artifact
    skips = state.paused_at is not None and not state.backfill
    cursor.execute("DELETE FROM jr_entering")
    moved = NOBODY
    who = And(of=(journey.population, entry.condition))
    if isinstance(entry, AudienceEntry):
        moved = _by_audience(cursor, keeper, version, who, catalog, audiences, as_of)
    elif not skips:
        # An event counts for a while, so that none is missed that was loaded late; whoever
        # entered by it does not enter by it again.
        oldest = None if state.backfill else as_of - timedelta(seconds=entry.max_age_seconds)
        since = state.since or version.published_at
        by_event(cursor, version.key, entry, catalog, as_of, since=since, oldest=oldest)
        only(cursor, who, catalog, audiences, as_of)
    if not skips:
        _begin(cursor, keeper, version)
    return moved


def by_event(
    cursor: duckdb.DuckDBPyConnection,
    key: str,
    entry: EventEntry,
    catalog: Catalog,
    as_of: datetime,
    *,
    since: datetime,
    oldest: datetime | None = None,
) -> None:
    """Who did the entry event, known from ``since`` on and not older than ``oldest``."""
    found = occurrences(entry.trigger, catalog, as_of).subquery("found")
    query = exp.select(exp.Literal.string(key), "user_id", "ts", "key_value").from_(found)
    query = query.where(exp.GTE(this=exp.column("known_at"), expression=moment(since)))
    if oldest is not None:
        query = query.where(exp.GT(this=exp.column("ts"), expression=moment(oldest)))
    cursor.execute(exp.insert(query, "jr_entering").sql(DIALECT))


def only(
    cursor: duckdb.DuckDBPyConnection,
    who: Condition,
    catalog: Catalog,
    audiences: Audiences,
    as_of: datetime,
) -> None:
    """Leave out whoever does not meet the conditions of entry, and users that do not exist."""
    among = compile_audience(
        who, catalog, as_of=as_of, population=Related(entity=ENTRANT), audiences=audiences
    )
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE jr_may AS {among}")
    cursor.execute("DELETE FROM jr_entering WHERE user_id NOT IN (SELECT user_id FROM jr_may)")


def _by_audience(
    cursor: duckdb.DuckDBPyConnection,
    keeper: RunKeeper,
    version: JourneyVersion,
    who: Condition,
    catalog: Catalog,
    audiences: Audiences,
    as_of: datetime,
) -> Changed:
    key = version.key
    now = compile_audience(who, catalog, as_of=as_of, audiences=audiences)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE jr_audience AS {now}")
    cursor.execute("DELETE FROM jr_members")
    for rows in keeper.members(key):
        users = {"users": [row[0] for row in rows], "key": key}
        cursor.execute("INSERT INTO jr_members SELECT $key, unnest($users)", users)
    given = {"key": key, "as_of": as_of}
    cursor.execute(
        "INSERT INTO jr_entering SELECT $key, user_id, $as_of, NULL FROM jr_audience "
        "WHERE user_id NOT IN (SELECT user_id FROM jr_members)",
        given,
    )
    joined = cursor.execute("SELECT journey_key, user_id FROM jr_entering ORDER BY 2").fetchall()
    left = cursor.execute(
        "SELECT journey_key, user_id FROM jr_members "
        "WHERE user_id NOT IN (SELECT user_id FROM jr_audience) ORDER BY 2"
    ).fetchall()
    return joined, left


def _begin(cursor: duckdb.DuckDBPyConnection, keeper: RunKeeper, version: JourneyVersion) -> None:
    key, reentry = version.key, version.artifact.reentry
    found = cursor.execute("SELECT DISTINCT user_id FROM jr_entering ORDER BY 1").fetchall()
    if not found:
        return
    _tell_earlier(cursor, keeper, key, [user for (user,) in found])
    run(
        cursor,
        "enter",
        journey_key=key,
        version=version.version,
        start=version.artifact.start,
        mode=reentry.mode,
        window_seconds=reentry.window_seconds or 0,
    )


def _tell_earlier(
    cursor: duckdb.DuckDBPyConnection, keeper: RunKeeper, key: str, users: list[str]
) -> None:
    """Their runs of before, as this tick has left them."""
    rows = keeper.earlier(key, users)
    columns = ([row[place] for row in rows] for place in range(len(journeys.EARLIER)))
    given = dict(zip(journeys.EARLIER, columns, strict=True))
    run(cursor, "earlier", journey_key=key, **given)
