"""Write down what became of messages that were handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from control.store import Store
from core.lifecycle import IntentState
from deliver import dispatches, outbox
from deliver.carriers import Carrier
from deliver.outbox import Intent, Settled
from deliver.waits import wait
from deliver.wire import Outcome, Result

ENDS: dict[Result, IntentState] = {
    "accepted": IntentState.ACCEPTED,
    "rejected": IntentState.REJECTED,
    "ambiguous": IntentState.AMBIGUOUS,
}
REASONS: dict[Result, str] = {
    "rejected": "PROVIDER_REJECTED",
    "ambiguous": "PROVIDER_AMBIGUOUS",
}


def settle(
    store: Store,
    carrier: Carrier,
    outcomes: Sequence[Outcome],
    intents: Mapping[str, Intent],
    *,
    worker: str,
    now: datetime,
) -> None:
    """Write down what became of messages, all of it or nothing.

    Of what another worker took over meanwhile it is that one's to say, unless the answer is the
    only one that says anything.
    """
    if not outcomes:
        return
    with store.write() as connection:
        ids = [one.intent_id for one in outcomes]
        ours = outbox.in_hand(connection, ids, worker=worker)
        if len(ours) < len(ids):
            others = [one for one in outcomes if one.intent_id not in ours]
            _late(connection, others, now)
        told = [one for one in outcomes if one.intent_id in ours]
        _write(connection, carrier, told, intents, worker=worker, now=now)


def _late(connection: sa.Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
    taken = [one for one in outcomes if one.result == "accepted"]
    late = outbox.accept_late(connection, [one.intent_id for one in taken], now=now)
    dispatches.close(connection, [one for one in taken if one.intent_id in late])


def _write(
    connection: sa.Connection,
    carrier: Carrier,
    outcomes: Sequence[Outcome],
    intents: Mapping[str, Intent],
    *,
    worker: str,
    now: datetime,
) -> None:
    ended = [
        Settled(one.intent_id, ENDS[one.result], REASONS.get(one.result))
        for one in outcomes
        if one.result in ENDS
    ]
    later = {one.intent_id: now + wait(intents[one.intent_id], one) for one in outcomes}
    again = {one.intent_id: later[one.intent_id] for one in outcomes if one.result == "retry_after"}
    open_ones = [one for one in outcomes if one.result == "ambiguous"]
    looks = {one.intent_id: later[one.intent_id] if carrier.looks() else None for one in open_ones}
    dispatches.close(connection, outcomes)
    dispatches.look_again(connection, looks)
    if ended:
        outbox.settle_in(connection, ended, worker=worker, now=now)
    if again:
        outbox.put_off_in(connection, again, worker=worker, now=now)
