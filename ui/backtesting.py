"""Backtests in a workspace: a rule over days that are past, with what was measured of its actions.

Measuring and deciding meet here: what the one reads out is carried to the other as rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from core.errors import Code, PilothouseError, refuse
from core.proposal import actions_of
from core.rules import DecisionPolicy, EligibilityRule
from measure.lift import LiftReport
from orchestrate.rehearsal.backtest import Backtest, Basis, Tell, backtest

if TYPE_CHECKING:
    from ui.workspace import Workspace


def replay_days(
    workspace: Workspace,
    artifact: DecisionPolicy | EligibilityRule,
    version: int | None,
    *,
    since: datetime,
    until: datetime,
    tell: Tell | None = None,
) -> Backtest:
    """What a rule would have done; refuses with INVALID_ARGUMENT a stretch that is to come.

    ``tell`` is told before each day, and may raise to end it.
    """
    now = workspace.as_of()
    if until > now:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{until} is still to come: it is {now} here.",
            span=until.isoformat(),
            fix="Look at the days to come with 'pilothouse simulate'.",
        )
    actions = {action.key for action in actions_of(artifact)}
    return backtest(
        workspace.store,
        workspace.warehouse,
        workspace.catalog,
        artifact,
        since=since,
        until=until,
        version=version,
        bases=tuple(_bases(workspace, actions, now)),
        tell=tell,
    )


def _bases(workspace: Workspace, actions: set[str], at: datetime) -> Iterator[Basis]:
    """For each action its read-out with the most users, if any gives a number."""
    best: dict[str, tuple[int, Basis]] = {}
    for policy in _policies_with(workspace, actions):
        try:
            report = workspace.lift(policy, as_of=at)
        except PilothouseError:
            # Nothing old enough, or no goal: no basis, which is what is then said.
            continue
        for users, basis in _of_report(report, actions):
            if users > best.get(basis.action, (0, basis))[0]:
                best[basis.action] = (users, basis)
    yield from (basis for _, basis in best.values())


def _policies_with(workspace: Workspace, actions: set[str]) -> list[str]:
    query = (
        "SELECT DISTINCT policy_key FROM decisions "
        "WHERE list_contains($actions, action_key) ORDER BY policy_key"
    )
    return [str(key) for (key,) in workspace.warehouse.fetch(query, {"actions": [*actions]}).rows]


def _of_report(report: LiftReport, actions: set[str]) -> Iterator[tuple[int, Basis]]:
    for one in report.actions:
        found = one.readout
        if one.action not in actions or found.difference is None:
            continue
        users = found.treated + found.held_out
        yield (
            users,
            Basis(
                action=one.action,
                source=f"The holdout of {report.policy}, read out as of {report.as_of}: "
                f"{found.treated:,} treated and {found.held_out:,} held out, "
                f"'{one.goal_event}' within {report.horizon_days} days.",
                difference=found.difference,
                ci_low=found.ci_low or 0.0,
                ci_high=found.ci_high or 0.0,
            ),
        )
