"""Which destination serves which channel, and what waits for each channel."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from control import versions
from control.store import Store
from control.tables import outbox
from core.data_changes import ChannelRoutesChange
from core.lifecycle import IntentState

_NOT_SENT = (IntentState.PENDING.value, IntentState.LEASED.value)


def routes(store: Store) -> Mapping[str, str]:
    """Channel → the name of its destination; a channel that is not here goes to the mailbox."""
    found = versions.current_data(store, ChannelRoutesChange)
    return {} if found is None else found.artifact.routes


def unsent(store: Store) -> Mapping[str, int]:
    """Channel → intents that were handed to no destination yet: they go by the route in force."""
    query = (
        sa.select(outbox.c.channel, sa.func.count())
        .where(outbox.c.state.in_(_NOT_SENT), outbox.c.attempts == 0)
        .group_by(outbox.c.channel)
    )
    with store.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}
