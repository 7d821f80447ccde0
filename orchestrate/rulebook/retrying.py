"""What was approved and could not go live for a reason that may go away: noted, and tried again.

Later and later: after as long again as it has been waiting, so that hours of a locked warehouse
cost a few tries and a few lines of the audit log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from control import audit, holds, requests
from control.audit import AuditEntry
from control.requests import ChangeRequest
from control.store import Store, utc
from core.errors import Refusal
from core.lifecycle import State

DEED = "put_off"
ITSELF = "pilothouse"
AT_LEAST = timedelta(minutes=1)
"""Between two tries."""
LEFT_ALONE = timedelta(minutes=15)
"""What was approved and never tried is left so long to whoever approved it."""


class PutOff(NamedTuple):
    """A request that is approved and was refused when it was to go live."""

    request: ChangeRequest
    why: str
    at: datetime


def put_off(store: Store, request_id: str, refusal: Refusal, *, now: datetime) -> bool:
    """Note why an approved request is not live yet; False for what waits for something else."""
    with store.write() as connection:
        request = requests.find(connection, request_id)
        if not _waits_for_nobody(request):
            return False
        unchanged = request.content_hash
        act = audit.Act(now, ITSELF, DEED, request_id, unchanged, unchanged, str(refusal))
        audit.append(connection, act)
        return True


def waiting(store: Store) -> list[PutOff]:
    """What is put off, each with the newest reason, oldest request first."""
    told = ((one, _last(store, one)) for one in _approved(store))
    return [PutOff(one, last.note, last.at) for one, last in told if last is not None]


def due_again(store: Store, *, now: datetime) -> list[ChangeRequest]:
    """What is approved, waits for nobody and is to be tried again by now, oldest first."""
    if holds.of(store) is not None:
        return []
    return [one for one in _approved(store) if _due(one, _last(store, one)) <= utc(now)]


def _due(request: ChangeRequest, last: AuditEntry | None) -> datetime:
    since = request.updated_at
    if last is None:
        return since + LEFT_ALONE
    return last.at + max(AT_LEAST, last.at - since)


def _approved(store: Store) -> list[ChangeRequest]:
    found = requests.list_all(store, State.APPROVED)
    return [one for one in reversed(found) if _waits_for_nobody(one)]


def _waits_for_nobody(request: ChangeRequest) -> bool:
    is_free = request.suspended is None and request.window is None
    return request.state is State.APPROVED and is_free


def _last(store: Store, request: ChangeRequest) -> AuditEntry | None:
    """The newest time that it was put off since it was approved."""
    asked = audit.Asked(what=DEED, subject=request.id, since=request.updated_at, limit=1)
    return next(iter(audit.entries(store, asked)), None)
