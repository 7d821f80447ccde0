"""The tracking plan in force: version 1 is the workspace's file, later ones were approved."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from collect.plan import BUILT_IN, TrackingPlan, load_plan
from control import versions
from control.store import Store
from control.versions import AnyVersion
from core.data_changes import DataChange, TrackingPlanChange
from core.errors import Code, refuse
from core.settings import Settings
from orchestrate import rulebook

if TYPE_CHECKING:
    from ui.workspace import Workspace


class PlanVersion(NamedTuple):
    """A version as its history lists it."""

    version: int
    state: str
    name: str
    published_at: str
    published_by: str
    change_request_id: str | None


def begin(store: Store, settings: Settings, now: datetime) -> None:
    """Keep the workspace's file as version 1, unless there is a version already."""
    if versions.current_data(store, TrackingPlanChange) is None:
        rulebook.begin(store, _of_file(settings), now=now)


def live_plan(store: Store) -> TrackingPlan:
    """What new events are held against; refuses with UNKNOWN_KEY before it was begun."""
    found = versions.current_data(store, TrackingPlanChange)
    return plan_at(store, found.version if found else 1)


def plan_at(store: Store, number: int) -> TrackingPlan:
    """A version of the plan; refuses with UNKNOWN_KEY."""
    return _plan(versions.data_version(store, TrackingPlanChange, number).artifact, number)


def plan_history(store: Store) -> list[PlanVersion]:
    """Every version, newest first."""
    return [
        PlanVersion(
            found.version,
            found.state,
            found.artifact.name,
            found.published_at.isoformat(),
            found.published_by,
            found.change_request_id,
        )
        for found in versions.data_history(store, TrackingPlanChange)
    ]


def built_in(workspace: Workspace) -> TrackingPlanChange:
    """What is in force while no version was published."""
    return _of_file(workspace.settings)


def prepare(workspace: Workspace, change: DataChange) -> None:
    """Refuse a plan that could not be loaded with; nothing has to be built for one."""
    if isinstance(change, TrackingPlanChange):
        _plan(change, 1)


def apply(workspace: Workspace, version: AnyVersion) -> None:
    """Let the events that are loaded from now on be held against the version."""
    if "intake" in workspace.__dict__:
        workspace.intake.refresh()


def _of_file(settings: Settings) -> TrackingPlanChange:
    """The workspace's own file, looked for where the workspace lies, or the built-in one."""
    own = settings.tracking_plan
    file = BUILT_IN if own is None else settings.workspace.parent / own
    return TrackingPlanChange(name=file.name, plan=load_plan(file).document())


def _plan(change: TrackingPlanChange, number: int) -> TrackingPlan:
    try:
        return TrackingPlan.model_validate(change.plan | {"version": number})
    except ValidationError as error:
        first = error.errors()[0]
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The tracking plan is not valid: {first['msg']}.",
            span=".".join(map(str, first["loc"])),
            fix="Correct it and propose it again.",
        ) from error
