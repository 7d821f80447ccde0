"""What waits for a key is held back as soon as another version of the key is there.

It was drafted, shown and perhaps approved on top of something that is not live any more.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from control import suspensions
from control.tables import change_requests
from control.versions import AnyVersion
from core.jumps import JUMP
from core.lifecycle import WAITING, Suspended

ASK_AGAIN = "Run the cycle: if it is held again, it asks anew."


def suspend_others(connection: sa.Connection, version: AnyVersion, now: datetime) -> None:
    """Hold back every request that waits for the key of a version which has just gone live."""
    waits = change_requests.c.state.in_(sorted(WAITING))
    others = change_requests.c.id != (version.change_request_id or "")
    query = sa.select(change_requests.c.id, change_requests.c.base_version).where(
        change_requests.c.target_key == version.key, waits, others
    )
    fix = ASK_AGAIN if version.kind == JUMP else None
    for request_id, base in connection.execute(query).all():
        why = (
            f"It was drafted against {named(base)} of '{version.key}', and version "
            f"{version.version} went live since."
        )
        suspensions.suspend(connection, request_id, Suspended.CONFLICT, why, now, fix=fix)


def named(version: int | None) -> str:
    """A version in a sentence, or that there is none."""
    return "no version" if version is None else f"version {version}"
