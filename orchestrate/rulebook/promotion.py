"""From staging to live: all of a promotion at once, in one transaction, and back again.

The gate is the one that everything passes: a stored approval of exactly this content, effect
and what it relies on, on top of what is live.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from control import audit, journeys, requests, staging
from control.hashing import content_hash
from control.people import Person, require_now
from control.staging import Promotion, Staged, Switched
from control.staging_tables import promotions
from control.staging_tables import staged as staged_rows
from control.store import Store, utc
from control.versions import AnyVersion
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import State
from orchestrate.approval_check import check_dependencies, current, publishable
from orchestrate.rulebook.writing import (
    MAY_CHANGE,
    deed,
    insert_version,
    numbered,
    put_in_force,
    require_current,
    set_state,
)

ReliesOn = Callable[[Sequence[Staged]], Mapping[str, Mapping[str, str]]]
"""Change request → the hashes of what it would rely on, were all of these live."""


def promote(
    store: Store,
    keys: Sequence[str] | None,
    *,
    person: Person,
    relies_on: ReliesOn,
    now: datetime,
) -> Promotion:
    """Put what staging has under these keys into force, or all of it: every rule, or none.

    What was live before is remembered. Refuses with NOT_ALLOWED without the role or an approval,
    with UNKNOWN_KEY when nothing is there, and with STALE_CHANGE_REQUEST when an approval no
    longer holds.
    """
    with store.read() as connection:
        _may_promote(connection, person)
    rests_on = relies_on(_chosen(staging.everything(store), keys))
    with store.write() as connection:
        # Once more: working out what it rests on takes its time.
        _may_promote(connection, person)
        chosen = _chosen(staging.select(connection), keys)
        switched = tuple(_switch(connection, one, rests_on, person, now) for one in chosen)
        gone = staged_rows.c.key.in_([one.key for one in chosen])
        connection.execute(staged_rows.delete().where(gone))
        return _remember(connection, switched, person, now)


def take_back(store: Store, *, person: Person, now: datetime) -> Promotion:
    """Put back what was live before the last promotion; what it brought is paused.

    Runs of journeys stay with the version that they entered. Refuses with INVALID_ARGUMENT when
    there is none, it was taken back already, or one of its rules was changed since.
    """
    with store.write() as connection:
        require_now(connection, person, MAY_CHANGE, "take back a promotion")
        last = staging.last_promotion(connection)
        if last is None or last.taken_back_at is not None:
            raise refuse(
                Code.INVALID_ARGUMENT,
                "There is no promotion to take back."
                if last is None
                else f"Promotion {last.id} was taken back already, by {last.taken_back_by}.",
                fix="Put a single rule back with 'pilothouse rules rollback KEY VERSION'.",
            )
        for one in last.switched:
            _restore(connection, one, person, now)
        back = last._replace(taken_back_at=utc(now), taken_back_by=person.email)
        this = promotions.c.id == last.id
        done = {"taken_back_at": back.taken_back_at, "taken_back_by": back.taken_back_by}
        connection.execute(promotions.update().where(this).values(done))
        act = audit.Act(now, person.email, "take_back", f"promotion {last.id}")
        audit.append(connection, act._replace(note=_names(last.switched)))
        return back


def _may_promote(connection: sa.Connection, person: Person) -> None:
    require_now(connection, person, MAY_CHANGE, "promote what is in staging")


def _chosen(there: Sequence[Staged], keys: Sequence[str] | None) -> list[Staged]:
    chosen = [one for one in there if keys is None or {one.key, one.target} & {*keys}]
    named = {name for one in chosen for name in (one.key, one.target)}
    for missing in [key for key in keys or () if key not in named]:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"'{missing}' is not in staging.",
            span=missing,
            fix=f"In staging: {', '.join(one.key for one in there) or 'nothing'}.",
        )
    if not chosen:
        raise refuse(
            Code.UNKNOWN_KEY,
            "Nothing is in staging.",
            fix="Put a change request there with 'pilothouse staging add'.",
        )
    return chosen


def _switch(
    connection: sa.Connection,
    one: Staged,
    rests_on: Mapping[str, Mapping[str, str]],
    person: Person,
    now: datetime,
) -> Switched:
    before = current(connection, one.key)
    if one.change_request_id is None:
        version = _older(connection, one, before, person, now)
    else:
        version = _approved(connection, one, rests_on, now)
    state = before.state if before else None
    return Switched(one.key, version.version, before.version if before else None, state)


def _approved(
    connection: sa.Connection,
    one: Staged,
    rests_on: Mapping[str, Mapping[str, str]],
    now: datetime,
) -> AnyVersion:
    request = requests.find(connection, one.change_request_id or "")
    if one.standing != "approved":
        raise refuse(
            Code.NOT_ALLOWED,
            f"{request.id} ('{one.key}') is {request.state.replace('_', ' ')}: nothing was "
            "promoted.",
            span=request.id,
            fix=f"Have it approved first, or take it out: 'pilothouse staging remove {one.key}'.",
        )
    before = publishable(connection, request, State.SCHEDULED)
    check_dependencies(request, rests_on.get(request.id, {}))
    return put_in_force(connection, request, before, now)


def _older(
    connection: sa.Connection,
    one: Staged,
    before: AnyVersion | None,
    person: Person,
    now: datetime,
) -> AnyVersion:
    """An older version goes live as in a rollback: what it says was approved once."""
    older = numbered(connection, one.key, one.older_version or 0)
    if content_hash(older.content) != one.content_hash:
        raise _moved_on(one.key, "its content is not what was staged")
    row = {**older._mapping, "change_request_id": None}
    version = insert_version(connection, row, before, person.email, now)
    told = deed(now, person.email, "rollback", before, version)
    audit.append(connection, told._replace(note=f"to version {one.older_version}"))
    return version


def _restore(connection: sa.Connection, one: Switched, person: Person, now: datetime) -> None:
    live = require_current(connection, one.key)
    if live.version != one.version:
        raise _moved_on(one.key, f"version {live.version} went live after the promotion")
    if one.before is None:
        _pause(connection, live, now)
        audit.append(connection, deed(now, person.email, "pause", live, live))
        return
    row = {**numbered(connection, one.key, one.before)._mapping, "change_request_id": None}
    version = insert_version(connection, row, live, person.email, now)
    if one.before_state == "paused":
        _pause(connection, version, now)
    told = deed(now, person.email, "rollback", live, version)
    audit.append(connection, told._replace(note=f"to version {one.before}"))


def _pause(connection: sa.Connection, version: AnyVersion, now: datetime) -> None:
    set_state(connection, version, "paused")
    if version.kind == "journey":
        journeys.mark_paused(connection, version.key, utc(now))


def _remember(
    connection: sa.Connection, switched: tuple[Switched, ...], person: Person, now: datetime
) -> Promotion:
    last = staging.last_promotion(connection)
    made = Promotion(last.id + 1 if last else 1, switched, utc(now), person.email, None, None)
    row = made._asdict() | {"switched": [one._asdict() for one in switched]}
    connection.execute(promotions.insert().values(row))
    act = audit.Act(now, person.email, "promote", f"promotion {made.id}", note=_names(switched))
    audit.append(connection, act)
    return made


def _names(switched: Sequence[Switched]) -> str:
    return ", ".join(f"{one.key} version {one.version}" for one in switched)


def _moved_on(key: str, why: str) -> PilothouseError:
    return refuse(
        Code.INVALID_ARGUMENT,
        f"'{key}' has moved on, and nothing was changed: {why}.",
        span=key,
        fix=f"Look at it with 'pilothouse rules history {key}'.",
    )
