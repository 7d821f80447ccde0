"""How a version is written, inside the caller's transaction: the one place that does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from control import audit
from control.requests import ChangeRequest
from control.store import utc
from control.tables import change_requests, versions
from control.versions import AnyVersion, read_version
from core.errors import Code, refuse
from core.lifecycle import Role, State
from orchestrate.approval_check import current

MAY_CHANGE = frozenset({Role.APPROVER, Role.ADMIN})


def put_in_force(
    connection: sa.Connection, request: ChangeRequest, before: AnyVersion | None, now: datetime
) -> AnyVersion:
    """Write what was approved as the next version of its key; its request is live from here on."""
    row = {
        "key": request.target_key,
        "kind": request.kind,
        "content": request.content,
        "content_hash": request.content_hash,
        "change_request_id": request.id,
    }
    approver = request.review.by if request.review else request.author
    version = insert_version(connection, row, before, approver, now)
    move(connection, request.id, State.LIVE, now)
    told = deed(now, approver, "publish", before, version)
    audit.append(connection, told._replace(note=request.id))
    return version


def insert_version(
    connection: sa.Connection,
    row: Mapping[str, object],
    before: AnyVersion | None,
    by: str,
    now: datetime,
) -> AnyVersion:
    """Write a row as the next version of its key, which supersedes the one before."""
    number = before.version + 1 if before else 1
    if before:
        set_state(connection, before, "superseded")
        if before.change_request_id:
            move(connection, before.change_request_id, State.SUPERSEDED, now)
    values = {"version": number, "state": "live", "published_at": utc(now), "published_by": by}
    connection.execute(versions.insert().values({**row, **values}))
    return require_current(connection, str(row["key"]))


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
