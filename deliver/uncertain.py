"""Messages that were on their way when somebody died or an answer was lost: found out, not guessed.

The destination is asked where it can tell. Where it knows keys, the same may be sent once more
while it remembers. What is left is shown to a person, and waits for a receipt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from control.store import Store
from core.lifecycle import IntentState
from deliver import dispatches, outbox
from deliver.carriers import Carrier
from deliver.dispatches import Dispatch
from deliver.outbox import Intent, Settled
from deliver.waits import wait
from deliver.wire import Outcome

WITHOUT_AN_ANSWER = (
    "Nobody can tell whether it arrived: no answer came, and there is nobody to ask."
)


class Looked(NamedTuple):
    """What is known of uncertain messages by now."""

    arrived: frozenset[str]
    repeatable: dict[str, Dispatch]
    """May be sent the same once more, if nothing stops them."""
    left: frozenset[str]
    """Stay uncertain: neither sent nor given up."""


def look_at(
    store: Store,
    batch: Sequence[Intent],
    carriers: Mapping[str, Carrier],
    *,
    worker: str,
    now: datetime,
) -> Looked:
    """Find out about the uncertain ones of claimed intents, and write down what was found."""
    held = dispatches.of(store, [one.intent_id for one in batch if one.attempts])
    open_ones = {key: one for key, one in held.items() if one.outcome == "open"}
    if not open_ones:
        return Looked(frozenset(), {}, frozenset())
    told = _told(open_ones.values(), carriers, now)
    unknown = {key: one for key, one in open_ones.items() if key not in told}
    repeatable = {
        key: one
        for key, one in unknown.items()
        if one.destination in carriers and carriers[one.destination].repeats(one, now=now)
    }
    left = unknown.keys() - repeatable.keys()
    _write(store, told, worker, now)
    looks = _next_looks(batch, left, open_ones, carriers, now)
    leave_open(store, dict.fromkeys(left, WITHOUT_AN_ANSWER), worker=worker, now=now, looks=looks)
    arrived = frozenset(key for key, one in told.items() if one.result == "accepted")
    return Looked(arrived, repeatable, frozenset(left))


def leave_open(
    store: Store,
    why: Mapping[str, str],
    *,
    worker: str,
    now: datetime,
    looks: Mapping[str, datetime | None] | None = None,
) -> None:
    """Claimed intents stay uncertain: intent id → the sentence that says why.

    ``looks``: when they are looked at again by themselves; nothing: never.
    """
    if not why:
        return
    state, reason = IntentState.AMBIGUOUS, "PROVIDER_AMBIGUOUS"
    with store.write() as connection:
        # What another worker took over while this one looked is that one's to say.
        ours = outbox.in_hand(connection, list(why), worker=worker)
        if not ours:
            return
        dispatches.close(connection, [Outcome(one, "ambiguous", why[one]) for one in ours])
        dispatches.look_again(connection, {one: (looks or {}).get(one) for one in ours})
        settled = [Settled(one, state, reason) for one in ours]
        outbox.settle_in(connection, settled, worker=worker, now=now)


def _told(
    open_ones: Iterable[Dispatch], carriers: Mapping[str, Carrier], now: datetime
) -> dict[str, Outcome]:
    by_destination: defaultdict[str, list[Dispatch]] = defaultdict(list)
    for one in open_ones:
        by_destination[one.destination].append(one)
    told: dict[str, Outcome] = {}
    for name, ours in by_destination.items():
        if carrier := carriers.get(name):
            told |= carrier.look(ours, now=now)
    return told


def _write(store: Store, told: Mapping[str, Outcome], worker: str, now: datetime) -> None:
    """What arrived has its end; what surely did not is claimed as if it never left."""
    with store.write() as connection:
        ours = outbox.in_hand(connection, list(told), worker=worker)
        arrived = [one for one in ours if told[one].result == "accepted"]
        dispatches.close(connection, [told[one] for one in ours])
        if arrived:
            settled = [Settled(one, IntentState.ACCEPTED) for one in arrived]
            outbox.settle_in(connection, settled, worker=worker, now=now)


def _next_looks(
    batch: Sequence[Intent],
    left: Iterable[str],
    open_ones: Mapping[str, Dispatch],
    carriers: Mapping[str, Carrier],
    now: datetime,
) -> dict[str, datetime | None]:
    """Who can be asked is asked again until the message has expired."""
    by_id = {one.intent_id: one for one in batch}
    looks: dict[str, datetime | None] = {}
    for key in left:
        carrier, intent = carriers.get(open_ones[key].destination), by_id[key]
        asks = carrier is not None and carrier.asks()
        looks[key] = now + wait(intent) if asks and now < intent.expires_at else None
    return looks
