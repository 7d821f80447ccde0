"""From stored events to what leaves: page by page, in SQL, with nothing that is not listed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp

from collect.routing import Destination
from control.routing import Routed
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

PAGE = 5_000
_SQL = Path(__file__).parent / "sql"


class Page(NamedTuple):
    """Events for one destination, and the number of the last event that was looked at for them."""

    rows: list[Routed]
    up_to: int


def last_stored(warehouse: DuckDBWarehouse) -> int:
    """The number of the last event of the log that is stored; 0 before the first one."""
    return int(warehouse.fetch("SELECT COALESCE(MAX(seq), 0) FROM raw_events").scalar())


def pages(
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    destination: Destination,
    *,
    after: int,
    now: datetime,
    page: int = PAGE,
) -> Iterator[Page]:
    """What a destination gets of the events after a number, up to those stored by now."""
    top = last_stored(warehouse)
    while after < top:
        with warehouse.cursor() as cursor:
            last = _read_page(cursor, destination, after, top, page)
            after = top if last is None else last
            _lay_out_people(cursor, catalog, destination, now)
            found = cursor.execute(
                _sql("route_payloads"), {"consent": destination.purpose is not None}
            ).fetchall()
        yield Page([Routed(*row) for row in found], after)


def _read_page(
    cursor: duckdb.DuckDBPyConnection, destination: Destination, after: int, top: int, page: int
) -> int | None:
    """Make ``route_page``; the number of its last event, or None when there are no more."""
    listed = [
        (event, name) for event, properties in destination.events.items() for name in properties
    ]
    cursor.execute(
        _sql("route_page"),
        {
            "events": list(destination.events),
            "property_events": [event for event, _ in listed],
            "properties": [name for _, name in listed],
            "paths": [_path(name) for _, name in listed],
            "after": after,
            "top": top,
            "page": page,
        },
    )
    row = cursor.execute("SELECT COUNT(*), MAX(seq) FROM route_page").fetchone()
    assert row is not None, "an aggregate always gives a row"
    return row[1] if row[0] == page else None


def _path(name: str) -> str:
    """Where a property stands: a dot in a planned name goes one level down."""
    return "$" + "".join(f'."{part}"' for part in name.split("."))


def _lay_out_people(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, destination: Destination, now: datetime
) -> None:
    _make(cursor, "route_people", _people(catalog))
    _make(cursor, "route_attributes", _attributes(catalog, destination))
    if destination.purpose is not None:
        _make(cursor, "route_agreed", _agreed(catalog), now=now, destination=destination)
    else:
        _make(cursor, "route_agreed", exp.select(exp.alias_(exp.null(), "person")).limit(0))


def _make(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    query: exp.Select,
    *,
    now: datetime | None = None,
    destination: Destination | None = None,
) -> None:
    made = exp.Create(
        this=exp.to_table(table),
        kind="TABLE",
        replace=True,
        expression=query,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    asked = (
        {}
        if destination is None
        else {"now": now, "purpose": destination.purpose, "channel": destination.channel}
    )
    cursor.execute(made.sql("duckdb", identify=True), asked)


def _people(catalog: Catalog) -> exp.Select:
    """Who each sender is: the user they were merged into, if they were."""
    users = catalog.layout.users
    person: exp.Expr = exp.column("user_id", table="p")
    query = exp.select(exp.column("user_id", table="p")).distinct().from_(_named("route_page", "p"))
    if "merged_into" in catalog.user_columns():
        person = exp.func("COALESCE", exp.column("merged_into", table="u"), person)
        same = exp.column(users.key, table="u").eq(exp.column("user_id", table="p"))
        query = query.join(_named(users.table, "u"), on=same, join_type="LEFT")
    return query.select(exp.alias_(person, "person"))


def _attributes(catalog: Catalog, destination: Destination) -> exp.Select:
    """The listed columns of each person, as one object."""
    users, traits = catalog.layout.users, catalog.layout.traits
    own = catalog.user_columns()
    pairs: list[exp.Expr] = []
    for name in destination.user:
        table = "u" if name in own else "t"
        pairs += [exp.Literal.string(name), exp.column(name, table=table)]
    person = exp.column("person", table="o")
    attributes = exp.Anonymous(this="JSON_OBJECT", expressions=pairs)
    query = (
        exp.select(person, exp.alias_(attributes, "attributes"))
        .distinct()
        .from_(_named("route_people", "o"))
        .join(
            _named(users.table, "u"),
            on=exp.column(users.key, table="u").eq(person.copy()),
            join_type="LEFT",
        )
    )
    if any(name not in own for name in destination.user):
        same = exp.column(traits.user, table="t").eq(person.copy())
        query = query.join(_named(traits.table, "t"), on=same, join_type="LEFT")
    return query


def _agreed(catalog: Catalog) -> exp.Select:
    """People whose latest word on the purpose and channel is yes; of two at once, no."""
    consent = catalog.layout.consent
    person, status = exp.column(consent.user), exp.column(consent.status)
    yes = exp.Literal.string("granted")
    # Among words of the same moment 'granted' is the last to count.
    latest = exp.Window(
        this=exp.func("ROW_NUMBER"),
        partition_by=[person],
        order=exp.Order(
            expressions=[
                exp.Ordered(this=exp.column(consent.effective_at), desc=True),
                exp.Ordered(this=status.eq(yes)),
            ]
        ),
    )
    words = (
        exp.select(exp.alias_(person, "person"), status, exp.alias_(latest, "place"))
        .from_(consent.table)
        .where(exp.column(consent.purpose).eq(exp.Placeholder(this="purpose")))
        .where(exp.column(consent.channel).eq(exp.Placeholder(this="channel")))
        .where(exp.column(consent.effective_at) <= exp.Placeholder(this="now"))
    )
    return (
        exp.select("person")
        .from_(words.subquery("words"))
        .where(exp.column("place").eq(1))
        .where(status.copy().eq(yes.copy()))
    )


def _named(table: str, alias: str) -> exp.Expr:
    return exp.alias_(exp.to_table(table), alias, table=True)


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
