"""Drafts: change requests that their authors keep, and send for review when they are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from control import audit, requests, review_terms
from control.hashing import content_hash
from control.people import Person
from control.requests import ChangeRequest
from control.store import Store, utc
from control.tables import change_requests
from core.artifacts import Finding, Preview
from core.errors import Code, refuse
from core.journey_effects import JourneyEffect
from core.lifecycle import State
from orchestrate.approval_check import current
from orchestrate.blockers import require_unblocked
from orchestrate.change_requests import require_proposer


def own_draft(store: Store, request_id: str, person: Person) -> ChangeRequest:
    """A draft that somebody may send; refuses with NOT_ALLOWED whoever did not write it, and with
    ALREADY_DECIDED what is no draft."""
    with store.read() as connection:
        return _own_draft(connection, request_id, person)


def send(
    store: Store,
    request_id: str,
    *,
    person: Person,
    findings: Sequence[Finding],
    effect: Preview | JourneyEffect,
    dependencies: Mapping[str, str],
    now: datetime,
) -> ChangeRequest:
    """Send a draft for review, with what it would do and rests on as of now: that is approved.

    Its review begins now. Refuses what ``own_draft`` refuses, an author who may not propose any
    more, with BLOCKED_BY_POLICY what a finding blocks, with STALE_CHANGE_REQUEST what was drafted
    on top of another version, and with INVALID_ARGUMENT what they sent already.
    """
    require_unblocked(findings)
    require_proposer(store, person.email, requests.get(store, request_id).artifact)
    with store.write() as connection:
        draft = _own_draft(connection, request_id, person)
        _require_current(connection, draft)
        _require_unsent(connection, draft)
        this = sa.and_(
            change_requests.c.id == request_id, change_requests.c.state == State.DRAFT.value
        )
        values = {
            "effect": effect.model_dump(mode="json"),
            "effect_hash": content_hash(effect),
            "dependencies": dict(dependencies),
            "dependency_hash": content_hash(dict(dependencies)),
            "findings": [finding.model_dump(mode="json") for finding in findings],
            "state": State.IN_REVIEW.value,
            "updated_at": utc(now),
        }
        connection.execute(change_requests.update().where(this).values(values))
        whole = sa.select(change_requests).where(change_requests.c.id == request_id)
        row = connection.execute(whole).mappings().one()
        # Its time for review does not begin with the draft.
        review_terms.write(connection, dict(row) | {"created_at": utc(now)})
        unchanged = draft.content_hash
        act = audit.Act(now, person.email, "propose", request_id, unchanged, unchanged)
        audit.append(connection, act)
        return requests.find(connection, request_id)


def _own_draft(connection: sa.Connection, request_id: str, person: Person) -> ChangeRequest:
    draft = requests.find(connection, request_id)
    if draft.state is not State.DRAFT:
        raise refuse(
            Code.ALREADY_DECIDED,
            f"{request_id} is no draft: it is {draft.state.replace('_', ' ')}.",
            span=request_id,
            fix=f"Look at it: 'pilothouse approvals show {request_id}'.",
        )
    if draft.author != person.email:
        raise refuse(
            Code.NOT_ALLOWED,
            f"{request_id} is a draft of {draft.author}, who alone may send it.",
            span=request_id,
            fix=f"Ask {draft.author}, or draft it from a file of your own.",
        )
    return draft


def _require_current(connection: sa.Connection, draft: ChangeRequest) -> None:
    live = current(connection, draft.target_key)
    if draft.base_version == (live.version if live else None):
        return
    raise refuse(
        Code.STALE_CHANGE_REQUEST,
        f"{draft.id} was drafted before version {live.version if live else 0} of "
        f"'{draft.target_key}' went live.",
        span=draft.id,
        fix="Bring your change into the file of that version, and draft it again.",
    )


def _require_unsent(connection: sa.Connection, draft: ChangeRequest) -> None:
    for one in requests.select(
        connection,
        change_requests.c.content_hash == draft.content_hash,
        change_requests.c.author == draft.author,
        change_requests.c.state == State.IN_REVIEW.value,
    ):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{one.id} says just what {draft.id} says, and is in review.",
            span=draft.id,
            fix=f"Withdraw the draft: 'pilothouse approvals withdraw {draft.id}'.",
        )
