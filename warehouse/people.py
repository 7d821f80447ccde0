"""The team's own tables of users under fixed names, and who was merged into whom.

Deciding and sending both read them, so that they agree on who one person is.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT
from warehouse.layout import Consent, Layout, consents, zones

_SQL = Path(__file__).parent / "sql"
OWN_CONSENT = Consent(
    table="consent_withdrawn",
    user="user_id",
    purpose="purpose",
    channel="channel",
    status="status",
    effective_at="effective_at",
)
"""Where consent that ends here is written if the team's own record of it is only read."""


def name_people(cursor: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Views of this connection alone: ``zones_of_users``, ``consents_of_users`` and
    ``merges_of_users``; and the table ``former_ids``, each with the person they are now."""
    layout = catalog.layout
    for name, rows in (
        ("zones_of_users", zones(layout)),
        ("consents_of_users", every_consent(layout, kept_here=keeps_consent(cursor))),
        ("merges_of_users", merges(catalog)),
    ):
        view = exp.Create(this=exp.table_(name), kind="VIEW", expression=rows, replace=True)
        view.set("properties", exp.Properties(expressions=[exp.TemporaryProperty()]))
        cursor.execute(view.sql(DIALECT))
    cursor.execute(_sql("former_ids"))


def consent_to_write(cursor: duckdb.DuckDBPyConnection, catalog: Catalog) -> Consent:
    """Where consent may be written: where it is recorded, unless that is a view."""
    consent = catalog.layout.consent
    if not _is_there(cursor, "views", consent.table):
        return consent
    cursor.execute(_sql("consent_withdrawn"))
    return OWN_CONSENT


def keeps_consent(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether consent ever ended here, beside the team's own record of it."""
    return _is_there(cursor, "tables", OWN_CONSENT.table)


def every_consent(layout: Layout, *, kept_here: bool) -> exp.Query:
    """Every word on consent: the team's own, and what ended here where that is kept."""
    theirs = consents(layout)
    if not kept_here:
        return theirs
    ours = consents(layout.model_copy(update={"consent": OWN_CONSENT}))
    return theirs.union(ours, distinct=False)


def _is_there(cursor: duckdb.DuckDBPyConnection, kind: str, name: str) -> bool:
    """Whether the warehouse itself has a view or a table of this name."""
    column = exp.column("view_name" if kind == "views" else "table_name")
    ours = exp.column("database_name").eq(exp.func("CURRENT_DATABASE"))
    query = (
        exp.select(exp.Count(this=exp.Star()))
        .from_(exp.func(f"duckdb_{kind}"))
        .where(column.eq(exp.Placeholder(this="name")), ours)
    )
    found = cursor.execute(query.sql(DIALECT), {"name": name}).fetchone()
    return bool(found and found[0])


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def merges(catalog: Catalog) -> exp.Select:
    """``user_id, merged_into`` of everybody who was merged; nobody where users have no such
    column."""
    users = catalog.layout.users
    known = "merged_into" in catalog.user_columns()
    into = exp.column("merged_into") if known else exp.cast(exp.null(), "text")
    columns = exp.alias_(exp.column(users.key), "user_id"), exp.alias_(into, "merged_into")
    return exp.select(*columns).from_(exp.table_(users.table)).where(into.is_(exp.null()).not_())
