"""Syncs of a workspace: what engagement tools are told of users, run, reconciled and compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from control import holds, versions
from control.versions import Version
from core.errors import Code, PilothouseError, Refusal, refuse
from core.rules import EligibilityRule
from core.settings import Settings, SyncSettings
from deliver.registry import usable
from deliver.sync.adapters import KINDS, profiles_of
from deliver.sync.alike import Alike, alike
from deliver.sync.drift import Drift, drift
from deliver.sync.running import SyncReport, Target, run_sync
from deliver.sync.state import create_tables
from deliver.sync.wanted import audience, problems, wanted
from deliver.transport import Transport
from ui.routing import MOVING
from ui.workspace_clock import wall_time
from warehouse.compile import Audiences

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)


SECONDS = 300.0
"""Between runs, in a server."""


def wrong(workspace: Workspace) -> list[Refusal]:
    """Everything that is wrong with any sync of the settings."""
    return [one for name in workspace.settings.syncs for one in _wrong(workspace, name)]


def run(workspace: Workspace, name: str | None = None) -> list[SyncReport]:
    """Tell every tool, or one, what differs; refuses where something is wrong with one of them.

    The others are told before it refuses: who withdrew there is not to wait for that. While a
    restored control store is held nothing is told to any: rules that were paused or narrowed since
    are back in it. Refuses with SUSPENDED then.
    """
    chosen = workspace.settings.syncs if name is None else {name: sync_named(workspace, name)}
    if not chosen:
        return []
    with workspace.store.read() as connection:
        holds.require_none(connection, "is told to any tool")
    refused = {one: found for one in chosen if (found := _wrong(workspace, one))}
    create_tables(workspace.warehouse)
    with MOVING, Transport() as transport:
        reports = [
            _run(workspace, transport, one, sync)
            for one, sync in chosen.items()
            if one not in refused
        ]
    for refusals in refused.values():
        raise PilothouseError(refusals[0])
    return reports


def reconcile(
    workspace: Workspace,
    name: str,
    file: Path,
    *,
    id_column: str,
    audiences_column: str,
    repair: bool,
) -> list[Drift]:
    """Where a tool's export differs from what it was told."""
    sync_named(workspace, name)
    create_tables(workspace.warehouse)
    with MOVING:
        return drift(
            workspace.warehouse,
            name,
            file,
            id_column=id_column,
            audiences_column=audiences_column,
            repair=repair,
        )


def duplicates(workspace: Workspace, least: float) -> list[Alike]:
    """Audiences in force of which at least this share is the same."""
    conditions = {
        key: audience(version)
        for key, version in _live(workspace).items()
        if isinstance(version.artifact, EligibilityRule)
    }
    return alike(
        workspace.warehouse,
        workspace.catalog,
        conditions,
        as_of=workspace.as_of(),
        audiences=_audiences(workspace),
        least=least,
    )


def sync_named(workspace: Workspace, name: str) -> SyncSettings:
    """One of the settings' syncs; refuses with UNKNOWN_KEY."""
    found = workspace.settings.syncs.get(name)
    if found is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no sync '{name}'.",
            span=name,
            fix=f"Add [syncs.{name}] to pilothouse.toml; there are "
            f"{', '.join(workspace.settings.syncs) or 'none'}.",
        )
    return found


def wrong_with(
    workspace: Workspace, name: str, sync: SyncSettings, settings: Settings
) -> list[Refusal]:
    """Everything that is wrong with a sync, which need not be in force, under some settings."""
    found: list[Refusal] = []
    try:
        _target(settings, name, sync)
    except PilothouseError as error:
        found.append(error.refusal)
    found += problems(name, sync, workspace.catalog, _live(workspace), _audiences(workspace))
    return found


def _wrong(workspace: Workspace, name: str) -> list[Refusal]:
    return wrong_with(workspace, name, workspace.settings.syncs[name], workspace.settings)


def _run(workspace: Workspace, transport: Transport, name: str, sync: SyncSettings) -> SyncReport:
    query = wanted(
        sync,
        workspace.catalog,
        _live(workspace),
        as_of=workspace.as_of(),
        audiences=_audiences(workspace),
    )
    report = run_sync(
        workspace.store,
        workspace.warehouse,
        transport,
        _target(workspace.settings, name, sync),
        query,
        clock=workspace.now,
        wall=wall_time,
    )
    log.info("synced", sync=name, told=report.told, rejected=report.rejected, left=report.left)
    return report


def _target(settings: Settings, name: str, sync: SyncSettings) -> Target:
    profiles = profiles_of(usable(settings, sync.destination))
    if profiles is None:
        raise refuse(
            Code.SETTINGS_INVALID,
            f"{sync.destination} cannot be told of users, as it is set up.",
            span=f"syncs.{name}.destination",
            fix=f"Choose a destination of the kind {', '.join(KINDS)}; Customer.io needs its "
            "Track API, and Iterable users that are known by their id.",
        )
    return Target(name, sync.destination, profiles)


def _live(workspace: Workspace) -> Mapping[str, Version]:
    return {version.key: version for version in versions.live(workspace.store)}


def _audiences(workspace: Workspace) -> Audiences:
    return versions.audiences(workspace.store)
