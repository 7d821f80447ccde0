"""What a person does about messages by hand: send again, stop, and say what became of one.

Each is an act of a named person in the audit log. Nothing here sends: what waits again leaves
with the next run, and everything is asked about it as about any other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control import delivery
from control.audit import Act, append
from control.delivery_tables import dispatches
from control.people import Person, require_now
from control.store import Store, utc
from control.tables import outbox
from core.errors import Code, refuse
from core.lifecycle import IntentState, Role
from deliver import cancellations
from deliver.cancellations import Ask

MAY_ACT = frozenset({Role.ADMIN, Role.APPROVER})
MAY_STOP = MAY_ACT | {Role.MARKETER}
_CANCELLED = (
    IntentState.PENDING,
    IntentState.AMBIGUOUS,
    IntentState.ACCEPTED,
    IntentState.CANCELLED,
)
"""From where a message can be cancelled."""


class Held(NamedTuple):
    """A message that somebody may have to do something about."""

    intent_id: str
    user_id: str
    policy_key: str
    action_key: str
    channel: str
    state: str
    reason: str | None
    expires_at: datetime
    destination: str | None
    detail: str | None
    """What the destination said last."""
    last_at: datetime | None


def held(store: Store, *states: IntentState, limit: int = 100) -> list[Held]:
    """Messages in some states, the oldest first."""
    columns = [(outbox if name in outbox.c else dispatches).c[name] for name in Held._fields]
    query = (
        sa.select(*columns)
        .outerjoin(dispatches, dispatches.c.intent_id == outbox.c.intent_id)
        .where(outbox.c.state.in_([state.value for state in states]))
        .order_by(outbox.c.updated_at, outbox.c.intent_id)
        .limit(limit)
    )
    with store.read() as connection:
        return [Held(*row) for row in connection.execute(query)]


def retry(store: Store, ids: Sequence[str], *, person: Person, now: datetime) -> None:
    """Let rejected messages leave once more; all of them or, with a refusal, none."""
    with store.write() as connection:
        require_now(connection, person, MAY_ACT, "send messages again")
        for one in ids:
            row = _found(connection, one, IntentState.REJECTED, "only what was rejected")
            _unexpired(row, now)
            _set(connection, one, IntentState.PENDING, None, now)
            _outcome(connection, one, "clear")
            append(connection, Act(now, person.email, "retry message", one))


def cancel(
    store: Store,
    ids: Sequence[str],
    *,
    person: Person,
    now: datetime,
    takes_back: Collection[str] = (),
    why: str = "",
) -> None:
    """Stop messages that have not left, give up uncertain ones, and have those asked for that a
    destination of ``takes_back`` has; all of them or none. What was cancelled before stays so."""
    with store.write() as connection:
        require_now(connection, person, MAY_STOP, "cancel messages")
        for one in dict.fromkeys(ids):
            row = _found(connection, one, _CANCELLED, "only what waits, or can be taken back,")
            if row.state == IntentState.CANCELLED:
                continue
            act = Act(now, person.email, "cancel message", one, note=why)
            if row.state == IntentState.ACCEPTED:
                destination = _taker(connection, one, takes_back)
                ask = Ask(one, destination, "STOPPED", person.email)
                cancellations.ask(connection, [ask], now=now)
                act = act._replace(what="ask for message back")
            else:
                _give_up(connection, one, row, now)
            append(connection, act)


def arrived(store: Store, intent_id: str, *, person: Person, now: datetime) -> None:
    """Somebody found an uncertain message at its destination: it counts as sent."""
    with store.write() as connection:
        require_now(connection, person, MAY_ACT, "say what became of a message")
        _found(connection, intent_id, IntentState.AMBIGUOUS, "only what is uncertain")
        _set(connection, intent_id, IntentState.ACCEPTED, None, now)
        _outcome(connection, intent_id, "accepted", accepted_at=dispatches.c.last_at)
        append(connection, Act(now, person.email, "message arrived", intent_id))


def lost(store: Store, intent_id: str, *, person: Person, now: datetime) -> None:
    """Somebody made sure that an uncertain message did not arrive: it leaves once more."""
    with store.write() as connection:
        require_now(connection, person, MAY_ACT, "say what became of a message")
        row = _found(connection, intent_id, IntentState.AMBIGUOUS, "only what is uncertain")
        _unexpired(row, now)
        _set(connection, intent_id, IntentState.PENDING, None, now)
        _outcome(connection, intent_id, "clear")
        append(connection, Act(now, person.email, "message lost", intent_id))


def pause(store: Store, destination: str, reason: str, *, person: Person, now: datetime) -> None:
    """Send nothing there for now; refuses who may not."""
    with store.read() as connection:
        require_now(connection, person, MAY_STOP, "pause a destination")
    delivery.pause(store, destination, reason, now=now, by=person.email)


def resume(store: Store, destination: str, *, person: Person, now: datetime) -> None:
    """Send there again; refuses who may not, and what is not paused."""
    with store.read() as connection:
        require_now(connection, person, MAY_ACT, "resume a destination")
    delivery.resume(store, destination, by=person.email, now=now)


def _give_up(connection: sa.Connection, intent_id: str, row: _Found, now: datetime) -> None:
    uncertain = row.state == IntentState.AMBIGUOUS
    reason = "PROVIDER_AMBIGUOUS" if uncertain else "STOPPED"
    _set(connection, intent_id, IntentState.CANCELLED, reason, now)
    if uncertain:  # nobody sends it or looks for it any more: what it said is not kept
        _outcome(connection, intent_id, "open")


def _taker(connection: sa.Connection, intent_id: str, takes_back: Collection[str]) -> str:
    """The destination that has a message; refuses where it takes nothing back."""
    query = sa.select(dispatches.c.destination).where(dispatches.c.intent_id == intent_id)
    name = str(connection.execute(query).scalar_one())
    if name in takes_back:
        return name
    raise refuse(
        Code.INVALID_ARGUMENT,
        f"The message '{intent_id}' is with '{name}', which takes no message back: only what waits "
        "can be cancelled.",
        span=intent_id,
        fix="'pilothouse destinations list' shows which destinations take messages back.",
    )


class _Found(NamedTuple):
    state: str
    expires_at: datetime


def _found(
    connection: sa.Connection,
    intent_id: str,
    states: IntentState | tuple[IntentState, ...],
    which: str,
) -> _Found:
    query = sa.select(outbox.c.state, outbox.c.expires_at).where(outbox.c.intent_id == intent_id)
    row = connection.execute(query).first()
    if row is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no message '{intent_id}'.",
            span=intent_id,
            fix="'pilothouse deliver list' shows those that need somebody.",
        )
    allowed = (states,) if isinstance(states, IntentState) else states
    if row.state not in {state.value for state in allowed}:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The message '{intent_id}' is {row.state}: {which} can be.",
            span=intent_id,
            fix="'pilothouse deliver list' shows those that need somebody.",
        )
    return _Found(row.state, row.expires_at)


def _unexpired(row: _Found, now: datetime) -> None:
    if row.expires_at <= utc(now):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The message expired on {row.expires_at:%Y-%m-%d %H:%M} (UTC).",
            fix="The next cycle decides anew for its user.",
        )


def _set(
    connection: sa.Connection,
    intent_id: str,
    state: IntentState,
    reason: str | None,
    now: datetime,
) -> None:
    values: dict[str, object] = {"state": state.value, "reason": reason, "updated_at": utc(now)}
    if state is IntentState.PENDING:
        values |= {"not_before": utc(now), "lease_owner": None, "lease_until": None}
    this = outbox.c.intent_id == intent_id
    connection.execute(outbox.update().where(this).values(values))


def _outcome(connection: sa.Connection, intent_id: str, outcome: str, **more: object) -> None:
    values = {"outcome": outcome, "look_at": None, "message": None} | more
    this = dispatches.c.intent_id == intent_id
    connection.execute(dispatches.update().where(this).values(values))
