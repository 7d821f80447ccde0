"""The counters of incremental models in the warehouse: carried on where that is exact.

Counters are carried on only when every row is accounted for: rows that arrived
since are added, users whose earlier rows changed are counted anew, and when the
number of rows does not agree, everybody is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

import duckdb
from sqlglot import exp

from warehouse.models import rolling
from warehouse.models.assemble import stored
from warehouse.models.counters import Shape, integers_only, shape_of
from warehouse.models.modelset import ModelSet
from warehouse.models.physical import columns_of, write

How = Literal["full", "rolled"]


class State(NamedTuple):
    """The counters of one model at a moment."""

    relation: str
    as_of: datetime
    rows_before: int
    """Rows of the events table before that moment, of whatever kind."""
    received_up_to: datetime | None


def carry_on(
    cursor: duckdb.DuckDBPyConnection,
    models: ModelSet,
    name: str,
    as_of: datetime,
    *,
    full: bool = False,
) -> tuple[str, How]:
    """The table with a model's counters at a moment, and how it was made."""
    model, logic = models.by_name[name], models.logic[name]
    shape = shape_of(model)
    kept = None if full else _kept(cursor, name, logic)
    touched = _touched(cursor)
    if kept and touched == 0 and _stands(cursor, shape, kept, as_of):
        return kept.relation, "rolled"
    how: How = "full"
    query: exp.Query
    if kept and touched is not None and _accounted_for(cursor, shape, kept, as_of, touched):
        how = "rolled"
        query = rolling.rolled(
            shape, kept.relation, kept.as_of, as_of, kept.received_up_to, bool(touched)
        )
    else:
        query = rolling.from_nothing(shape, as_of)
    relation = f"{name}__{logic[:12]}__{_next(cursor)}"
    _write(cursor, shape, query, relation, as_of)
    _remember(
        cursor, shape, logic, State(relation, as_of, 0, kept.received_up_to if kept else None)
    )
    cursor.execute(f"DROP TABLE IF EXISTS temp.{rolling.TOUCHED_EVENTS}")
    return relation, how


def touched_are_done(cursor: duckdb.DuckDBPyConnection, models: ModelSet) -> None:
    """After a build of what is live: counters that it does not use go, and nobody is marked."""
    used = [logic for name, logic in models.logic.items() if models.by_name[name].incremental]
    unused = "FROM models.counters WHERE NOT list_contains($used, logic)"
    for (relation,) in cursor.execute(f"SELECT relation {unused}", {"used": used}).fetchall():
        drop(cursor, relation)
    cursor.execute(f"DELETE {unused}", {"used": used})
    cursor.execute("DELETE FROM models.touched")


def drop(cursor: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Remove one table of the models' own schema."""
    gone = exp.Drop(tables=[stored(relation)], kind="TABLE", exists=True)
    cursor.execute(gone.sql("duckdb"))


def _kept(cursor: duckdb.DuckDBPyConnection, name: str, logic: str) -> State | None:
    row = cursor.execute(
        """
        SELECT relation, as_of, rows_before, received_up_to FROM models.counters
        WHERE model = $name AND logic = $logic
        """,
        {"name": name, "logic": logic},
    ).fetchone()
    return State(*row) if row else None


def _touched(cursor: duckdb.DuckDBPyConnection) -> int | None:
    """How many users are marked; None when it may be anybody."""
    row = cursor.execute("SELECT count(*), count(user_id) FROM models.touched").fetchone()
    assert row is not None
    return row[0] if row[0] == row[1] else None


def _accounted_for(
    cursor: duckdb.DuckDBPyConnection, shape: Shape, kept: State, as_of: datetime, touched: int
) -> bool:
    """Whether the kept counters and what arrived since are all rows, and rolling is the less work.

    Rows of touched users, who are counted anew, are left out on both sides.
    """
    if as_of < kept.as_of or not rolling.step_is_short(shape, as_of - kept.as_of):
        return False
    if not touched:
        return _rows(cursor, shape, kept.as_of) == kept.rows_before + _late(cursor, shape, kept)
    cursor.execute(rolling.touched_events(shape).sql("duckdb"))
    now, late = (
        _number(cursor, rolling.rows_counted(shape, shape.table, kept.as_of, after))
        - _number(cursor, rolling.rows_counted(shape, rolling.TOUCHED_EVENTS, kept.as_of, after))
        for after in (None, kept.received_up_to or datetime.max)
    )
    return now == _number(cursor, rolling.untouched_rows(shape, kept.relation)) + late


def _stands(cursor: duckdb.DuckDBPyConnection, shape: Shape, kept: State, as_of: datetime) -> bool:
    """Whether the kept counters are those of this very moment: no row came or went since."""
    return (
        kept.as_of == as_of
        and _rows(cursor, shape, as_of) == kept.rows_before
        and not _late(cursor, shape, kept)
    )


def _number(cursor: duckdb.DuckDBPyConnection, query: exp.Select) -> int:
    row = cursor.execute(query.sql("duckdb", comments=False)).fetchone()
    assert row is not None
    return int(row[0])


def _rows(cursor: duckdb.DuckDBPyConnection, shape: Shape, before: datetime) -> int:
    """Rows before a moment: all but those that are not, of which few have to be looked at."""
    time = exp.column(shape.time)
    rows = exp.select(exp.Count(this=exp.Star())).from_(shape.table)
    others = rows.where(exp.or_(time >= exp.Placeholder(this="before"), time.is_(exp.null())))
    query = exp.select(exp.Sub(this=rows.subquery(), expression=others.subquery()))
    row = cursor.execute(query.sql("duckdb"), {"before": before}).fetchone()
    return int(row[0]) if row else 0


def _late(cursor: duckdb.DuckDBPyConnection, shape: Shape, kept: State) -> int:
    query = exp.select(exp.Count(this=exp.Star())).from_(shape.table)
    query = query.where(
        exp.column(shape.time) < exp.Placeholder(this="before"),
        exp.column(shape.arrival) > exp.Placeholder(this="seen"),
    )
    given = {"before": kept.as_of, "seen": kept.received_up_to}
    row = cursor.execute(query.sql("duckdb"), given).fetchone()
    return int(row[0]) if row else 0


def _write(
    cursor: duckdb.DuckDBPyConnection,
    shape: Shape,
    query: exp.Query,
    relation: str,
    as_of: datetime,
) -> None:
    """The counters with the types that the model's own SQL gives them."""
    types = columns_of(cursor, shape.model.tree, as_of)
    integers_only(types.items(), shape)
    columns = {
        name: types.get(name, "BIGINT")
        for name in (shape.key, *(one.name for one in shape.counters))
    }
    write(cursor, query, relation, columns, as_of, uncompressed=columns)


def _remember(cursor: duckdb.DuckDBPyConnection, shape: Shape, logic: str, state: State) -> None:
    """Note where the counters are, and up to what they have read."""
    named = {"name": shape.model.name, "logic": logic}
    this = "FROM models.counters WHERE model = $name AND logic = $logic"
    for (old,) in cursor.execute("SELECT relation " + this, named).fetchall():
        drop(cursor, old)
    cursor.execute("DELETE " + this, named)
    found = {"relation": state.relation, "as_of": state.as_of}
    found["rows"] = _rows(cursor, shape, state.as_of)
    found["seen"] = _newest(cursor, shape, state.received_up_to)
    cursor.execute(
        "INSERT INTO models.counters VALUES ($name, $logic, $relation, $as_of, $rows, $seen)",
        named | found,
    )


def _newest(
    cursor: duckdb.DuckDBPyConnection, shape: Shape, since: datetime | None
) -> datetime | None:
    """The latest arrival; only rows after the latest one known are looked at."""
    arrival = exp.column(shape.arrival)
    newest = exp.select(exp.Max(this=arrival)).from_(shape.table)
    if since:
        newest = newest.where(arrival.copy() >= exp.Placeholder(this="since"))
    row = cursor.execute(newest.sql("duckdb"), {"since": since} if since else {}).fetchone()
    return (row[0] if row else None) or since


def _next(cursor: duckdb.DuckDBPyConnection) -> int:
    """A number that no table of the schema has yet."""
    row = cursor.execute(
        """
        SELECT coalesce(max(try_cast(split_part(table_name, '__', 3) AS BIGINT)), 0) + 1
        FROM duckdb_tables() WHERE schema_name = 'models'
        """
    ).fetchone()
    assert row is not None
    return int(row[0])
