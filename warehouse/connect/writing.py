"""Accepted rows into a table: what differs is updated, what is new is inserted, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
from sqlglot import exp

from core.errors import Code, refuse
from warehouse.connect import checking
from warehouse.connect.checking import ACCEPTED, PHYSICAL
from warehouse.connect.declared import Target
from warehouse.connect.imports import Counts


def types_of(cursor: duckdb.DuckDBPyConnection, into: Target) -> dict[str, str]:
    """The table's own types; those of the catalog for a table that is not there yet."""
    found = cursor.execute(
        """
        SELECT column_name, data_type FROM information_schema.columns
        WHERE table_name = $table AND table_schema = 'main' AND table_catalog = CURRENT_DATABASE()
        """,
        {"table": into.table},
    ).fetchall()
    declared = {name: PHYSICAL[column.type] for name, column in into.columns.items()}
    return declared | {name: kind for name, kind in found if name in declared}


def refuse_view(cursor: duckdb.DuckDBPyConnection, into: Target) -> None:
    """Refuse a table that is a view over a team's own warehouse: that is only read."""
    found = cursor.execute(
        """
        SELECT table_type FROM information_schema.tables
        WHERE table_name = $table AND table_schema = 'main' AND table_catalog = CURRENT_DATABASE()
        """,
        {"table": into.table},
    ).fetchone()
    if found and found[0] == "VIEW":
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{into.table} is a view over your own warehouse, which is only read.",
            span=into.table,
            fix="Bring the rows into the table there that it reads.",
        )


def create(cursor: duckdb.DuckDBPyConnection, into: Target) -> None:
    """Make the table as the catalog describes it, unless it is there."""
    columns = [
        exp.ColumnDef(
            this=exp.to_identifier(name), kind=exp.DataType.build(PHYSICAL[column.type], "duckdb")
        )
        for name, column in into.columns.items()
    ]
    schema = exp.Schema(this=exp.to_table(into.table), expressions=columns)
    cursor.execute(exp.Create(this=schema, kind="TABLE", exists=True).sql("duckdb", identify=True))


def write(
    cursor: duckdb.DuckDBPyConnection, into: Target, columns: Sequence[str], counts: Counts
) -> Counts:
    """Update what differs and insert what is new."""
    create(cursor, into)
    accepted = count(cursor, exp.to_table(ACCEPTED))
    known = _rows_of(cursor, _known(into, columns))
    updated = _rows_of(cursor, _known(into, columns).where(_differs(columns)))
    cursor.execute(_update(into, columns).sql("duckdb", identify=True))
    cursor.execute(_insert(into, columns).sql("duckdb", identify=True))
    return counts._replace(
        inserted=accepted - known,
        updated=updated,
        unchanged=known - updated,
        repeated=counts.rows - counts.rejected - accepted,
    )


def _same_key(into: Target, columns: Sequence[str]) -> exp.Expr:
    ours = checking.key_columns(into, columns, "ours")
    theirs = checking.key_columns(into, columns, "theirs")
    return exp.and_(
        *(
            exp.NullSafeEQ(this=one, expression=other)
            for one, other in zip(ours, theirs, strict=True)
        )
    )


def _differs(columns: Sequence[str]) -> exp.Expr:
    return exp.or_(
        *(
            exp.NullSafeNEQ(
                this=exp.column(name, table="ours"), expression=exp.column(name, table="theirs")
            )
            for name in columns
        )
    )


def _known(into: Target, columns: Sequence[str]) -> exp.Select:
    """The accepted rows whose key the table has."""
    return (
        exp.select("theirs.*")
        .from_(exp.alias_(exp.to_table(ACCEPTED), "theirs", table=True))
        .join(
            exp.alias_(exp.to_table(into.table), "ours", table=True),
            on=_same_key(into, columns),
            join_type="INNER",
        )
    )


def _rows_of(cursor: duckdb.DuckDBPyConnection, query: exp.Select) -> int:
    """Rows of a query over accepted rows, each counted once."""
    return count(cursor, query.distinct().subquery("found"))


def count(cursor: duckdb.DuckDBPyConnection, rows: exp.Expr) -> int:
    """How many rows a table or subquery has."""
    query = exp.select(exp.Count(this=exp.Star())).from_(rows)
    row = cursor.execute(query.sql("duckdb", identify=True)).fetchone()
    assert row is not None, "a count always gives a row"
    return int(row[0])


def _update(into: Target, columns: Sequence[str]) -> exp.Update:
    changes = [
        exp.EQ(this=exp.column(name), expression=exp.column(name, table="theirs"))
        for name in columns
    ]
    return exp.Update(
        this=exp.alias_(exp.to_table(into.table), "ours", table=True),
        expressions=changes,
        from_=exp.From(this=exp.alias_(exp.to_table(ACCEPTED), "theirs", table=True)),
        where=exp.Where(this=exp.and_(_same_key(into, columns), _differs(columns))),
    )


def _insert(into: Target, columns: Sequence[str]) -> exp.Insert:
    new = (
        exp.select(*(exp.column(name, table="theirs") for name in columns))
        .from_(exp.alias_(exp.to_table(ACCEPTED), "theirs", table=True))
        .join(
            exp.alias_(exp.to_table(into.table), "ours", table=True),
            on=_same_key(into, columns),
            join_type="ANTI",
        )
    )
    return exp.insert(new, into.table, columns=[exp.to_identifier(name) for name in columns])
