"""Outcomes in a workspace: figures, attribution and campaigns, as one result for every door."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from control import pipeline, versions
from core.errors import PilothouseError
from measure.outcomes.asking import WEEKS, Asked
from measure.outcomes.campaigns import ReadOut
from measure.outcomes.house import House
from measure.outcomes.report import outcomes
from measure.outcomes.result import Outcomes

if TYPE_CHECKING:
    from ui.workspace import Workspace

DECIDED = "SELECT DISTINCT policy_key FROM decisions WHERE decided_at <= $as_of ORDER BY 1"


def outcomes_of(workspace: Workspace, as_of: datetime, weeks: int = WEEKS) -> Outcomes:
    """Everything at a moment (naive UTC), with trends over so many weeks."""
    read = read_outs(workspace, as_of)
    return outcomes(asked(workspace, as_of, weeks), house(workspace), read)


def asked(workspace: Workspace, as_of: datetime, weeks: int = WEEKS) -> Asked:
    """The question, over the workspace's data."""
    least = workspace.settings.smallest_group
    return Asked(workspace.runner(), workspace.catalog, as_of, weeks, least)


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
