"""States of some users, read again and again: the queries are written once.

What was read stays true while nothing is written, but for what the moment itself changes:
a row that becomes visible, a word on consent that takes effect later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
from sqlglot import exp

from core.conditions import AsOf
from core.evaluate import Evaluator, UserState
from core.moments import micros
from core.readings import ColumnValue, ConsentStatus, RowsOf
from warehouse.catalog import Catalog, Entity
from warehouse.compile.building import parse, stored
from warehouse.compile.dialects import DIALECT
from warehouse.compile.sources import Sources
from warehouse.compile.values import moment
from warehouse.online import made_states, record_events, select_events, select_values
from warehouse.statements import run_text

_ANY_MOMENT, _ANYBODY = datetime(1999, 3, 5, 7, 11, 13, 171_923), "somebody\x1f"
"""Stand for the moment and the users while a query is written."""


class StateReader:
    """Reads states of some users again and again: its queries are written once."""

    def __init__(self, asking: Evaluator, catalog: Catalog) -> None:
        self._asking = asking
        self._catalog = catalog
        self._moving = _moving(asking, catalog)
        sources = Sources(catalog, _ANY_MOMENT, (_ANYBODY,))
        self._values = None if self._moving else _asked(select_values(asking, sources))
        self._events = _asked(select_events(asking, catalog, (_ANYBODY,)))
        self._changes = _asked(changes) if (changes := _changes(asking, catalog)) else None

    def read(
        self, cursor: duckdb.DuckDBPyConnection, users: Sequence[str], as_of: datetime
    ) -> dict[str, UserState]:
        """User id → state, as ``states`` reads it, of those who are users of their own."""
        if self._values is None:
            query = select_values(self._asking, Sources(self._catalog, as_of, tuple(users)))
            rows = cursor.execute(query.sql(dialect=DIALECT)).fetchall()
        else:
            rows = _run(cursor, self._values, users, as_of)
        made = made_states(self._asking, self._catalog, rows)
        if self._asking.events:
            given = {"users": [*users]}
            record_events(run_text(cursor, self._events, given), self._asking, made)
        for state in made.values():
            self._asking.trim(state, micros(as_of))
        return made

    def lasts(
        self, cursor: duckdb.DuckDBPyConnection, users: Sequence[str], as_of: datetime
    ) -> dict[str, int]:
        """User id → the last moment (microseconds) at which what was read at ``as_of`` is still so,
        as long as nothing is written; who is not in it has no such moment."""
        if self._moving:
            return dict.fromkeys(users, micros(as_of))
        return dict(_run(cursor, self._changes, users, as_of)) if self._changes else {}


def _run(
    cursor: duckdb.DuckDBPyConnection, query: str, users: Sequence[str], as_of: datetime
) -> list[tuple[Any, ...]]:
    given = {"users": [*users], "as_of": as_of}
    return run_text(cursor, query, given).fetchall()


def _asked(query: exp.Expr) -> str:
    """A query with the moment and the users as parameters."""
    any_moment = moment(_ANY_MOMENT)
    listed = exp.Literal.string(_ANYBODY)

    def place(node: exp.Expr) -> exp.Expr:
        if node == any_moment:
            return exp.Placeholder(this="as_of")
        if isinstance(node, exp.In) and node.expressions == [listed]:
            return exp.In(this=node.this, query=exp.select("UNNEST($users)").subquery())
        return node

    return query.transform(place).sql(dialect=DIALECT)


def _moving(asking: Evaluator, catalog: Catalog) -> bool:
    """Whether a value may change with the moment in ways that no stored time tells."""
    filters = (one for _, read in asking.stored if isinstance(read, RowsOf) for one in read.where)
    if any(isinstance(one.value, AsOf) for one in filters):
        return True
    texts = (text for entity in _entities(asking, catalog) for text in _texts(entity))
    return any(_moves(parse(text)) for text in texts)


def _moves(text: exp.Expr) -> bool:
    """Whether the moment stands anywhere but beside stored times that it is compared with."""
    return any(
        not isinstance(node.parent, exp.LT | exp.LTE | exp.GT | exp.GTE)
        or not isinstance(_beside(node), exp.Column | exp.Coalesce)
        for node in text.find_all(exp.Column)
        if node.name == "as_of"
    )


def _beside(node: exp.Expr) -> exp.Expr:
    comparison = node.parent
    assert isinstance(comparison, exp.Binary)
    return comparison.right if comparison.left is node else comparison.left


def _entities(asking: Evaluator, catalog: Catalog) -> list[Entity]:
    read = {one.entity for _, one in asking.stored if isinstance(one, RowsOf)}
    columns = (one.column for _, one in asking.stored if isinstance(one, ColumnValue))
    read |= {column.rpartition(".")[0] for column in columns if "." in column}
    return [catalog.entities[name] for name in sorted(read)]


def _texts(entity: Entity) -> list[str]:
    expressions = (column.expression for column in entity.columns.values())
    return [entity.visible, *(text for text in expressions if text is not None)]


def _changes(asking: Evaluator, catalog: Catalog) -> exp.Expr | None:
    """``user_id, last``: until when everything stays as it is."""
    times = [
        _times(entity.table, entity.user, column, catalog)
        for entity in _entities(asking, catalog)
        for column in _compared(entity)
    ]
    if any(isinstance(one, ConsentStatus) for _, one in asking.stored):
        consent = catalog.layout.consent
        at = exp.column(consent.effective_at)
        times.append(_times(consent.table, consent.user, at, catalog))
    if not times:
        return None
    every = exp.union(*times, distinct=False) if len(times) > 1 else times[0]
    first = exp.func("EPOCH_US", exp.Min(this=exp.column("at"))) - 1
    return exp.select("user_id", first).from_(every.subquery("times")).group_by("user_id")


def _compared(entity: Entity) -> list[exp.Expr]:
    """What the moment is compared with in an entity's SQL."""
    found = (
        _beside(node)
        for text in _texts(entity)
        for node in parse(text).find_all(exp.Column)
        if node.name == "as_of"
    )
    return list(dict.fromkeys(found))


def _times(table: str, user: str, at: exp.Expr, catalog: Catalog) -> exp.Select:
    time = exp.cast(at.copy(), "timestamp")
    query = exp.select(exp.alias_(exp.column(user), "user_id"), exp.alias_(time, "at"))
    mine = exp.In(this=exp.column(user), expressions=[exp.Literal.string(_ANYBODY)])
    later = exp.GTE(this=time.copy(), expression=moment(_ANY_MOMENT))
    return query.from_(stored(table, catalog)).where(later, mine)
