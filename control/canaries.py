"""Canaries, read: which versions are live for a share of users only, and who gets what instead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from control import versions
from control.canary_tables import canaries, canary_asks, canary_readouts
from control.store import Store, utc
from control.versions import Version
from core.canary import CanaryAsk, CanaryLimits, drawn, left, narrowed
from core.conditions import Bucket
from core.errors import Code, refuse

CanaryState = Literal["running", "promoted", "rolled_back", "superseded"]


class Canary(NamedTuple):
    """A version that went live for a share of users first. Moments are naive UTC."""

    id: str
    key: str
    version: int
    baseline: int | None
    """The version that the others get; None: they get nothing of it."""
    share: float
    salt: str
    limits: CanaryLimits
    change_request_id: str | None
    state: CanaryState
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    ended_by: str | None
    why: str
    """Why it ended; empty while it runs."""


class Readout(NamedTuple):
    """What was measured of a canary at a moment: a row that measurement writes."""

    canary_id: str
    at: datetime
    document: dict[str, Any]


def running(store: Store) -> dict[str, Canary]:
    """Key → the canary that runs of it."""
    with store.read() as connection:
        return {one.key: one for one in select(connection, canaries.c.state == "running")}


def everything(store: Store, key: str | None = None) -> list[Canary]:
    """Every canary there ever was, or those of one key, newest first."""
    wanted = [] if key is None else [canaries.c.key == key]
    with store.read() as connection:
        return select(connection, *wanted)[::-1]


def require_running(connection: sa.Connection, key: str, canary_id: str | None = None) -> Canary:
    """The canary that runs of a key, which must be the one with this id unless that is None;
    refuses with UNKNOWN_KEY."""
    found = select(connection, canaries.c.key == key, canaries.c.state == "running")
    if not found or canary_id not in (None, found[0].id):
        raise refuse(
            Code.UNKNOWN_KEY,
            f"No canary of '{key}' is running.",
            span=key,
            fix="List them with 'pilothouse canary list'.",
        )
    return found[0]


def select(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[Canary]:
    """Canaries, oldest first, inside the caller's transaction."""
    query = sa.select(canaries).where(*conditions)
    rows = connection.execute(query.order_by(canaries.c.started_at, canaries.c.id))
    return [_canary(row) for row in rows]


def asked_for(connection: sa.Connection, request_id: str) -> CanaryAsk | None:
    """What the approver of a change request asked for; None: live for everybody at once."""
    query = sa.select(canary_asks.c.asked).where(canary_asks.c.change_request_id == request_id)
    found = connection.execute(query).scalar()
    return None if found is None else CanaryAsk.model_validate(found)


def asked(store: Store, request_id: str) -> CanaryAsk | None:
    """The same, with a connection of its own."""
    with store.read() as connection:
        return asked_for(connection, request_id)


def in_force(store: Store) -> list[Version]:
    """Every rule in force, by key, each for those users whom it is for: a key with a canary is
    there twice, its newer version for the drawn share and the one before for all others."""
    found: list[Version] = []
    for one, trial in versions.live_with_trials(store):
        if trial is None:
            found.append(one)
            continue
        found.append(_for(one, drawn(trial.salt, trial.share)))
        if trial.baseline is not None:
            before = versions.version(store, one.key, trial.baseline)
            found.append(_for(before, left(trial.salt, trial.share)))
    return found


def standing(store: Store) -> dict[tuple[str, int], Version]:
    """Key and version → every version whose messages may go out: those in force, and older ones
    that say the same, as after a rollback."""
    live = in_force(store)
    saying = {(one.key, one.content_hash) for one in live}
    older = (one for one in versions.everything(store, {one.key for one in live}))
    same = {(one.key, one.version): one for one in older if (one.key, one.content_hash) in saying}
    return same | {(one.key, one.version): one for one in live}


def keep_readout(store: Store, canary_id: str, document: Mapping[str, Any], at: datetime) -> None:
    """Keep what was measured of a canary."""
    this = canary_readouts.c.canary_id == canary_id
    last = sa.select(sa.func.coalesce(sa.func.max(canary_readouts.c.number), 0)).where(this)
    with store.write() as connection:
        number = connection.execute(last).scalar_one() + 1
        row = {"canary_id": canary_id, "number": number, "at": utc(at), "document": {**document}}
        connection.execute(canary_readouts.insert().values(row))


def readouts(store: Store, canary_id: str, limit: int | None = None) -> list[Readout]:
    """What was measured of a canary, newest first: everything, or the newest few."""
    query = (
        sa.select(canary_readouts.c.canary_id, canary_readouts.c.at, canary_readouts.c.document)
        .where(canary_readouts.c.canary_id == canary_id)
        .order_by(canary_readouts.c.number.desc())
        .limit(limit)
    )
    with store.read() as connection:
        return [Readout(*row) for row in connection.execute(query)]


def last_readout(store: Store, canary_id: str) -> Readout | None:
    """What was measured of a canary last; None while it was not looked at."""
    return next(iter(readouts(store, canary_id, limit=1)), None)


def _for(version: Version, part: Bucket) -> Version:
    artifact = version.artifact
    population = narrowed(artifact.population, part)
    return version._replace(artifact=artifact.model_copy(update={"population": population}))


def _canary(row: sa.Row[Any]) -> Canary:
    fields = row._asdict()
    return Canary(**fields | {"limits": CanaryLimits.model_validate(fields["limits"])})
