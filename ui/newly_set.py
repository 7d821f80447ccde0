"""Destinations and syncs that somebody set up after the others were kept.

They are as pilothouse.toml has them until something goes there; from then on they are kept as
they were at that moment, and change like the others. A name that a version ever had is no new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from control import kept, versions
from control.store import Store
from core.data_changes import FileChange
from core.settings import Settings, SyncSettings
from ui.destinations_in_use import in_use
from ui.file_parts import PARTS, TABLES, Files

if TYPE_CHECKING:
    from ui.workspace import Workspace

DESTINATIONS, SYNCS = "destinations", "syncs"


def with_new(store: Store, files: Files, given: Settings) -> Files:
    """What is in force, with what is new in the settings that were given."""
    destinations = _new(store, DESTINATIONS, given.destinations)
    syncs = {
        name: SyncSettings.model_validate(one) if isinstance(one, dict) else one
        for name, one in _new(store, SYNCS, given.syncs).items()
    }
    update: dict[str, object] = {}
    if destinations:
        update["destinations"] = {
            **files.settings.destinations,
            **TABLES.validate_python(destinations),
        }
    if syncs:
        update["syncs"] = {**files.settings.syncs, **syncs}
    return files._replace(settings=files.settings.model_copy(update=update)) if update else files


def keep_used(workspace: Workspace) -> None:
    """Keep new destinations that something goes to by now, and new syncs, as they are in force."""
    files = Files(workspace.catalog, workspace.settings)
    used = in_use(workspace)
    for kind in (DESTINATIONS, SYNCS):
        document = PARTS[kind].read(files)
        there = {name: one for name, one in document.items() if kind == SYNCS or name in used}
        before = kept.tables(workspace.store, kind)
        new = {
            name: one
            for name, one in _new(workspace.store, kind, there).items()
            if name not in before
        }
        kept.keep(workspace.store, kind, new, now=workspace.now())


def _new(store: Store, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Names that no version of the kind ever had: as they are kept, or else as given. None while
    there is no version."""
    history = versions.history_of(store, kind)
    if not history:
        return {}
    governed = {
        name
        for one in history
        if isinstance(one.artifact, FileChange)
        for name in one.artifact.content
    }
    found = {**given, **kept.tables(store, kind)}
    return {name: one for name, one in found.items() if name not in governed}
