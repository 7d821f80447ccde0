"""How fast a destination is sent to: token buckets in the control store, shared by every worker.

A bucket holds up to ``burst`` requests and gains ``per_second``. A provider that asks to be left
alone blocks its bucket for as long as it says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from control.delivery_tables import token_buckets
from control.store import Store, insert, utc
from deliver.wire import Rate

LONGEST_PAUSE_SECONDS = 2.0
"""A destination that is full for longer is left, and its messages wait."""


class Granted(NamedTuple):
    """How many requests may be made now, and seconds until another one may be."""

    requests: int
    seconds: float


def take(
    store: Store, destination: str, name: str, rate: Rate | None, wanted: int, *, now: datetime
) -> Granted:
    """Take up to ``wanted`` tokens; without a rate there is always one."""
    if rate is None or wanted == 0:
        return Granted(wanted, 0.0)
    with store.write() as connection:
        row = connection.execute(sa.select(token_buckets).where(_this(destination, name))).first()
        if row is not None and row.blocked_until is not None and row.blocked_until > utc(now):
            return Granted(0, (row.blocked_until - utc(now)).total_seconds())
        tokens = float(rate.burst)
        if row is not None:
            # A clock that went back gives nothing and takes nothing.
            gained = max((utc(now) - row.at).total_seconds(), 0.0) * rate.per_second
            tokens = min(row.tokens + gained, tokens)
        granted = min(int(tokens), wanted)
        left = tokens - granted
        _keep(
            connection, destination, name, {"tokens": left, "at": utc(now), "blocked_until": None}
        )
        return Granted(granted, max(1.0 - left, 0.0) / rate.per_second)


def take_soon(
    store: Store,
    destination: str,
    name: str,
    rate: Rate | None,
    wanted: int,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], object],
) -> Granted:
    """Take up to ``wanted`` tokens, once more after a moment where there is one soon."""
    granted = take(store, destination, name, rate, wanted, now=clock())
    if granted.requests == 0 and granted.seconds <= LONGEST_PAUSE_SECONDS:
        sleep(granted.seconds)
        granted = take(store, destination, name, rate, wanted, now=clock())
    return granted


def block(
    connection: sa.Connection, destination: str, name: str, seconds: float, *, now: datetime
) -> None:
    """Nothing more through this bucket for a while; inside the caller's write."""
    until = utc(now) + timedelta(seconds=seconds)
    row = connection.execute(sa.select(token_buckets).where(_this(destination, name))).first()
    if row is not None and row.blocked_until is not None:
        until = max(until, row.blocked_until)
    _keep(connection, destination, name, {"tokens": 0.0, "at": utc(now), "blocked_until": until})


def _this(destination: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(token_buckets.c.destination == destination, token_buckets.c.name == name)


def _keep(
    connection: sa.Connection, destination: str, name: str, values: dict[str, object]
) -> None:
    bucket = insert(connection, token_buckets)
    bucket = bucket.values(destination=destination, name=name, **values)
    connection.execute(
        bucket.on_conflict_do_update(index_elements=["destination", "name"], set_=values)
    )
