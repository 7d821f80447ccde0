"""The days to come, if the cycle runs once a day and nobody does anything new meanwhile.

Today is counted for everybody. The days after it are rehearsed one after the other on
a sample of users, each seeing what the days before it sent: caps free up, cooldowns
end, trials run out, quiet hours pass; then the sample is scaled up.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import duckdb
from sqlglot import exp

from orchestrate import stages
from orchestrate.engine.candidates import Tick
from orchestrate.rehearsal.memory import Memory, as_stored
from orchestrate.rehearsal.outcome import DayVolume
from orchestrate.rehearsal.parts import parts
from orchestrate.rehearsal.volume import Volume, sent_on
from warehouse.catalog import Catalog

DAYS = 7
SAMPLE = 5_000
"""Users who stand for all: where there are no more, nothing is scaled."""
EPOCH = datetime(1970, 1, 1)


def week_ahead(
    cursor: duckdb.DuckDBPyConnection, tick: Tick, today: Volume, users: int
) -> tuple[DayVolume, ...]:
    """Messages by day, today first. ``today``: what today's cycle sends, for everybody."""
    sample = _sample(cursor, tick.catalog) if users > SAMPLE else None
    later = _later(cursor, tick, sample)
    scale = users / SAMPLE if sample else 1.0
    first = (tick.as_of - EPOCH).days
    return tuple(
        _volume(day, today, later, scale, estimated=sample is not None)
        for day in range(first, first + DAYS)
    )


def _volume(day: int, today: Volume, later: Volume, scale: float, *, estimated: bool) -> DayVolume:
    channels = sorted({channel for at, channel in (today | later) if at == day})
    by_channel = {
        channel: today[day, channel] + round(later[day, channel] * scale) for channel in channels
    }
    scaled = estimated and any(later[day, channel] for channel in channels)
    return DayVolume(
        day=(EPOCH + timedelta(days=day)).date().isoformat(),
        messages=sum(by_channel.values()),
        by_channel=by_channel,
        estimated=scaled,
    )


def _later(cursor: duckdb.DuckDBPyConnection, tick: Tick, sample: tuple[str, ...] | None) -> Volume:
    """What the cycles after today's send to the sample."""
    memory = Memory(cursor, {name: as_stored(cursor, name) for name in ("decisions", "slots")})
    found: Volume = Counter()
    for day in range(DAYS):
        moved = tick._replace(
            as_of=tick.as_of + timedelta(days=day), cycle_id=f"{tick.cycle_id}/{day}"
        )
        stand = stages.lay_out(cursor, moved)
        made = list(parts(cursor, stand, users=sample))
        memory.remember(stand, [one.decided for one in made])
        for one in made if day else ():
            found += sent_on(one.decided, stand)
    return found


def _sample(cursor: duckdb.DuckDBPyConnection, catalog: Catalog) -> tuple[str, ...]:
    """The same users every time, drawn by a hash of their ids."""
    users = catalog.layout.users
    key = exp.column(users.key)
    query = (
        exp.select(key)
        .from_(users.table)
        .order_by(exp.func("MD5", exp.cast(key.copy(), "text")))
        .limit(SAMPLE)
    )
    return tuple(str(user) for (user,) in cursor.execute(query.sql(stages.DIALECT)).fetchall())
