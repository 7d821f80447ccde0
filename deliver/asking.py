"""Everything that is asked about claimed intents before they may leave."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from control.store import Store
from core.lifecycle import IntentState
from deliver import outbox
from deliver.duplicates import same_address
from deliver.frequency import A_MOMENT, Known, find_room
from deliver.outbox import Intent, Settled
from deliver.quiet_hours import Waiting, count_later, in_quiet_hours
from deliver.recheck import Rulebook, recheck
from deliver.uncertain import leave_open
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

ENDS = {"EXPIRED": IntentState.EXPIRED, "QUIET_HOURS": IntentState.EXPIRED}
"""Why an intent ends → the state it ends in; cancelled for every other reason."""


class Asked(NamedTuple):
    """What may leave, and why the rest may not."""

    going: list[Intent]
    stopped: dict[str, str]
    """Intent id → reason code."""
    put_off: int
    """How many wait for the end of quiet hours, or for room under the caps."""
    known: Known
    """What was known of others' messages when room was looked for."""


def ask(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    rulebook: Rulebook,
    intents: Sequence[Intent],
    *,
    worker: str,
    now: datetime,
) -> Asked:
    """Ask everything of the decision again; those in quiet hours, and those that room is to come
    for, go back to waiting."""
    stopped = recheck(intents, rulebook, warehouse, catalog, now=now)
    here = [one for one in intents if one.intent_id not in stopped]
    waiting = in_quiet_hours(here, rulebook, warehouse, catalog, now=now)
    # The caps come first: a crash in between leaves a claim that runs out, and is looked at again.
    count_later(warehouse, here, waiting)
    outbox.put_off(store, waiting.until, worker=worker, now=now)
    stopped |= waiting.stopped
    here = [one for one in here if one.intent_id not in {*stopped, *waiting.until}]
    room = find_room(store, warehouse, catalog, rulebook, here, now=now)
    count_later(warehouse, here, Waiting(room.until, {}))
    later = room.until | dict.fromkeys(room.beside, now + A_MOMENT)
    outbox.put_off(store, later, worker=worker, now=now, reasons=room.reasons)
    stopped |= room.stopped
    here = [one for one in here if one.intent_id not in room.lacking]
    again = same_address(here, rulebook, warehouse, catalog, now=now)
    stopped |= dict.fromkeys(again, "DUPLICATE_INTENT")
    here = [one for one in here if one.intent_id not in again]
    return Asked(here, stopped, len(waiting.until) + len(later), room.known)


def stop(
    store: Store,
    stopped: dict[str, str],
    uncertain: Collection[str],
    *,
    worker: str,
    now: datetime,
) -> None:
    """Write why intents do not leave; of ``uncertain`` ones nobody knows whether they did."""
    sure = {key: reason for key, reason in stopped.items() if key not in uncertain}
    settled = [
        Settled(key, ENDS.get(reason, IntentState.CANCELLED), reason)
        for key, reason in sure.items()
    ]
    outbox.settle(store, settled, worker=worker, now=now)
    why = {
        key: f"It may have arrived; it is not sent again, because it was stopped ({reason})."
        for key, reason in stopped.items()
        if key in uncertain
    }
    leave_open(store, why, worker=worker, now=now)
