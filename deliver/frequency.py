"""Frequency caps and the minimum gap, looked at again right before a message leaves.

What was handed over counts, and of the messages that leave together those that go first; what
others only have reserved does not, so that no two messages can wait for each other. A message for
which there is no room waits for it where the full caps defer, and wherever the limits of now had
let it out at the moment that its decision granted: then it is others that left late, or itself.
What these limits had not let out is stopped. Limits that are as they were when it was decided
stop nothing that they granted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from control.store import Store
from core.frequency import Asking, Lack, Limits, Taken
from core.moments import EPOCH, micros
from core.rules import Action, ContactPolicy, DecisionPolicy
from deliver.crowded import Has, before, crowded, longest, merged
from deliver.outbox import Intent
from deliver.recheck import Rulebook
from deliver.underway import HandedOver, underway
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

A_MOMENT = timedelta(seconds=1)
"""After how long is asked again what finds no room only beside others that leave now."""
_Place = tuple[bool, int, str, int, str]
"""In the order of turns of a cycle, as far as it is the same for everybody."""
_LAST: _Place = (True, 0, "", 0, "")


class Known(NamedTuple):
    """What was known of others' messages when room was looked for."""

    handed_over: frozenset[str] = frozenset()
    """Intents on their way, or taken and not told to the warehouse."""
    since: datetime = EPOCH
    """What was handed over before (naive UTC) counts nowhere any more, and is not among them."""
    persons: Mapping[str, str] = {}
    """Former id → person, of those whom messages are for."""
    limited: Mapping[str, str] = {}
    """Intent → person, of those that have to find room."""

    def crowded_by(self, users: frozenset[str]) -> frozenset[str]:
        """The intents for people to whom something was handed over under some of these ids."""
        people = {self.persons.get(user, user) for user in users}
        return frozenset(one for one, person in self.limited.items() if person in people)


class Room(NamedTuple):
    """What the limits do to claimed intents; those in no part may leave."""

    until: dict[str, datetime]
    """Intent id → when there is room, before it expires."""
    stopped: dict[str, str]
    """Intent id → reason code: it does not wait."""
    reasons: dict[str, str]
    """Intent id → reason code, of those that wait until there is room."""
    beside: frozenset[str]
    """There would be room if others did not leave now."""
    known: Known

    @property
    def lacking(self) -> frozenset[str]:
        """Those that may not leave now."""
        return frozenset((*self.until, *self.stopped, *self.beside))


def find_room(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    rulebook: Rulebook,
    intents: Sequence[Intent],
    *,
    now: datetime,
) -> Room:
    """Which claimed intents the contact policy of now lets out at ``now`` (naive UTC).

    Transactional messages are let out, and count. Each store is asked once for all of them.
    """
    contact = catalog.defaults.contact_policy
    claimed = {one: action for one in intents if (action := rulebook.action(one)) is not None}
    limited = [one for one, action in claimed.items() if action.message_class != "transactional"]
    if not limited or not (contact.caps or contact.min_gap_seconds):
        return Room({}, {}, {}, frozenset(), Known())
    since = before(min(now, *(one.decided_at for one in claimed)), longest(contact))
    with store.read() as connection:
        # Before the warehouse is asked: what it is told meanwhile is then seen twice, not never.
        on_the_way = underway(connection, since=since)
    places = {(key, action.key): (place, action) for place, key, action in _places(rulebook)}
    actions = [action for _, action in places.values()]
    with warehouse.cursor(told=False) as cursor:
        persons = merged(cursor, catalog, claimed)
        found = crowded(cursor, catalog, claimed, on_the_way, actions, persons, now=now)
    room = Room({}, {}, {}, frozenset(), _known(on_the_way, since, persons, limited))
    order = {key: place for key, (place, _) in places.items()}
    return _looked(room, contact, claimed, found, order, now) if found else room


def _known(
    on_the_way: Sequence[HandedOver],
    since: datetime,
    persons: Mapping[str, str],
    limited: Sequence[Intent],
) -> Known:
    return Known(
        frozenset(one.intent_id for one in on_the_way),
        since,
        persons,
        {one.intent_id: persons.get(one.user_id, one.user_id) for one in limited},
    )


def _looked(
    room: Room,
    contact: ContactPolicy,
    claimed: Mapping[Intent, Action],
    found: Mapping[str, Has],
    order: Mapping[tuple[str, str], _Place],
    now: datetime,
) -> Room:
    by_id = {one.intent_id: one for one in claimed}
    beside: set[str] = set()
    for has in found.values():
        limits = Limits(contact, has.zone)
        turns = _turns(has, by_id, order)
        for key, lack in _lacks(limits, has, turns, micros(now)):
            if lack is None:
                beside.add(key)
            elif lack.until is None:
                room.stopped[key] = lack.reason
            else:
                room.until[key] = EPOCH + timedelta(microseconds=lack.until)
                room.reasons[key] = lack.reason
    return room._replace(beside=frozenset(beside))


def _turns(
    has: Has, by_id: Mapping[str, Intent], order: Mapping[tuple[str, str], _Place]
) -> list[Intent]:
    """A person's claimed messages in the order in which they get what room there is: those that
    leave when they were granted before those that were put off, then as the cycle grants."""

    def turn(key: str) -> tuple[bool, int, _Place, str]:
        one, intent = has.claimed[key], by_id[key]
        place = order.get((intent.policy_key, intent.action_key), _LAST)
        return one.counted > one.granted, one.granted, place, key

    return [by_id[key] for key in sorted(has.claimed, key=turn)]


def _lacks(
    limits: Limits, has: Has, turns: Sequence[Intent], now: int
) -> Iterator[tuple[str, Lack | None]]:
    """Intent id → why it may not leave; None: only because others leave that may not arrive."""
    ahead: list[Taken] = []
    for intent in turns:
        key, mine = intent.intent_id, has.claimed[intent.intent_id]
        others = [one for other, one in has.taken.items() if other != key]
        asking = Asking(mine.kind, mine.granted, micros(intent.expires_at))
        exempt = mine.kind.is_exempt
        if not exempt and (lack := limits.lack(asking, others, now)):
            yield key, lack
        elif not exempt and limits.lack(asking, [*others, *ahead], now):
            yield key, None
        elif key not in has.taken:
            ahead.append(mine)


def _places(rulebook: Rulebook) -> Iterator[tuple[_Place, str, Action]]:
    """Every action in force, with the policy that intents name and its place in the order."""
    for version in rulebook.live.values():
        key, artifact = version.key, version.artifact
        if isinstance(artifact, DecisionPolicy):
            for position, entry in enumerate(artifact.entries, 1):
                yield (False, entry.tier, key, position, entry.action.key), key, entry.action
        elif artifact.action is not None:
            yield (True, 1, key, 1, artifact.action.key), key, artifact.action
    for key, running in rulebook.journeys.items():
        for position, message in enumerate(running.artifact.messages(), 1):
            action = message.action
            yield (False, running.artifact.tier, key, position, action.key), key, action
