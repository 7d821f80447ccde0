"""Runs between the two stores: loaded as columns, merged users followed, changes read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
from sqlglot import exp

from control.journeys import COLUMNS, Ended, Row
from core.journey_runs import NO_WAY
from orchestrate.journeys.keeper import RunKeeper
from orchestrate.journeys.statements import DIALECT, run
from warehouse.catalog import Catalog

EXISTING, FRESH = False, True
_PART = {
    EXISTING: "CREATE OR REPLACE TEMP VIEW jr_moving AS "
    "SELECT * FROM jr_runs WHERE exit_reason IS NULL AND NOT fresh",
    FRESH: "CREATE OR REPLACE TEMP VIEW jr_moving AS "
    "SELECT * FROM jr_runs WHERE exit_reason IS NULL AND fresh",
}


def load(cursor: duckdb.DuckDBPyConnection, keeper: RunKeeper, keys: Sequence[str]) -> None:
    """The runs under way of some journeys, as rows of the connection's own."""
    for rows in keeper.active(keys):
        add(cursor, rows)


def add(cursor: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
    """Add runs in the order of the control store's columns."""
    given = dict(zip(COLUMNS, (list(column) for column in zip(*rows, strict=True)), strict=True))
    run(cursor, "load_runs", **given)


def part(cursor: duckdb.DuckDBPyConnection, fresh: bool) -> None:
    """Which runs move from now on: those that were there, or those that began in this tick."""
    cursor.execute(_PART[fresh])


def follow_merges(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, keyed: Sequence[str], as_of: datetime
) -> None:
    """Merged users go on as the user they were merged into; of two runs the older one stays."""
    users = catalog.layout.users
    if "merged_into" not in catalog.user_columns():
        return
    people = (
        exp.select(exp.alias_(exp.column(users.key), "user_id"), "merged_into")
        .from_(exp.to_table(users.table))
        .where("merged_into IS NOT NULL")
    )
    view = exp.Create(this=exp.table_("jr_people"), kind="VIEW", expression=people, replace=True)
    view.set("properties", exp.Properties(expressions=[exp.TemporaryProperty()]))
    cursor.execute(view.sql(DIALECT))
    run(cursor, "merges", keyed=[*keyed], as_of=as_of)


def tell_never_sent(cursor: duckdb.DuckDBPyConnection, ended: Sequence[Ended]) -> None:
    """Messages that were stopped before they were sent, each with whether nobody was reachable."""
    run(
        cursor,
        "never_sent",
        intent_id=[one.intent_id for one in ended],
        unreachable=[one.reason in NO_WAY for one in ended],
        at=[one.at for one in ended],
    )


def changed(cursor: duckdb.DuckDBPyConnection, fresh: bool) -> list[tuple[Any, ...]]:
    """The runs that a tick began, or those that it changed, in the order of the columns."""
    query = (
        exp.select(*COLUMNS).from_("jr_runs").where("fresh" if fresh else "changed AND NOT fresh")
    )
    return cursor.execute(query.order_by("run_id").sql(DIALECT)).fetchall()
