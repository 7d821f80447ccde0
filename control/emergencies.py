"""Emergencies: what one person stopped alone, until another person has looked at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from control import audit
from control.emergency_tables import emergencies
from control.store import Store, utc
from core.errors import Code, refuse

Deed = Literal["stop", "pause", "rollback"]
"""All that an emergency can do."""


class Emergency(NamedTuple):
    """One deed; ``reviewed_at`` and what follows are empty until somebody else looked at it."""

    id: str
    at: datetime
    by: str
    deed: Deed
    subject: str
    reason: str
    reviewed_at: datetime | None = None
    reviewed_by: str | None = None
    comment: str | None = None


def note(
    connection: sa.Connection, deed: Deed, subject: str, *, by: str, reason: str, now: datetime
) -> Emergency:
    """Write down an emergency, in the transaction of its deed."""
    count = sa.select(sa.func.count()).select_from(emergencies)
    number = connection.execute(count).scalar_one() + 1
    one = Emergency(f"EM-{number}", utc(now), by, deed, subject, reason)
    connection.execute(emergencies.insert().values(one._asdict()))
    audit.append(connection, audit.Act(now, by, "emergency", f"{deed} {subject}", note=reason))
    return one


def reviewed(
    connection: sa.Connection, emergency: Emergency, *, by: str, comment: str, now: datetime
) -> Emergency:
    """Write down who looked at an emergency, and what they say of it."""
    values = {"reviewed_at": utc(now), "reviewed_by": by, "comment": comment}
    this = emergencies.c.id == emergency.id
    connection.execute(emergencies.update().where(this).values(values))
    act = audit.Act(now, by, "review_emergency", emergency.id, note=comment)
    audit.append(connection, act)
    return find(connection, emergency.id)


def find(connection: sa.Connection, emergency_id: str) -> Emergency:
    """One emergency; refuses with UNKNOWN_KEY."""
    query = sa.select(emergencies).where(emergencies.c.id == emergency_id)
    row = connection.execute(query).first()
    if row is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no emergency '{emergency_id}'.",
            span=emergency_id,
            fix="List them with 'pilothouse emergency list'.",
        )
    return Emergency(*row)


def everything(store: Store) -> list[Emergency]:
    """Every emergency, the newest first."""
    return [*_read(store, sa.select(emergencies))]


def unreviewed(store: Store) -> list[Emergency]:
    """Those that nobody else has looked at, the newest first."""
    return [*_read(store, sa.select(emergencies).where(emergencies.c.reviewed_at.is_(None)))]


def _read(store: Store, query: sa.Select[Any]) -> Iterator[Emergency]:
    newest_first = query.order_by(emergencies.c.at.desc(), sa.func.length(emergencies.c.id).desc())
    with store.read() as connection:
        for row in connection.execute(newest_first.order_by(emergencies.c.id.desc())):
            yield Emergency(*row)
