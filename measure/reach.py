"""How many people a rule was for on each day, and how many messages it chose: from the decisions
that cycles and online decisions left behind."""

from __future__ import annotations

from datetime import date, datetime

from core.conditions import Frozen
from measure.queries import Runner, query, text
from warehouse.catalog import Catalog


class ReachDay(Frozen):
    """One day (UTC) on which a rule decided."""

    day: date
    eligible: int
    """Users with at least one decision: those who were eligible, whatever stopped them after."""
    messages: int
    """Decisions for a message; those of held-out users are not among them."""
    held_out: int
    lost: int
    """Decisions that another message won."""


class Reach(Frozen):
    """The days on which a rule decided, the oldest first, and the query that gave them."""

    days: tuple[ReachDay, ...]
    sql: str


def reach(runner: Runner, catalog: Catalog, policy: str, *, since: datetime) -> Reach:
    """Every day from ``since`` (naive UTC) on of which decisions of a rule are kept."""
    sql = text(query("reach_by_day", policy_key=policy, since=since), catalog)
    found = runner.fetch(sql, purpose=f"whom {policy} was for, day by day")
    days = [ReachDay(**dict(zip(found.columns, row, strict=True))) for row in found.rows]
    return Reach(days=tuple(days), sql=sql)
