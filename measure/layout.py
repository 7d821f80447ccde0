"""The read-outs' SQL over a catalog's own tables.

The files of ``sql/`` are written against one layout, whose tables are roles:
``dim_users``, ``fct_events``, ``dim_releases`` and ``fct_subscriptions`` (what
the server itself knows of the goal). Where a catalog's layout says that a part
has another table or other columns, that part is read from there.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.compile.building import SCHEMA


class Role(NamedTuple):
    """A table of the files: where a catalog has it, and each column by its name in the files.

    A column that the catalog lacks is a typed NULL.
    """

    table: str
    columns: dict[str, str | exp.Expr]


class Clock(NamedTuple):
    """Events of a version whose time is off, and the seconds to add to it."""

    event: str
    version: str
    seconds: int


def laid_out(query: exp.Query, catalog: Catalog, clocks: tuple[Clock, ...] = ()) -> exp.Query:
    """The query with every role read from the catalog's own table, its clocks put right."""
    named = {cte.alias for cte in query.find_all(exp.CTE)}
    found = _roles(catalog)
    if clocks:
        found["fct_events"].columns["event_time"] = _set_right(catalog, clocks)
    roles = {name: role for name, role in found.items() if not _is_as_written(name, role)}

    def place(node: exp.Expr) -> exp.Expr:
        role = roles.get(node.name) if isinstance(node, exp.Table) and not node.db else None
        if role is None or node.name in named:
            return node
        return _read_from(role).subquery(node.alias_or_name, copy=False)

    # Tables are collected first: what replaces one names tables of its own.
    for table in list(query.find_all(exp.Table)):
        placed = place(table)
        if placed is not table:
            table.replace(placed)
    return query


def platform_is(catalog: Catalog, column: str) -> bool:
    """Whether a user column is the one whose values have versions of their own."""
    return column == catalog.layout.users.platform


DEVICE = "anonymous_id"
"""The column of events that stays when a device's user gets another id."""


def has_device(catalog: Catalog) -> bool:
    """Whether events say which device sent them."""
    return DEVICE in catalog.tables[catalog.layout.events.table].columns


def dimensions(catalog: Catalog) -> tuple[str, ...]:
    """The user columns by which a diagnosis asks who came and for whom a step fell."""
    return catalog.layout.users.dimensions


def dimension_words(catalog: Catalog) -> tuple[str, ...]:
    """Each dimension as people call it: its first phrase, or its name."""
    columns = catalog.user_columns()
    phrased = ((*columns[name].phrases, name.replace("_", " ")) for name in dimensions(catalog))
    return tuple(words[0] for words in phrased)


def _roles(catalog: Catalog) -> dict[str, Role]:
    layout = catalog.layout
    users, events = layout.users, layout.events
    roles = {
        "dim_users": Role(
            users.table,
            {name: name for name in dimensions(catalog)}
            | {"user_id": users.key, "device_os": users.platform or _missing("text")}
            | {"signup_at": users.signup or _missing("timestamp")},
        ),
        "fct_events": Role(
            events.table,
            {
                "user_id": events.user,
                "event_name": events.name,
                "event_time": events.time,
                "received_at": events.received or events.time,
                "properties": events.properties,
                "app_version": events.version or _missing("text"),
                "device_os": events.platform or _missing("text"),
                "anonymous_id": DEVICE if has_device(catalog) else _missing("text"),
            },
        ),
    }
    if layout.releases is not None:
        release = layout.releases
        columns = {"app_version": release.version, "released_at": release.released}
        platform = {"device_os": release.platform or _missing("text")}
        roles["dim_releases"] = Role(release.table, {**columns, **platform})
    if layout.sales is not None:
        sales = layout.sales
        columns = {"user_id": sales.user, "started_at": sales.time}
        sold = {"plan": sales.product or _missing("text")}
        paid = {"price": sales.price or _missing("double")}
        roles["fct_subscriptions"] = Role(sales.table, {**columns, **sold, **paid})
    return roles


def _set_right(catalog: Catalog, clocks: tuple[Clock, ...]) -> exp.Expr:
    """When events happened, those of a wrong clock moved."""
    events = catalog.layout.events
    time = exp.column(events.time)
    result = exp.Case(default=time.copy())
    for clock in clocks:
        sent = exp.column(events.name).eq(exp.Literal.string(clock.event))
        by = exp.column(events.version or "").eq(exp.Literal.string(clock.version))
        seconds = exp.Interval(
            this=exp.Literal.string(str(clock.seconds)), unit=exp.Var(this="SECOND")
        )
        result = result.when(exp.and_(sent, by), exp.Add(this=time.copy(), expression=seconds))
    return result


def _missing(kind: str) -> exp.Expr:
    return exp.cast(exp.null(), kind)


def _is_as_written(name: str, role: Role) -> bool:
    return role.table == name and all(own == column for column, own in role.columns.items())


def _read_from(role: Role) -> exp.Select:
    columns = [
        exp.alias_(exp.column(own) if isinstance(own, str) else own.copy(), name)
        for name, own in role.columns.items()
    ]
    # With its schema: no part of a read-out's query can hide a table of the same name.
    return exp.select(*columns).from_(exp.table_(role.table, db=SCHEMA))
