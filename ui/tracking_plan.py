"""The tracking plan in force: the version that was approved last, or else the workspace's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from collect.plan import BUILT_IN, TrackingPlan, load_plan
from control import versions
from control.store import Store
from control.versions import AnyVersion
from core.data_changes import DataChange, TrackingPlanChange
from core.errors import Code, refuse
from core.settings import Settings

if TYPE_CHECKING:
    from ui.workspace import Workspace

FILE_VERSION = 0
"""The number of the plan that comes from a file and was never approved."""


class PlanVersion(NamedTuple):
    """A version as its history lists it; the file has neither author nor time."""

    version: int
    state: str
    name: str
    published_at: str | None
    published_by: str | None
    change_request_id: str | None


def live_plan(store: Store, settings: Settings) -> TrackingPlan:
    """What new events are held against."""
    found = versions.current_data(store, TrackingPlanChange)
    return _plan(found.artifact, found.version) if found else file_plan(settings)


def plan_at(store: Store, settings: Settings, number: int) -> TrackingPlan:
    """A version of the plan, 0 for the file; refuses with UNKNOWN_KEY."""
    if number == FILE_VERSION:
        return file_plan(settings)
    return _plan(versions.data_version(store, TrackingPlanChange, number).artifact, number)


def file_plan(settings: Settings) -> TrackingPlan:
    """The workspace's own file, or the built-in one."""
    return load_plan(plan_file(settings)).model_copy(update={"version": FILE_VERSION})


def plan_file(settings: Settings) -> Path:
    """The file; a relative one is looked for where the workspace lies, as the warehouse is."""
    file = settings.tracking_plan
    return BUILT_IN if file is None else settings.workspace.parent / file


def plan_history(store: Store, settings: Settings) -> list[PlanVersion]:
    """Every version, newest first, the file at the end."""
    published = [
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
    state = "superseded" if published else "live"
    file = plan_file(settings).name
    return [*published, PlanVersion(FILE_VERSION, state, file, None, None, None)]


def built_in(workspace: Workspace) -> TrackingPlanChange:
    """What is in force while no version was published."""
    plan = file_plan(workspace.settings)
    return TrackingPlanChange(name=plan_file(workspace.settings).name, plan=plan.document())


def prepare(workspace: Workspace, change: DataChange) -> None:
    """Refuse a plan that could not be loaded with; nothing has to be built for one."""
    if isinstance(change, TrackingPlanChange):
        _plan(change, FILE_VERSION)


def apply(workspace: Workspace, version: AnyVersion) -> None:
    """Let the events that are loaded from now on be held against the version."""
    if "intake" in workspace.__dict__:
        workspace.intake.refresh()


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
