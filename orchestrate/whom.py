"""Whom and when a question about decisions is about."""

from __future__ import annotations

from datetime import datetime

import duckdb
from sqlglot import exp

from core.errors import Code, refuse
from orchestrate import stages
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse


def latest_moment(warehouse: DuckDBWarehouse) -> datetime:
    """The moment of the latest cycle, or the end of the data."""
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        query = (
            "SELECT COALESCE((SELECT MAX(decided_at) FROM cycles), "
            "(SELECT CAST(value AS TIMESTAMP) FROM meta WHERE key = 'as_of'))"
        )
        ((moment,),) = cursor.execute(query).fetchall()
    assert isinstance(moment, datetime)
    return moment


def check_user(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    user_id: str,
    then: datetime | None = None,
) -> None:
    """Refuse with UNKNOWN_USER whom nothing is decided for: not there, not yet, or merged."""
    layout = catalog.layout.users
    query = (
        exp.select(exp.maybe_parse(layout.canonical, dialect=stages.DIALECT))
        .from_(layout.table)
        .where(exp.column(layout.key).eq(exp.Placeholder(this="user_id")))
    )
    found = cursor.execute(query.sql(stages.DIALECT), {"user_id": user_id}).fetchone()
    if found is None and then is not None:
        raise refuse(
            Code.UNKNOWN_USER,
            f"'{user_id}' had not signed up by {then:%Y-%m-%d %H:%M}.",
            span=user_id,
            fix="Ask about a later moment.",
        )
    if found is None:
        raise refuse(
            Code.UNKNOWN_USER,
            f"There is no user '{user_id}'.",
            span=user_id,
            fix="Take a user id from 'pilothouse rules audience KEY --ids'.",
        )
    if not found[0]:
        raise refuse(
            Code.UNKNOWN_USER,
            f"'{user_id}' was merged into another user.",
            span=user_id,
            fix="Ask about the user it was merged into.",
        )
