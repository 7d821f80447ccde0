"""What a user is shown of their inbox now, and what becomes of what they do with it.

What would keep a message from leaving keeps it from being shown: it is asked again at every look,
so that a message that waits for days says nothing that is not so any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from control import canaries, inbox, kill_switches, versions
from control.inbox import Addressed, Deed, InboxMessage
from control.receipts import Batch, Fact, Kind, keep
from control.store import Store
from deliver import dispatches
from deliver.outbox import Intent
from deliver.recheck import Rulebook, recheck
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

MEANS: Mapping[Deed, Kind] = {"seen": "opened", "dismissed": "opened", "clicked": "clicked"}
"""Whoever takes a message off the screen has seen it."""


def shown(
    store: Store, warehouse: DuckDBWarehouse, catalog: Catalog, user_id: str, *, now: datetime
) -> list[Addressed]:
    """The messages of a user that nothing stops at ``now`` (naive UTC), the newest first.

    The warehouse is not asked when there are none.
    """
    waiting = inbox.waiting_for(store, user_id, now=now)
    if not waiting:
        return []
    intents = [Intent(*(one.intent[name] for name in Intent._fields)) for one in waiting]
    stopped = recheck(intents, _rulebook(store), warehouse, catalog, now=now)
    return [one for one in waiting if one.message.intent_id not in stopped]


def acknowledge(store: Store, message: InboxMessage, deed: Deed, *, now: datetime) -> bool:
    """Write down what its user did with a message; whether that is new."""
    before = getattr(message, f"{deed}_at")
    sent = dispatches.of(store, [message.intent_id]).get(message.intent_id)
    # Without a dispatch its user was forgotten meanwhile, and the message with them.
    if before is not None or sent is None:
        return False
    kind = MEANS[deed]
    fact = Fact(kind, now, f"{message.intent_id} {kind}", intent_id=message.intent_id)
    # What becomes of it first: written down twice it counts once, and lost it would be for good.
    keep(store, [Batch(sent.destination, (fact,))], now=now)
    inbox.note(store, message.intent_id, deed, now=now)
    return True


def _rulebook(store: Store) -> Rulebook:
    return Rulebook(
        canaries.standing(store),
        kill_switches.active(store),
        versions.audiences(store),
        versions.running_journeys(store),
    )
