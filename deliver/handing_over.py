"""Hand messages over, a few requests side by side, each only while what was asked still holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

import sqlalchemy as sa
import structlog

from control import delivery
from control.store import Store
from deliver import buckets, dispatches, outbox
from deliver.asking_again import AskingAgain
from deliver.buckets import Granted
from deliver.carriers import Carrier, Parcel
from deliver.dispatches import Dispatch, Leaving
from deliver.messages import Message
from deliver.outbox import Intent
from deliver.settling import settle
from deliver.still import in_force_still
from deliver.waits import FIRST_SECONDS
from deliver.wire import Outcome

log = structlog.get_logger(__name__)

SIDE_BY_SIDE = 32
"""Requests under way at once."""
LONGEST_REST_SECONDS = 60.0
"""For how long messages that find no room are put off at a time."""


class Surroundings(NamedTuple):
    """What handing over needs to know of the world around it."""

    store: Store
    worker: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], object]
    stopping: Callable[[], bool]
    ask_again: AskingAgain
    """What may not go out any more. Cheap when nothing has changed."""
    rules: frozenset[tuple[str, ...]]
    """What was in force when they were asked about last."""


def hand_over(
    around: Surroundings,
    carrier: Carrier,
    messages: Mapping[str, Message],
    intents: Mapping[str, Intent],
    repeated: Mapping[str, Dispatch],
) -> list[Outcome]:
    """Send messages to one destination and write down what became of each.

    ``repeated``: of the messages, those that were on their way before and are sent the same once
    more. Gives the outcomes; what is not among them went back to waiting.
    """
    outcomes: list[Outcome] = []
    waiting = _packed(around, carrier, messages, repeated, outcomes)
    _refuse(around, carrier, outcomes)
    settle(around.store, carrier, outcomes, intents, worker=around.worker, now=around.clock())
    seconds = 0.0
    while waiting and not around.stopping():
        room, seconds = _room(around, carrier, waiting)
        if not room:
            break
        now_sent, waiting = waiting[:room], waiting[room:]
        told, alone = _sent(around, carrier, now_sent, intents, repeated)
        outcomes, waiting = outcomes + told, alone + waiting
        if any(one.pauses for one in outcomes):
            break
    _give_back(around, carrier, waiting, seconds)
    return outcomes


def _packed(
    around: Surroundings,
    carrier: Carrier,
    messages: Mapping[str, Message],
    repeated: Mapping[str, Dispatch],
    outcomes: list[Outcome],
) -> list[Parcel]:
    fresh = [one for one in messages.values() if one.intent_id not in repeated]
    parcels, refused = carrier.pack(fresh, now=around.clock())
    outcomes += refused
    for again in _requests(repeated):
        # A request made again is the same to the byte: the same messages at the same moment.
        kept = [one.message for one in again if one.message is not None]
        same, _ = carrier.pack(kept, now=again[0].first_at)
        asked = {one.intent_id for one in again}
        if len(same) == 1 and set(same[0].ids) == asked and same[0].digest == again[0].digest:
            parcels += same
        else:
            why = (
                "It cannot be sent the same once more: what went with it has an end of its own, "
                "or the destination is set up differently by now."
            )
            outcomes += [Outcome(one.intent_id, "ambiguous", why) for one in again]
    return parcels


def _refuse(around: Surroundings, carrier: Carrier, refused: Sequence[Outcome]) -> None:
    """Of what no request can be made of there is a dispatch too, which says why."""
    now = around.clock()
    ids = [one.intent_id for one in refused if one.result == "rejected"]
    if ids:
        with around.store.write() as connection:
            ours = outbox.in_hand(connection, ids, worker=around.worker)
            rejected = [Leaving(carrier.name, {one: None}, now) for one in ids if one in ours]
            dispatches.note(connection, rejected, now=now)


def _requests(repeated: Mapping[str, Dispatch]) -> Iterator[list[Dispatch]]:
    ordered = sorted(repeated.values(), key=lambda one: (one.request, one.place))
    for _, group in groupby(ordered, key=lambda one: one.request):
        yield list(group)


def _room(around: Surroundings, carrier: Carrier, waiting: Sequence[Parcel]) -> Granted:
    """How many of the parcels in line may leave now; waits a moment for a full destination."""
    limit = waiting[0].limit
    line = [one.limit == limit for one in waiting[:SIDE_BY_SIDE]]
    wanted = line.index(False) if False in line else len(line)
    return buckets.take_soon(
        around.store, carrier.name, limit, carrier.rate(limit), wanted,
        clock=around.clock, sleep=around.sleep,
    )  # fmt: skip


def _sent(
    around: Surroundings,
    carrier: Carrier,
    parcels: Sequence[Parcel],
    intents: Mapping[str, Intent],
    repeated: Collection[str],
) -> tuple[list[Outcome], list[Parcel]]:
    """What became of parcels, and the messages that are now sent one by one."""
    stopped, crowded = around.ask_again([intents[one] for parcel in parcels for one in parcel.ids])
    now = around.clock()  # asking may have taken long, and from here on the claim is counted
    asked = [one for one in parcels if (stopped | crowded).isdisjoint(one.ids)]
    ours = _submitted(around, carrier, asked, now)
    going = [one for one in asked if ours.issuperset(one.ids)]
    if not around.ask_again.still_so():
        going = []
    still = in_force_still(around.store, around.rules)
    told = {one.intent_id: one for one in carrier.send(going, now=now, still=still)}
    going = [one for one in going if one.ids[0] in told]
    _take_back(around, ours - told.keys(), repeated, now)
    alone = _one_by_one(around, carrier, going, told, repeated)
    outcomes = [_doubted(one) if key in repeated else one for key, one in told.items()]
    settle(around.store, carrier, outcomes, intents, worker=around.worker, now=around.clock())
    _hold_back(around, carrier, [one for one in going if one.ids[0] in told], outcomes)
    # What was not sent after all: something changed meanwhile, or it went with what was stopped.
    left = {one for parcel in parcels for one in parcel.ids} - ours - stopped
    outbox.put_off(around.store, dict.fromkeys(left, now), worker=around.worker, now=now)
    return outcomes, alone


def _one_by_one(
    around: Surroundings,
    carrier: Carrier,
    sent: Sequence[Parcel],
    told: dict[str, Outcome],
    repeated: Collection[str],
) -> list[Parcel]:
    """One odd message costs only itself: what was refused as a whole is taken out of ``told``, and
    sent alone. None of it was processed."""
    whole = [
        one
        for one in sent
        if one.request is not None
        and len(one.ids) > 1
        and {told[key].result for key in one.ids} == {"rejected"}
        and len({told[key].reason for key in one.ids}) == 1
        and not any(key in repeated for key in one.ids)
    ]
    if not whole:
        return []
    refused = [told.pop(key) for one in whole for key in one.ids]
    with around.store.write() as connection:
        ids = [one.intent_id for one in refused]
        ours = outbox.in_hand(connection, ids, worker=around.worker)
        clear = [one._replace(result="retry_after") for one in refused if one.intent_id in ours]
        dispatches.close(connection, clear)
        outbox.claim_back(connection, ids, worker=around.worker, now=around.clock())
    messages = [(parcel.at, one) for parcel in whole for one in parcel.messages]
    alone = [carrier.pack([one], now=at)[0] for at, one in messages if one.intent_id in ours]
    return [parcel for parcels in alone for parcel in parcels]


def _submitted(
    around: Surroundings, carrier: Carrier, parcels: Sequence[Parcel], now: datetime
) -> frozenset[str]:
    def noting(connection: sa.Connection, ours: frozenset[str]) -> None:
        leaving = [
            Leaving(
                carrier.name,
                {one.intent_id: carrier.keeps(one) for one in parcel.messages},
                parcel.at,
                parcel.digest,
            )
            for parcel in parcels
            if ours.issuperset(parcel.ids)
        ]
        dispatches.note(connection, leaving, now=now)

    return outbox.submit(
        around.store,
        [one.ids for one in parcels],
        worker=around.worker,
        now=now,
        noting=noting,
        unless_changed=around.rules,
        but_not=around.ask_again.crowded_by_others,
    )


def _take_back(
    around: Surroundings, ours: Collection[str], repeated: Collection[str], now: datetime
) -> None:
    """Nothing of it has left: it waits again, and is asked about from the start."""
    if not ours:
        return
    fresh = [Outcome(one, "retry_after") for one in ours if one not in repeated]
    with around.store.write() as connection:
        dispatches.close(connection, fresh)
        outbox.put_off_in(connection, dict.fromkeys(ours, now), worker=around.worker, now=now)


def _doubted(outcome: Outcome) -> Outcome:
    """What a second request came to says nothing of the first, unless both were taken as one."""
    if outcome.result == "accepted":
        return outcome
    return outcome._replace(result="ambiguous", opted_out=False)


def _hold_back(
    around: Surroundings, carrier: Carrier, sent: Sequence[Parcel], outcomes: Sequence[Outcome]
) -> None:
    """Leave a destination alone that asks for it, or that is broken until somebody mends it."""
    now = around.clock()
    by_id = {one.intent_id: one for one in outcomes}
    for parcel in sent:
        told = [by_id[one] for one in parcel.ids]
        if parcel.request is not None and all(_asks_to_wait(one) for one in told):
            seconds = max(one.seconds or FIRST_SECONDS for one in told)
            with around.store.write() as connection:
                buckets.block(connection, carrier.name, parcel.limit, seconds, now=now)
    if broken := next((one for one in outcomes if one.pauses), None):
        why = broken.reason or "It refuses everything."
        if delivery.pause(around.store, carrier.name, why, now=now):
            log.error("destination_paused", destination=carrier.name, why=why)


def _asks_to_wait(outcome: Outcome) -> bool:
    return outcome.result == "retry_after" or outcome.seconds is not None


def _give_back(
    around: Surroundings, carrier: Carrier, waiting: Sequence[Parcel], seconds: float
) -> None:
    """What found no room waits until there is some for it, one after the other."""
    now = around.clock()
    until: dict[str, datetime] = {}
    for place, parcel in enumerate(waiting):
        rate = carrier.rate(parcel.limit) if seconds else None
        apart = place / rate.per_second if rate else 0.0
        # Not for long, however long it asks for: the channel may go elsewhere by then.
        rest = min(seconds + apart, LONGEST_REST_SECONDS)
        until |= dict.fromkeys(parcel.ids, now + timedelta(seconds=rest))
    outbox.put_off(around.store, until, worker=around.worker, now=now)
