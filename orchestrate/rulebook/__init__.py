"""What is in force: publish what was approved, roll back, pause, resume.

A change of the data layer is prepared before it is published: built and audited
while the former version stays live. Whoever publishes brings the ``prepare`` that does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from control import audit, holds, journeys, requests
from control.hashing import content_hash
from control.people import Person, require_now
from control.requests import ChangeRequest
from control.store import Store, utc
from control.versions import AnyVersion
from core.data_changes import DATA_KINDS, DataChange
from core.errors import FINAL, Code, PilothouseError, Refusal, refuse
from core.lifecycle import State
from orchestrate.approval_check import check_dependencies, current, publishable, waiting_state
from orchestrate.rulebook import retrying
from orchestrate.rulebook.canary import refuse_failed
from orchestrate.rulebook.certifying import end_lapse, refuse_lapsed
from orchestrate.rulebook.writing import (
    MAY_CHANGE,
    deed,
    insert_version,
    move,
    numbered,
    put_in_force,
    require_current,
    set_state,
    version_of,
)

ReliesOn = Callable[[ChangeRequest], Mapping[str, str]]
Prepare = Callable[[ChangeRequest], Mapping[str, str]]
"""Builds and audits an approved change of the data layer and makes nothing live.

Gives the hashes of what the change relies on now; refuses with the reason. May run again for
the same request, after a crash or because two people publish at once.
"""
SHIPPED_BY = "pilothouse"


class Reconciled(NamedTuple):
    """What start-up published, what could no longer be, and what is tried again: id → why."""

    published: tuple[AnyVersion, ...]
    expired: dict[str, Refusal]
    put_off: dict[str, Refusal]


def publish(
    store: Store,
    request_id: str,
    *,
    now: datetime,
    dependencies: Mapping[str, str] | None = None,
    prepare: Prepare | None = None,
) -> AnyVersion:
    """Put an approved change into force as an immutable version; again gives the same version.

    ``dependencies`` are the hashes of what a rule relies on as they are now; ``prepare`` gives
    them for a change of the data layer, and needs to be given for one. Refuses with NOT_ALLOWED
    without a stored approval or outside of its window, with STALE_CHANGE_REQUEST when content,
    effect, dependencies or the live version are not those approved, and with what ``prepare``
    refuses: where that is final, the request has then expired.
    """
    if requests.get(store, request_id).changes_data:
        dependencies = _prepared(store, request_id, prepare, now)
    with store.write() as connection:
        if existing := version_of(connection, request_id):
            return existing
        request = requests.find(connection, request_id)
        before = publishable(connection, request, waiting_state(request, utc(now)))
        check_dependencies(request, dependencies)
        return put_in_force(connection, request, before, now)


def reconcile(
    store: Store,
    *,
    now: datetime,
    relies_on: ReliesOn | None = None,
    prepare: Prepare | None = None,
) -> Reconciled:
    """Publish everything that was approved but not published, as after a crash.

    ``relies_on`` gives the hashes of what a rule stands on now, to be compared with the approval;
    ``prepare`` builds and audits a change of the data layer first. What is refused for good
    expires; what a lock, a limit or a hold refuses stays approved, and is tried again.
    """
    published: list[AnyVersion] = []
    expired: dict[str, Refusal] = {}
    put_off: dict[str, Refusal] = {}
    if holds.of(store) is not None:  # what was approved waits, and does not expire
        return Reconciled((), {}, {})
    for request in reversed(requests.list_all(store, State.APPROVED)):
        if request.suspended:
            continue
        try:
            rests_on = None if request.changes_data or not relies_on else relies_on(request)
            published.append(
                publish(store, request.id, now=now, dependencies=rests_on, prepare=prepare)
            )
        except PilothouseError as error:
            done = settle(store, request.id, error.refusal, now=now)
            if done is not None:
                (expired if done == "expired" else put_off)[request.id] = error.refusal
    return Reconciled(tuple(published), expired, put_off)


def settle(
    store: Store, request_id: str, refusal: Refusal, *, now: datetime
) -> Literal["expired", "put off"] | None:
    """What becomes of an approved request that could not go live: refused for good it ends, else it
    stays approved and the reason is noted. None: it waits for people, or for its window."""
    if refusal.code in FINAL:
        ended = _expire(store, requests.get(store, request_id), refusal, now)
        return "expired" if ended else None
    return "put off" if retrying.put_off(store, request_id, refusal, now=now) else None


def begin(store: Store, shipped: DataChange, *, now: datetime) -> AnyVersion | None:
    """Keep what was shipped as version 1, so that the first change can be taken back.

    Gives None, and does nothing, when there is a version already.
    """
    with store.write() as connection:
        if current(connection, shipped.key):
            return None
        row = {
            "key": shipped.key,
            "kind": shipped.kind,
            "content": shipped.model_dump(mode="json"),
            "content_hash": content_hash(shipped),
            "change_request_id": None,
        }
        version = insert_version(connection, row, None, SHIPPED_BY, now)
        audit.append(connection, deed(now, SHIPPED_BY, "publish", None, version))
        return version


def rollback(store: Store, key: str, number: int, *, person: Person, now: datetime) -> AnyVersion:
    """Put an older version's content into force again, as a new version."""
    with store.write() as connection:
        require_now(connection, person, MAY_CHANGE, "roll back a version")
        before = require_current(connection, key)
        older = numbered(connection, key, number)
        if older.content_hash == before.content_hash:
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"Version {number} of '{key}' already says what version {before.version} says.",
                fix="Choose another version from its history.",
            )
        refuse_failed(connection, key, str(older.content_hash))
        row = {**older._mapping, "change_request_id": None}
        version = insert_version(connection, row, before, person.email, now)
        told = deed(now, person.email, "rollback", before, version)
        audit.append(connection, told._replace(note=f"to version {number}"))
        return version


def pause(store: Store, key: str, *, person: Person, now: datetime, why: str = "") -> AnyVersion:
    """Take a rule out of force without changing it; ``why`` is for the audit log."""
    return _switch(store, key, "paused", person, now, why)


def resume(store: Store, key: str, *, person: Person, now: datetime, why: str = "") -> AnyVersion:
    """Put a paused rule into force again; ``why`` is for the audit log."""
    return _switch(store, key, "live", person, now, why)


def _prepared(
    store: Store, request_id: str, prepare: Prepare | None, now: datetime
) -> Mapping[str, str] | None:
    """What a change of the data layer relies on, once it is built; None when it is live already."""
    with store.write() as connection:
        if version_of(connection, request_id):
            return None
        request = requests.find(connection, request_id)
        # Asked again before the version is written: building takes its time.
        publishable(connection, request, waiting_state(request, utc(now)))
    if prepare is None:
        raise refuse(
            Code.NOT_ALLOWED,
            f"{request.id} changes the {request.kind.replace('_', ' ')}: it goes live only after "
            "it was built and audited.",
            fix="Let an approver decide on it in the console or with 'pilothouse approvals'.",
        )
    try:
        return prepare(request)
    except PilothouseError as error:
        if error.refusal.code in FINAL:
            _expire(store, request, error.refusal, now)
        raise


def _switch(
    store: Store, key: str, state: str, person: Person, now: datetime, why: str
) -> AnyVersion:
    if key in DATA_KINDS:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The {key.replace('_', ' ')} cannot be paused: every rule stands on it.",
            span=key,
            fix="Roll it back to an older version, or pause the rules that stand on it.",
        )
    with store.write() as connection:
        require_now(connection, person, MAY_CHANGE, "pause or resume a rule")
        before = require_current(connection, key)
        if before.state == state:
            # Whoever pauses what was paused for want of a certificate wants it paused for good.
            end_lapse(connection, before, by=person.email, now=now)
            return before
        if state == "live":
            refuse_failed(connection, key, before.content_hash)
            refuse_lapsed(connection, before)
        set_state(connection, before, state)
        after, what = before._replace(state=state), "pause" if state == "paused" else "resume"
        if (before.kind, what) == ("journey", "pause"):
            journeys.mark_paused(connection, key, utc(now))
        audit.append(connection, deed(now, person.email, what, before, after)._replace(note=why))
    return after


def _expire(store: Store, request: ChangeRequest, refusal: Refusal, now: datetime) -> bool:
    """End what is approved and cannot be; what is suspended waits for people. Whether it ended."""
    with store.write() as connection:
        found = requests.find(connection, request.id)
        by_itself = State.SCHEDULED if found.window else State.APPROVED
        if found.state is not by_itself or found.suspended:
            return False
        move(connection, request.id, State.EXPIRED, now)
        act = audit.Act(now, "pilothouse", "expire", request.id, note=refusal.message)
        audit.append(connection, act)
        return True
