"""From models to what readers see: physical tables, audits, then one swap.

A build writes tables of its own, in a schema that readers of the catalog do not
see, and audits them. ``show`` then points the view ``traits`` at them. Whoever
reads meanwhile reads the build before. Older builds are kept, so that showing one
again builds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp

from core.errors import Code, refuse
from warehouse.clocks.history import record, start_anew
from warehouse.models import states
from warehouse.models.assemble import SCHEMA, stored, traits_query
from warehouse.models.audits import Audited, audit, audit_rows
from warehouse.models.binding import explained
from warehouse.models.modelset import ModelSet, models_of
from warehouse.models.physical import columns_of, write
from warehouse.models.sources import CANONICAL, USER, Sources, from_text, to_text
from warehouse.models.states import How

VIEW = "traits"
KEPT = 5
"""Versions whose last build is kept besides the live one."""
_BOOKS = ("meta_builds", "meta_models", "meta_files", "meta_sources", "counters", "touched")


class Build(NamedTuple):
    """One build of a whole set: a table with every trait, audited."""

    number: int
    fingerprint: str
    state: str
    as_of: datetime
    built_at: datetime
    relation: str
    rows: int


class Built(NamedTuple):
    """What a build did."""

    build: Build
    how: dict[str, How]
    """Incremental models: whether their counters were carried on or counted anew."""
    audits: tuple[Audited, ...]


def build(
    cursor: duckdb.DuckDBPyConnection,
    models: ModelSet,
    *,
    as_of: datetime,
    built_at: datetime,
    full: bool = False,
) -> Built:
    """Build and audit a set for a moment (naive UTC), inside the caller's transaction.

    Readers see nothing of it. Refuses with MODEL_INVALID what the engine cannot run and
    with AUDIT_FAILED what an audit finds; the caller then rolls back.
    """
    require_ours(cursor)
    prepare(cursor)
    with explained(cursor, models, as_of):
        carried = {
            model.name: states.carry_on(cursor, models, model.name, as_of, full=full)
            for model in models.models
            if model.incremental
        }
        tables = {name: relation for name, (relation, _) in carried.items()}
        number = _next(cursor)
        relation = f"traits__{models.fingerprint[:12]}__{number}"
        query = traits_query(models, tables)
        columns = columns_of(cursor, query, as_of)
        write(cursor, query, relation, columns, as_of, uncompressed={USER})
    audits = (
        audit_rows(cursor, models, tables, relation, as_of),
        *audit(cursor, models, relation),
    )
    rows = _count(cursor, relation)
    made = Build(number, models.fingerprint, "candidate", as_of, built_at, relation, rows)
    built = Built(made, {name: how for name, (_, how) in carried.items()}, audits)
    _record(cursor, models, built)
    _keep_files(cursor, models)
    return built


def show(cursor: duckdb.DuckDBPyConnection, number: int) -> None:
    """Let readers see a build: the view points at its table, inside the caller's transaction."""
    found = next(one for one in builds(cursor) if one.number == number)
    _make_room(cursor)
    columns = [
        name
        for (name,) in cursor.execute(
            """
            SELECT column_name FROM duckdb_columns()
            WHERE schema_name = 'models' AND table_name = $relation ORDER BY column_index
            """,
            {"relation": found.relation},
        ).fetchall()
    ]
    query = exp.select(*(exp.column(name) for name in columns)).from_(stored(found.relation))
    view = exp.Create(this=exp.to_table(VIEW), kind="VIEW", replace=True, expression=query)
    cursor.execute(view.sql("duckdb", identify=True))
    before = live(cursor)
    cursor.execute("UPDATE models.meta_builds SET state = 'kept' WHERE state = 'live'")
    cursor.execute("UPDATE models.meta_builds SET state = 'live' WHERE build = $n", {"n": number})
    _remember(cursor, found, before)
    _tidy(cursor)


def _remember(cursor: duckdb.DuckDBPyConnection, shown: Build, before: Build | None) -> None:
    """What readers see from here on is what is known: history notes the values that changed."""
    query = "SELECT model, fingerprint FROM models.meta_models WHERE build = $n AND kind = 'trait'"
    fingerprints = dict(cursor.execute(query, {"n": shown.number}).fetchall())
    record(
        cursor,
        event_at=shown.as_of,
        known_at=shown.as_of,
        fingerprints=fingerprints,
        before=stored(before.relation) if before else None,
    )


def prepare(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make the schema of the models and its bookkeeping, where they are missing."""
    cursor.execute((Path(__file__).parent / "sql" / "tables.sql").read_text(encoding="utf-8"))


def require_ours(cursor: duckdb.DuckDBPyConnection) -> None:
    """Refuses where the traits are somebody's own table, which Pilothouse only reads."""
    if managed(cursor) or not _is_table(cursor, "main", VIEW):
        return
    if not _is_table(cursor, "main", "meta"):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The warehouse has a table {VIEW} that Pilothouse did not build.",
            span=VIEW,
            fix="Go on filling it yourself: rules read it as it is. To have it built, rename it.",
        )


def managed(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether this warehouse's traits come from builds, and not from somebody's own table."""
    return _is_table(cursor, SCHEMA, "meta_builds")


def builds(cursor: duckdb.DuckDBPyConnection) -> list[Build]:
    """Every build that is kept, newest first."""
    rows = cursor.execute(
        """
        SELECT build, fingerprint, state, as_of, built_at, relation, row_count
        FROM models.meta_builds ORDER BY build DESC
        """
    ).fetchall()
    return [Build(*row) for row in rows]


def live(cursor: duckdb.DuckDBPyConnection) -> Build | None:
    """The build that readers see."""
    return next((one for one in builds(cursor) if one.state == "live"), None)


def shown_models(cursor: duckdb.DuckDBPyConnection) -> ModelSet | None:
    """The set that readers see the values of; None where nothing was built."""
    if not _is_table(cursor, SCHEMA, "meta_files"):
        return None
    query = (
        "SELECT model, file FROM models.meta_files WHERE fingerprint = "
        "(SELECT MAX(fingerprint) FROM models.meta_builds WHERE state = 'live')"
    )
    files = dict(cursor.execute(query).fetchall())
    return models_of(files, _sources(cursor)) if files else None


def _sources(cursor: duckdb.DuckDBPyConnection) -> Sources:
    """What the live set was built on: the canonical tables where nothing else was noted."""
    if not _is_table(cursor, SCHEMA, "meta_sources"):
        return CANONICAL
    query = (
        "SELECT sources FROM models.meta_sources WHERE fingerprint = "
        "(SELECT MAX(fingerprint) FROM models.meta_builds WHERE state = 'live')"
    )
    row = cursor.execute(query).fetchone()
    return from_text(row[0]) if row else CANONICAL


def reset(cursor: duckdb.DuckDBPyConnection) -> None:
    """Forget every build: the data under them was replaced."""
    if not managed(cursor):
        return
    prepare(cursor)
    relations = cursor.execute(
        "SELECT relation FROM models.meta_builds UNION ALL SELECT relation FROM models.counters"
    ).fetchall()
    cursor.execute(f"DROP VIEW IF EXISTS {VIEW}")
    start_anew(cursor)
    for (relation,) in relations:
        states.drop(cursor, relation)
    for table in _BOOKS:
        cursor.execute(exp.delete(exp.table_(table, db=SCHEMA)).sql("duckdb"))


def _record(cursor: duckdb.DuckDBPyConnection, models: ModelSet, built: Built) -> None:
    cursor.execute("INSERT INTO models.meta_builds VALUES (?, ?, ?, ?, ?, ?, ?)", list(built.build))
    found: Mapping[str, list[str]] = {model.name: [] for model in models.models}
    for one in built.audits:
        found.get(one.model, []).append(one.audit)
    cursor.executemany(
        "INSERT INTO models.meta_models VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                built.build.number,
                model.name,
                model.kind,
                models.fingerprints[model.name],
                built.how.get(model.name, "full"),
                json.dumps(found[model.name]),
            )
            for model in models.models
        ],
    )


def _keep_files(cursor: duckdb.DuckDBPyConnection, models: ModelSet) -> None:
    cursor.execute("DELETE FROM models.meta_files WHERE fingerprint = ?", [models.fingerprint])
    cursor.executemany(
        "INSERT INTO models.meta_files VALUES (?, ?, ?)",
        [(models.fingerprint, name, text) for name, text in models.files.items()],
    )
    cursor.execute("DELETE FROM models.meta_sources WHERE fingerprint = ?", [models.fingerprint])
    if models.sources != CANONICAL:
        kept = [models.fingerprint, to_text(models.sources)]
        cursor.execute("INSERT INTO models.meta_sources VALUES (?, ?)", kept)


def _make_room(cursor: duckdb.DuckDBPyConnection) -> None:
    """Where the view will stand: a table that an earlier version of ours left there goes."""
    if _is_table(cursor, "main", VIEW):
        cursor.execute(f"DROP TABLE {VIEW}")


def _is_table(cursor: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    found = cursor.execute(
        """
        SELECT 1 FROM duckdb_tables()
        WHERE schema_name = $schema AND table_name = $name AND database_name = current_database()
        """,
        {"schema": schema, "name": name},
    ).fetchone()
    return found is not None


def _tidy(cursor: duckdb.DuckDBPyConnection) -> None:
    """Keep the live build, the one before it, and the last of some older versions."""
    kept: dict[str, int] = {}
    for number, one in enumerate(builds(cursor)):
        if one.state == "live" or number < 2:
            kept.setdefault(one.fingerprint, one.number)
            continue
        if one.fingerprint not in kept and len(kept) <= KEPT:
            kept[one.fingerprint] = one.number
            continue
        states.drop(cursor, one.relation)
        for table in ("meta_builds", "meta_models"):
            gone = exp.delete(exp.table_(table, db=SCHEMA)).where(f"build = {one.number}")
            cursor.execute(gone.sql("duckdb"))


def _count(cursor: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = cursor.execute(exp.select("count(*)").from_(stored(relation)).sql("duckdb")).fetchone()
    assert row is not None
    return int(row[0])


def _next(cursor: duckdb.DuckDBPyConnection) -> int:
    row = cursor.execute("SELECT coalesce(max(build), 0) + 1 FROM models.meta_builds").fetchone()
    assert row is not None
    return int(row[0])
