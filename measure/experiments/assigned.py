"""Who was in which arm, and from when on: one query a kind of read-out, all with the same columns.

``unit, scope, is_first, arm, since, until, goal_event, in_two_arms, has_moved, is_outside``: one
row a unit and scope (the message, where there are several). What a unit did in (since, until)
counts. ``has_moved``: the recorded arm is not the one that its bucket gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from sqlglot import exp

from core.rules import Holdout
from measure.experiments.drawing import in_share
from measure.experiments.goals import goals
from measure.queries import query
from warehouse.catalog import Catalog

TREATED, HELD_OUT = "treated", "held_out"


class PlannedArm(NamedTuple):
    """An arm and its share of the units that are compared."""

    key: str
    name: str
    share: float
    control: bool


class Assigned(NamedTuple):
    """Who takes part, as queries, and what is known of how they were to be assigned."""

    rows: exp.Query
    total: exp.Query
    """``total``: how many the whole thing could have concerned."""
    arms: tuple[PlannedArm, ...]
    messages: exp.Expr
    """Which messages ``m`` of a unit ``a`` are of this: those that a control must not get."""
    recomputed: bool
    """Whether ``has_moved`` could be worked out."""
    reached_by: str = "message"
    """What reaches a unit: a message that is delivered, or being exposed."""
    has_namespace: bool = False
    before: Mapping[str, exp.Query] = MappingProxyType({})
    """Named subqueries that the rows and the total are made of."""


def by_policy(
    catalog: Catalog,
    policy: str,
    *,
    as_of: datetime,
    horizon: timedelta,
    holdout: Holdout,
    known_salt: bool,
    goal_event: str | None,
) -> Assigned:
    """The arms of a policy's own holdout, from its decisions; refuses with UNKNOWN_EVENT.

    ``known_salt``: whether the holdout is the one in force, so that its lots can be drawn again.
    """
    held = exp.EQ(this=exp.column("outcome", "d"), expression=exp.Literal.string("held_out"))
    return Assigned(
        rows=query(
            "lift_policy",
            policy_key=policy,
            as_of=as_of,
            horizon=horizon,
            goal_event=goals(catalog, goal_event),
            is_held_out=in_share(holdout, exp.column("user_id", "d")) if known_salt else held,
        ),
        total=query("lift_policy_total", policy_key=policy, as_of=as_of, horizon=horizon),
        arms=(
            PlannedArm(HELD_OUT, "held out", holdout.share, True),
            PlannedArm(TREATED, "treated", 1 - holdout.share, False),
        ),
        messages=exp.column("policy_key", "m").eq(exp.Literal.string(policy)),
        recomputed=known_salt,
    )
