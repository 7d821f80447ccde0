"""The raw log loaded again beside the live tables, to be compared with them and then adopted.

What a reload makes stands in the schema ``reloaded`` under the names of the live
tables (raw_events, fct_events, dead_letters, ingest_ledger). Nobody sees it
until ``adopt`` puts it in their place in one transaction, so a crash at any
moment leaves the live tables as they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from collect.load import Loaded, load, loaded_up_to, sql
from collect.plan import TrackingPlan
from collect.rawlog import Position, RawLog
from control.sources import Source
from warehouse.engines.duckdb import DuckDBWarehouse


def reload(
    warehouse: DuckDBWarehouse,
    log: RawLog,
    plan: TrackingPlan,
    sources: Iterable[Source],
    *,
    since: datetime | None = None,
) -> Loaded:
    """Load the log again under a plan into the schema ``reloaded``; the live tables stay.

    With ``since`` (naive UTC) only requests received from then on are loaded
    again. Earlier events, and rows that never came through the log, are copied
    as they are, so the tables of both schemas compare row by row.
    """
    with warehouse.cursor() as cursor:
        cursor.execute(sql("reload_begin"))
        cursor.execute(sql("tables"))
        cursor.execute(sql("reload_from"), {"since": since})
        (first,) = cursor.execute("SELECT first FROM reloaded.reload_from").fetchone() or (None,)
        if position := _start(warehouse, log, first):
            cursor.execute(
                "INSERT INTO ingest_cursor VALUES ($segment, $offset)", position._asdict()
            )
        cursor.execute(sql("reload_keep"))
    return load(warehouse, log, plan, sources, schema="reloaded")


def adopt(warehouse: DuckDBWarehouse, log: RawLog) -> None:
    """Put what was reloaded in the place of the live rows, all at once, and let go of the copy."""
    with warehouse.transaction() as cursor:
        cursor.execute(sql("reload_adopt"))
    log.loaded(loaded_up_to(warehouse))
    discard(warehouse)


def discard(warehouse: DuckDBWarehouse) -> None:
    """Let go of what was reloaded."""
    warehouse.execute("DROP SCHEMA IF EXISTS reloaded CASCADE")


def _start(warehouse: DuckDBWarehouse, log: RawLog, first: int | None) -> Position | None:
    """Where to begin: the request, or what has not been loaded yet when none is that late."""
    return loaded_up_to(warehouse) if first is None else log.position_of(first)
