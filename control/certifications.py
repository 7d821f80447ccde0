"""Until when each rule, policy and journey in force is certified, and which were paused for it.

A version is certified by whoever let it go live, and again by each approver who says that it still
holds. Changes of what rules stand on are not asked about: they cannot be paused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import sqlalchemy as sa

from control.certification_tables import certifications, lapses
from control.store import Store, utc
from control.tables import versions
from core.data_changes import DATA_KINDS
from core.jumps import JUMP

ITSELF = "pilothouse"
Standing = Literal["certified", "soon", "due", "lapsed"]


class Certified(NamedTuple):
    """One version in force. ``lapsed``: it is paused, because nobody certified it in time."""

    key: str
    version: int
    kind: str
    content_hash: str
    state: str
    since: datetime
    by: str
    due: datetime | None
    """None: it need not be certified again."""
    standing: Standing


def everything(store: Store, *, days: int | None, warn_days: int, now: datetime) -> list[Certified]:
    """What has to be certified every so many days (None: nothing has to), soonest due first."""
    with store.read() as connection:
        found = select(connection, days=days, warn_days=warn_days, now=now)
    return sorted(found, key=lambda one: (one.due or datetime.max, one.key))


def select(
    connection: sa.Connection, *, days: int | None, warn_days: int, now: datetime
) -> list[Certified]:
    """As ``everything``, inside the caller's transaction, by key."""
    kinds = versions.c.kind.not_in(sorted(DATA_KINDS | {JUMP}))
    names = ("key", "version", "kind", "content_hash", "state", "published_at", "published_by")
    columns = (versions.c[name] for name in names)
    in_force = sa.select(*columns).where(kinds, versions.c.state != "superseded")
    last, open_ones = _last(connection), _open(connection)
    found = []
    for row in connection.execute(in_force.order_by(versions.c.key)):
        published = row.published_at, row.published_by
        since, by = last.get((row.key, row.content_hash), published)
        lapsed = (row.key, row.version) in open_ones and row.state == "paused"
        due = None if days is None else since + timedelta(days=days)
        standing = "lapsed" if lapsed else _standing(due, warn_days, utc(now))
        named = (row.key, row.version, row.kind, row.content_hash, row.state)
        found.append(Certified(*named, since, by, due, standing))
    return found


def is_lapsed(connection: sa.Connection, key: str, version: int) -> bool:
    """Whether a version is paused because nobody certified it in time."""
    return (key, version) in _open(connection)


def _standing(due: datetime | None, warn_days: int, now: datetime) -> Standing:
    if due is None or now < due - timedelta(days=warn_days):
        return "certified"
    return "soon" if now < due else "due"


def _last(connection: sa.Connection) -> Mapping[tuple[str, str], tuple[datetime, str]]:
    """Key and content → when a person said last that it shall be so, and who.

    What Pilothouse put back by itself is as old as the person's word for it.
    """
    said = sa.union_all(
        sa.select(
            versions.c.key,
            versions.c.content_hash,
            versions.c.published_at.label("at"),
            versions.c.published_by.label("by"),
        ).where(versions.c.published_by != ITSELF),
        sa.select(
            certifications.c.key,
            certifications.c.content_hash,
            certifications.c.at,
            certifications.c.by,
        ),
    ).subquery()
    rows = connection.execute(sa.select(said).order_by(said.c.at))
    return {(row.key, row.content_hash): (row.at, row.by) for row in rows}


def _open(connection: sa.Connection) -> frozenset[tuple[str, int]]:
    query = sa.select(lapses.c.key, lapses.c.version).where(lapses.c.ended_at.is_(None))
    return frozenset((row.key, row.version) for row in connection.execute(query))
