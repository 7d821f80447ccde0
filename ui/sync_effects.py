"""Other syncs: what engagement tools would be told, of how many users, and what would be new."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlglot import exp

from control import versions
from control.hashing import content_hash
from core.artifacts import Finding
from core.data_changes import ChangedPart, DataEffect, TableRows
from core.settings import SyncSettings
from core.sync_policies import SyncMove, sync_findings
from deliver.sync.wanted import wanted
from ui.file_parts import Files
from ui.syncing import wrong_with
from warehouse.engines.duckdb import DIALECT

if TYPE_CHECKING:
    from ui.workspace import Workspace

_LISTS = ("traits", "columns", "audiences", "classes")


def effect_of(
    workspace: Workspace, before: Files, after: Files
) -> tuple[DataEffect, tuple[Finding, ...]]:
    """Which syncs change, what more leaves, and how many users each tells of."""
    old, new = before.settings.syncs, after.settings.syncs
    names = [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
    moves = [_move(workspace, after, name, old.get(name), new.get(name)) for name in names]
    can_run = {one.name for one in moves if not one.problems}
    effect = DataEffect(
        summary=_summary(moves),
        as_of=workspace.as_of().isoformat(),
        tables=tuple(
            TableRows(
                table=f"users told by {name}",
                before=_told(workspace, old.get(name)),
                after=_told(workspace, new.get(name)),
            )
            for name in names
            if name in can_run
        ),
        changed=tuple(_changed(name, old, new) for name in names),
        notes=("What a tool was told stays with it until a sync or a person takes it out.",),
    )
    return effect, sync_findings(moves)


def relies_on(workspace: Workspace, _effect: DataEffect) -> dict[str, str]:
    """The audiences in force: who is in them was counted."""
    rules = {one.key: one.content_hash for one in versions.live(workspace.store)}
    return {"audiences_in_force": content_hash(rules)}


def _move(
    workspace: Workspace,
    after: Files,
    name: str,
    old: SyncSettings | None,
    new: SyncSettings | None,
) -> SyncMove:
    wrong = wrong_with(workspace, name, new, after.settings) if new else []
    return SyncMove(
        name=name,
        problems=tuple(one.message for one in wrong),
        more=tuple(_more(old, new)) if new else (),
        was=old.destination if old else None,
        will_be=new.destination if new else None,
    )


def _more(old: SyncSettings | None, new: SyncSettings) -> Iterator[str]:
    for field in _LISTS:
        known = getattr(old, field) if old else ()
        yield from (one for one in getattr(new, field) if one not in known)


def _told(workspace: Workspace, sync: SyncSettings | None) -> int:
    """Of how many users a tool is told now; 0 where the sync is not there, or cannot run."""
    if sync is None or wrong_with(workspace, "", sync, workspace.settings):
        return 0
    live = {version.key: version for version in versions.live(workspace.store)}
    query = wanted(
        sync,
        workspace.catalog,
        live,
        as_of=workspace.as_of(),
        audiences=versions.audiences(workspace.store),
    )
    counted = exp.select(exp.Count(this=exp.Star())).from_(query.subquery("told"))
    return int(workspace.warehouse.fetch(counted.sql(DIALECT)).scalar() or 0)


def _changed(name: str, old: dict[str, SyncSettings], new: dict[str, SyncSettings]) -> ChangedPart:
    change = "changed" if name in old and name in new else "added" if name in new else "removed"
    return ChangedPart.model_validate({"kind": "sync", "name": name, "change": change})


def _summary(moves: list[SyncMove]) -> str:
    said = ", ".join(one.name for one in moves)
    more = sorted({part for one in moves for part in one.more})
    tail = f"; told for the first time: {', '.join(more)}" if more else ""
    return f"Other syncs: {said}{tail}."
