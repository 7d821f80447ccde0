"""Conditions of journeys, asked of every run at once.

A condition that stops a run is remembered: a rolling count in it is true when it was reached at
any moment since the last look; everything else is as it is at the look.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import duckdb
from sqlglot import exp

from core.conditions import (
    And,
    AnyLeaf,
    Condition,
    EventCount,
    Not,
    Op,
    Or,
    Related,
    Rolling,
    leaves,
)
from core.journey_steps import Trigger
from orchestrate.journeys.happened import fill_happened
from orchestrate.journeys.relations import RUNNER
from orchestrate.journeys.shape import Shape, Truth
from orchestrate.journeys.statements import DIALECT, run
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, compile_flags, expand


class Remembered(NamedTuple):
    """A rolling count that is true as soon as it was reached once."""

    trigger: Trigger
    n: int
    seconds: int


def fill_truths(
    cursor: duckdb.DuckDBPyConnection,
    shape: Shape,
    catalog: Catalog,
    audiences: Audiences,
    as_of: datetime,
) -> None:
    """Fill ``jr_truths`` with the runs of which each condition is true, and ``jr_happened``."""
    asked = [t._replace(condition=expand(t.condition, catalog, audiences)) for t in shape.truths]
    numbered: dict[AnyLeaf, int] = {}
    for truth in asked:
        for leaf in leaves(truth.condition):
            numbered.setdefault(leaf, len(numbered))
    memory = _memory(asked, numbered)
    triggers = dict(shape.triggers)
    for one in memory.values():
        triggers.setdefault(one.trigger, len(triggers) + 1)
    fill_happened(cursor, triggers, catalog, as_of)
    cursor.execute("DELETE FROM jr_ever")
    for number, one in memory.items():
        given = {"trigger_id": triggers[one.trigger], "n": one.n, "seconds": one.seconds}
        run(cursor, "ever", leaf=number, as_of=as_of, **given)
    _ask(cursor, asked, numbered, catalog, as_of)


def _ask(
    cursor: duckdb.DuckDBPyConnection,
    asked: list[Truth],
    numbered: dict[AnyLeaf, int],
    catalog: Catalog,
    as_of: datetime,
) -> None:
    cursor.execute("DELETE FROM jr_truths")
    if not asked:
        return
    conditions: dict[str, Condition] = {f"l{n}": leaf for leaf, n in numbered.items()}
    among = Related(entity=RUNNER)
    flags = compile_flags(conditions, catalog, as_of=as_of, population=among)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE jr_flags AS {flags}")
    for truth in asked:
        cursor.execute(_of_runs(truth, numbered).sql(DIALECT))


def _of_runs(truth: Truth, numbered: dict[AnyLeaf, int]) -> exp.Insert:
    holds = _expression(truth.condition, truth, numbered)
    query = (
        exp.select(exp.Literal.number(truth.id), exp.column("run_id", "r"))
        .from_(exp.to_table("jr_moving").as_("r"))
        .join(exp.to_table("jr_flags").as_("f"), on="f.user_id = r.user_id")
        .where(exp.column("journey_key", "r").eq(exp.Literal.string(truth.journey_key)))
        .where(exp.column("version", "r").eq(exp.Literal.number(truth.version)))
        .where(holds)
    )
    return exp.insert(query, "jr_truths")


def _expression(
    condition: Condition, truth: Truth, numbered: dict[AnyLeaf, int], *, denied: bool = False
) -> exp.Expr:
    if isinstance(condition, And | Or):
        parts = [_expression(one, truth, numbered, denied=denied) for one in condition.of]
        if not parts:
            return exp.true()
        return exp.and_(*parts) if isinstance(condition, And) else exp.or_(*parts)
    if isinstance(condition, Not):
        return exp.not_(_expression(condition.of, truth, numbered, denied=not denied))
    number = numbered[condition]
    # What was reached once does not make its opposite untrue now.
    if truth.at_any_moment and not denied and _reached(condition):
        once = exp.select("run_id").from_("jr_ever").where(exp.column("leaf").eq(number))
        return exp.In(this=exp.column("run_id", "r"), query=once.subquery())
    return exp.column(f"l{number}", "f")


def _memory(asked: list[Truth], numbered: dict[AnyLeaf, int]) -> dict[int, Remembered]:
    stops = [truth for truth in asked if truth.at_any_moment]
    found = {numbered[leaf]: _reached(leaf) for one in stops for leaf in leaves(one.condition)}
    return {number: one for number, one in found.items() if one}


def _reached(leaf: AnyLeaf) -> Remembered | None:
    """What a count asks for that is reached by events and left as time goes by."""
    if not isinstance(leaf, EventCount) or not isinstance(leaf.window, Rolling):
        return None
    n = leaf.n + 1 if leaf.op is Op.GT else leaf.n
    if leaf.op not in (Op.GE, Op.GT) or n < 1:
        return None
    return Remembered(Trigger(event=leaf.event, where=leaf.where), n, leaf.window.seconds)
