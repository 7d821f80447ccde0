"""How a canary ends: live for everybody, or rolled back to what everybody had before.

Pilothouse does both by itself, by the limits that were approved with the change; a person may, too.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from control import audit, authors
from control.canaries import Canary, CanaryState, require_running, select
from control.canary_tables import canaries
from control.people import Person, require_now
from control.store import Store
from control.tables import versions
from core.errors import Code, refuse
from core.same_person import identity_of
from orchestrate.rulebook.writing import (
    MAY_CHANGE,
    deed,
    end,
    insert_version,
    numbered,
    require_current,
    set_state,
)

ITSELF = "pilothouse"


def promote(
    store: Store,
    key: str,
    *,
    by: Person | None,
    why: str,
    now: datetime,
    canary_id: str | None = None,
) -> Canary:
    """Let a canary's version be live for everybody; ``by`` None is Pilothouse, by the limits.

    ``canary_id``: only this canary, not another one that began since somebody looked.
    Refuses with UNKNOWN_KEY when none runs, with NOT_ALLOWED without the role, and with
    SELF_APPROVAL whoever asked for the change: more users than were approved is for others to say.
    """
    with store.write() as connection:
        if by is not None:
            require_now(connection, by, MAY_CHANGE, "promote a canary")
        canary = require_running(connection, key, canary_id)
        _check_author(connection, canary, by)
        return _over(connection, canary, "promote_canary", by, why, now)


def roll_back(
    store: Store,
    key: str,
    *,
    by: Person | None,
    why: str,
    now: datetime,
    canary_id: str | None = None,
) -> Canary:
    """Give everybody again what they had before a canary: the older content as a new version; where
    there was none, nothing, and its version is paused. ``by`` None is Pilothouse, by the limits.

    What somebody paused stays paused.
    ``canary_id``: as for ``promote``.
    Refuses with UNKNOWN_KEY when none runs, and with NOT_ALLOWED without the role.
    """
    who = by.email if by else ITSELF
    with store.write() as connection:
        if by is not None:
            require_now(connection, by, MAY_CHANGE, "roll back a canary")
        canary = require_running(connection, key, canary_id)
        over = _over(connection, canary, "roll_back_canary", by, why, now)
        before = require_current(connection, key)
        if canary.baseline is None:
            set_state(connection, before, "paused")
            paused = before._replace(state="paused")
            audit.append(connection, deed(now, who, "pause", before, paused))
            return over
        older = numbered(connection, key, canary.baseline)
        row = {**older._mapping, "change_request_id": None}
        version = insert_version(connection, row, before, who, now)
        if before.state == "paused":
            set_state(connection, version, "paused")
        told = deed(now, who, "rollback", before, version)
        audit.append(connection, told._replace(note=f"to version {canary.baseline}"))
        return over


def refuse_failed(connection: sa.Connection, key: str, content_hash: str) -> None:
    """Refuses what a canary of the key had to take back, until it was approved once more."""
    approved = sa.select(sa.func.max(versions.c.version)).where(
        versions.c.key == key,
        versions.c.content_hash == content_hash,
        versions.c.change_request_id.is_not(None),
    )
    last = connection.execute(approved).scalar()
    failed = canaries.c.key == key, canaries.c.state == "rolled_back", canaries.c.version == last
    for one in select(connection, *failed):
        raise refuse(
            Code.NOT_ALLOWED,
            f"Version {one.version} of '{key}' was taken back as a canary: {one.why}",
            span=key,
            fix="Propose a change that mends this, and have it approved.",
        )


def _check_author(connection: sa.Connection, canary: Canary, by: Person | None) -> None:
    if by is None or canary.change_request_id is None:
        return
    if identity_of(by.email) in authors.of(connection, canary.change_request_id):
        raise refuse(
            Code.SELF_APPROVAL,
            f"{by.email} asked for this change and may not let it reach everybody.",
            span=canary.key,
            fix="Ask another approver, or wait: it is promoted when its limits allow it.",
        )


def _over(
    connection: sa.Connection, canary: Canary, what: str, by: Person | None, why: str, now: datetime
) -> Canary:
    who = by.email if by else ITSELF
    state: CanaryState = "promoted" if what == "promote_canary" else "rolled_back"
    end(connection, canary, state, who, why, now)
    version = numbered(connection, canary.key, canary.version)._mapping
    told = str(version["content_hash"])
    act = audit.Act(now, who, what, f"{canary.key} version {canary.version}", told, told, why)
    audit.append(connection, act)
    (ended,) = select(connection, canaries.c.id == canary.id)
    return ended
