"""What a policy's messages changed: those it messaged against those it held out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlglot import exp

from core.conditions import Frozen
from core.errors import Code, refuse
from measure.assignment_readout import Arm, Readout, read_out
from measure.queries import Runner, query, text
from warehouse.catalog import Catalog

HORIZON_DAYS = 7
"""Within which a goal counts, unless another horizon is named."""


class ActionLift(Frozen):
    """The lift of one action towards its goal."""

    action: str
    goal_event: str
    readout: Readout


class LiftReport(Frozen):
    """The lift of a policy, over all and by action, with the id of the one query behind it."""

    policy: str
    as_of: str
    horizon_days: int
    held_out_share: float
    goal_event: str | None
    """None over several goals: a user counts when they reach the goal of their own action."""
    overall: Readout
    actions: tuple[ActionLift, ...]
    verdict: str
    sql: str


def lift(
    runner: Runner,
    catalog: Catalog,
    policy_key: str,
    *,
    as_of: datetime,
    horizon_days: int = HORIZON_DAYS,
    held_out_share: float | None = None,
    goal_event: str | None = None,
) -> LiftReport:
    """Compare treated and held-out users on the goal within ``horizon_days`` of the decision.

    Goals are those of the catalog's actions unless ``goal_event`` names one for all; the share
    is the workspace's default unless given. Refuses with UNKNOWN_EVENT and UNKNOWN_KEY.
    """
    share = catalog.defaults.holdout_share if held_out_share is None else held_out_share
    sql = query(
        "lift",
        policy_key=policy_key,
        as_of=as_of,
        horizon=timedelta(days=horizon_days),
        goal_event=goals(catalog, goal_event),
    )
    fetched = runner.fetch(
        text(sql, catalog), purpose=f"treated and held-out users of {policy_key}"
    )
    arms = {
        (action, outcome): (goal, Arm(users, reached, messaged))
        for action, goal, outcome, users, reached, messaged in fetched.rows
    }
    if not arms:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"'{policy_key}' has no decisions that are {horizon_days} days old and have a goal.",
            span=policy_key,
            fix="Wait until the horizon is over, or name a shorter one or a goal event.",
        )
    named = sorted({(action, goal) for (action, _), (goal, _) in arms.items() if action})
    overall = _compare(arms, "", share)
    return LiftReport(
        policy=policy_key,
        as_of=as_of.isoformat(),
        horizon_days=horizon_days,
        held_out_share=share,
        goal_event=next(goal for (action, _), (goal, _) in arms.items() if not action),
        overall=overall,
        actions=tuple(
            ActionLift(action=action, goal_event=goal, readout=_compare(arms, action, share))
            for action, goal in named
        ),
        verdict=_verdict(overall, horizon_days),
        sql=fetched.id,
    )


def goals(catalog: Catalog, goal_event: str | None = None) -> exp.Expr:
    """Which event counts for a decision ``d``: the one named, or the goal of its action.

    Refuses with UNKNOWN_EVENT.
    """
    if goal_event is not None:
        known = catalog.event_named(goal_event)
        if known is None:
            raise refuse(Code.UNKNOWN_EVENT, f"The catalog has no event '{goal_event}'.")
        return exp.Literal.string(known)
    goals = exp.Case()
    for action in catalog.actions.values():
        if action.goal_event is not None:
            is_it = exp.column("action_key", "d").eq(exp.Literal.string(action.key))
            goals = goals.when(is_it, exp.Literal.string(action.goal_event))
    return goals if goals.args.get("ifs") else exp.null()


def _compare(arms: dict[tuple[str, str], tuple[str, Arm]], action: str, share: float) -> Readout:
    nobody = ("", Arm(0, 0))
    treated, held_out = (arms.get((action, arm), nobody)[1] for arm in ("selected", "held_out"))
    return read_out(treated, held_out, held_out_share=share)


def _verdict(overall: Readout, horizon_days: int) -> str:
    if overall.withheld or overall.difference is None:
        return f"No number: {overall.withheld}"
    points = f"{overall.difference * 100:+.1f} percentage points within {horizon_days} days"
    low, high = (overall.ci_low or 0.0) * 100, (overall.ci_high or 0.0) * 100
    if low <= 0 <= high:
        return f"No clear lift: {points}, 95 % interval {low:+.1f} to {high:+.1f}."
    word = "Lift" if overall.difference > 0 else "Harm"
    return f"{word}: {points}, 95 % interval {low:+.1f} to {high:+.1f}."
