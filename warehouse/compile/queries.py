"""Whole statements: flags per user, an audience, its waterfall, one user's leaves."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlglot import exp

from core.conditions import EVERYONE, AnyLeaf, Condition, clauses, leaves, with_defaults
from core.errors import PilothouseError
from warehouse.catalog import Catalog
from warehouse.compile.dialects import DIALECT, written
from warehouse.compile.leaves import leaf_truth, truth, value_read
from warehouse.compile.names import Audiences, expand, undecidable
from warehouse.compile.sources import FACTS, Sources


class LeafQuery(NamedTuple):
    """A query with one row a user: ``user_id``, then value ``v<i>`` and truth ``t<i>`` a leaf."""

    sql: str
    leaves: tuple[AnyLeaf, ...]


def compile_flags(
    conditions: dict[str, Condition],
    catalog: Catalog,
    *,
    as_of: datetime,
    population: Condition = EVERYONE,
    audiences: Audiences | None = None,
    columns: tuple[str, ...] = (),
    users: tuple[str, ...] | None = None,
    dialect: str = DIALECT,
) -> str:
    """One row per canonical user of the population: ``user_id``, the asked user columns, and for
    each named condition TRUE, FALSE or NULL (unknown).

    Raises the first refusal of a condition that the catalog cannot decide.
    """
    query = select_flags(
        conditions,
        catalog,
        as_of=as_of,
        population=population,
        audiences=audiences,
        columns=columns,
        users=users,
    )
    return written(query, dialect)


def compile_audience(
    condition: Condition,
    catalog: Catalog,
    *,
    as_of: datetime,
    population: Condition = EVERYONE,
    audiences: Audiences | None = None,
    dialect: str = DIALECT,
) -> str:
    """The ``user_id`` of everybody for whom population and condition are true, sorted."""
    sources = Sources(catalog, as_of)
    parts = [one for one in (population, condition) if one != EVERYONE]
    wanted = [truth(ready(part, catalog, audiences), sources) for part in parts]
    query = sources.build().select(exp.column("user_id", FACTS), copy=False)
    query.where(*wanted, copy=False).order_by(exp.column("user_id", FACTS), copy=False)
    return written(query, dialect)


def compile_waterfall(
    condition: Condition,
    catalog: Catalog,
    *,
    as_of: datetime,
    population: Condition = EVERYONE,
    audiences: Audiences | None = None,
    dialect: str = DIALECT,
) -> str:
    """One row: the population's size, then how many remain after each clause in turn
    (``population``, ``c1``, ``c2`` …)."""
    parts = clauses(condition)
    named = {f"f{position}": part for position, part in enumerate(parts, start=1)}
    flags = select_flags(named, catalog, as_of=as_of, population=population, audiences=audiences)
    counts: list[exp.Expr] = [exp.alias_(exp.Count(this=exp.Star()), "population")]
    for position in range(1, len(parts) + 1):
        remaining = exp.and_(*(exp.column(f"f{before}") for before in range(1, position + 1)))
        count = exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=remaining))
        counts.append(exp.alias_(count, f"c{position}"))
    query = exp.select(*counts).from_(flags.subquery("flags"))
    return written(query, dialect)


def compile_leaves(
    condition: Condition,
    catalog: Catalog,
    *,
    as_of: datetime,
    users: tuple[str, ...],
    audiences: Audiences | None = None,
    dialect: str = DIALECT,
) -> LeafQuery:
    """What each leaf reads for some users, and its truth: the evidence behind a decision."""
    found = tuple(leaves(ready(condition, catalog, audiences)))
    sources = Sources(catalog, as_of, users)
    projections: list[exp.Expr] = [exp.column("user_id", FACTS)]
    for position, leaf in enumerate(found):
        value = exp.cast(value_read(leaf, sources), "text")
        projections.append(exp.alias_(value, f"v{position}"))
        projections.append(exp.alias_(leaf_truth(leaf, sources), f"t{position}"))
    query = sources.build().select(*projections).order_by(exp.column("user_id", FACTS))
    return LeafQuery(written(query, dialect), found)


def select_flags(
    conditions: dict[str, Condition],
    catalog: Catalog,
    *,
    as_of: datetime,
    population: Condition = EVERYONE,
    audiences: Audiences | None = None,
    columns: tuple[str, ...] = (),
    users: tuple[str, ...] | None = None,
) -> exp.Select:
    """The query behind ``compile_flags``, for callers that build on it."""
    sources = Sources(catalog, as_of, users)
    within = truth(ready(population, catalog, audiences), sources)
    flags = [
        exp.alias_(truth(ready(part, catalog, audiences), sources), name)
        for name, part in conditions.items()
    ]
    # Ask for the extra columns before building, so that facts carries them.
    extra = [exp.alias_(sources.user_column(name), name) for name in columns]
    return (
        sources.build()
        .select(exp.column("user_id", FACTS), *extra, *flags, copy=False)
        .where(within, copy=False)
    )


def ready(condition: Condition, catalog: Catalog, audiences: Audiences | None) -> Condition:
    """A condition that is checked, expanded, with every ``when_unknown`` filled in."""
    return with_defaults(expanded(condition, catalog, audiences))


def expanded(condition: Condition, catalog: Catalog, audiences: Audiences | None) -> Condition:
    """A condition with every audience in it spelled out.

    Raises the first refusal when the catalog cannot decide it.
    """
    refusals = undecidable(condition, catalog, audiences)
    if refusals:
        raise PilothouseError(refusals[0])
    return expand(condition, catalog, audiences)
