"""Other settings of destinations: which channels and syncs go there, and what waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from control.channel_routes import unsent
from core.artifacts import Finding
from core.data_changes import ChangedPart, DataEffect
from core.destination_policies import DestinationMove, destination_findings
from core.errors import PilothouseError
from deliver.registry import Checked, checked, named
from deliver.storable import secret_in
from ui.destinations import reached_at
from ui.destinations_in_use import in_use
from ui.file_parts import Files
from ui.route_effects import lost

if TYPE_CHECKING:
    from ui.workspace import Workspace


def effect_of(
    workspace: Workspace, before: Files, after: Files
) -> tuple[DataEffect, tuple[Finding, ...]]:
    """Which destinations change, what goes there, and whether they can be used."""
    moves = [*_moves(workspace, before, after)]
    effect = DataEffect(
        summary=_summary(moves),
        as_of=workspace.now().isoformat(),
        changed=tuple(_changed(one, before, after) for one in moves),
        notes=(
            "Secrets are named by variables and are in no version.",
            "A message that is on its way stays where it was handed over.",
        ),
    )
    return effect, destination_findings(moves)


def require_storable(files: Files) -> None:
    """Refuse tables that hold a secret: what is proposed is stored for good."""
    for name, table in files.settings.destinations.items():
        if refusal := secret_in(name, table):
            raise PilothouseError(refusal)


def _moves(workspace: Workspace, before: Files, after: Files) -> Iterator[DestinationMove]:
    old, new = before.settings.destinations, after.settings.destinations
    there, would = checked(before.settings), checked(after.settings)
    used, waiting = in_use(workspace), unsent(workspace.store)
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) == new.get(name):
            continue
        users = used.get(name, ())
        now, then = there.usable.get(name), would.usable.get(name)
        yield DestinationMove(
            name=name,
            used_by=users,
            unusable=_unusable(would, name),
            was=reached_at(now),
            will_be=reached_at(then),
            lost=tuple(lost(now, then, name)),
            waiting=sum(waiting.get(channel, 0) for channel in users),
        )


def _unusable(there: Checked, name: str) -> str | None:
    if refusal := there.refused.get(name):
        return refusal.message
    try:
        named(there.usable, name)
    except PilothouseError as error:
        return error.refusal.message
    return None


def _changed(move: DestinationMove, before: Files, after: Files) -> ChangedPart:
    old, new = move.name in before.settings.destinations, move.name in after.settings.destinations
    change = "changed" if old and new else "added" if new else "removed"
    note = f"{', '.join(move.used_by)} goes there" if move.used_by else "nothing goes there yet"
    return ChangedPart.model_validate(
        {"kind": "destination", "name": move.name, "change": change, "note": note}
    )


def _summary(moves: list[DestinationMove]) -> str:
    said = ", ".join(one.name for one in moves)
    used = [one.name for one in moves if one.used_by]
    waiting = sum(one.waiting for one in moves)
    if not used:
        return f"Other settings of {said}, where nothing goes yet."
    tail = f"; {waiting:,} messages that wait go there" if waiting else ""
    return f"Other settings of {said}, of which {', '.join(used)} is in use{tail}."
