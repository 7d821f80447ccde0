"""Messages of the days to come, and what they cost: today is counted, the rest is estimated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb
from sqlglot import exp

from core.conditions import And, AsOf, Attribute, Condition, Op, WhenUnknown
from core.effects import Cost, Day, Traffic
from core.rules import DecisionPolicy
from orchestrate.effects.sides import Artifact
from orchestrate.rehearsal.volume import Volume
from orchestrate.rehearsal.week import EPOCH
from orchestrate.stages import DIALECT
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.compile.queries import select_flags

DAYS = 7
A_DAY = 86_400


def entering(
    cursor: duckdb.DuckDBPyConnection,
    member: Condition,
    catalog: Catalog,
    *,
    as_of: datetime,
    audiences: Audiences,
) -> float:
    """People a day who met a condition at ``as_of`` and not seven days before, or were not there.

    Columns and traits have no past here: what they say now counts for then too.
    """
    earlier = as_of - timedelta(days=DAYS)
    there = And(of=(member, *_signed_up(catalog)))
    now, then = (
        select_flags({}, catalog, as_of=at, population=condition, audiences=audiences)
        for at, condition in ((as_of, member), (earlier, there))
    )
    same = exp.column("user_id", "now").eq(exp.column("user_id", "before"))
    query = (
        exp.select(exp.Count(this=exp.Star()))
        .from_(now.subquery("now"))
        .join(then.subquery("before"), on=same, join_type="anti")
    )
    ((found,),) = cursor.execute(query.sql(DIALECT)).fetchall()
    return int(found) / DAYS


def _signed_up(catalog: Catalog) -> tuple[Condition, ...]:
    column = catalog.layout.users.signup
    if column is None:
        return ()
    # Whoever has no moment of signing up was always there.
    unknown = WhenUnknown.MATCH
    return (Attribute(column=column, op=Op.LT, value=AsOf(), when_unknown=unknown),)


def week_of(
    artifact: Artifact, sent: Volume, audience: int, entered: float, as_of: datetime
) -> Traffic:
    """Messages by day: those of today's cycle as counted, then whoever enters, then repeats."""
    first = (as_of - EPOCH).days
    counted = [sum(n for (at, _), n in sent.items() if at == first + day) for day in range(DAYS)]
    today = sum(sent.values())
    a_day = entered * (today / audience if audience else 0.0)
    again = repeats_after(artifact)
    planned: list[float] = []
    for day in range(DAYS):
        repeated = planned[day - again] if day >= again else 0.0
        planned.append(counted[day] + (a_day + repeated if day else 0.0))
    days = [
        Day(day=(EPOCH + timedelta(days=first + day)).date().isoformat(), messages=round(messages))
        for day, messages in enumerate(planned)
    ]
    return Traffic(days=tuple(days), entering=round(entered, 1), how=_how(entered, again))


def repeats_after(artifact: Artifact) -> int:
    """After how many days the same person may get the same message again, at the earliest."""
    actions = (
        [one.action for one in artifact.entries]
        if isinstance(artifact, DecisionPolicy)
        else [artifact.action]
    )
    seconds = [one.expires_after_seconds for one in actions if one]
    if isinstance(artifact, DecisionPolicy):
        if artifact.reentry == "never":
            return DAYS
        seconds.append(artifact.cooldown_seconds)
    return max(1, math.ceil(max(seconds, default=0) / A_DAY))


def _how(entered: float, again: int) -> str:
    later = (
        f"; whoever is still in it may get it again after {again} day{'s' if again != 1 else ''}"
        if again < DAYS
        else "; nobody gets it twice within the week"
    )
    return (
        f"Today is counted by a dry run. The days after it take the {entered:,.1f} people a day "
        "who came to meet the conditions over the last seven days, at today's rate of "
        f"messages{later}."
    )


def cost_of(traffic: Traffic, sent: Volume, channels: Sequence[str], catalog: Catalog) -> Cost:
    """What the week costs, in the mix of channels of today's messages."""
    prices = {
        name: catalog.channels[name].cost_per_message
        for name in dict.fromkeys(channels)
        if name in catalog.channels
    }
    undeclared = tuple(sorted(name for name, price in prices.items() if price is None))
    today = sum(sent.values())
    used = {name: sum(n for (_, by), n in sent.items() if by == name) for name in prices}
    messages = sum(one.messages for one in traffic.days)
    declared = {name: price for name, price in prices.items() if price is not None}
    if undeclared or not declared:
        return Cost(amount=None, undeclared=undeclared)
    mean = sum(declared[name] * used[name] for name in declared) / today if today else 0.0
    return Cost(amount=round(messages * mean, 2), undeclared=())
