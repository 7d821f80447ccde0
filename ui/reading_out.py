"""Read-outs in a workspace: policies by their holdout, experiments, the global holdout."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from control import versions
from core.conditions import Frozen
from core.errors import Code, PilothouseError
from core.experiments import DeclaredExperiment
from core.rules import DecisionPolicy
from measure.experiments.readout import ExperimentReadout, Kind
from measure.experiments.subjects import (
    GLOBAL,
    of_rule,
    read_experiment,
    read_global_holdout,
)
from measure.lift import HORIZON_DAYS, LiftReport, lift
from warehouse.catalog import unknown_name

if TYPE_CHECKING:
    from ui.workspace import Workspace


class Readable(Frozen):
    """Something that can be read out."""

    kind: Kind
    key: str
    name: str


def readable(workspace: Workspace) -> tuple[Readable, ...]:
    """Experiments, declared and of live policies, the global holdout, policies that decided."""
    declared = [
        Readable(kind="experiment", key=key, name=one.name)
        for key, one in _experiments(workspace).items()
    ]
    everywhere = workspace.catalog.defaults.contact_policy.global_holdout
    overall = Readable(kind="global_holdout", key=GLOBAL, name="Global holdout")
    policies = [Readable(kind="holdout", key=key, name=key) for key in _policies(workspace)]
    return (*declared, *([overall] if everywhere else []), *policies)


def read(workspace: Workspace, kind: Kind, key: str, as_of: datetime) -> ExperimentReadout:
    """The read-out of something readable at a moment (naive UTC).

    Refuses with UNKNOWN_KEY what there is not, or what nobody took part in to the end yet.
    """
    if kind == "holdout":
        return read_out(workspace, key, as_of).readout
    if kind == "global_holdout":
        return read_global(workspace, as_of)
    runner, catalog = workspace.runner(), workspace.catalog
    return read_experiment(runner, catalog, key, _experiments(workspace), as_of=as_of)


def read_global(
    workspace: Workspace,
    as_of: datetime,
    *,
    horizon_days: int | None = None,
    since: datetime | None = None,
) -> ExperimentReadout:
    """The global holdout at a moment; refuses where there is none, or it never held anybody out."""
    return read_global_holdout(
        workspace.runner(),
        workspace.catalog,
        workspace.catalog.defaults.contact_policy.global_holdout,
        as_of=as_of,
        horizon_days=horizon_days,
        since=since,
    )


def read_out(
    workspace: Workspace,
    policy: str,
    as_of: datetime,
    *,
    horizon_days: int = HORIZON_DAYS,
    goal_event: str | None = None,
) -> LiftReport:
    """The lift of a policy at a moment (naive UTC); refuses one that never decided."""
    if goal_event is not None and workspace.catalog.event_named(goal_event) is None:
        events = [*workspace.catalog.events]
        raise PilothouseError(unknown_name(Code.UNKNOWN_EVENT, "event", goal_event, events))
    live = versions.current(workspace.store, policy)
    known = _policies(workspace)
    if live is None and policy not in known:
        raise PilothouseError(unknown_name(Code.UNKNOWN_KEY, "policy", policy, known))
    journey = versions.running_journeys(workspace.store).get(policy)
    in_force = live.artifact if live else journey.artifact if journey else None
    return lift(
        workspace.runner(),
        workspace.catalog,
        policy,
        as_of=as_of,
        horizon_days=horizon_days,
        holdout=in_force.holdout if in_force else None,
        goal_event=goal_event,
    )


def _policies(workspace: Workspace) -> list[str]:
    decided = "SELECT DISTINCT policy_key FROM decisions ORDER BY 1"
    return [str(row[0]) for row in workspace.warehouse.fetch(decided).rows]


def _experiments(workspace: Workspace) -> dict[str, DeclaredExperiment]:
    """Those of the catalog, then those of live policies, which do not hide one of the catalog."""
    return dict(_of_rules(workspace)) | workspace.catalog.experiments


def _of_rules(workspace: Workspace) -> Iterator[tuple[str, DeclaredExperiment]]:
    for version in versions.live(workspace.store):
        artifact = version.artifact
        for entry in artifact.entries if isinstance(artifact, DecisionPolicy) else ():
            if entry.experiment is not None:
                found = of_rule(
                    version.key,
                    entry.action.key,
                    entry.experiment,
                    since=version.published_at.replace(tzinfo=None),
                )
                yield entry.experiment.key, found
