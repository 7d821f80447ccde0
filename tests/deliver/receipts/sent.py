"""Messages that were handed to providers, in every state in which a receipt may find them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from control.delivery_tables import dispatches
from control.receipts import Batch, Fact, keep
from control.tables import outbox
from deliver.receipts.applying import Done, apply
from tests.orchestrate.world import NOW, World, single

SENT = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)


def decided(world: World, *users: str, **more: Any) -> dict[str, str]:
    """User → the intent of a message that was decided on for them."""
    for user in users:
        world.user(user)
        world.did(user, "pricing_viewed")
    world.publish(single(world.catalog, **more))
    world.cycle()
    with world.store.read() as connection:
        rows = connection.execute(sa.select(outbox.c.user_id, outbox.c.intent_id))
        return {row.user_id: row.intent_id for row in rows}


def handed_over(
    world: World, intents: dict[str, str], *, to: str = "mail", state: str = "accepted", **more: Any
) -> None:
    """A provider got the messages, and said so, or did not."""
    outcome = "accepted" if state == "accepted" else "open"
    with world.store.write() as connection:
        for intent in intents.values():
            row = {"intent_id": intent, "destination": to, "request": intent, "place": 0}
            moments = {"first_at": SENT, "last_at": SENT, "outcome": outcome}
            connection.execute(dispatches.insert().values(row | moments | more))
        ours = outbox.c.intent_id.in_(intents.values())
        connection.execute(outbox.update().where(ours).values(state=state))
    if state == "accepted":
        known(world, intents)


def known(world: World, intents: dict[str, str]) -> None:
    """The warehouse knows that the messages left."""
    for user, intent in intents.items():
        row = {"user_id": user, "channel": "email", "action_key": "upgrade_nudge", "sent_at": SENT}
        world.insert("fct_messages", message_id=intent, **row)


def told(world: World, *facts: Fact, by: str = "mail") -> Done:
    """A provider tells, and what it told is applied."""
    keep(world.store, [Batch(by, facts)], now=LATER)
    return applied(world)


def applied(world: World, *, now: datetime = LATER) -> Done:
    return apply(world.store, world.warehouse, world.catalog, now=now)


def message(world: World, intent: str) -> tuple[Any, ...]:
    """When it was delivered, opened and clicked, and why it failed."""
    columns = "delivered_at, opened_at, clicked_at, failed_reason"
    query = f"SELECT {columns} FROM fct_messages WHERE message_id = $id"
    (row,) = world.warehouse.fetch(query, {"id": intent}).rows
    return row


def state(world: World, intent: str) -> str:
    query = sa.select(outbox.c.state).where(outbox.c.intent_id == intent)
    with world.store.read() as connection:
        return str(connection.execute(query).scalar_one())


def withdrawn(world: World) -> list[tuple[Any, ...]]:
    columns = "user_id, purpose, channel, effective_at, source"
    return world.rows(f"SELECT {columns} FROM fct_consent WHERE status = 'withdrawn' ORDER BY ALL")
