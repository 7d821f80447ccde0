"""What a policy's messages changed: those it messaged against those it held out."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.conditions import Frozen
from core.rules import Holdout
from measure.experiments.assigned import HELD_OUT, TREATED, by_policy
from measure.experiments.measured import GOAL, Subject
from measure.experiments.metrics import with_goal
from measure.experiments.reading import read
from measure.experiments.readout import ArmRow, Comparison, ExperimentReadout
from measure.queries import Runner
from warehouse.catalog import Catalog

HORIZON_DAYS = 7
"""Within which a goal counts, unless another horizon is named."""
PRE_DAYS = 28
"""How much of the time before a decision tells users apart."""


class Readout(Frozen):
    """The effect on the goal of being assigned to the message (intent to treat), in fractions.

    ``withheld`` says why there is no number; then every estimate is None.
    """

    treated: int
    treated_reached: int
    held_out: int
    held_out_reached: int
    treated_rate: float | None
    held_out_rate: float | None
    difference: float | None
    ci_low: float | None
    """95 %, holds at every look (confidence sequence)."""
    ci_high: float | None
    p: float | None
    """Always-valid."""
    relative: float | None
    """The difference as a share of the held-out rate."""
    relative_low: float | None
    relative_high: float | None
    sample_ratio_p: float
    """Always-valid, over the whole policy."""
    contaminated: int
    """Held-out users of the whole policy who got a message all the same."""
    withheld: str | None


class ActionLift(Frozen):
    """The lift of one action towards its goal."""

    action: str
    goal_event: str | None
    readout: Readout


class LiftReport(Frozen):
    """The lift of a policy on its goals, over all and by action, and everything else that its
    holdout tells."""

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
    readout: ExperimentReadout


def lift(
    runner: Runner,
    catalog: Catalog,
    policy_key: str,
    *,
    as_of: datetime,
    horizon_days: int = HORIZON_DAYS,
    holdout: Holdout | None = None,
    goal_event: str | None = None,
) -> LiftReport:
    """Compare treated and held-out users within ``horizon_days`` of the decision.

    Goals are those of the catalog's actions unless ``goal_event`` names one for all. ``holdout``
    is the one in force; without one the share is the workspace's default, and arms are not drawn
    again. Refuses with UNKNOWN_EVENT and UNKNOWN_KEY.
    """
    planned = holdout or Holdout(share=catalog.defaults.holdout_share, salt=policy_key)
    assigned = by_policy(
        catalog,
        policy_key,
        as_of=as_of,
        horizon=timedelta(days=horizon_days),
        holdout=planned,
        known_salt=holdout is not None,
        goal_event=goal_event,
    )
    subject = Subject(
        kind="holdout",
        key=policy_key,
        name=policy_key,
        assigned=assigned,
        metrics=with_goal(catalog, goal_event or "Goal"),
        as_of=as_of,
        horizon_days=horizon_days,
        pre_days=PRE_DAYS,
    )
    return of_readout(read(runner, catalog, subject), planned.share)


def of_readout(found: ExperimentReadout, share: float) -> LiftReport:
    """A policy's read-out in the words of its goal alone."""
    goal = next(one for one in found.metrics if one.key == GOAL)
    return LiftReport(
        policy=found.key,
        as_of=found.as_of.isoformat(),
        horizon_days=found.horizon_days or 0,
        held_out_share=share,
        goal_event=found.goal_event,
        overall=_readout(found, found.arms, goal.comparisons[0]),
        actions=tuple(
            ActionLift(
                action=one.action,
                goal_event=one.goal_event,
                readout=_readout(found, one.arms, one.comparison),
            )
            for one in found.actions
        ),
        verdict=found.verdict,
        sql=goal.sql,
        readout=found,
    )


def _readout(found: ExperimentReadout, arms: tuple[ArmRow, ...], one: Comparison) -> Readout:
    by_key = {arm.key: arm for arm in arms}
    treated, held_out = by_key[TREATED], by_key[HELD_OUT]
    effect, relative = one.effect, one.relative
    shown = one.withheld is None
    split = next((check for check in found.checks if check.name == "split"), None)
    return Readout(
        treated=treated.users,
        treated_reached=treated.reached_goal or 0,
        held_out=held_out.users,
        held_out_reached=held_out.reached_goal or 0,
        treated_rate=one.mean if shown else None,
        held_out_rate=one.control_mean if shown else None,
        difference=effect.value if effect else None,
        ci_low=effect.low if effect else None,
        ci_high=effect.high if effect else None,
        p=one.p,
        relative=relative.value if relative else None,
        relative_low=relative.low if relative else None,
        relative_high=relative.high if relative else None,
        sample_ratio_p=split.p if split and split.p is not None else 1.0,
        contaminated=found.contaminated,
        withheld=one.withheld,
    )
