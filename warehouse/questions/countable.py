"""Which rows of a catalog can be counted: events, rows of entities and tables, users."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlglot import exp

from core.questions import Rows
from warehouse.catalog import Catalog, Entity, Table
from warehouse.catalog import Column as CatalogColumn
from warehouse.compile.building import parse
from warehouse.compile.values import moment


class Countable(NamedTuple):
    """Rows of one kind: where they are, whose, since when, and what may be said of them."""

    table: str
    user: str | None
    """The column that says whose row it is."""
    time: exp.Expr | None
    """When a row came to be; None: nobody knows."""
    visible: exp.Expr | None
    """Which rows there are at ``as_of``, besides those that came to be before it."""
    columns: dict[str, CatalogColumn]


def countable(rows: Rows, catalog: Catalog) -> Countable | None:
    """What a name stands for; None where the catalog has no such thing."""
    match rows.of:
        case "users":
            return _users(catalog)
        case "event":
            return _event(rows.name, catalog)
        case "entity":
            entity = catalog.entities.get(rows.name)
            return _entity(entity, catalog) if entity and entity.cardinality == "many" else None
        case "table":
            table = catalog.tables.get(rows.name)
            return _table(rows.name, table, catalog) if table else None


def at(expression: exp.Expr, as_of: datetime) -> exp.Expr:
    """An expression of the catalog with the moment of asking in it."""

    def place(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name == "as_of":
            return moment(as_of)
        return node

    return expression.transform(place)


def _users(catalog: Catalog) -> Countable:
    users = catalog.layout.users
    signup = exp.column(users.signup) if users.signup else None
    traits = {
        name: CatalogColumn(type=trait.type, description=trait.description, values=trait.values)
        for name, trait in catalog.traits.items()
    }
    columns = {**traits, **catalog.user_columns()}
    return Countable(users.table, users.key, signup, parse(users.canonical), columns)


def _event(name: str, catalog: Catalog) -> Countable | None:
    known = catalog.event_named(name)
    if known is None:
        return None
    events = catalog.layout.events
    named = exp.EQ(this=exp.column(events.name), expression=exp.Literal.string(known))
    time = exp.column(events.time)
    return Countable(events.table, events.user, time, named, catalog.events[known].properties)


def _entity(entity: Entity, catalog: Catalog) -> Countable:
    table = catalog.tables[entity.table]
    visible = parse(entity.visible)
    columns = {**table.columns, **entity.columns}
    return Countable(entity.table, entity.user, _came_to_be(table, visible), visible, columns)


def _came_to_be(table: Table, visible: exp.Expr) -> exp.Expr | None:
    """A table's time column; else what must be before ``as_of`` for a row to be there."""
    if table.time_column:
        return exp.column(table.time_column)
    until = isinstance(visible, exp.LT | exp.LTE) and visible.expression.name == "as_of"
    return visible.this.copy() if until else _first_moment(table)


def _first_moment(table: Table) -> exp.Expr | None:
    for kind in ("timestamp", "date"):
        for name, column in table.columns.items():
            if column.type == kind:
                value: exp.Expr = exp.column(name)
                return exp.cast(value, "timestamp") if kind == "date" else value
    return None


def _table(name: str, table: Table, catalog: Catalog) -> Countable:
    keys = (catalog.layout.users.key, "user_id")
    user = next((key for key in keys if key in table.columns), None)
    if table.time_column and table.columns[table.time_column].type == "timestamp":
        return Countable(name, user, exp.column(table.time_column), None, table.columns)
    return Countable(name, user, _first_moment(table), None, table.columns)
