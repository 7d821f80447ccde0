"""Whether an older version of a rule may be in force again: all that it reads must be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from control import versions
from control.versions import Version
from core.errors import Code, Refusal, refuse
from core.proposal import actions_of
from orchestrate.policy_checks import gone
from tools.audience import conditions_of

if TYPE_CHECKING:
    from ui.workspace import Workspace


def require_decidable(workspace: Workspace, wanted: Version) -> None:
    """Refuses with UNDECIDABLE a version that reads or sends what the catalog no longer has, and
    names the nearest one that does not."""
    refusals = _missing(workspace, wanted)
    if not refusals:
        return
    history = versions.history(workspace.store, wanted.key)
    others = [one.version for one in history if one != wanted and not _missing(workspace, one)]
    nearest = min(others, key=lambda number: abs(number - wanted.version), default=None)
    raise refuse(
        Code.UNDECIDABLE,
        f"Version {wanted.version} of '{wanted.key}' cannot be put into force: "
        f"{refusals[0].message}",
        span=refusals[0].span,
        fix="Propose the rule anew."
        if nearest is None
        else f"Version {nearest} reads only what is there; or propose the rule anew.",
    )


def _missing(workspace: Workspace, one: Version) -> tuple[Refusal, ...]:
    audiences = versions.audiences(workspace.store)
    read = gone(conditions_of(one.artifact), workspace.catalog, audiences)
    return (*read, *_without_words(workspace, one))


def _without_words(workspace: Workspace, one: Version) -> tuple[Refusal, ...]:
    """The templates and channels of its actions that the catalog no longer has."""
    catalog, found = workspace.catalog, []
    for action in actions_of(one.artifact):
        if action.template_key is not None and action.template_key not in catalog.templates:
            found.append(("template", action.template_key))
        found += [("channel", name) for name in action.channels if name not in catalog.channels]
    return tuple(
        Refusal(code=Code.UNDECIDABLE, message=f"There is no {kind} '{name}' any more.", span=name)
        for kind, name in found
    )
