"""Outcomes in a workspace: figures, attribution and campaigns, as one result for every door."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from control import pipeline, versions
from core.errors import Code, PilothouseError
from measure.lift import HORIZON_DAYS
from measure.outcomes.asking import WEEKS, Asked
from measure.outcomes.attribution import goals
from measure.outcomes.campaigns import ReadOut, campaigns
from measure.outcomes.house import House
from measure.outcomes.report import attributions, figures, outcomes
from measure.outcomes.result import Attribution, Campaign, Figure, Outcomes
from warehouse.catalog import unknown_name

if TYPE_CHECKING:
    from ui.workspace import Workspace

SECONDS = 600.0
"""How long one query may take: whole tables are read, of a hundred million rows perhaps."""
SENT = """
SELECT policy_key FROM decisions UNION SELECT policy_key FROM fct_messages
WHERE policy_key IS NOT NULL ORDER BY 1
"""
DECIDED = "SELECT DISTINCT policy_key FROM decisions WHERE decided_at <= $as_of ORDER BY 1"


def figures_of(workspace: Workspace, as_of: datetime, weeks: int = WEEKS) -> tuple[Figure, ...]:
    """The figures alone."""
    return figures(asked(workspace, as_of, weeks), house(workspace))


def campaigns_of(workspace: Workspace, as_of: datetime, weeks: int = WEEKS) -> tuple[Campaign, ...]:
    """The campaigns alone."""
    read = read_outs(workspace, as_of)
    return campaigns(asked(workspace, as_of, weeks), read, horizon_days=HORIZON_DAYS)


def lifetime_of(workspace: Workspace, as_of: datetime) -> tuple[Figure, ...]:
    """The lifetime values alone."""
    return figures(asked(workspace, as_of), house(workspace), only="lifetime_value")


def attributed_to(
    workspace: Workspace,
    as_of: datetime,
    *,
    policy: str | None = None,
    goal: str | None = None,
    horizon_days: int = HORIZON_DAYS,
    weeks: int = WEEKS,
) -> tuple[Attribution, ...]:
    """Attribution to one goal or to all, of one policy's touchpoints or of all.

    Refuses with UNKNOWN_KEY a policy that sent nothing, with UNKNOWN_EVENT a goal.
    """
    if policy is not None:
        _require_known(workspace, policy)
    read, whole = read_outs(workspace, as_of), asked(workspace, as_of, weeks)
    wanted = (goal,) if goal is not None else goals(whole)
    found = attributions(whole, read, wanted, horizon_days=horizon_days)
    return tuple(_only(one, policy) for one in found)


def _require_known(workspace: Workspace, policy: str) -> None:
    known = [key for (key,) in workspace.warehouse.fetch(SENT).rows]
    if policy not in known:
        raise PilothouseError(unknown_name(Code.UNKNOWN_KEY, "policy", policy, known))


def _only(found: Attribution, policy: str | None) -> Attribution:
    """The touchpoints of a policy; the models shared out among all of them."""
    if policy is None:
        return found
    own = tuple(one for one in found.credits if one.policy == policy)
    why = None if own else f"{policy} sent no message in the span that was delivered."
    return found.model_copy(update={"credits": own, "statement": found.statement or why})


def outcomes_of(workspace: Workspace, as_of: datetime, weeks: int = WEEKS) -> Outcomes:
    """Everything at a moment (naive UTC), with trends over so many weeks."""
    read = read_outs(workspace, as_of)
    return outcomes(asked(workspace, as_of, weeks), house(workspace), read)


def asked(workspace: Workspace, as_of: datetime, weeks: int = WEEKS) -> Asked:
    """The question, over the workspace's data."""
    runner = workspace.runner()
    runner.timeout_seconds = SECONDS
    return Asked(runner, workspace.catalog, as_of, weeks, workspace.settings.smallest_group)


def house(workspace: Workspace) -> House:
    """Where the workspace keeps what is its own."""
    return House(workspace.warehouse, workspace.store)


def read_outs(workspace: Workspace, as_of: datetime) -> dict[str, ReadOut]:
    """Every policy that decided by a moment, read out by its holdout."""
    names = {one.key: one.artifact.name for one in versions.all_current(workspace.store)}
    decided = workspace.warehouse.fetch(DECIDED, {"as_of": as_of})
    return {
        key: _read_out(workspace, key, names.get(key, key), as_of)
        for (key,) in decided.rows
        if key is not None
    }


def _read_out(workspace: Workspace, key: str, name: str, as_of: datetime) -> ReadOut:
    earlier = [
        (at, document["overall"]["difference"])
        for at, document in pipeline.kept_readouts(workspace.store, key)
        if at < as_of
    ]
    try:
        report = workspace.lift(key, as_of=as_of)
    except PilothouseError as error:
        return ReadOut(name, error, (), earlier)
    queries = tuple(one for one in report.readout.queries if one.id == report.sql)
    return ReadOut(name, report, queries, earlier)
