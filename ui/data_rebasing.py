"""A change of the data layer, drafted anew on top of what is live: its effect, worked out again.

What it says was merged already; here it is measured as it was when its file was proposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from collect.plan import TrackingPlan
from control.people import Person
from control.requests import ChangeRequest
from core.artifacts import Finding
from core.data_changes import (
    ChannelRoutesChange,
    DataChange,
    DataEffect,
    FileChange,
    TrackingPlanChange,
    TraitModelsChange,
)
from ui import data_changes, model_effects, plan_effects, route_effects
from ui.file_changes import EFFECTS
from ui.file_parts import PARTS, Files
from ui.modelling import ground_of_models
from warehouse.models.modelset import models_of

if TYPE_CHECKING:
    from ui.workspace import Workspace

Told = tuple[DataEffect, Sequence[Finding] | None]
"""What it would do; and what the guardrails say, None for those of the data."""


def propose_again(
    workspace: Workspace, change: DataChange, *, author: Person, reason: str, continues: str
) -> ChangeRequest:
    """Send a merged change for approval, in the place of the request that it continues.

    Refuses what does not fit what is live, and what the guardrails block.
    """
    effect, findings = _told(workspace, change)
    return data_changes.propose(
        workspace,
        change,
        effect,
        author=author,
        reason=reason,
        findings=findings,
        continues=continues,
    )


def _told(workspace: Workspace, change: DataChange) -> Told:
    match change:
        case TraitModelsChange():
            models = models_of(change.models, ground_of_models(workspace.settings))
            return model_effects.plan(workspace, models).effect, None
        case TrackingPlanChange():
            number = workspace.intake.plan.version
            plan = TrackingPlan.model_validate(change.plan | {"version": number})
            return plan_effects.effect_of(workspace, plan), None
        case ChannelRoutesChange():
            return route_effects.look(workspace, change)
        case FileChange():
            now = Files(workspace.catalog, workspace.settings)
            after = PARTS[change.kind].over(now, change.content)
            return EFFECTS[change.kind](workspace, now, after)
        case _:
            assert_never(change)
