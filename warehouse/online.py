"""One user at a time: conditions as the online evaluator, and users' states from the warehouse.

Attributes, traits, related rows and consents are read as they are at the moment of
loading; after that only events change a state, as they come, until it is refreshed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

import duckdb
from sqlglot import exp

from core.conditions import Condition
from core.evaluate import Evaluator, UserState
from core.kinds import Plain, plain
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
"""Events that are fetched at a time."""


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
    values = _values(cursor, asking, Sources(catalog, as_of, users))
    made = {user: asking.state(known) for user, known in values.items()}
    _remember(cursor, asking, catalog, made, users)
    for state in made.values():
        asking.trim(state, micros(as_of))
    return made


def refresh(
    cursor: duckdb.DuckDBPyConnection,
    asking: Evaluator,
    catalog: Catalog,
    known: Mapping[str, UserState],
    *,
    as_of: datetime,
) -> None:
    """Read the values of known users anew, and keep what is remembered of their events."""
    values = _values(cursor, asking, Sources(catalog, as_of, tuple(known)))
    for user, state in known.items():
        # Who is no longer a user of their own has no values.
        state.values = asking.state(values.get(user, {})).values


def _values(
    cursor: duckdb.DuckDBPyConnection, asking: Evaluator, sources: Sources
) -> dict[str, dict[int, Plain]]:
    """User id → the number of a reading → its value."""
    numbers = [number for number, _ in asking.stored]
    types = kinds(sources.catalog)
    kind = [types.of(read) for _, read in asking.stored]
    columns = [
        exp.alias_(read_value(read, sources), f"r{number}", copy=False)
        for number, read in asking.stored
    ]
    query = sources.build().select(exp.column("user_id", FACTS), *columns, copy=False)
    rows = cursor.execute(query.sql(dialect=DIALECT)).fetchall()
    return {
        user: dict(zip(numbers, map(plain, values, kind), strict=True)) for user, *values in rows
    }


def _remember(
    cursor: duckdb.DuckDBPyConnection,
    asking: Evaluator,
    catalog: Catalog,
    made: dict[str, UserState],
    users: tuple[str, ...] | None,
) -> None:
    if not asking.events:
        return
    cursor.execute(_events(asking.events, catalog, users).sql(dialect=DIALECT))
    while rows := cursor.fetchmany(BATCH):
        for user, name, at, properties in rows:
            state = made.get(user)
            if state is not None and at is not None:
                asking.record(state, name, micros(at), json.loads(properties or "{}") or {})


def _events(names: Iterable[str], catalog: Catalog, users: tuple[str, ...] | None) -> exp.Select:
    layout = catalog.layout.events
    user, name = exp.column(layout.user), exp.column(layout.name)
    columns = (user, name, exp.column(layout.time), exp.column(layout.properties))
    query = select_from(stored(layout.table, catalog), *columns)
    # By their canonical names only: that is what SQL counts.
    query.where(exp.In(this=name.copy(), expressions=_listed(sorted(names))), copy=False)
    if users is not None:
        query.where(exp.In(this=user.copy(), expressions=_listed(users)), copy=False)
    return query


def _listed(words: Iterable[str]) -> list[exp.Expr]:
    return [exp.Literal.string(word) for word in words]
