"""What is put into staging and taken out of it: rules and journeys. Nothing here goes live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from control import audit, requests, staging
from control.people import Person, require_now
from control.requests import ChangeRequest
from control.staging import Staged
from control.staging_tables import staged
from control.store import Store, utc
from control.tables import change_requests, versions
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import Role, State
from orchestrate.staged.refusing import CANNOT, NAMED, cannot

MAY_STAGE = frozenset({Role.APPROVER, Role.ADMIN})
_OLDER = re.compile(r"(?P<key>.+)@(?P<version>\d{1,9})")


def put(
    store: Store, targets: Sequence[str], *, person: Person, since: datetime, now: datetime
) -> list[Staged]:
    """Put rules and journeys into staging, all or none: change requests by id, older versions as
    KEY@VERSION.

    ``since`` is the moment of the data from which on staging stands for its keys. Refuses with
    NOT_ALLOWED, UNKNOWN_KEY, ALREADY_DECIDED, and with INVALID_ARGUMENT what cannot be tried or is
    there already.
    """
    with store.write() as connection:
        may_stage(connection, person, "put rules into staging")
        for target in targets:
            _put_one(connection, target, person, since, now)
        return staging.select(connection)


def take_out(store: Store, key: str, *, person: Person, now: datetime) -> Staged:
    """Take a rule or journey out of staging. What was approved there has expired: it was never
    promoted."""
    with store.write() as connection:
        may_stage(connection, person, "take rules out of staging")
        found = find(connection, key)
        connection.execute(staged.delete().where(staged.c.key == found.key))
        act = audit.Act(now, person.email, "unstage", found.target, found.content_hash)
        audit.append(connection, act)
        if found.standing == "approved" and found.change_request_id:
            _expire(connection, found.change_request_id, now)
        return found


def may_stage(connection: sa.Connection, person: Person, what: str) -> None:
    """Refuses with NOT_ALLOWED whoever is neither an approver nor an admin."""
    require_now(connection, person, MAY_STAGE, what)


def find(connection: sa.Connection, key: str) -> Staged:
    """What lies in staging under a key or as a change request; refuses with UNKNOWN_KEY."""
    there = staging.select(connection)
    for one in there:
        if key in (one.key, one.target):
            return one
    if not there:
        raise nothing_there()
    raise refuse(
        Code.UNKNOWN_KEY,
        f"'{key}' is not in staging.",
        span=key,
        fix=f"In staging: {', '.join(one.key for one in there)}.",
    )


def nothing_there() -> PilothouseError:
    """The refusal of a question about staging while it is empty."""
    return refuse(
        Code.UNKNOWN_KEY,
        "Nothing is in staging.",
        fix="Put a change request there with 'pilothouse staging add'.",
    )


def _put_one(
    connection: sa.Connection, target: str, person: Person, since: datetime, now: datetime
) -> None:
    older = _OLDER.fullmatch(target)
    if instead := NAMED.get(older["key"] if older else target):
        raise cannot(target, instead)
    if older:
        row = _of_version(connection, older["key"], int(older["version"]))
    else:
        row = _of_request(requests.find(connection, target))
    _make_room(connection, str(row["key"]))
    row |= {"since": utc(since), "staged_at": utc(now), "staged_by": person.email}
    connection.execute(staged.insert().values(row))
    act = audit.Act(now, person.email, "stage", target, None, str(row["content_hash"]))
    audit.append(connection, act)


def _of_request(request: ChangeRequest) -> dict[str, object]:
    if instead := CANNOT.get(request.kind):
        raise cannot(request.id, instead)
    if request.state is not State.IN_REVIEW:
        raise refuse(
            Code.ALREADY_DECIDED,
            f"{request.id} is {request.state.replace('_', ' ')}: what can be staged is still in "
            "review.",
            span=request.id,
            fix="Stage it before it is approved; then its approval waits for the promotion.",
        )
    if request.window:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{request.id} goes live at {request.window}, by itself and not by a promotion.",
            span=request.id,
            fix="Propose it again to try it in staging.",
        )
    return {
        "key": request.target_key,
        "change_request_id": request.id,
        "older_version": None,
        "content_hash": request.content_hash,
    }


def _of_version(connection: sa.Connection, key: str, number: int) -> dict[str, object]:
    this = sa.and_(versions.c.key == key, versions.c.version == number)
    found = connection.execute(sa.select(versions).where(this)).first()
    if found is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no version {number} of '{key}'.",
            span=f"{key}@{number}",
            fix="List its versions with 'pilothouse rules history'.",
        )
    if found.state == "live":
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"Version {number} of '{key}' is live: staging decides with it already.",
            span=f"{key}@{number}",
            fix="Stage another version, or a change request.",
        )
    return {
        "key": key,
        "change_request_id": None,
        "older_version": number,
        "content_hash": found.content_hash,
    }


def _make_room(connection: sa.Connection, key: str) -> None:
    """What has ended makes way; anything else has to be taken out by somebody."""
    there = next((one for one in staging.select(connection) if one.key == key), None)
    if there is None:
        return
    if there.standing != "ended":
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{key}' is in staging already, as {there.target}.",
            span=key,
            fix=f"Take it out first: 'pilothouse staging remove {key}'.",
        )
    connection.execute(staged.delete().where(staged.c.key == key))


def _expire(connection: sa.Connection, request_id: str, now: datetime) -> None:
    values = {"state": State.EXPIRED.value, "updated_at": utc(now)}
    this = change_requests.c.id == request_id
    connection.execute(change_requests.update().where(this).values(values))
    note = "it was taken out of staging before it was promoted"
    audit.append(connection, audit.Act(now, "pilothouse", "expire", request_id, note=note))
