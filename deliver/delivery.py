"""Send what is due: claim, find out, ask again, hand over, and tell the warehouse.

Every step may be repeated after a crash. What was on its way is found out about before anything
else, a message leaves only while everything that was asked about it still holds, and the
warehouse keeps a message once.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from control import canaries, channel_routes, delivery, kill_switches, versions
from control.store import Store
from deliver import outbox
from deliver.approved import approved_templates
from deliver.asking import ask
from deliver.asking_again import AskingAgain
from deliver.carriers import Carrier, Local, Remote
from deliver.composing import compose
from deliver.destinations.mailbox import MAILBOX, Mailbox
from deliver.entering import enter
from deliver.handing_over import Surroundings, hand_over
from deliver.kept_catalog import catalog_in_force
from deliver.messages import Destination, Message
from deliver.outbox import Intent
from deliver.recheck import Rulebook
from deliver.success import LeastSuccess, pause_failing
from deliver.telling import tell_warehouse
from deliver.transport import Transport
from deliver.uncertain import Looked, look_at
from deliver.wire import Outcome, Provider
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

BATCH = 1_000
MOST_BATCHES = 20


class DeliveryReport(BaseModel):
    """What one delivery run did, in intents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delivered: int
    """Taken by their destination."""
    stopped: int
    by_reason: dict[str, int]
    """Reason code → how many were stopped right before sending, or rejected."""
    by_channel: dict[str, int]
    by_destination: dict[str, int] = {}
    by_trace: dict[str, int]
    """Trace id of the cycle → messages delivered."""
    put_off: int
    """Intents that came up in quiet hours or found no room, and wait for it after all."""
    waiting: int
    """Intents that wait for a later moment: the end of quiet hours, or another try."""
    uncertain: int = 0
    """Intents of which nobody could tell whether they arrived."""
    has_more: bool = False
    """Whether there may be more to send at once."""
    held: str | None = None
    """Why nothing was sent at all, as a sentence."""

    def then(self, later: DeliveryReport) -> DeliveryReport:
        """Both runs as one."""
        return DeliveryReport(
            delivered=self.delivered + later.delivered,
            stopped=self.stopped + later.stopped,
            by_reason=_sums(self.by_reason, later.by_reason),
            by_channel=_sums(self.by_channel, later.by_channel),
            by_destination=_sums(self.by_destination, later.by_destination),
            by_trace=_sums(self.by_trace, later.by_trace),
            put_off=self.put_off + later.put_off,
            waiting=later.waiting,
            uncertain=self.uncertain + later.uncertain,
            has_more=later.has_more,
        )


class Outward(NamedTuple):
    """Where messages go."""

    mailbox_folder: Path
    destinations: Mapping[str, Destination | Provider] = {}
    """By name; the local mailbox is there without being named."""
    routes: Mapping[str, str] | None = None
    """Channel → destination, the local mailbox for a channel that is not named; None: as they are
    in force, read anew for every batch."""
    seconds: float = 20.0
    """How long one request may take, answer included."""
    least_success: LeastSuccess | None = None
    """A destination that fails more often is paused; None: it is not watched."""
    wall: Callable[[], datetime] | None = None
    """What time it is for providers (naive UTC); None: the same as in the workspace."""


def deliver(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    outward: Outward,
    *,
    clock: Callable[[], datetime],
    worker: str = "worker",
    sleep: Callable[[float], object] = time.sleep,
    stopping: Callable[[], bool] = lambda: False,
) -> DeliveryReport:
    """Send what is due by ``clock`` (naive UTC), up to a number of batches.

    ``worker`` names whoever claims intents: no two at a time may have the same. ``stopping``: asked
    before each request; what was claimed and did not leave is given back.
    """
    batches: list[_Batch] = []
    with _carriers(store, outward) as carriers:
        run = _Run(
            store, warehouse, catalog, outward, carriers, clock, worker, sleep, stopping,
            _Rulebooks(store, catalog),
        )  # fmt: skip
        _tell(run)
        try:
            while len(batches) < MOST_BATCHES and not stopping():
                intents = outbox.lease(
                    store, worker=worker, now=clock(), limit=BATCH, not_by=_closed(run)
                )
                if not intents:
                    break
                batches.append(_send_batch(run, intents))
                if outward.least_success:
                    pause_failing(store, outward.least_success, carriers, now=clock())
                _tell(run)
        finally:
            outbox.release(store, worker=worker, now=clock())
            enter(store, [one for batch in batches for one in batch.sent], now=clock())
    return _reported(batches, outbox.not_yet_due(store, now=clock()))


def held_report(store: Store, why: str, *, now: datetime) -> DeliveryReport:
    """The report of a run that sent nothing, and why."""
    return _reported((), outbox.not_yet_due(store, now=now)).model_copy(update={"held": why})


class _Run(NamedTuple):
    """What one delivery run works with."""

    store: Store
    warehouse: DuckDBWarehouse
    catalog: Catalog
    outward: Outward
    carriers: Mapping[str, Carrier]
    clock: Callable[[], datetime]
    worker: str
    sleep: Callable[[float], object]
    stopping: Callable[[], bool]
    rulebooks: _Rulebooks


class _Rulebooks:
    """Rulebook and catalog, read once for as long as the same is in force."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store, self._catalog = store, catalog
        self._in_force: frozenset[tuple[str, ...]] | None = None
        self._read: tuple[Rulebook, Catalog] | None = None

    def of(self, in_force: frozenset[tuple[str, ...]]) -> tuple[Rulebook, Catalog]:
        """Those of what is in force; a change meanwhile is noticed before a message leaves."""
        if self._read is None or in_force != self._in_force:
            catalog = catalog_in_force(self._store, self._catalog)
            self._read, self._in_force = (_rulebook(self._store), catalog), in_force
        return self._read


class _Batch(NamedTuple):
    """What became of one batch of intents."""

    sent: list[Intent]
    by_destination: Counter[str]
    stopped: dict[str, str]
    """Intent id → reason code."""
    put_off: int
    uncertain: int


def _send_batch(run: _Run, batch: list[Intent]) -> _Batch:
    now, worker = run.clock(), run.worker
    # Before anything is read: what changes from here on is noticed before a message leaves.
    rules = _in_force(run.store)
    rulebook, catalog = run.rulebooks.of(rules)
    asking = AskingAgain(run.store, run.warehouse, catalog, clock=run.clock, worker=worker)
    looked = look_at(run.store, batch, run.carriers, worker=worker, now=now)
    here = [one for one in batch if one.intent_id not in looked.arrived | looked.left]
    asked = ask(run.store, run.warehouse, catalog, rulebook, here, worker=worker, now=now)
    fresh = [one for one in asked.going if one.intent_id not in looked.repeatable]
    messages, unsaid = compose(fresh, rulebook, run.warehouse, catalog)
    asking.begin(rulebook, asked, unsaid, uncertain=looked.repeatable)
    around = Surroundings(run.store, worker, run.clock, run.sleep, run.stopping, asking, rules)
    outcomes: dict[str, list[Outcome]] = {}
    for name, theirs in _by_destination(run, messages, asked.going, looked).items():
        if _is_closed(run, name):  # since they were claimed: they are given back with the rest
            continue
        again = {key: looked.repeatable[key] for key in theirs if key in looked.repeatable}
        outcomes[name] = hand_over(around, run.carriers[name], theirs, _by_id(batch), again)
    return _became(batch, looked, asking.stopped, outcomes, asked.put_off)


def _by_destination(
    run: _Run, messages: Sequence[Message], going: Sequence[Intent], looked: Looked
) -> dict[str, dict[str, Message]]:
    """Destination → intent id → message. What was on its way before stays where it was sent."""
    found: defaultdict[str, dict[str, Message]] = defaultdict(dict)
    routes = _routes(run)
    for message in messages:
        name = routes.get(message.channel, MAILBOX)
        found[name][message.intent_id] = message
    for intent in going:
        dispatch = looked.repeatable.get(intent.intent_id)
        if dispatch is not None and dispatch.message is not None:
            found[dispatch.destination][intent.intent_id] = dispatch.message
    return found


def _closed(run: _Run) -> list[str]:
    """The channels that nothing may leave by now: their destination is paused, or not there."""
    routes = _routes(run)
    named = {channel: routes.get(channel, MAILBOX) for channel in run.catalog.channels}
    shut = {name for name in {*named.values()} if _is_closed(run, name)}
    return [channel for channel, name in named.items() if name in shut]


def _is_closed(run: _Run, name: str) -> bool:
    return name not in run.carriers or name in delivery.paused(run.store)


def _routes(run: _Run) -> Mapping[str, str]:
    given = run.outward.routes
    return channel_routes.routes(run.store) if given is None else given


@contextmanager
def _carriers(store: Store, outward: Outward) -> Iterator[dict[str, Carrier]]:
    local: dict[str, Destination] = {MAILBOX: Mailbox(store, outward.mailbox_folder)}
    remote: dict[str, Provider] = {}
    for name, one in outward.destinations.items():
        if isinstance(one, Destination):
            local[name] = one
        else:
            remote[name] = one
    carriers: dict[str, Carrier] = {name: Local(name, one) for name, one in local.items()}
    if not remote:
        yield carriers
        return
    with Transport(seconds=outward.seconds) as transport:
        yield carriers | {
            name: Remote(name, one, transport, outward.wall) for name, one in remote.items()
        }


def _rulebook(store: Store) -> Rulebook:
    live = canaries.standing(store)
    journeys = versions.running_journeys(store)
    return Rulebook(
        live,
        kill_switches.active(store),
        versions.audiences(store),
        journeys,
        approved_templates(store, live.values(), journeys),
    )


def _in_force(store: Store) -> frozenset[tuple[str, ...]]:
    with store.read() as connection:
        return delivery.in_force(connection)


def _tell(run: _Run) -> None:
    local = [name for name, one in run.carriers.items() if isinstance(one, Local)]
    tell_warehouse(run.store, run.warehouse, run.catalog, local=local, now=run.clock())


def _by_id(intents: Sequence[Intent]) -> dict[str, Intent]:
    return {one.intent_id: one for one in intents}


def _became(
    batch: Sequence[Intent],
    looked: Looked,
    stopped: dict[str, str],
    outcomes: Mapping[str, Sequence[Outcome]],
    put_off: int,
) -> _Batch:
    told = [(name, one) for name, theirs in outcomes.items() for one in theirs]
    taken = {one.intent_id: name for name, one in told if one.result == "accepted"}
    rejected = {one.intent_id: "PROVIDER_REJECTED" for _, one in told if one.result == "rejected"}
    sent = [one for one in batch if one.intent_id in taken or one.intent_id in looked.arrived]
    uncertain = sum(one.result == "ambiguous" for _, one in told) + len(looked.left)
    return _Batch(sent, Counter(taken.values()), stopped | rejected, put_off, uncertain)


def _reported(batches: Sequence[_Batch], waiting: int) -> DeliveryReport:
    sent = [intent for batch in batches for intent in batch.sent]
    reasons = Counter(reason for batch in batches for reason in batch.stopped.values())
    by_destination = sum((batch.by_destination for batch in batches), Counter[str]())
    return DeliveryReport(
        delivered=len(sent),
        stopped=reasons.total(),
        by_reason=dict(sorted(reasons.items())),
        by_channel=dict(sorted(Counter(one.channel for one in sent).items())),
        by_destination=dict(sorted(by_destination.items())),
        by_trace=dict(Counter(one.trace_id for one in sent)),
        put_off=sum(batch.put_off for batch in batches),
        waiting=waiting,
        uncertain=sum(batch.uncertain for batch in batches),
        has_more=len(batches) == MOST_BATCHES,
    )


def _sums(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return dict(sorted((Counter(one) + Counter(other)).items()))
