"""A change drafted anew: what it changes, on top of what went live since it was drafted.

Reads and merges; whoever proposes the result has it checked and simulated like any proposal.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from control import requests, suspensions
from control.requests import ChangeRequest
from control.store import Store
from control.tables import versions
from control.versions import GOVERNED, Governed
from core.errors import Code, PilothouseError, refuse
from core.jumps import JUMP
from core.lifecycle import WAITING
from core.merging import Conflict, merge
from orchestrate.approval_check import current

LONGEST = 120
"""Characters of a value that are shown of a place that both changed."""


def rebased(store: Store, request_id: str) -> Governed:
    """What a waiting request proposes, on top of what is live now.

    Refuses with ALREADY_DECIDED what waits no longer, with INVALID_ARGUMENT what stands on what
    is live or has nothing left to change, and with STALE_CHANGE_REQUEST, naming each place with
    both values, where both changed the same.
    """
    with store.read() as connection:
        request = requests.find(connection, request_id)
        _require_rebasable(connection, request)
        live = current(connection, request.target_key)
        was = _base(connection, request)
    now = live.artifact.model_dump(mode="json") if live else {}
    if request.changes_data:
        # What a change of the data is called says nothing of the data: it is this one's.
        was, now = ({**one, "name": request.content["name"]} for one in (was, now))
    merged = merge(was, now, request.content)
    if merged.conflicts:
        raise _conflicting(request, live.version if live else 0, merged.conflicts)
    if merged.document == now:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"Nothing of {request.id} is left to change: version {live.version if live else 0} of "
            f"'{request.target_key}' says all of it.",
            span=request.id,
            fix=f"Withdraw it: 'pilothouse approvals withdraw {request.id}'.",
        )
    return _read(request, merged.document)


def _require_rebasable(connection: sa.Connection, request: ChangeRequest) -> None:
    if request.state not in WAITING:
        raise refuse(
            Code.ALREADY_DECIDED,
            f"{request.id} is {request.state.replace('_', ' ')}: nothing of it waits.",
            span=request.id,
            fix="Propose the change again.",
        )
    if request.kind == JUMP:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{request.id} is about a held cycle, of which nothing can be drafted anew.",
            span=request.id,
            fix="Run the cycle: if it is held again, it asks anew.",
        )
    if not suspensions.overtaken(connection, request.id):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{request.id} stands on what is live and does what was shown: nothing to draft anew.",
            span=request.id,
            fix="Decide on it as it is.",
        )


def _base(connection: sa.Connection, request: ChangeRequest) -> dict[str, Any]:
    """What it was drafted against; nothing where the key was new."""
    this = sa.and_(versions.c.key == request.target_key, versions.c.version == request.base_version)
    found: dict[str, Any] | None = connection.execute(
        sa.select(versions.c.content).where(this)
    ).scalar()
    return found or {}


def _read(request: ChangeRequest, document: dict[str, Any]) -> Governed:
    try:
        return GOVERNED.validate_python(document)
    except ValidationError as error:
        told = "; ".join(one["msg"] for one in error.errors())
        raise refuse(
            Code.STALE_CHANGE_REQUEST,
            f"{request.id} does not fit what is live any more: {told}.",
            span=request.id,
            fix="Propose the change again on top of what is live.",
        ) from error


def _conflicting(
    request: ChangeRequest, version: int, conflicts: tuple[Conflict, ...]
) -> PilothouseError:
    places = "; ".join(
        f"{one.path}: {_shown(one.live)} is live, {request.id} says {_shown(one.proposed)}"
        for one in conflicts
    )
    return refuse(
        Code.STALE_CHANGE_REQUEST,
        f"{request.id} and version {version} of '{request.target_key}' both changed {places}.",
        span=request.id,
        fix="Propose the change again on top of what is live, and say which of the two it is.",
    )


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
