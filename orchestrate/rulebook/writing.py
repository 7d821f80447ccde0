"""How a version is written, inside the caller's transaction: the one place that does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from control import audit, holds
from control.canaries import Canary, CanaryState, asked_for, select
from control.canary_tables import canaries
from control.requests import ChangeRequest
from control.store import utc
from control.tables import change_requests, versions
from control.versions import AnyVersion, read_version
from core.canary import SALT, CanaryAsk
from core.errors import Code, refuse
from core.lifecycle import Role, State
from orchestrate.approval_check import current
from orchestrate.rulebook.conflicts import suspend_others

MAY_CHANGE = frozenset({Role.APPROVER, Role.ADMIN})


def put_in_force(
    connection: sa.Connection, request: ChangeRequest, before: AnyVersion | None, now: datetime
) -> AnyVersion:
    """Write what was approved as the next version of its key; its request is live from here on,
    for everybody, or for the share of users that its approver asked for."""
    row = {
        "key": request.target_key,
        "kind": request.kind,
        "content": request.content,
        "content_hash": request.content_hash,
        "change_request_id": request.id,
    }
    approver = request.review.by if request.review else request.author
    asked = asked_for(connection, request.id)
    baseline = _baseline(connection, before) if asked else None
    version = insert_version(connection, row, before, approver, now)
    move(connection, request.id, State.LIVE, now)
    note = request.id
    if asked is not None:
        _begin(connection, version, baseline, asked, approver, now)
        note = f"{request.id}, canary {asked.share:.4g}"
    told = deed(now, approver, "publish", before, version)
    audit.append(connection, told._replace(note=note))
    return version


def _baseline(connection: sa.Connection, before: AnyVersion | None) -> int | None:
    """What users outside of a canary keep: the version that everybody had last."""
    if before is None or before.state != "live":
        return None
    unproven = running(connection, before.key)
    return before.version if unproven is None else unproven.baseline


def _begin(
    connection: sa.Connection,
    version: AnyVersion,
    baseline: int | None,
    asked: CanaryAsk,
    by: str,
    now: datetime,
) -> None:
    named = f"{version.key}@{version.version}"
    row = {
        "id": named,
        "key": version.key,
        "version": version.version,
        "baseline": baseline,
        "share": asked.share,
        "salt": f"{SALT}{named}",
        "limits": asked.limits.model_dump(mode="json"),
        "change_request_id": version.change_request_id,
        "state": "running",
        "started_at": utc(now),
        "started_by": by,
        "why": "",
    }
    connection.execute(canaries.insert().values(row))


def running(connection: sa.Connection, key: str) -> Canary | None:
    """The canary that runs of a key, if one does."""
    found = select(connection, canaries.c.key == key, canaries.c.state == "running")
    return found[0] if found else None


def end(
    connection: sa.Connection, canary: Canary, state: CanaryState, by: str, why: str, now: datetime
) -> None:
    """Let a canary be over."""
    values = {"state": state, "ended_at": utc(now), "ended_by": by, "why": why}
    connection.execute(canaries.update().where(canaries.c.id == canary.id).values(values))


def insert_version(
    connection: sa.Connection,
    row: Mapping[str, object],
    before: AnyVersion | None,
    by: str,
    now: datetime,
) -> AnyVersion:
    """Write a row as the next version of its key, which supersedes the one before.

    Whatever else waits for the key is suspended.
    """
    if before or row.get("change_request_id"):
        holds.require_none(connection)
    number = before.version + 1 if before else 1
    if before:
        if (canary := running(connection, before.key)) is not None:
            end(connection, canary, "superseded", by, f"version {number} came", now)
        set_state(connection, before, "superseded")
        if before.change_request_id:
            move(connection, before.change_request_id, State.SUPERSEDED, now)
    values = {"version": number, "state": "live", "published_at": utc(now), "published_by": by}
    connection.execute(versions.insert().values({**row, **values}))
    written = require_current(connection, str(row["key"]))
    suspend_others(connection, written, now)
    return written


def move(connection: sa.Connection, request_id: str, state: State, now: datetime) -> None:
    """Let a request be in another state."""
    values = {"state": state.value, "updated_at": utc(now)}
    this = change_requests.c.id == request_id
    connection.execute(change_requests.update().where(this).values(values))


def set_state(connection: sa.Connection, version: AnyVersion, state: str) -> None:
    """Let a version be in another state: live, paused or superseded."""
    this = sa.and_(versions.c.key == version.key, versions.c.version == version.version)
    connection.execute(versions.update().where(this).values(state=state))


def version_of(connection: sa.Connection, request_id: str) -> AnyVersion | None:
    """The version that a request became, if it did."""
    query = sa.select(versions).where(versions.c.change_request_id == request_id)
    found = connection.execute(query).first()
    return read_version(found) if found else None


def require_current(connection: sa.Connection, key: str) -> AnyVersion:
    """The version of a key that is live or paused; refuses with UNKNOWN_KEY."""
    found = current(connection, key)
    if found is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"No rule '{key}' is in force.",
            span=key,
            fix="List the rules with 'pilothouse rules list'.",
        )
    return found


def numbered(connection: sa.Connection, key: str, number: int) -> sa.Row[tuple[object, ...]]:
    """The row of one version of a key; refuses with UNKNOWN_KEY."""
    this = sa.and_(versions.c.key == key, versions.c.version == number)
    found = connection.execute(sa.select(versions).where(this)).first()
    if found is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no version {number} of '{key}'.",
            span=str(number),
            fix="Choose a version from its history.",
        )
    return found


def deed(
    now: datetime, who: str, what: str, before: AnyVersion | None, after: AnyVersion
) -> audit.Act:
    """What somebody did to a key, for the audit log."""
    subject = f"{after.key} version {after.version}"
    before_hash = before.content_hash if before else None
    return audit.Act(now, who, what, subject, before_hash, after.content_hash)
