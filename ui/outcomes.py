"""Outcomes in a workspace: figures, attribution and campaigns, as one result for every door."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from measure.outcomes.asking import WEEKS, Asked
from measure.outcomes.house import House
from measure.outcomes.report import outcomes
from measure.outcomes.result import Outcomes

if TYPE_CHECKING:
    from ui.workspace import Workspace


def outcomes_of(workspace: Workspace, as_of: datetime, weeks: int = WEEKS) -> Outcomes:
    """Everything at a moment (naive UTC), with trends over so many weeks."""
    return outcomes(asked(workspace, as_of, weeks), house(workspace))


def asked(workspace: Workspace, as_of: datetime, weeks: int = WEEKS) -> Asked:
    """The question, over the workspace's data."""
    least = workspace.settings.smallest_group
    return Asked(workspace.runner(), workspace.catalog, as_of, weeks, least)


def house(workspace: Workspace) -> House:
    """Where the workspace keeps what is its own."""
    return House(workspace.warehouse, workspace.store)
