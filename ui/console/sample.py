"""A few people whom a rule would include or leave out, each with the reason.

Asked for by a click, never by a page that is merely drawn: it reads the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlglot import exp

from core.conditions import And, Condition, Not, Or, clauses, leaves
from core.errors import Code, refuse
from core.masking import HIDDEN, MASKED, Sight
from core.rules import EligibilityRule
from warehouse.catalog import Catalog
from warehouse.compile import (
    Audiences,
    compile_flags,
    compile_leaves,
    reads_public,
    select_flags,
)
from warehouse.engines.duckdb import DIALECT
from warehouse.runner import CheckedRunner
from warehouse.visible import visible_users
from warehouse.wording import describe

OF_EACH = 3
_WANTED = "wanted"


class Told(NamedTuple):
    """One condition for one person."""

    clause: str
    read: str
    """What it read of them; empty where it reads several things, or none."""
    holds: bool


class Judged(NamedTuple):
    """One person: in or out, and for each condition what was read and whether it holds."""

    user_id: str
    included: bool
    reasons: tuple[str, ...]
    told: tuple[Told, ...] = ()
    """Every condition, whether it holds or not."""


class Sampler(NamedTuple):
    """What judging people needs."""

    runner: CheckedRunner
    catalog: Catalog
    audiences: Audiences
    as_of: datetime
    sight: Sight = MASKED
    """Of whoever looks: whom they may see."""


def sample(rule: EligibilityRule, sampler: Sampler, number: int = 0) -> tuple[Judged, ...]:
    """Some people in and some out, the same ones at every look; other ones for another number."""
    inside, outside = (_some(rule, sampler, included, number) for included in (True, False))
    return judge(rule, (*inside, *outside), sampler)


def judge(rule: EligibilityRule, asked: Sequence[str], sampler: Sampler) -> tuple[Judged, ...]:
    """Those of the users who are people of the warehouse, and whom somebody may see; refuses when
    none is."""
    users = _seen(asked, sampler)
    truths = _truths(rule, users, sampler) if users else {}
    if not truths:
        listed = sampler.catalog.layout.users
        raise refuse(
            Code.UNKNOWN_USER,
            "The warehouse knows nobody by that id.",
            span=", ".join(asked),
            fix=f"Use an id as {listed.table}.{listed.key} lists it.",
        )
    values = _values(rule, users, sampler)
    judged = (_judged(rule, user, truths[user], values.get(user, ()), sampler) for user in truths)
    return tuple(sorted(judged, key=lambda one: (not one.included, one.user_id)))


def _seen(users: Sequence[str], sampler: Sampler) -> tuple[str, ...]:
    if not sampler.sight.limits:
        return tuple(users)
    query = visible_users(sampler.catalog, sampler.sight.limits, users)
    rows = sampler.runner.fetch(query.sql(dialect=DIALECT), purpose="whom they may see").rows
    return tuple(row[0] for row in rows)


def _some(rule: EligibilityRule, sampler: Sampler, included: bool, number: int) -> list[str]:
    flags = select_flags(
        {_WANTED: rule.members},
        sampler.catalog,
        as_of=sampler.as_of,
        audiences=sampler.audiences,
    )
    wanted = exp.func("COALESCE", exp.column(_WANTED), exp.false())
    query = (
        exp.select("user_id")
        .from_(flags.subquery("people"))
        .where(wanted if included else exp.not_(wanted))
        .order_by(exp.func("MD5", exp.func("CONCAT", exp.column("user_id"), _salt(number))))
        .limit(OF_EACH)
    )
    if sampler.sight.limits:
        seen = visible_users(sampler.catalog, sampler.sight.limits)
        query = query.where(exp.column("user_id").isin(query=seen))
    sql = query.sql(dialect=DIALECT, pretty=True)
    return [row[0] for row in sampler.runner.fetch(sql, purpose="a sample of people").rows]


def _salt(number: int) -> exp.Expr:
    return exp.Literal.string(str(number) if number else "")


def _truths(
    rule: EligibilityRule, users: tuple[str, ...], sampler: Sampler
) -> dict[str, tuple[bool, ...]]:
    parts = {f"c{place}": part for place, part in enumerate(_parts(rule))}
    sql = compile_flags(
        parts,
        sampler.catalog,
        as_of=sampler.as_of,
        audiences=sampler.audiences,
        users=users,
    )
    rows = sampler.runner.fetch(sql, purpose="which conditions hold").rows
    return {row[0]: tuple(value is True for value in row[1:]) for row in rows}


def _values(
    rule: EligibilityRule, users: tuple[str, ...], sampler: Sampler
) -> dict[str, tuple[Any, ...]]:
    """What each leaf read, by user: the values only, without their truths."""
    whole = And(of=_parts(rule))
    query = compile_leaves(
        whole, sampler.catalog, as_of=sampler.as_of, users=users, audiences=sampler.audiences
    )
    rows = sampler.runner.fetch(query.sql, purpose="what the conditions read").rows
    return {row[0]: tuple(row[1::2]) for row in rows}


def _judged(
    rule: EligibilityRule,
    user: str,
    truths: tuple[bool, ...],
    values: tuple[Any, ...],
    sampler: Sampler,
) -> Judged:
    included = all(truths)
    told = tuple(
        Told(describe(part, sampler.catalog), read, holds)
        for part, holds, read in zip(
            _parts(rule), truths, _reads(rule, values, sampler), strict=True
        )
    )
    reasons = [
        f"{one.clause} (has {one.read})" if one.read else one.clause
        for one in told
        if one.holds is included
    ]
    return Judged(user, included, tuple(reasons), told)


def _reads(rule: EligibilityRule, values: tuple[Any, ...], sampler: Sampler) -> Iterator[str]:
    """For each condition that is one leaf, what it read; a combined one says nothing."""
    widths = [sum(1 for _ in leaves(part)) for part in _parts(rule)]
    # An audience stands for conditions of its own, so that values and conditions no longer pair.
    paired = sum(widths) == len(values)
    place = 0
    for part, width in zip(_parts(rule), widths, strict=True):
        is_leaf = paired and not isinstance(part, And | Or | Not)
        found = values[place] if is_leaf else None
        if found is not None and not reads_public(part, sampler.catalog, sampler.audiences):
            found = HIDDEN
        place += width
        yield "" if found is None else str(found)


def _parts(rule: EligibilityRule) -> tuple[Condition, ...]:
    return (*clauses(rule.population), *clauses(rule.condition))
