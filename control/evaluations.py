"""Evaluations of changes after go-live, filed once for each number of days and never rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from control import audit
from control.canary_tables import canaries
from control.evaluation_tables import evaluations
from control.hashing import content_hash
from control.store import Store, insert, utc
from control.tables import versions
from core.evaluations import AFTER_DAYS, Evaluation

ITSELF = "pilothouse"


class Due(NamedTuple):
    """A version whose time to be looked at has come."""

    change_request_id: str
    key: str
    version: int
    days: int
    since: datetime
    until: datetime
    """So many days later, or when another version took its place."""
    canary_share: float | None
    """The share of the users that it went live for first; None: for everybody at once."""


def due(store: Store, as_of: datetime) -> list[Due]:
    """Versions of rules and policies that were live so long by a moment and are not filed yet."""
    later = versions.alias("later")
    ended = (
        sa.select(sa.func.min(later.c.published_at))
        .where(later.c.key == versions.c.key, later.c.version > versions.c.version)
        .scalar_subquery()
    )
    tried = sa.and_(canaries.c.key == versions.c.key, canaries.c.version == versions.c.version)
    names = ("change_request_id", "key", "version", "published_at")
    query = (
        sa.select(*(versions.c[name] for name in names), ended.label("ended"), canaries.c.share)
        .join(canaries, tried, isouter=True)
        .where(
            versions.c.change_request_id.is_not(None),
            versions.c.kind.in_(("eligibility_rule", "decision_policy")),
            versions.c.published_at <= utc(as_of) - timedelta(days=min(AFTER_DAYS)),
        )
        .order_by(versions.c.published_at, versions.c.key)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
        filed = {(row.change_request_id, row.days) for row in connection.execute(_filed())}
    return [
        Due(
            row.change_request_id,
            row.key,
            row.version,
            days,
            row.published_at,
            min(row.ended or datetime.max, row.published_at + timedelta(days=days)),
            row.share,
        )
        for row in rows
        for days in AFTER_DAYS
        if row.published_at + timedelta(days=days) <= utc(as_of)
        and (row.change_request_id, days) not in filed
    ]


def _filed() -> sa.Select[tuple[str, int]]:
    return sa.select(evaluations.c.change_request_id, evaluations.c.days)


def file(store: Store, change_request_id: str, found: Evaluation, *, now: datetime) -> bool:
    """Keep an evaluation with an entry in the audit log; False: it was filed before."""
    document = found.model_dump(mode="json")
    row = {"change_request_id": change_request_id, "days": found.days, "filed_at": utc(now)}
    with store.write() as connection:
        new = insert(connection, evaluations).values(**row, document=document)
        if not connection.execute(new.on_conflict_do_nothing()).rowcount:
            return False
        note = f"{found.days} days after version {found.version} went live: {found.verdict}"
        hashed = content_hash(document)
        act = audit.Act(now, ITSELF, "evaluate", change_request_id, None, hashed, note)
        audit.append(connection, act)
    return True


def of(connection: sa.Connection, ids: Sequence[str]) -> dict[str, tuple[Evaluation, ...]]:
    """Request → its evaluations, the first one first; requests without one are left out."""
    query = (
        sa.select(evaluations.c.change_request_id, evaluations.c.document)
        .where(evaluations.c.change_request_id.in_(ids))
        .order_by(evaluations.c.change_request_id, evaluations.c.days)
    )
    found: dict[str, tuple[Evaluation, ...]] = {}
    for name, document in connection.execute(query):
        found[name] = (*found.get(name, ()), Evaluation.model_validate(document))
    return found
