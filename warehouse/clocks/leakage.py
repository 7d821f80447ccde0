"""The leakage audit: no feature may know what was not known at the moment of its label.

Features are checked row by row, in one query. Models are checked twice: their SQL must
bound every table that has a clock by ``$as_of``, and their values must not change when
everything later than the moment is taken away.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

import duckdb
from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.clocks.history import DIALECT, temporary
from warehouse.clocks.past import newest, placed_at, step_back
from warehouse.clocks.tables import Moment, clocks_of
from warehouse.models.assemble import traits_query
from warehouse.models.model import Model
from warehouse.models.modelset import ModelSet
from warehouse.models.sources import CANONICAL, Sources

Kind = Literal[
    "KNOWN_LATER", "HAPPENED_LATER", "NOT_KNOWN", "LABEL_OVERLAPS", "UNBOUNDED", "REVISED", "FUTURE"
]
_UPPER = {exp.LT: "left", exp.LTE: "left", exp.GT: "right", exp.GTE: "right"}
"""Comparisons that bound from above, and the side on which the bounded column stands."""


class Leak(NamedTuple):
    """One way in which something knows too much."""

    kind: Kind
    where: str
    """The feature table or the model."""
    rows: int
    """Feature rows or users concerned; 0 where it is the SQL itself."""
    message: str


def audit_features(
    cursor: duckdb.DuckDBPyConnection, relation: str, columns: frozenset[str]
) -> tuple[Leak, ...]:
    """What is wrong with a feature table: ``user_id``, ``at`` (the moment of the label) and
    ``known_at``; ``event_at`` and ``label_from`` where it has them.

    ``known_at`` and ``event_at`` are the latest of what a row was made from; the label
    counts what happens from ``label_from`` on, which is ``at`` when it is not given.
    """
    at, known = exp.column("at", "f"), exp.column("known_at", "f")
    checks: list[tuple[Kind, exp.Expr, str]] = [
        ("NOT_KNOWN", known.is_(exp.null()), "do not say when they were known"),
        ("KNOWN_LATER", known > at, "were known only after the moment of their label"),
    ]
    if "event_at" in columns:
        happened = exp.column("event_at", "f")
        checks.append(("HAPPENED_LATER", happened >= at, "hold what happened after their label"))
    if "label_from" in columns:
        starts = exp.column("label_from", "f")
        overlaps: exp.Expr = starts < at
        if "event_at" in columns:
            overlaps = exp.or_(overlaps, exp.column("event_at", "f") >= starts)
        checks.append(("LABEL_OVERLAPS", overlaps, "reach into the window of their label"))
    counts = [
        exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=c))
        for _, c, _ in checks
    ]
    query = exp.select(*counts).from_(exp.to_table(relation).as_("f"))
    (found,) = cursor.execute(query.sql(DIALECT)).fetchall()
    return tuple(
        Leak(kind, relation, rows, f"{rows:,} rows of {relation} {words}.")
        for (kind, _, words), rows in zip(checks, found, strict=True)
        if rows
    )


def audit_sql(model: Model, sources: Sources = CANONICAL) -> tuple[Leak, ...]:
    """What a model reads without bounding it by ``$as_of``, and what nobody kept as it was."""
    found, every = [], clocks_of(sources)
    for select in model.tree.find_all(exp.Select):
        for table in _sources(select):
            clocks = every.get(table.name)
            if clocks is None:
                continue
            if table.name != sources.users and not _bounded(select, clocks.happened):
                message = f"{model.name} reads {table.name} without {clocks.happened[0]} < $as_of."
                found.append(Leak("UNBOUNDED", model.name, 0, message))
            for name in sorted(_read_columns(select, table) & {*clocks.revised}):
                message = (
                    f"{model.name} reads {table.name}.{name}, which is overwritten: "
                    "its value then is not kept."
                )
                found.append(Leak("REVISED", model.name, 0, message))
    return tuple(found)


def audit_values(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    models: ModelSet,
    names: tuple[str, ...],
    at: datetime,
) -> tuple[Leak, ...]:
    """Traits whose values as of a moment change when all that happened later is taken away.

    ``at`` should lie well before the end of the data. Leaves the cursor standing there.
    """
    values = placed_at(traits_query(models, {}, names), at)
    cursor.execute(temporary("with_future", "TABLE", values))
    known = max(newest(cursor) or at, at)
    step_back(cursor, catalog, Moment(at, known), models=models, recompute=True)
    cursor.execute(temporary("without_future", "TABLE", values))
    same = exp.column("user_id", "a").eq(exp.column("user_id", "b"))
    differs = [
        exp.Filter(
            this=exp.Count(this=exp.Star()),
            expression=exp.Where(
                this=exp.NullSafeNEQ(this=exp.column(name, "a"), expression=exp.column(name, "b"))
            ),
        )
        for name in names
    ]
    query = exp.select(*differs).from_(exp.to_table("with_future").as_("a"))
    query = query.join(exp.to_table("without_future").as_("b"), on=same)
    (found,) = cursor.execute(query.sql(DIALECT)).fetchall()
    return tuple(
        Leak("FUTURE", name, users, f"{name} of {users:,} users as of {at} knows what came later.")
        for name, users in zip(names, found, strict=True)
        if users
    )


def _sources(select: exp.Select) -> list[exp.Table]:
    """The stored tables that a SELECT itself reads."""
    parts = [select.args.get("from_"), *(select.args.get("joins") or ())]
    root = select.root()
    own = {cte.alias for cte in root.find_all(exp.CTE)}
    tables = [part.this for part in parts if part is not None]
    return [one for one in tables if isinstance(one, exp.Table) and one.name not in own]


def _bounded(select: exp.Select, clocks: tuple[str, ...]) -> bool:
    """Whether a SELECT compares a clock with ``$as_of`` from above."""
    for kind, side in _UPPER.items():
        for comparison in select.find_all(kind):
            column, bound = comparison.left, comparison.right
            if side == "right":
                column, bound = bound, column
            named = {one.name for one in column.find_all(exp.Column)}
            if named & {*clocks} and _is_as_of(bound):
                return True
    return False


def _is_as_of(bound: exp.Expr) -> bool:
    """``$as_of`` itself or something before it."""
    if isinstance(bound, exp.Sub):
        return _is_as_of(bound.this)
    return isinstance(bound, exp.Placeholder)


def _read_columns(select: exp.Select, table: exp.Table) -> set[str]:
    """The columns that may be the table's: qualified with its name, or with nothing."""
    alias = table.alias_or_name
    return {one.name for one in select.find_all(exp.Column) if one.table in (alias, "")}
