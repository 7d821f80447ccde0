"""Campaigns: each policy against its holdout, what that is worth, and what its messages cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from core.artifacts import SqlText
from core.errors import PilothouseError
from measure.lift import LiftReport
from measure.methods.arms import mean_arm
from measure.methods.means import welch
from measure.outcomes.asking import Asked
from measure.outcomes.result import Campaign, Interval, Point
from measure.outcomes.revenue import NO_SALES, payments
from measure.queries import query

LEAST_USERS = 30
"""Fewer users in an arm say nothing about what people paid."""


class ReadOut(NamedTuple):
    """A policy as its holdout reads it: now, with its query, and at earlier moments."""

    name: str
    report: LiftReport | PilothouseError
    """The refusal where it cannot be read out."""
    queries: tuple[SqlText, ...] = ()
    earlier: Sequence[tuple[datetime, float | None]] = ()
    """Moments (naive UTC) with the difference that was read then."""


class _Paid(NamedTuple):
    users: int
    amount: float
    squares: float


class _Money(NamedTuple):
    """What is known of money, for every policy."""

    paid: Mapping[str, Mapping[str, _Paid]] | None
    """Policy → arm → what it paid; None: no sales are known."""
    messages: Mapping[str, Mapping[str, int]]
    sql: tuple[SqlText, ...]


def campaigns(
    asked: Asked, read: Mapping[str, ReadOut], *, horizon_days: int
) -> tuple[Campaign, ...]:
    """Every policy that decided, by its key."""
    if not read:
        return ()
    money = _money(asked, timedelta(days=horizon_days))
    return tuple(_campaign(asked, key, one, money) for key, one in sorted(read.items()))


def _money(asked: Asked, horizon: timedelta) -> _Money:
    counted, messages_sql = asked.fetch(
        query("outcomes/campaign_messages", horizon=horizon, as_of=asked.as_of),
        "messages of each policy by channel",
    )
    messages: dict[str, dict[str, int]] = defaultdict(dict)
    for policy, channel, number in counted.rows:
        messages[policy][channel] = int(number)
    tables = payments(asked, asked.as_of)
    if tables is None:
        return _Money(None, messages, (messages_sql,))
    fetched, sql = asked.fetch(
        query("outcomes/campaign_revenue", horizon=horizon, as_of=asked.as_of),
        "what messaged and held-out users of each policy paid",
        **tables,
    )
    paid: dict[str, dict[str, _Paid]] = defaultdict(dict)
    for policy, outcome, users, amount, squares in fetched.rows:
        paid[policy][outcome] = _Paid(int(users), float(amount), float(squares))
    return _Money(paid, messages, (messages_sql, sql))


def _campaign(asked: Asked, key: str, one: ReadOut, money: _Money) -> Campaign:
    by_channel = money.messages.get(key, {})
    base = Campaign(
        policy=key,
        name=one.name,
        goal=None,
        treated=0,
        held_out=0,
        uplift=None,
        interval=None,
        trend=tuple(Point(start=at.isoformat(), value=value) for at, value in one.earlier),
        messages=sum(by_channel.values()),
        verdict="",
        sql=(*one.queries, *money.sql),
    )
    if isinstance(one.report, PilothouseError):
        refusal = one.report.refusal
        return base.model_copy(
            update={"verdict": refusal.message, "statements": (str(one.report),)}
        )
    cost, why_no_cost = _cost(asked, by_channel)
    worth, why_no_worth = _worth(one.report, key, money)
    statements = tuple(why for why in (why_no_worth, why_no_cost) if why)
    return base.model_copy(
        update=_lifted(one.report) | worth | _returned(worth, cost) | {"statements": statements}
    )


def _lifted(report: LiftReport) -> dict[str, object]:
    found = report.overall
    told: dict[str, object] = {
        "goal": report.goal_event,
        "treated": found.treated,
        "held_out": found.held_out,
        "verdict": report.verdict,
    }
    if found.difference is None:
        return told
    number = found.treated
    return told | {
        "uplift": found.difference,
        "interval": Interval(low=found.ci_low, high=found.ci_high),
        "incremental": found.difference * number,
        "incremental_interval": _times(found.ci_low, found.ci_high, number),
    }


def _times(low: float | None, high: float | None, by: float) -> Interval:
    return Interval(low=None if low is None else low * by, high=None if high is None else high * by)


def _worth(report: LiftReport, key: str, money: _Money) -> tuple[dict[str, object], str | None]:
    """Incremental revenue by Welch's interval of what a person paid; or why there is none."""
    if money.paid is None:
        return {}, NO_SALES
    if report.readout.withheld:
        return {}, f"No revenue: {report.readout.withheld}"
    arms = money.paid.get(key, {})
    nobody = _Paid(0, 0.0, 0.0)
    treated, held_out = arms.get("selected", nobody), arms.get("held_out", nobody)
    if min(treated.users, held_out.users) < LEAST_USERS:
        few = f"{min(treated.users, held_out.users):,} users in the smaller arm"
        return {}, f"No revenue: {few}, fewer than {LEAST_USERS}."
    if treated.amount + held_out.amount == 0:
        return {}, "No revenue: nobody of either arm paid anything within the horizon."
    found = welch(mean_arm(*held_out), mean_arm(*treated))
    told = {
        "revenue": found.effect * treated.users,
        "revenue_interval": _times(found.low, found.high, treated.users),
    }
    return told, None


def _cost(asked: Asked, by_channel: Mapping[str, int]) -> tuple[float | None, str | None]:
    if not by_channel:
        return None, "No cost: none of its messages left whose horizon is over."
    channels = asked.catalog.channels
    costs = {
        name: channels[name].cost_per_message if name in channels else None for name in by_channel
    }
    undeclared = sorted(name or "(unknown)" for name, cost in costs.items() if cost is None)
    if undeclared:
        why = (
            f"No cost and no return: {', '.join(undeclared)} has no 'cost_per_message' in "
            "channels.yaml."
        )
        return None, why
    return sum(number * (costs[name] or 0.0) for name, number in by_channel.items()), None


def _returned(worth: Mapping[str, object], cost: float | None) -> dict[str, object]:
    """The return: revenue less cost, over the cost. Of messages that cost nothing there is none."""
    revenue, interval = worth.get("revenue"), worth.get("revenue_interval")
    if cost is None:
        return {}
    told: dict[str, object] = {"cost": cost}
    if cost > 0 and isinstance(revenue, float) and isinstance(interval, Interval):
        low, high = (
            None if side is None else side / cost - 1 for side in (interval.low, interval.high)
        )
        told |= {"roi": revenue / cost - 1, "roi_interval": Interval(low=low, high=high)}
    return told
