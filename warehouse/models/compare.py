"""What a change of models does to the values of users: counted, before anything is built."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

from warehouse.models import build
from warehouse.models.assemble import traits_query
from warehouse.models.binding import bind, explained
from warehouse.models.model import Model
from warehouse.models.modelset import ModelSet
from warehouse.models.sources import USER

PLANNED = "planned"
SHOWN = 20


class Differences(NamedTuple):
    """Two sets of models, by name."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    """Their own file says something else."""
    rebuilt: tuple[str, ...]
    """Their file stays; something that they read changes."""
    removed: tuple[str, ...]

    @property
    def none(self) -> bool:
        """Whether the sets are the same."""
        return not (self.added or self.changed or self.rebuilt or self.removed)


class Move(NamedTuple):
    """Users who go from one value to another; of a number only up, down, gained and lost."""

    before: str | None
    after: str | None
    users: int


class Moved(NamedTuple):
    """What becomes of one trait."""

    trait: str
    unchanged: int
    changed: int
    gained: int
    """Users without a value who would have one."""
    lost: int
    """Users with a value who would have none."""
    moves: tuple[Move, ...]
    sample: tuple[tuple[str, str | None, str | None], ...]
    """A few users with the value as it is and as it would be."""


def differences(live: ModelSet, proposed: ModelSet) -> Differences:
    """Which models a proposal adds, changes, rebuilds and removes."""
    before, after = live.fingerprints, proposed.fingerprints
    both = [name for name in after if name in before and before[name] != after[name]]
    own = [name for name in both if _own(live.by_name[name]) != _own(proposed.by_name[name])]
    return Differences(
        added=tuple(name for name in after if name not in before),
        changed=tuple(own),
        rebuilt=tuple(name for name in both if name not in own),
        removed=tuple(name for name in before if name not in after),
    )


def plan_values(
    cursor: duckdb.DuckDBPyConnection, proposed: ModelSet, names: Iterable[str], as_of: datetime
) -> bool:
    """Work out these traits for every user into the connection's own table ``planned``.

    Gives whether kept counters could be read, or all events were. Refuses with MODEL_INVALID.
    """
    wanted = {*names}
    bind(cursor, proposed, as_of, [m.name for m in proposed.downstream(wanted)])
    tables = _kept(cursor, proposed, as_of)
    query = traits_query(proposed, tables, wanted)
    given = {"as_of": as_of} if query.find(exp.Placeholder) else {}
    create = exp.Create(
        this=exp.to_table(PLANNED),
        kind="TABLE",
        replace=True,
        expression=query,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    with explained(cursor, proposed, as_of):
        cursor.execute(create.sql("duckdb", comments=False), given)
    return len(tables) == len([one for one in proposed.models if one.incremental])


def moved(cursor: duckdb.DuckDBPyConnection, model: Model) -> Moved:
    """How one planned trait differs from the live one, user by user."""
    before, after = (exp.cast(exp.column(model.name, side), "VARCHAR") for side in ("l", "p"))
    pairs = _pairs(exp.select(before.as_("before"), after.as_("after")))
    rows = _fetch(cursor, _counted(pairs, _steps(model)))
    counts = {"same": 0, "gained": 0, "lost": 0, "changed": 0}
    for row in rows:
        counts[row[2]] += row[3]
    moves = [Move(row[0], row[1], row[3]) for row in rows if row[2] != "same"]
    sample = _pairs(exp.select(exp.column(USER, "p"), before.as_("b"), after.as_("a")))
    sample = sample.where(_differs(model.name)).order_by(f"p.{USER}").limit(5)
    return Moved(
        model.name,
        counts["same"],
        counts["changed"],
        counts["gained"],
        counts["lost"],
        tuple(sorted(moves, key=lambda one: -one.users)[:SHOWN]),
        tuple(_fetch(cursor, sample)),
    )


def added(cursor: duckdb.DuckDBPyConnection, model: Model) -> Moved:
    """What a new trait would be: users by value."""
    value = exp.cast(exp.column(model.name), "VARCHAR")
    pairs = exp.select(exp.cast(exp.null(), "VARCHAR").as_("before"), value.as_("after"))
    rows = _fetch(cursor, _counted(pairs.from_(PLANNED), _steps(model)))
    moves = [Move(None, row[1], row[3]) for row in rows if row[2] == "gained"]
    gained = sum(one.users for one in moves)
    sample = exp.select(USER, exp.null(), value).from_(PLANNED).order_by(USER).limit(3)
    without = sum(row[3] for row in rows) - gained
    shown = tuple(sorted(moves, key=lambda one: -one.users)[:SHOWN])
    return Moved(model.name, without, 0, gained, 0, shown, tuple(_fetch(cursor, sample)))


def users_changed(cursor: duckdb.DuckDBPyConnection, names: Iterable[str]) -> int:
    """Users for whom at least one of these traits would differ."""
    if not (wanted := [*names]):
        return 0
    any_differs = exp.or_(exp.false(), *(_differs(name) for name in wanted))
    query = _pairs(exp.select(exp.Count(this=exp.Star()))).where(any_differs)
    return int(_fetch(cursor, query)[0][0])


def rows(cursor: duckdb.DuckDBPyConnection, query: str) -> int:
    """How many rows one of our own queries gives."""
    asked = sqlglot.parse_one(query, dialect="duckdb")
    assert isinstance(asked, exp.Query)
    counted = exp.select("COUNT(*)").from_(asked.subquery("q"))
    return int(_fetch(cursor, counted)[0][0])


def stand_in(cursor: duckdb.DuckDBPyConnection, live: Iterable[str], proposed: ModelSet) -> None:
    """Let a connection see ``traits`` as they would be: its own view stands before the live one."""
    planned = {row[0] for row in cursor.execute(f"DESCRIBE {PLANNED}").fetchall()}
    kept = [name for name in live if name in proposed.by_name and name not in planned]
    columns = [exp.column(USER, "p"), *(exp.column(name, "l") for name in kept)]
    columns += [exp.column(name, "p") for name in sorted(planned - {USER})]
    query = _pairs(exp.select(*columns))
    view = exp.Create(
        this=exp.to_table(build.VIEW),
        kind="TABLE",
        replace=True,
        expression=query,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    cursor.execute(view.sql("duckdb"))


def _own(model: Model) -> tuple[str, object]:
    return model.sql, model.model_dump(exclude={"text", "file"})


def _kept(cursor: duckdb.DuckDBPyConnection, models: ModelSet, as_of: datetime) -> dict[str, str]:
    """The tables of counters that stand at this very moment."""
    if not build.managed(cursor):
        return {}
    rows = cursor.execute(
        "SELECT model, logic, relation FROM models.counters WHERE as_of = $as_of",
        {"as_of": as_of},
    ).fetchall()
    return {model: relation for model, logic, relation in rows if models.logic.get(model) == logic}


def _pairs(query: exp.Select) -> exp.Select:
    """A query over every user's planned values ``p`` and live ones ``l``."""
    live = exp.table_(build.VIEW, db="main").as_("l")
    return query.from_(exp.to_table(PLANNED).as_("p")).join(live, using=USER, join_type="left")


def _differs(name: str) -> exp.Expr:
    return exp.NullSafeNEQ(this=exp.column(name, "p"), expression=exp.column(name, "l"))


def _steps(model: Model) -> exp.Expr | None:
    """Of numbers there are too many values to list: whether they go up or down is told."""
    if model.type not in ("number", "integer"):
        return None
    before, after = (exp.cast(exp.column(name), "DOUBLE") for name in ("before", "after"))
    return (
        exp.Case()
        .when(before.copy().is_(exp.null()), _word("gained"))
        .when(after.copy().is_(exp.null()), _word("lost"))
        .when(after > before, _word("higher"))
        .else_(_word("lower"))
    )


def _counted(pairs: exp.Select, steps: exp.Expr | None) -> exp.Select:
    before, after = exp.column("before"), exp.column("after")
    what = (
        exp.Case()
        .when(exp.NullSafeEQ(this=before.copy(), expression=after.copy()), _word("same"))
        .when(before.copy().is_(exp.null()), _word("gained"))
        .when(after.copy().is_(exp.null()), _word("lost"))
        .else_(_word("changed"))
    )
    shown: list[exp.Expr] = [before, after]
    if steps:
        moves = exp.NullSafeNEQ(this=before.copy(), expression=after.copy())
        shown = [exp.null(), exp.Case().when(moves, steps).else_(exp.null())]
    query = exp.select(shown[0].as_("b"), shown[1].as_("a"), what.as_("what"), "count(*)")
    return query.from_(pairs.subquery("pairs")).group_by("1", "2", "3").order_by("4 DESC", "1", "2")


def _word(text: str) -> exp.Expr:
    return exp.Literal.string(text)


def _fetch(cursor: duckdb.DuckDBPyConnection, query: exp.Select) -> list[tuple]:
    return cursor.execute(query.sql("duckdb", comments=False)).fetchall()
