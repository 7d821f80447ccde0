"""The team's own tables of users under fixed names, and who was merged into whom.

Deciding and sending both read them, so that they agree on who one person is.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT
from warehouse.layout import consents, zones

_FORMER_IDS = Path(__file__).parent / "sql" / "former_ids.sql"


def name_people(cursor: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Views of this connection alone: ``zones_of_users``, ``consents_of_users`` and
    ``merges_of_users``; and the table ``former_ids``, each with the person they are now."""
    layout = catalog.layout
    for name, rows in (
        ("zones_of_users", zones(layout)),
        ("consents_of_users", consents(layout)),
        ("merges_of_users", merges(catalog)),
    ):
        view = exp.Create(this=exp.table_(name), kind="VIEW", expression=rows, replace=True)
        view.set("properties", exp.Properties(expressions=[exp.TemporaryProperty()]))
        cursor.execute(view.sql(DIALECT))
    cursor.execute(_FORMER_IDS.read_text(encoding="utf-8"))


def merges(catalog: Catalog) -> exp.Select:
    """``user_id, merged_into`` of everybody who was merged; nobody where users have no such
    column."""
    users = catalog.layout.users
    known = "merged_into" in catalog.user_columns()
    into = exp.column("merged_into") if known else exp.cast(exp.null(), "text")
    columns = exp.alias_(exp.column(users.key), "user_id"), exp.alias_(into, "merged_into")
    return exp.select(*columns).from_(exp.table_(users.table)).where(into.is_(exp.null()).not_())
