"""The tables that builds write: one statement fills each, with the types that are asked for."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime

import duckdb
from sqlglot import exp

from warehouse.models.assemble import stored

DIALECT = "duckdb"
# To look for a way to compress a column costs more than to write it. It is not worth it for texts
# that all differ, nor for what the next build reads whole and replaces.
_AS_IT_IS = exp.ColumnConstraint(kind=exp.var("USING COMPRESSION 'uncompressed'"))


def columns_of(
    cursor: duckdb.DuckDBPyConnection, query: exp.Query, as_of: datetime
) -> dict[str, str]:
    """Column → SQL type of what a query gives; it is not run."""
    none = exp.select("*").from_(query.subquery("m")).limit(0)
    cursor.execute(none.sql(DIALECT, comments=False, copy=False), _given(query, as_of))
    return {column[0]: str(column[1]) for column in cursor.description or ()}


def write(
    cursor: duckdb.DuckDBPyConnection,
    query: exp.Query,
    relation: str,
    columns: Mapping[str, str],
    as_of: datetime,
    *,
    uncompressed: Container[str],
) -> None:
    """Fill a table of the models' schema; ``columns`` has every column of the query, in order.

    ``uncompressed``: the columns that are stored as they are.
    """
    defined = [
        exp.ColumnDef(
            this=exp.to_identifier(name, quoted=True),
            kind=exp.DataType.build(kind, dialect=DIALECT),
            constraints=[_AS_IT_IS.copy()] if name in uncompressed else [],
        )
        for name, kind in columns.items()
    ]
    schema = exp.Schema(this=stored(relation), expressions=defined)
    cursor.execute(exp.Create(this=schema, kind="TABLE").sql(DIALECT))
    insert = exp.Insert(this=stored(relation), expression=query)
    given = _given(query, as_of)
    cursor.execute(insert.sql(DIALECT, comments=False, copy=False), given).fetchall()


def _given(query: exp.Query, as_of: datetime) -> dict[str, datetime]:
    return {"as_of": as_of} if query.find(exp.Placeholder) else {}
