"""Where users are and when it is what time there: the days and clock times that waits need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import duckdb
from sqlglot import exp

from core.wall_clock import instant, known_zones, local_date
from orchestrate.journeys.statements import DIALECT, insert
from warehouse.catalog import Catalog
from warehouse.layout import zones

DAY = timedelta(days=1)
_CLOCKS = "SELECT DISTINCT clock, fallback_zone FROM jr_steps WHERE clock IS NOT NULL"
_UNKNOWN = "UPDATE jr_zones SET zone = NULL WHERE NOT list_contains($known, zone)"


def fill_clocks(cursor: duckdb.DuckDBPyConnection, catalog: Catalog, as_of: datetime) -> None:
    """Fill zones, days and clock times of the users of moving runs; nothing without such waits."""
    for table in ("jr_zones", "jr_days", "jr_clocks"):
        cursor.execute(exp.delete(table).sql(DIALECT))
    asked = cursor.execute(_CLOCKS).fetchall()
    ((first,),) = cursor.execute("SELECT MIN(step_at) FROM jr_moving").fetchall()
    if not asked or first is None:
        return
    runners = exp.select("user_id").from_("jr_moving").subquery()
    here = exp.select("user_id", "timezone").from_(zones(catalog.layout).subquery("everybody"))
    here = here.where(exp.In(this=exp.column("user_id"), query=runners))
    cursor.execute(exp.insert(here, "jr_zones").sql(DIALECT))
    cursor.execute(_UNKNOWN, {"known": sorted(known_zones())})
    named = cursor.execute("SELECT DISTINCT zone FROM jr_zones WHERE zone IS NOT NULL").fetchall()
    places = sorted({zone for (zone,) in named} | {fallback for _, fallback in asked})
    for zone in places:
        days = [*_days(first, as_of, zone)]
        insert(cursor, "jr_days", [(zone, day, *_of(day, zone)) for day in days])
        times = [(zone, day, clock, _at(day, clock, zone)) for day in days for clock, _ in asked]
        insert(cursor, "jr_clocks", sorted({*times}))


def _days(first: datetime, last: datetime, zone: str) -> Iterator[date]:
    day, end = local_date(first, zone) - DAY, local_date(last, zone) + DAY
    while day <= end:
        yield day
        day += DAY


def _of(day: date, zone: str) -> tuple[datetime, datetime]:
    return instant(day, time(), zone), instant(day + DAY, time(), zone)


def _at(day: date, clock: str, zone: str) -> datetime:
    return instant(day, time.fromisoformat(clock), zone)
