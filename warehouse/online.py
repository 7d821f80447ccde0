"""One user at a time: conditions as the online evaluator, and users' states from the warehouse.

Attributes, traits, related rows and consents are read as they are at the moment of
loading; after that only events change a state, as they come.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import duckdb
from sqlglot import exp

from core.conditions import Condition
from core.evaluate import Evaluator, UserState
from core.kinds import plain
from core.moments import micros
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.compile.building import select_from, stored
from warehouse.compile.dialects import DIALECT
from warehouse.compile.kinds import kinds
from warehouse.compile.leaves import read_value
from warehouse.compile.queries import expanded
from warehouse.compile.sources import FACTS, Sources

BATCH = 10_000
"""Rows of events that are fetched at a time."""
_NOTHING_TOLD: Mapping[str, object] = {}


def evaluator(
    asked: Mapping[str, Condition], catalog: Catalog, audiences: Audiences | None = None
) -> Evaluator:
    """Named conditions, ready for one user at a time.

    Raises the first refusal of a condition that the catalog cannot decide.
    """
    ready = {name: expanded(one, catalog, audiences) for name, one in asked.items()}
    return Evaluator(ready, kinds(catalog))


def states(
    cursor: duckdb.DuckDBPyConnection,
    asking: Evaluator,
    catalog: Catalog,
    *,
    as_of: datetime,
    users: tuple[str, ...] | None = None,
) -> dict[str, UserState]:
    """User id → everything an evaluator reads of the user, as of a moment; None is everybody."""
    query = select_values(asking, Sources(catalog, as_of, users))
    made = made_states(asking, catalog, cursor.execute(query.sql(dialect=DIALECT)).fetchall())
    if asking.events:
        events = select_events(asking, catalog, users)
        record_events(cursor.execute(events.sql(dialect=DIALECT)), asking, made)
    for state in made.values():
        asking.trim(state, micros(as_of))
    return made


def select_values(asking: Evaluator, sources: Sources) -> exp.Select:
    """The query of ``user_id`` and what is stored of each reading."""
    columns = [
        exp.alias_(read_value(read, sources), f"r{number}", copy=False)
        for number, read in asking.stored
    ]
    return sources.build().select(exp.column("user_id", FACTS), *columns, copy=False)


def made_states(
    asking: Evaluator, catalog: Catalog, rows: Iterable[tuple[Any, ...]]
) -> dict[str, UserState]:
    """User id → state, of the rows that ``select_values`` gives; no event is remembered yet."""
    numbers = [number for number, _ in asking.stored]
    types = kinds(catalog)
    kind = [types.of(read) for _, read in asking.stored]
    return {
        user: asking.state(dict(zip(numbers, map(plain, values, kind), strict=True)))
        for user, *values in rows
    }


def record_events(
    cursor: duckdb.DuckDBPyConnection, asking: Evaluator, made: dict[str, UserState]
) -> None:
    """Remember the events that a cursor gives."""
    while rows := cursor.fetchmany(BATCH):
        for user, name, properties, times in rows:
            state = made.get(user)
            if state is not None:
                told = json.loads(properties) or {} if properties else _NOTHING_TOLD
                asking.record_all(state, name, times, told)


def select_events(asking: Evaluator, catalog: Catalog, users: tuple[str, ...] | None) -> exp.Select:
    """The query of ``user_id``, name, properties where they matter, and the moments (microseconds)
    of all events alike."""
    layout = catalog.layout.events
    user, name, time = exp.column(layout.user), exp.column(layout.name), exp.column(layout.time)
    told: exp.Expr = exp.null()
    if asking.filtered:
        told = exp.Case().when(_is_one_of(name, asking.filtered), exp.column(layout.properties))
    times = exp.func("LIST", exp.func("EPOCH_US", time.copy()))
    columns = (user, name, exp.alias_(told, "told"), exp.alias_(times, "times"))
    query = select_from(stored(layout.table, catalog), *columns)
    # By their canonical names only: that is what SQL counts.
    query.where(_is_one_of(name, asking.events), copy=False)
    query.where(time.is_(exp.null()).not_(), copy=False)
    if users is not None:
        query.where(exp.In(this=user.copy(), expressions=_listed(users)), copy=False)
    return query.group_by(exp.Literal.number(1), exp.Literal.number(2), exp.Literal.number(3))


def _is_one_of(name: exp.Column, names: Iterable[str]) -> exp.In:
    return exp.In(this=name.copy(), expressions=_listed(sorted(names)))


def _listed(words: Iterable[str]) -> list[exp.Expr]:
    return [exp.Literal.string(word) for word in words]
