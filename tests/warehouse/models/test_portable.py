"""The shipped models mean the same on another engine: by their words, and by their values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

import duckdb
import psycopg
import pytest
from sqlglot import exp

from tests.warehouse.connect.postgres_server import programs, running_server
from warehouse.compile.dialects import written
from warehouse.demo.generate import generate
from warehouse.models.assemble import traits_query
from warehouse.models.model import Model
from warehouse.models.modelset import load_models

NOW = datetime(2026, 6, 29)
MODELS = load_models()
SOURCES = sorted({name for model in MODELS.models for name in model.reads} - {*MODELS.by_name})
PORTABLE = frozenset(
    """
    Select Subquery Union From Where Group Join With CTE Table TableAlias Identifier Column Alias
    Literal Boolean Null Paren Neg Not Is EQ NEQ GT GTE LT LTE And Or Between In
    Add Sub Mul Div Case If Cast DataType DataTypeParam Interval Var Filter Placeholder
    Star Count Sum Max Min Coalesce Nullif Greatest Least Abs Round Floor Ceil Exp Ln
    DateDiff JSONExtractScalar JSONPath JSONPathRoot JSONPathKey
    """.split()
)
"""Parts of SQL that were seen to give equal results on DuckDB, PostgreSQL and Spark."""


def _strange(model: Model) -> Iterator[str]:
    """Parts of a model that mean something else on another engine, or nothing."""
    for node in model.tree.walk():
        if type(node).__name__ not in PORTABLE:
            yield type(node).__name__
        # Days between moments are boundaries here and whole days there.
        if isinstance(node, exp.DateDiff) and node.text("unit").upper() == "DAY":
            ends = (node.this, node.expression)
            if not all(isinstance(end, exp.Cast) and end.is_type("date") for end in ends):
                yield node.sql("duckdb")


@pytest.mark.parametrize("model", MODELS.models, ids=lambda model: model.name)
def test_a_shipped_model_keeps_to_what_every_engine_understands(model: Model) -> None:
    assert not [*_strange(model)]


@pytest.fixture(scope="module")
def demo() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    generate(connection, users=2_000, days=60)
    return connection


@pytest.fixture(scope="module")
def postgres(demo: duckdb.DuckDBPyConnection) -> Iterator[psycopg.Connection]:
    """A real server with what the models read; skips, with the reason, where none is."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or run make test as root")
    with running_server(folder) as url, psycopg.connect(url, autocommit=True) as connection:
        for table in SOURCES:
            _copy(demo, connection, table)
        yield connection


def _copy(demo: duckdb.DuckDBPyConnection, postgres: psycopg.Connection, table: str) -> None:
    rows = demo.execute(exp.select("*").from_(table).sql("duckdb"))
    columns = [
        exp.ColumnDef(
            this=exp.to_identifier(name), kind=exp.DataType.build(str(kind), dialect="duckdb")
        )
        for name, kind, *_ in rows.description or ()
    ]
    schema = exp.Schema(this=exp.to_table(table), expressions=columns)
    postgres.execute(exp.Create(this=schema, kind="TABLE").sql("postgres").encode())
    with postgres.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copied:
        for row in rows.fetchall():
            copied.write_row(row)


def _at(node: exp.Expr) -> exp.Expr:
    moment = exp.Literal.string(NOW.isoformat(sep=" "))
    return exp.cast(moment, "TIMESTAMP") if isinstance(node, exp.Placeholder) else node


@pytest.mark.slow
def test_every_trait_gives_the_same_rows_on_duckdb_and_postgres(
    demo: duckdb.DuckDBPyConnection, postgres: psycopg.Connection
) -> None:
    query = traits_query(MODELS, {}).transform(_at)

    here = demo.execute(written(query)).fetchall()
    there = postgres.execute(written(query, "postgres").encode()).fetchall()

    assert len(here) > 1_900
    assert sorted(there) == sorted(here)


@pytest.mark.slow
@pytest.mark.parametrize("places", [0, 1, 2])
def test_numbers_are_rounded_alike(places: int, postgres: psycopg.Connection) -> None:
    numbers = [(n * 5 + off) / 1000 for n in range(-50, 51) for off in (0, 0.0001, -0.0001)]
    values = exp.values([(number,) for number in numbers], alias="v", columns=["n"])
    as_double = exp.cast(exp.column("n"), "double")
    rounded = exp.Round(this=as_double, decimals=exp.Literal.number(places))
    query = exp.select(exp.cast(rounded, "double")).from_(values)

    here = duckdb.execute(written(query)).fetchall()
    there = postgres.execute(written(query, "postgres").encode()).fetchall()

    assert there == here
    assert all(math.isfinite(number) for (number,) in here)
