"""Runs of the agent that an alert started, by what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.drift_tables import investigations
from control.store import Store, utc


class Investigation(NamedTuple):
    """A run that was started by an alert. ``started_at`` is naive UTC."""

    run_id: str
    kind: str
    subject: str
    prompt: str
    started_at: datetime


def begin(store: Store, one: Investigation, *, since: datetime, most: int) -> bool:
    """Enter a run that is about to start; False when it may not.

    It may not when there was one about the same since ``since``, or ``most`` about anything.
    One transaction, so that two servers start one.
    """
    recent = investigations.c.started_at > utc(since)
    query = sa.select(investigations.c.kind, investigations.c.subject).where(recent)
    with store.write() as connection:
        begun = [tuple(row) for row in connection.execute(query)]
        if len(begun) >= most or (one.kind, one.subject) in begun:
            return False
        row = one._replace(started_at=utc(one.started_at))._asdict()
        connection.execute(investigations.insert().values(row))
        return True


def latest(store: Store, limit: int = 100) -> Sequence[Investigation]:
    """The newest first."""
    columns = (investigations.c[name] for name in Investigation._fields)
    query = sa.select(*columns).order_by(investigations.c.started_at.desc()).limit(limit)
    with store.read() as connection:
        return [Investigation(*row) for row in connection.execute(query)]
