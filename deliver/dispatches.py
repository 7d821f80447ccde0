"""What was handed to which destination, and what is known of it: the memory behind "never twice".

An intent without a dispatch was never on its way. ``open``: it was, and nobody can tell whether it
arrived. ``clear``: it surely did not. ``accepted`` and ``rejected`` are what the destination said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from control.delivery_tables import dispatches
from control.store import Store, insert, utc
from deliver.messages import Message
from deliver.wire import Outcome

Known = Literal["open", "clear", "accepted", "rejected"]
_RENEWED = ("destination", "request", "place", "digest", "message")


class Dispatch(NamedTuple):
    """One intent that was on its way, once or several times."""

    intent_id: str
    destination: str
    request: str
    """The first intent of the request that it was part of."""
    place: int
    """Where in that request it stood."""
    digest: str | None
    """Of the request; None where none was made."""
    first_at: datetime
    outcome: Known
    message: Message | None
    """What was sent, where it may have to be sent or asked about again."""


class Leaving(NamedTuple):
    """Messages that leave in one request, at the first attempt or again."""

    destination: str
    messages: Mapping[str, Message | None]
    """Intent id → the message, or None where it need not be kept; in their order in the request."""
    first_at: datetime
    """The moment that the request was made of (naive UTC)."""
    digest: str | None = None

    def rows(self, now: datetime) -> list[dict[str, Any]]:
        """As they are written down."""
        request = {
            "destination": self.destination,
            "request": next(iter(self.messages), None),
            "digest": self.digest,
            "first_at": utc(self.first_at),
            "last_at": utc(now),
            "outcome": "open",
        }
        return [
            request | {"intent_id": key, "place": place, "message": message and _packed(message)}
            for place, (key, message) in enumerate(self.messages.items())
        ]


def note(connection: sa.Connection, leaving: Iterable[Leaving], *, now: datetime) -> None:
    """Write down what is about to leave, before it does."""
    rows = [row for one in leaving for row in one.rows(now)]
    if not rows:
        return
    fresh = insert(connection, dispatches)
    again: dict[str, Any] = {name: fresh.excluded[name] for name in _RENEWED}
    # What surely did not arrive starts anew: its key was never used.
    first = sa.case(
        (dispatches.c.outcome == "clear", fresh.excluded.first_at), else_=dispatches.c.first_at
    )
    again |= {"first_at": first, "last_at": fresh.excluded.last_at}
    again |= {"outcome": "open", "look_at": None}
    connection.execute(fresh.on_conflict_do_update(index_elements=["intent_id"], set_=again), rows)


def close(connection: sa.Connection, outcomes: Sequence[Outcome]) -> None:
    """Write what destinations said. What has an end keeps nothing of what was sent; what was taken
    was taken when it left last."""
    rows = [_row(one) for one in outcomes]
    taken = sa.bindparam("to") == "accepted"
    statement = (
        dispatches.update()
        .where(dispatches.c.intent_id == sa.bindparam("id"))
        .values(
            outcome=sa.bindparam("to"),
            provider_id=sa.func.coalesce(sa.bindparam("named"), dispatches.c.provider_id),
            detail=sa.bindparam("why"),
            accepted_at=sa.case((taken, dispatches.c.last_at), else_=None),
            opted_out=sa.bindparam("no"),
            look_at=None,
            message=sa.case((sa.bindparam("to") == "open", dispatches.c.message), else_=None),
        )
    )
    if rows:
        connection.execute(statement, rows)


def look_again(connection: sa.Connection, at: Mapping[str, datetime | None]) -> None:
    """When uncertain ones are looked at again; None: not by itself."""
    statement = dispatches.update().where(dispatches.c.intent_id == sa.bindparam("id"))
    rows = [{"id": one, "at": moment} for one, moment in at.items()]
    if rows:
        connection.execute(statement.values(look_at=sa.bindparam("at")), rows)


def of(store: Store, ids: Sequence[str]) -> dict[str, Dispatch]:
    """Intent id → its dispatch, for those that have one."""
    columns = [dispatches.c[name] for name in Dispatch._fields]
    query = sa.select(*columns).where(dispatches.c.intent_id.in_(ids))
    if not ids:
        return {}
    with store.read() as connection:
        return {row.intent_id: _dispatch(row) for row in connection.execute(query)}


def untold() -> sa.ColumnElement[bool]:
    """What the warehouse is still to be told: messages that were taken, and who said no."""
    ends = sa.or_(
        dispatches.c.outcome == "accepted",
        sa.and_(dispatches.c.outcome == "rejected", dispatches.c.opted_out),
    )
    return sa.and_(dispatches.c.told_at.is_(None), ends)


def _row(one: Outcome) -> dict[str, Any]:
    to = {"retry_after": "clear", "ambiguous": "open"}.get(one.result, one.result)
    return {
        "id": one.intent_id,
        "to": to,
        "named": None if one.provider_id is None else plain(one.provider_id),
        "why": None if one.reason is None else plain(one.reason),
        "no": one.opted_out,
    }


def plain(text: str) -> str:
    """What every database keeps: providers answer with anything."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _dispatch(row: Any) -> Dispatch:
    message = None if row.message is None else _unpacked(row.message)
    return Dispatch(*row)._replace(message=message)


def _packed(message: Message) -> str:
    fields = message._asdict() | {"decided_at": message.decided_at.isoformat()}
    return json.dumps(fields | {"variables": dict(message.variables)}, ensure_ascii=False)


def _unpacked(text: str) -> Message:
    fields = json.loads(text)
    return Message(**(fields | {"decided_at": datetime.fromisoformat(fields["decided_at"])}))
