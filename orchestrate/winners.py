"""Who wins under a decision policy, as SQL over flags: tier, score, place, up to k a user."""

from __future__ import annotations

import functools
import operator
from datetime import datetime

from sqlglot import exp

from core.conditions import Condition
from core.pursuit import eligible, held_back
from core.rules import DecisionPolicy, Entry
from orchestrate.counting import DIALECT, is_true
from orchestrate.reach import held_out, reachable
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, select_flags


def winners_sql(
    policy: DecisionPolicy,
    catalog: Catalog,
    *,
    as_of: datetime,
    population: Condition,
    audiences: Audiences | None,
) -> str:
    """One row per user and action that wins: ``user_id`` and ``action_key``, up to k a user.

    Suppressions and stop conditions hold back; consent, holdouts and caps are not looked at.
    """
    asked = {
        name: condition
        for name, condition in policy_flags(policy, catalog).items()
        if name[0] in "es"
    }
    flags = _scored_flags(policy, asked, catalog, as_of, population, audiences)
    if policy.k == 1:
        return _one_winner(policy, flags).sql(dialect=DIALECT, pretty=True)
    winners = [
        exp.select("user_id", exp.alias_(exp.Literal.string(entry.action.key), "action_key"))
        .from_(flags.subquery("flags"))
        .where(_wins(number, policy))
        for number, entry in enumerate(policy.entries)
    ]
    return exp.union(*winners, distinct=False).sql(dialect=DIALECT, pretty=True)


def _one_winner(policy: DecisionPolicy, flags: exp.Select) -> exp.Select:
    takes = exp.Case()
    for number, entry in enumerate(policy.entries):
        takes = takes.when(_wins(number, policy), exp.Literal.string(entry.action.key))
    winners = exp.select("user_id", exp.alias_(takes, "action_key")).from_(flags.subquery("flags"))
    return (
        exp.select("user_id", "action_key")
        .from_(winners.subquery("winners"))
        .where(exp.not_(exp.column("action_key").is_(exp.null())))
    )


def _scored_flags(
    policy: DecisionPolicy,
    asked: dict[str, Condition],
    catalog: Catalog,
    as_of: datetime,
    population: Condition,
    audiences: Audiences | None,
) -> exp.Select:
    """The asked flags of every user, with the scores that entries rank by as ``score_<n>``."""
    flags = select_flags(asked, catalog, as_of=as_of, population=population, audiences=audiences)
    if not any(entry.score for entry in policy.entries):
        return flags
    table, key = catalog.layout.traits.table, catalog.layout.traits.user
    user = exp.column("user_id", "told")
    scores = [
        exp.alias_(_score(entry.score), f"score_{number}")
        for number, entry in enumerate(policy.entries)
        if entry.score
    ]
    return (
        exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("told")), *scores)
        .from_(flags.subquery("told"))
        .join(
            exp.to_table(table).as_("scored"),
            on=exp.column(key, "scored").eq(user),
            join_type="left",
        )
    )


def _score(name: str) -> exp.Expr:
    not_a_number = exp.cast(exp.Literal.string("NaN"), "double")
    score = exp.cast(exp.column(name, "scored"), "double")
    return exp.Nullif(this=score, expression=not_a_number)


def _takes(number: int) -> exp.Expr:
    """Whether an entry takes a user, were it alone. Unknown holds back."""
    is_free = exp.not_(exp.func("COALESCE", exp.column(f"s{number}"), exp.true()))
    return exp.and_(is_true(f"e{number}"), is_free)


def _wins(number: int, policy: DecisionPolicy) -> exp.Expr:
    """Whether an entry takes a user and fewer than k entries before it do."""
    return exp.and_(_takes(number), _taken_before(number, policy) < policy.k)


def _taken_before(number: int, policy: DecisionPolicy) -> exp.Expr:
    """By how many entries a user is taken before an entry has its turn."""
    rivals = [
        exp.and_(_takes(other), goes_first)
        for other in range(len(policy.entries))
        if (goes_first := _goes_first(other, number, policy)) is not None
    ]
    counted = [exp.Case().when(one, exp.Literal.number(1)).else_("0") for one in rivals]
    return functools.reduce(operator.add, counted, exp.Literal.number(0))


def _goes_first(other: int, number: int, policy: DecisionPolicy) -> exp.Expr | None:
    """When one entry goes before another; None: never. Tier, then score, then place."""
    theirs, ours = policy.entries[other], policy.entries[number]
    if other == number or theirs.tier > ours.tier:
        return None
    if theirs.tier < ours.tier:
        return exp.true()
    if theirs.score is None and ours.score is None:
        return exp.true() if other < number else None
    left, right = _score_of(theirs, other), _score_of(ours, number)
    # A missing score is lower than any.
    higher = exp.func("COALESCE", left > right, exp.not_(left.copy().is_(exp.null())))
    if other > number:
        return higher
    return exp.or_(higher, exp.NullSafeEQ(this=left.copy(), expression=right.copy()))


def _score_of(entry: Entry, number: int) -> exp.Expr:
    return exp.column(f"score_{number}") if entry.score else exp.cast(exp.null(), "double")


def policy_flags(policy: DecisionPolicy, catalog: Catalog) -> dict[str, Condition]:
    """For each entry n: e<n> eligible, s<n> held back, r<n> reachable; h held out."""
    flags: dict[str, Condition] = {"h": held_out(policy.holdout)}
    for number, entry in enumerate(policy.entries):
        flags[f"e{number}"] = eligible(entry)
        flags[f"s{number}"] = held_back(entry, policy)
        flags[f"r{number}"] = reachable((entry.action,), policy, catalog)
    return flags
