"""How delivery stands: by destination, how fast, how much waits and for how long."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from control import delivery
from control.delivery_tables import dispatches, token_buckets
from control.store import Store, utc
from control.tables import outbox
from core.lifecycle import IntentState

_WAITING = (IntentState.PENDING.value, IntentState.LEASED.value, IntentState.SUBMITTED.value)


class Standing(BaseModel):
    """One destination."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    destination: str
    channels: list[str]
    paused: str | None
    """Why nothing is sent there, until somebody resumes it."""
    blocked_until: datetime | None
    """Until when it asked to be left alone."""
    waiting: int
    due: int
    """Of those that wait, the ones whose moment has come."""
    oldest_due: datetime | None
    without_room: dict[str, int] = {}
    """Reason code → how many of those that wait do so until caps and the gap have room."""
    uncertain: int
    accepted_last_minute: int
    accepted_last_hour: int


def standings(store: Store, channels: Mapping[str, str], *, now: datetime) -> list[Standing]:
    """Every destination that serves a channel (``channels``: channel → destination) or that holds
    a message, by name."""
    moment = utc(now)
    with store.read() as connection:
        waiting, kept = _by_channel(connection, moment), _without_room(connection)
        uncertain = _counted(connection, dispatches.c.outcome == "open", _is_uncertain())
        minute = _counted(connection, dispatches.c.accepted_at > moment - timedelta(minutes=1))
        hour = _counted(connection, dispatches.c.accepted_at > moment - timedelta(hours=1))
        blocked = _blocked(connection, moment)
    paused = delivery.paused(store)
    names = {*channels.values(), *uncertain, *hour, *paused, *blocked}
    found = []
    for name in sorted(names):
        served = sorted(channel for channel, one in channels.items() if one == name)
        rows = [waiting[channel] for channel in served if channel in waiting]
        oldest = [row.oldest for row in rows if row.oldest is not None]
        found.append(
            Standing(
                destination=name,
                channels=served,
                paused=paused[name].reason if name in paused else None,
                blocked_until=blocked.get(name),
                waiting=sum(row.waiting for row in rows),
                due=sum(row.due for row in rows),
                oldest_due=min(oldest, default=None),
                without_room=dict(sum((kept[channel] for channel in served), Counter[str]())),
                uncertain=uncertain.get(name, 0),
                accepted_last_minute=minute.get(name, 0),
                accepted_last_hour=hour.get(name, 0),
            )
        )
    return found


def _by_channel(
    connection: sa.Connection, moment: datetime
) -> dict[str, sa.Row[tuple[str, int, int, datetime | None]]]:
    due = outbox.c.not_before <= moment
    query = (
        sa.select(
            outbox.c.channel,
            sa.func.count().label("waiting"),
            sa.func.count(sa.case((due, 1))).label("due"),
            sa.func.min(sa.case((due, outbox.c.not_before))).label("oldest"),
        )
        .where(outbox.c.state.in_(_WAITING))
        .group_by(outbox.c.channel)
    )
    return {row.channel: row for row in connection.execute(query)}


def _without_room(connection: sa.Connection) -> defaultdict[str, Counter[str]]:
    """Channel → reason code → messages that wait for it."""
    waits = outbox.c.state == IntentState.PENDING.value, outbox.c.reason.is_not(None)
    query = sa.select(outbox.c.channel, outbox.c.reason, sa.func.count()).where(*waits)
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    grouped = query.group_by(outbox.c.channel, outbox.c.reason)
    for channel, reason, count in connection.execute(grouped):
        found[channel][str(reason)] += count
    return found


def _is_uncertain() -> sa.ColumnElement[bool]:
    ids = sa.select(outbox.c.intent_id).where(outbox.c.state == IntentState.AMBIGUOUS.value)
    return dispatches.c.intent_id.in_(ids)


def _counted(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> dict[str, int]:
    query = sa.select(dispatches.c.destination, sa.func.count()).where(*which)
    rows = connection.execute(query.group_by(dispatches.c.destination))
    return {row[0]: row[1] for row in rows}


def _blocked(connection: sa.Connection, moment: datetime) -> dict[str, datetime]:
    query = sa.select(token_buckets.c.destination, sa.func.max(token_buckets.c.blocked_until))
    query = query.where(token_buckets.c.blocked_until > moment)
    rows = connection.execute(query.group_by(token_buckets.c.destination))
    return {row[0]: row[1] for row in rows}
