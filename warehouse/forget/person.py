"""Everything that identifies one person: what identity knows, and what tables add to it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp

from core.errors import Code, PilothouseError, refuse
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT, DuckDBWarehouse
from warehouse.forget.removal import Shared
from warehouse.identity.people import Known, closure
from warehouse.identity.settings import IdentitySettings
from warehouse.identity.update import prepare, update
from warehouse.transactions import undone

_SQL = Path(__file__).parent / "sql"
_ROUNDS = 5
"""A user merged into one who was merged: chains are short."""


class Person(NamedTuple):
    """Identifiers that are theirs alone, and devices that were theirs for a time."""

    identifiers: tuple[str, ...]
    shared: tuple[Shared, ...]
    known: bool
    """Whether anything but the identifier itself was found."""


def person_behind(
    warehouse: DuckDBWarehouse, catalog: Catalog, identifier: str, settings: IdentitySettings
) -> Person:
    """Whoever is behind an identifier, by all that is loaded; nothing is written.

    Refuses an identifier that several people have (AMBIGUOUS).
    """
    with warehouse.cursor() as cursor, undone(cursor):
        prepare(cursor)
        update(cursor, settings)
        known = _known(cursor, identifier)
        if known is None and (user := _user_with(cursor, catalog, identifier)):
            identifier, known = user, _known(cursor, f"user_id:{user}") or []
        own = {one.identifier.value for one in known or () if not one.shared}
        own = _with_further(cursor, catalog, own or {identifier})
    shared = tuple(
        Shared(one.identifier.value, one.valid_from, one.valid_to)
        for one in known or ()
        if one.shared and one.identifier.kind == "anonymous_id"
    )
    return Person(tuple(sorted(own)), shared, known is not None or len(own) > 1)


def _known(cursor: duckdb.DuckDBPyConnection, identifier: str) -> list[Known] | None:
    """None for what no event carries: it may still stand in a table or in a refused event."""
    try:
        return closure(cursor, identifier)
    except PilothouseError as error:
        if error.refusal.code is Code.UNKNOWN_USER:
            return None
        raise


def _user_with(cursor: duckdb.DuckDBPyConnection, catalog: Catalog, identifier: str) -> str | None:
    """The user of whom the table of users alone knows this; refuses what several have."""
    users = catalog.layout.users
    cursor.execute(_sql("forgotten"), {"ids": [identifier]})
    ids = exp.select("id").from_("forgotten")
    found: set[str] = set()
    for name in sorted(_personal(catalog) & _columns(cursor, users.table)):
        same = exp.Lower(this=exp.cast(exp.column(name), "VARCHAR")).isin(query=ids.copy())
        query = exp.select(users.key).from_(users.table).where(same)
        cursor.execute(query.sql(DIALECT, identify=True))
        found |= {str(row[0]) for row in cursor.fetchall()}
    if len(found) > 1:
        raise refuse(
            Code.AMBIGUOUS,
            f"{identifier} is known of {len(found)} people: {', '.join(sorted(found)[:5])}.",
            span=identifier,
            fix=f"Name one of them, such as {min(found)}.",
        )
    return found.pop() if found else None


def _with_further(cursor: duckdb.DuckDBPyConnection, catalog: Catalog, own: set[str]) -> set[str]:
    """The identifiers with those that events and the table of users add, until nothing is new."""
    for _ in range(_ROUNDS):
        cursor.execute(_sql("forgotten"), {"ids": sorted(own)})
        found = {row[0] for row in cursor.execute(_sql("further")).fetchall()}
        for query in _from_users(cursor, catalog):
            cursor.execute(query.sql(DIALECT, identify=True))
            found |= {str(row[0]) for row in cursor.fetchall() if row[0] is not None}
        if found <= own:
            return own
        own = own | found
    return own


def _from_users(cursor: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[exp.Select]:
    """Users merged into one another, and personal columns that no other user has alike."""
    users = catalog.layout.users
    there = _columns(cursor, users.table)
    ids = exp.select("id").from_("forgotten")
    mine = exp.column(users.key).isin(query=ids)
    table = exp.to_table(users.table)
    queries = []
    if {users.key, "merged_into"} <= there:
        merged = exp.column("merged_into")
        queries.append(exp.select(merged).from_(table).where(mine))
        queries.append(exp.select(users.key).from_(table).where(merged.copy().isin(query=ids)))
    for name in sorted(_personal(catalog) & there):
        others = exp.select(name).from_(table).where(mine.copy().not_())
        others = others.where(exp.column(name).is_(exp.null()).not_())
        own = exp.select(name).from_(table).where(mine)
        queries.append(own.where(exp.column(name).isin(query=others).not_()))
    return queries


def _personal(catalog: Catalog) -> set[str]:
    return {name for name, one in catalog.user_columns().items() if one.data_class != "public"}


def _columns(cursor: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    found = cursor.execute(_sql("columns")).fetchall()
    return {column for schema, name, column, _ in found if (schema, name) == ("main", table)}


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
