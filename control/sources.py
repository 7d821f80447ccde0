"""Where events come from: apps and sites, each with the write key that its SDK shows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import IntegrityError

from control.audit import Act, append
from control.hashing import content_hash
from control.store import Store
from control.tables import sources
from core.errors import Code, refuse

Unplanned = Literal["accept", "dead_letter", "suppress"]


class Source(BaseModel):
    """An app or site that sends events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    write_key: str
    enabled: bool = True
    unplanned: Unplanned = "dead_letter"
    """What becomes of a track event that the tracking plan does not list."""


DEMO_SOURCE = Source(id="demo", name="Workout app", write_key="demo-write-key")


def add(store: Store, source: Source, *, who: str, now: datetime) -> None:
    """Add a source; refuses a name or write key that another one has."""
    try:
        with store.write() as connection:
            connection.execute(sources.insert().values(source.model_dump()))
            after = content_hash(source.model_dump())
            append(connection, Act(now, who, "source_added", source.id, after_hash=after))
    except IntegrityError as error:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"There is already a source with the name '{source.name}' or its key.",
            span=source.name,
            fix="Choose another name.",
        ) from error


def add_demo_source(store: Store) -> None:
    """The demo's one source, unless it is there; like the demo's people it is nobody's act."""
    with store.write() as connection:
        known = sa.select(sources.c.id).where(sources.c.id == DEMO_SOURCE.id)
        if connection.execute(known).first() is None:
            connection.execute(sources.insert().values(DEMO_SOURCE.model_dump()))


def list_all(store: Store) -> list[Source]:
    """Every source, by name."""
    with store.read() as connection:
        rows = connection.execute(sa.select(sources).order_by(sources.c.name)).mappings().all()
    return [Source.model_validate(dict(row)) for row in rows]


def set_enabled(store: Store, name: str, enabled: bool, *, who: str, now: datetime) -> None:
    """Let a source send, or stop it; refuses a name nobody has."""
    with store.write() as connection:
        changed = connection.execute(
            sources.update().where(sources.c.name == name).values(enabled=enabled)
        ).rowcount
        if not changed:
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"There is no source named '{name}'.",
                span=name,
                fix="List them with 'pilothouse collect sources'.",
            )
        what = "source_enabled" if enabled else "source_disabled"
        append(connection, Act(now, who, what, name))
