"""Trait history: what every trait was at every build, written only where a value changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from warehouse.clocks.moves import note_moves
from warehouse.compile.values import moment

DIALECT = "duckdb"
TRAITS = "traits"
_SQL = Path(__file__).parent / "sql"


def record(
    connection: duckdb.DuckDBPyConnection,
    *,
    event_at: datetime,
    known_at: datetime,
    fingerprints: Mapping[str, str],
    before: exp.Table | None = None,
) -> int:
    """Note what ``traits`` holds after a build for ``event_at``, known from ``known_at`` on.

    ``fingerprints``: trait → what it was built from; traits of ``traits`` that it does
    not name are not noted. ``before``: the table of the build that was noted last; given,
    one join finds what changed, and no history is read. Gives the number of rows written.
    Belongs into the transaction that replaced ``traits``: nobody can know a value before it
    is stored, so a build that claims to be earlier than the one before is noted at its time.
    """
    connection.execute(_read("tables"))
    newest = "SELECT COALESCE(MAX(build), 0), MAX(known_at) FROM models.trait_builds"
    build, latest = _one(connection, newest)
    known_at = max(known_at, latest) if latest else known_at
    marks = {"event_at": event_at, "known_at": known_at, "build": build + 1}
    if build and before is not None:
        changed = note_moves(connection, fingerprints, before, marks)
    else:
        note_now(connection, fingerprints)
        (changed,) = _one(connection, f"INSERT INTO trait_history {_read('changed')}", marks)
        connection.execute("DROP TABLE now_known")
    connection.execute(
        "INSERT INTO models.trait_builds VALUES ($build, $event_at, $known_at, $changed)",
        marks | {"changed": changed},
    )
    return int(changed)


def start_anew(connection: duckdb.DuckDBPyConnection) -> None:
    """Start anew: the users whose traits were noted are gone."""
    connection.execute("DROP TABLE IF EXISTS trait_history")
    connection.execute("DROP TABLE IF EXISTS models.trait_builds")


def builds(connection: duckdb.DuckDBPyConnection) -> tuple[datetime, datetime] | None:
    """The moments of the first and the latest build that was noted; None when none was."""
    found = connection.execute(
        "SELECT 1 FROM information_schema.tables "
        "WHERE table_catalog = CURRENT_DATABASE() AND table_name = 'trait_builds'"
    ).fetchone()
    if found is None:
        return None
    first, latest = _one(connection, "SELECT MIN(known_at), MAX(known_at) FROM models.trait_builds")
    return (first, latest) if first else None


def held(at: datetime, types: Mapping[str, str]) -> exp.Select:
    """The query of ``traits`` as history holds them at a moment: one row a user.

    ``types``: trait → SQL type, the columns wanted. A trait not built by then is NULL.
    """
    long = sqlglot.parse_one(_read("held"), dialect=DIALECT).transform(
        lambda node: moment(at) if isinstance(node, exp.Placeholder) else node
    )
    assert isinstance(long, exp.Select)
    return pivoted(long, types)


def pivoted(
    long: exp.Select, types: Mapping[str, str], keys: tuple[str, ...] = ("user_id",)
) -> exp.Select:
    """Rows of keys, ``trait`` and ``value`` as one row per keys with a typed column a trait."""
    columns = []
    for trait, data_type in types.items():
        is_trait = exp.column("trait").eq(exp.Literal.string(trait))
        value = exp.Case().when(is_trait, exp.column("value"))
        largest = exp.Max(this=value)
        columns.append(exp.alias_(exp.cast(largest, data_type), trait))
    return exp.select(*keys, *columns).from_(long.subquery("long")).group_by(*keys).order_by(*keys)


def note_now(connection: duckdb.DuckDBPyConnection, fingerprints: Mapping[str, str]) -> None:
    """Fill the connection's own ``now_known`` with ``traits`` as rows of user_id, trait, value
    and fingerprint."""
    parts = [
        exp.select(
            "user_id",
            exp.alias_(exp.Literal.string(trait), "trait"),
            exp.alias_(exp.cast(exp.column(trait), "text"), "value"),
            exp.alias_(exp.Literal.string(fingerprint), "fingerprint"),
        ).from_(TRAITS)
        for trait, fingerprint in sorted(fingerprints.items())
    ]
    rows = exp.union(*parts, distinct=False) if len(parts) > 1 else parts[0]
    connection.execute(temporary("now_known", "TABLE", rows))


def temporary(name: str, kind: str, query: exp.Expr) -> str:
    """The statement that makes a connection's own TABLE or VIEW of a query."""
    create = exp.Create(
        this=exp.to_table(name),
        kind=kind,
        replace=True,
        expression=query,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    return create.sql(DIALECT, comments=False)


def _one(
    connection: duckdb.DuckDBPyConnection, sql: str, marks: Mapping[str, object] | None = None
) -> tuple:
    row = connection.execute(sql, marks).fetchone()
    assert row is not None, "an aggregate or an insert always gives a row"
    return row


def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
