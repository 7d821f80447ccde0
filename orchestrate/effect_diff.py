"""Who would get what under two versions of a rule: gained, lost, or something else won."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlglot
from sqlglot import exp

from core.conditions import Frozen
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.counting import DIALECT, Fetches
from orchestrate.winners import winners_sql
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, compile_audience

Artifact = EligibilityRule | DecisionPolicy
EXAMPLES = 5
MEMBER = "in"
"""What stands for a user of an audience, which names no action."""


class Change(Frozen):
    """Users for whom the versions differ in the same way."""

    before: str | None
    """What they get under the first version: action keys, or ``in``; None: nothing."""
    after: str | None
    users: int
    examples: tuple[str, ...]
    """A few of them, by id."""


class EffectDiff(Frozen):
    """What changes for people from one version of a rule to another, by conditions alone."""

    as_of: str
    before: int
    """Users who get anything under the first version."""
    after: int
    gained: int
    """Users who get something only under the second."""
    lost: int
    winner_changed: int
    """Users who get something else."""
    changes: tuple[Change, ...]
    """The largest first."""


def effect_diff(
    before: Artifact,
    after: Artifact,
    runner: Fetches,
    catalog: Catalog,
    *,
    as_of: datetime,
    audiences: Audiences | None = None,
) -> EffectDiff:
    """Compare two versions on the snapshot at ``as_of`` (naive UTC), user by user.

    Suppressions and stop conditions hold back; consent, holdouts and caps are not looked at.
    """
    sides = [_per_user(one, catalog, as_of, audiences) for one in (before, after)]
    joined = (
        exp.select(
            exp.func("COALESCE", exp.column("user_id", "a"), exp.column("user_id", "b")).as_(
                "user_id"
            ),
            exp.column("gets", "a").as_("before"),
            exp.column("gets", "b").as_("after"),
        )
        .from_(sides[0].subquery("a"))
        .join(
            sides[1].subquery("b"),
            on=exp.column("user_id", "a").eq(exp.column("user_id", "b")),
            join_type="full",
        )
    )
    counted = exp.select(
        "before", "after", exp.Count(this=exp.Star()).as_("users"), _examples()
    ).from_(joined.subquery("joined"))
    query = counted.group_by("before", "after")
    fetched = runner.fetch(
        query.sql(dialect=DIALECT, pretty=True),
        purpose=f"who gets what under two versions of {after.key}",
    )
    return _summed(
        [
            Change(before=row[0], after=row[1], users=row[2], examples=_few(row[3]))
            for row in fetched.rows
        ],
        as_of,
    )


def _per_user(
    artifact: Artifact, catalog: Catalog, as_of: datetime, audiences: Audiences | None
) -> exp.Select:
    """One row a user: ``user_id`` and what they get, several actions in one text."""
    scope: dict[str, Any] = {
        "as_of": as_of,
        "population": artifact.population,
        "audiences": audiences,
    }
    if isinstance(artifact, EligibilityRule):
        gets: exp.Expr = exp.Literal.string(MEMBER)
        return _from(compile_audience(artifact.condition, catalog, **scope), gets)
    won = winners_sql(artifact, catalog, **scope)
    if artifact.k == 1:
        return _from(won, exp.column("action_key"))
    sorted_by = exp.Ordered(this=exp.column("action_key"), nulls_first=False)
    actions = exp.Order(this=exp.column("action_key"), expressions=[sorted_by])
    gets = exp.GroupConcat(this=actions, separator=exp.Literal.string(", "))
    return _from(won, gets).group_by("user_id")


def _from(sql: str, gets: exp.Expr) -> exp.Select:
    inner = sqlglot.parse_one(sql, dialect=DIALECT)
    assert isinstance(inner, exp.Query)
    return exp.select("user_id", exp.alias_(gets, "gets")).from_(inner.subquery("told"))


def _examples() -> exp.Expr:
    few = exp.func("MIN", exp.column("user_id"), exp.Literal.number(EXAMPLES))
    return exp.alias_(few, "examples")


def _few(found: list[str]) -> tuple[str, ...]:
    return tuple(sorted(found))


def _summed(changes: list[Change], as_of: datetime) -> EffectDiff:
    differ = [one for one in changes if one.before != one.after]
    return EffectDiff(
        as_of=as_of.isoformat(),
        before=sum(one.users for one in changes if one.before),
        after=sum(one.users for one in changes if one.after),
        gained=sum(one.users for one in differ if not one.before),
        lost=sum(one.users for one in differ if not one.after),
        winner_changed=sum(one.users for one in differ if one.before and one.after),
        changes=tuple(sorted(differ, key=_largest_first)),
    )


def _largest_first(one: Change) -> tuple[int, str, str]:
    return -one.users, one.before or "", one.after or ""
