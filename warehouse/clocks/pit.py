"""The point-in-time join: for labels (user_id, at) the trait values that were known at that moment.

History answers from the first build on. Before it, the grid does: the models of today
over the facts as they were known at each of a few past moments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.clocks.history import DIALECT, builds, note_now, pivoted
from warehouse.clocks.past import step_back
from warehouse.clocks.tables import Moment
from warehouse.compile.values import moment
from warehouse.models.modelset import ModelSet

HISTORY = "trait_history"
GRID = "trait_grid"
_SQL = Path(__file__).parent / "sql"


def backfill(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    moments: Sequence[datetime],
    models: ModelSet,
) -> int:
    """Fill the cursor's ``trait_grid`` with what builds at past moments would have known.

    The columns of ``trait_history``; a row only where a value changed. Facts count that had
    happened before a moment and had arrived by it. Moments that history covers are left
    to history. Gives the number of rows; leaves the cursor standing at the last moment.
    """
    cursor.execute(_read("grid"))
    noted = builds(cursor)
    fingerprints = {model.name: models.fingerprints[model.name] for model in models.traits}
    for at in sorted({*moments}):
        if noted is None or at < noted[0]:
            step_back(cursor, catalog, Moment(at, at), models=models, recompute=True)
            note_now(cursor, fingerprints)
            cursor.execute(_read("grid_add"), {"at": at})
    cursor.execute(_read("grid_changes"))
    ((found,),) = cursor.execute("SELECT COUNT(*) FROM trait_grid").fetchall()
    return int(found)


def at_labels(
    types: Mapping[str, str], *, history: bool = True, grid_until: datetime | None = None
) -> exp.Select:
    """One row for each user and moment of the relation ``labels`` (user_id, at): the traits
    asked for (trait → SQL type) as they were known then, and ``known_at`` and ``event_at``,
    the latest of their clocks. A value that was not known yet is NULL.

    Reads ``trait_history`` and, for what was known before ``grid_until``, the grid of
    ``backfill``. A join on the user and an inequality of times, over windows: any engine.
    """
    long = _parsed("at_labels")
    keys = ("user_id", "at")
    asked = exp.column("trait", "s").isin(*(exp.Literal.string(name) for name in types))
    found = pivoted(long.where(asked), types, keys)
    for clock in ("known_at", "event_at"):
        found = found.select(exp.alias_(exp.Max(this=exp.column(clock)), clock))
    named = [exp.column(name, "f") for name in (*types, "known_at", "event_at")]
    same = [exp.column(key, "f").eq(exp.column(key, "l")) for key in keys]
    return (
        exp.select(*(exp.column(key, "l") for key in keys), *named)
        .distinct()
        .from_(exp.to_table("labels").as_("l"))
        .join(exp.to_table("found").as_("f"), on=exp.and_(*same), join_type="left")
        .with_("known_values", as_=_values(history, grid_until))
        .with_("spans", as_=_parsed("spans"))
        .with_("found", as_=found)
    )


def _values(history: bool, grid_until: datetime | None) -> exp.Query:
    parts: list[exp.Select] = [exp.select("*").from_(HISTORY)] if history else []
    if grid_until is not None:
        earlier = exp.column("known_at") < moment(grid_until)
        parts.append(exp.select("*").from_(GRID).where(earlier))
    return exp.union(*parts, distinct=False) if len(parts) > 1 else parts[0]


def _parsed(name: str) -> exp.Select:
    tree = sqlglot.parse_one(_read(name), dialect=DIALECT)
    assert isinstance(tree, exp.Select)
    return tree


def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
