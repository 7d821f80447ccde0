"""What files say that is not in force: looked at, proposed as one change a part, taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from control import versions
from control.people import Person
from control.requests import ChangeRequest, DiffLine
from control.versions import AnyVersion
from core.artifacts import Finding
from core.data_changes import AnyFileChange, DataEffect, FileChange
from core.errors import Code, refuse
from orchestrate.rule_diff import content_diff
from ui import (
    contact_effects,
    data_changes,
    destination_effects,
    funnel_effects,
    governed_files,
    sync_effects,
    template_effects,
    who_effects,
)
from ui.file_parts import PARTS, Files

if TYPE_CHECKING:
    from ui.workspace import Workspace

Effect = Callable[["Workspace", Files, Files], tuple[DataEffect, tuple[Finding, ...]]]

EFFECTS: dict[str, Effect] = {
    "contact_policy": contact_effects.effect_of,
    "templates": template_effects.effect_of,
    "audiences": who_effects.audiences_effect,
    "channels": who_effects.channels_effect,
    "funnels": funnel_effects.effect_of,
    "destinations": destination_effects.effect_of,
    "syncs": sync_effects.effect_of,
}
"""Kind → what another content does, and what the guardrails say; one line each."""


class Looked(NamedTuple):
    """A change that files ask for: what differs, what it would do, what the guardrails say."""

    change: AnyFileChange
    difference: tuple[DiffLine, ...]
    effect: DataEffect
    findings: tuple[Finding, ...]


def differences(workspace: Workspace) -> dict[str, tuple[DiffLine, ...]]:
    """Kind → what its file says that is not in force; kinds without a difference are left out."""
    files = governed_files.files_of(workspace)
    now = Files(workspace.catalog, workspace.settings)
    return {
        kind: _difference(kind, now, part.change_to(part.read(files)))
        for kind, part in PARTS.items()
        if not part.says(now, part.read(files))
    }


def look(workspace: Workspace, kind: str) -> Looked:
    """What the file of a part asks for; refuses when it is in force already."""
    part, files = PARTS[kind], governed_files.files_of(workspace)
    if kind == "destinations":
        destination_effects.require_storable(files)
    change = part.change_to(part.read(files))
    now = Files(workspace.catalog, workspace.settings)
    if part.says(now, change.content):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{part.file} says of the {part.title.lower()} what is in force already.",
            span=kind,
            fix="Edit the file first; 'pilothouse catalog diff' shows what differs.",
        )
    after = part.over(now, change.content)
    effect, findings = EFFECTS[kind](workspace, now, after)
    return Looked(change, _difference(kind, now, change), effect, findings)


def propose(workspace: Workspace, kind: str, *, author: Person, reason: str) -> ChangeRequest:
    """Send what the file of a part says for approval; refuses what the guardrails block."""
    governed_files.keep(workspace, kind)
    found = look(workspace, kind)
    return data_changes.propose(
        workspace,
        found.change,
        found.effect,
        author=author,
        reason=reason or f"{found.change.name}.",
        findings=found.findings,
    )


def roll_back(workspace: Workspace, kind: str, number: int, *, person: Person) -> AnyVersion:
    """Put an older version of a part into force again; refuses one that fits no more."""
    for older in versions.history_of(workspace.store, kind):
        if older.version == number and isinstance(older.artifact, FileChange):
            governed_files.prepare(workspace, older.artifact)
    return data_changes.roll_back(workspace, kind, number, person=person)


def _difference(kind: str, now: Files, change: AnyFileChange) -> tuple[DiffLine, ...]:
    before = PARTS[kind].change_to(PARTS[kind].read(now))
    lines = content_diff(kind, before.model_dump(mode="json"), change.model_dump(mode="json"))
    return tuple(line for line in lines if line.change != "same")
