"""Audiences of a workspace for paid channels: who may export, which rule, and what is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlglot import exp

from control import audit, holds, kill_switches, versions
from control.hashing import content_hash
from control.people import Person, require_now
from control.sights import sight_of
from control.versions import Version
from core.advertising import Advertising
from core.errors import Code, refuse
from core.lifecycle import Role
from core.rules import EligibilityRule
from deliver.exports import changes
from deliver.exports.changes import AUDIENCE
from deliver.exports.selecting import EXPORTED, Asked, Selected, select
from deliver.exports.vendors import Column, Vendor, columns_of
from deliver.exports.writing import Files, whole_folder, write_manifest, write_rows
from ui.row_limits import require_unlimited
from warehouse.compile import compile_audience

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

EXPORTERS = frozenset({Role.APPROVER, Role.ADMIN})
"""Who may take hashes of people out of the workspace."""


def export(
    workspace: Workspace,
    key: str,
    vendor: Vendor,
    folder: Path,
    *,
    person: Person,
    since: Path | None = None,
) -> dict[str, Any]:
    """Write the audience of a live rule for a paid channel; gives the manifest.

    ``since``: the folder of an earlier export, to also write what changed. Refuses with
    NOT_ALLOWED, UNKNOWN_KEY, INVALID_ARGUMENT where the rule is no audience or is stopped,
    SETTINGS_INVALID without advertising.yaml, and INVALID_FILE where ``since`` is no export.
    """
    with workspace.store.read() as connection:
        require_now(connection, person, EXPORTERS, "export an audience")
        holds.require_none(connection, "is exported")
    require_unlimited(sight_of(workspace.store, person), "export an audience")
    version, rule = _live(workspace, key)
    _not_stopped(workspace, key)
    advertising = _advertising(workspace)
    columns = _columns(vendor, advertising)
    as_of = workspace.as_of()
    asked = Asked(
        _audience(workspace, rule, as_of),
        advertising,
        workspace.catalog.defaults.contact_policy.global_holdout,
        rule.holdout,
    )
    about = _about(version, vendor, columns, advertising) | {"as_of": as_of.isoformat()}
    with whole_folder(folder) as making, workspace.warehouse.cursor(told=False) as cursor:
        found = select(cursor, asked, vendor, columns, workspace.catalog, now=workspace.now())
        manifest = about | _written(cursor, vendor, columns, making, key, since) | _told(found)
        write_manifest(making, manifest)
        # On record before it is there: no export is without its entry.
        _note(workspace, person, vendor, manifest)
    return manifest


def _about(
    version: Version, vendor: Vendor, columns: tuple[Column, ...], advertising: Advertising
) -> dict[str, Any]:
    return {
        "audience": version.key,
        "version": version.version,
        "content_hash": version.content_hash,
        "for": vendor.name,
        "rules": vendor.rules,
        "consent": {"purpose": advertising.consent_purpose, "channel": advertising.consent_channel},
        "columns": [{"name": one.name, "hashed": one.hashed} for one in columns],
    }


def _written(
    cursor: duckdb.DuckDBPyConnection,
    vendor: Vendor,
    columns: tuple[Column, ...],
    folder: Path,
    key: str,
    since: Path | None,
) -> dict[str, Any]:
    def written(query: exp.Select, name: str) -> Files:
        file = folder / f"{name}.{vendor.suffix}"
        return write_rows(cursor, query, vendor, columns, file)

    files = written(exp.select("*").from_(EXPORTED), AUDIENCE)
    if since is None:
        return {"files": files, "since": None}
    earlier = changes.read_earlier(cursor, since, key, vendor, columns)
    files |= written(changes.added(), "added") | written(changes.removed(), "removed")
    return {"files": files, "since": {"as_of": earlier["as_of"], "version": earlier["version"]}}


def _told(found: Selected) -> dict[str, Any]:
    return {
        "audience_size": found.audience,
        "exported_users": found.exported,
        "left_out": found.left_out,
    }


def _live(workspace: Workspace, key: str) -> tuple[Version, EligibilityRule]:
    version = versions.current(workspace.store, key)
    if version is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"No rule '{key}' is live.",
            span=key,
            fix="List the rules with 'pilothouse rules list'.",
        )
    if version.state != "live":
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{key}' is {version.state}: its audience is not exported.",
            span=key,
            fix="Resume it with 'pilothouse rules resume'.",
        )
    if not isinstance(version.artifact, EligibilityRule):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{key}' is a decision policy, which has no one audience.",
            span=key,
            fix="Export an eligibility rule.",
        )
    return version, version.artifact


def _not_stopped(workspace: Workspace, key: str) -> None:
    advertising = _advertising(workspace)
    killed = kill_switches.active(workspace.store)
    switch = killed.stops(policy=key, action="", channel=advertising.consent_channel)
    if switch is not None:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"A kill switch stops '{key}': {switch.reason}",
            span=key,
            fix="Lift it with 'pilothouse unkill' once its reason is gone.",
        )


def _advertising(workspace: Workspace) -> Advertising:
    found = workspace.catalog.advertising
    if found is None:
        raise refuse(
            Code.SETTINGS_INVALID,
            "The catalog does not say what a paid channel may be told of people.",
            span="advertising.yaml",
            fix="Write advertising.yaml into the catalog folder; docs/exports.md shows it.",
        )
    return found


def _columns(vendor: Vendor, advertising: Advertising) -> tuple[Column, ...]:
    columns = columns_of(vendor, frozenset(advertising.columns))
    if not any(one.identifier in ("email", "phone", "last_name") for one in columns):
        raise refuse(
            Code.SETTINGS_INVALID,
            f"advertising.yaml has nothing by which {vendor.name} could find anybody.",
            span="advertising.columns",
            fix="Name the column of the e-mail address or of the phone number.",
        )
    return columns


def _audience(workspace: Workspace, rule: EligibilityRule, as_of: datetime) -> str:
    return compile_audience(
        rule.condition,
        workspace.catalog,
        as_of=as_of,
        population=rule.population,
        audiences=versions.audiences(workspace.store),
    )


def _note(workspace: Workspace, person: Person, vendor: Vendor, manifest: dict[str, Any]) -> None:
    users = manifest["exported_users"]
    act = audit.Act(
        workspace.now(),
        person.email,
        "export audience",
        manifest["audience"],
        before_hash=manifest["content_hash"],
        after_hash=content_hash(manifest["files"]),
        note=f"{users} users for {vendor.name}",
    )
    with workspace.store.write() as connection:
        audit.append(connection, act)
    log.info("exported", audience=manifest["audience"], channel=vendor.name, users=users)
