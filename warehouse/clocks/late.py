"""What late facts would change: what was known at a moment against hindsight on that moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.clocks.history import DIALECT, temporary
from warehouse.clocks.past import newest, step_back, trait_types
from warehouse.clocks.tables import CLOCKS, Moment, stored
from warehouse.models.modelset import ModelSet

_SQL = Path(__file__).parent / "sql"
_EXAMPLES = 5


class LateFacts(NamedTuple):
    """Rows that had happened by a moment and arrived after it."""

    table: str
    rows: int


class Changed(NamedTuple):
    """One user whose value of a trait would have been another."""

    user_id: str
    then: str | None
    now: str | None


class Difference(NamedTuple):
    """One trait: for how many users hindsight differs, and the first few of them."""

    trait: str
    users: int
    examples: tuple[Changed, ...]


class Hindsight(NamedTuple):
    """What would differ at ``at``, had everything been known that was known at ``known``."""

    at: datetime
    known: datetime
    late: tuple[LateFacts, ...]
    traits: tuple[Difference, ...]


def hindsight(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    at: datetime,
    models: ModelSet | None = None,
) -> Hindsight:
    """Name every trait and user whose value at a moment late facts would change.

    Both sides are worked out with the same models, so that only the facts differ. What
    history recorded is neither read nor written. Leaves the cursor standing in hindsight.
    """
    known = max(newest(cursor) or at, at)
    late = tuple(_late(cursor, Moment(at, known)))
    step_back(cursor, catalog, Moment(at, at), models=models, recompute=True)
    table = catalog.layout.traits.table
    cursor.execute(temporary("traits_then", "TABLE", exp.select("*").from_(table)))
    step_back(cursor, catalog, Moment(at, known), models=models, recompute=True)
    names = list(trait_types(cursor, catalog))
    cursor.execute(temporary("differing", "TABLE", _differing(names, catalog)))
    rows = cursor.execute(_read("differences"), {"examples": _EXAMPLES}).fetchall()
    found: dict[str, Difference] = {}
    for trait, user, then, now, users in rows:
        before = found.get(trait, Difference(trait, users, ()))
        changed = Changed(user, then, now)
        found[trait] = before._replace(examples=(*before.examples, changed))
    return Hindsight(at, known, late, tuple(found.values()))


def _late(cursor: duckdb.DuckDBPyConnection, when: Moment) -> list[LateFacts]:
    columns = stored(cursor).columns
    found = []
    for table, clocks in CLOCKS.items():
        if clocks.known is None or clocks.known not in columns.get(table, {}):
            continue
        known = exp.column(clocks.known)
        query = (
            exp.select(exp.Count(this=exp.Star()))
            .from_(table)
            .where(exp.column(clocks.happened[0]) < exp.Placeholder(this="at"))
            .where(known > exp.Placeholder(this="at"))
            .where(known.copy() <= exp.Placeholder(this="known"))
        )
        ((rows,),) = cursor.execute(query.sql(DIALECT), when._asdict()).fetchall()
        found.append(LateFacts(table, rows))
    return found


def _differing(names: list[str], catalog: Catalog) -> exp.Query:
    """Rows of trait, user_id, value_then and value_now wherever the two differ."""
    user = catalog.layout.traits.user
    same = exp.column(user, "t").eq(exp.column(user, "n"))
    parts = [
        exp.select(
            exp.alias_(exp.Literal.string(name), "trait"),
            exp.alias_(exp.func("COALESCE", exp.column(user, "t"), exp.column(user, "n")), user),
            exp.alias_(exp.cast(exp.column(name, "t"), "text"), "value_then"),
            exp.alias_(exp.cast(exp.column(name, "n"), "text"), "value_now"),
        )
        .from_(exp.to_table("traits_then").as_("t"))
        .join(exp.to_table(catalog.layout.traits.table).as_("n"), on=same, join_type="full")
        .where(exp.NullSafeNEQ(this=exp.column(name, "t"), expression=exp.column(name, "n")))
        for name in names
    ]
    return exp.union(*parts, distinct=False) if len(parts) > 1 else parts[0]


def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
