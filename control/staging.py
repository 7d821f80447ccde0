"""Staging, read: which rules and journeys are tried beside the live ones, and what was promoted
from there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import sqlalchemy as sa
from pydantic import Field, TypeAdapter

from control.staging_tables import promotions, staged
from control.store import Store
from control.tables import change_requests, versions
from control.versions import JourneyVersion, Rule, Version, Versioned
from core.journeys import Journey
from core.lifecycle import State

CYCLE = "staging-"
"""How the ids of the cycles of staging begin: the outbox takes nothing of theirs."""

Tried = Rule | Journey
"""What may be tried."""
Standing = Literal["on trial", "approved", "ended"]
Content = TypeVar("Content", bound=Tried)
_TRIED: TypeAdapter[Tried] = TypeAdapter(Annotated[Tried, Field(discriminator="kind")])
_STANDING: dict[str, Standing] = {State.IN_REVIEW: "on trial", State.SCHEDULED: "approved"}


class Staged(NamedTuple):
    """A rule or journey in staging; ``since`` (naive UTC) is when in the data it began."""

    key: str
    target: str
    """What was staged: a change request's id, or KEY@VERSION."""
    change_request_id: str | None
    older_version: int | None
    artifact: Tried
    content_hash: str
    since: datetime
    staged_at: datetime
    staged_by: str
    standing: Standing
    """``on trial``: nobody approved it yet. ``ended``: its request was turned down; it is not
    decided on any more."""
    live: int | None
    """The version that is in force, live or paused."""
    newest: int
    """The number of its newest version; 0 when it was never published."""

    @property
    def would_be(self) -> int:
        """The number that its version would have, were it promoted now."""
        return self.newest + 1


class Switched(NamedTuple):
    """One rule of a promotion: its version now, and the one before with its state, if any."""

    key: str
    version: int
    before: int | None
    before_state: str | None


class Promotion(NamedTuple):
    """What went live at once. ``taken_back_at`` is None while nobody took it back."""

    id: int
    switched: tuple[Switched, ...]
    promoted_at: datetime
    promoted_by: str
    taken_back_at: datetime | None
    taken_back_by: str | None


def everything(store: Store) -> list[Staged]:
    """All that lies in staging, by key; what has ended too."""
    with store.read() as connection:
        return select(connection)


def tried(store: Store) -> list[Staged]:
    """What the cycles of staging decide on, by key."""
    return [one for one in everything(store) if one.standing != "ended"]


def rules_of(there: Iterable[Staged]) -> dict[str, Version]:
    """The rules among what is staged, each as the version that it would be, by key."""
    return {
        one.key: _version(one, one.artifact, "staged", one.staged_at)
        for one in there
        if not isinstance(one.artifact, Journey)
    }


def journeys_of(there: Iterable[Staged]) -> dict[str, JourneyVersion]:
    """The journeys among what is staged, as ``key@version``, which their decisions name.

    Events count for entry from the moment of the data at which one was staged.
    """
    return {
        f"{one.key}@{one.would_be}": _version(one, one.artifact, "live", one.since)
        for one in there
        if isinstance(one.artifact, Journey)
    }


def holds(connection: sa.Connection, request_id: str) -> bool:
    """Whether a change request is in staging, inside the caller's transaction."""
    query = sa.select(staged.c.key).where(staged.c.change_request_id == request_id)
    return connection.execute(query).first() is not None


def last_promotion(connection: sa.Connection) -> Promotion | None:
    """The newest promotion, taken back or not; None before the first."""
    query = sa.select(promotions).order_by(promotions.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    if row is None:
        return None
    fields = row._asdict()
    return Promotion(**fields | {"switched": tuple(Switched(**one) for one in row.switched)})


def select(connection: sa.Connection) -> list[Staged]:
    """All that lies in staging, inside the caller's transaction."""
    current = versions.alias("current")
    older = versions.alias("older")
    newest = sa.select(sa.func.max(versions.c.version)).where(versions.c.key == staged.c.key)
    query = (
        sa.select(
            staged,
            change_requests.c.state,
            sa.func.coalesce(change_requests.c.content, older.c.content, type_=sa.JSON).label(
                "content"
            ),
            current.c.version.label("live"),
            newest.scalar_subquery().label("newest"),
        )
        .select_from(staged)
        .outerjoin(change_requests, change_requests.c.id == staged.c.change_request_id)
        .outerjoin(
            older,
            sa.and_(older.c.key == staged.c.key, older.c.version == staged.c.older_version),
        )
        .outerjoin(current, sa.and_(current.c.key == staged.c.key, current.c.state != "superseded"))
        .order_by(staged.c.key)
    )
    return [_read(row._asdict()) for row in connection.execute(query)]


def _version(one: Staged, artifact: Content, state: str, since: datetime) -> Versioned[Content]:
    """The version that it would be, were it promoted now."""
    return Versioned(
        key=one.key,
        version=one.would_be,
        kind=artifact.kind,
        artifact=artifact,
        content_hash=one.content_hash,
        change_request_id=one.change_request_id,
        state=state,
        published_at=since,
        published_by=one.staged_by,
    )


def _read(row: dict[str, Any]) -> Staged:
    request, older = row["change_request_id"], row["older_version"]
    state, content = row.pop("state"), row.pop("content")
    told: dict[str, Any] = {
        "target": request or f"{row['key']}@{older}",
        "artifact": _TRIED.validate_python(content),
        "standing": "approved" if request is None else _STANDING.get(state, "ended"),
        "newest": row["newest"] or 0,
    }
    return Staged(**row | told)
