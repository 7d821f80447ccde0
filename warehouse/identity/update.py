"""Keeps identity in step with raw events and rules: what changed, or everything."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from warehouse.identity.resolve import resolve
from warehouse.identity.settings import IdentitySettings
from warehouse.identity.statements import Cursor, run


class Scope(StrEnum):
    """How much was resolved."""

    NOTHING = "nothing"
    TOUCHED = "touched"
    """The temporary tables ``changed_ids`` and ``known`` say what."""
    ALL = "all"


class Updated(NamedTuple):
    """What was resolved, and the number of the event after which events were new (None: all)."""

    scope: Scope
    since: int | None = None


class State(NamedTuple):
    """What the tables were made of, or could be made of now."""

    seq: int | None
    sequenced: int
    unsequenced: int
    generation: int
    """How often what is kept was rewritten: it counts up when raw events are loaded again."""
    settings: str


def prepare(cursor: Cursor) -> None:
    """Make the tables that are not there yet."""
    run(cursor, "tables")


def update(cursor: Cursor, settings: IdentitySettings, *, full: bool = False) -> Updated:
    """Bring identity up to date inside the caller's transaction.

    Everything is resolved anew when asked to, for the first time, under other
    settings, and when earlier raw events are gone or came from elsewhere.
    """
    before, after = _resolved(cursor), _available(cursor, settings)
    scope = Scope.ALL if full else _scope(cursor, before, after)
    if scope == Scope.NOTHING:
        return Updated(scope)
    since = None
    if scope == Scope.ALL:
        run(cursor, "clear")
    else:
        since = before.seq if before and before.seq is not None else -1
    run(cursor, "observe", since=since, junk_ids=list(settings.junk_ids))
    run(cursor, f"scope_{scope}")
    resolve(cursor, settings)
    run(cursor, f"write_{scope}")
    cursor.execute("DELETE FROM identity_state")
    cursor.execute("INSERT INTO identity_state VALUES ($1, $2, $3, $4, $5)", list(after))
    return Updated(scope, since)


def _scope(cursor: Cursor, before: State | None, after: State) -> Scope:
    if before is None or before.settings != after.settings:
        return Scope.ALL
    if before.generation != after.generation:
        return Scope.ALL
    if (before.sequenced, before.unsequenced) != _counts(cursor, before.seq):
        return Scope.ALL
    if before == after and not _one(run(cursor, "rules_changed"))[0]:
        return Scope.NOTHING
    return Scope.TOUCHED


def _resolved(cursor: Cursor) -> State | None:
    row = cursor.execute("SELECT * FROM identity_state").fetchone()
    return State(*row) if row else None


def _available(cursor: Cursor, settings: IdentitySettings) -> State:
    seq, generation = _one(run(cursor, "available"))
    return State(seq, *_counts(cursor, seq), generation, settings.model_dump_json())


def _counts(cursor: Cursor, seq: int | None) -> tuple[int, int]:
    """Raw events up to a number, and those without one."""
    sequenced, unsequenced = _one(run(cursor, "counts", seq=seq))
    return int(sequenced), int(unsequenced)


def _one(cursor: Cursor) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None, "an aggregate always gives a row"
    return row
