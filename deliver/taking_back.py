"""Ask destinations for messages that they have, and tell the warehouse which ones came back.

Every step may be repeated: what a worker that died asked for is asked for again, a destination
takes a message back once, and the warehouse learns of it once.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import structlog

from control import delivery
from control.store import Store
from deliver import buckets, cancellations
from deliver.buckets import Granted
from deliver.calling_off import ask_for_stopped, has_stopped
from deliver.cancellations import Wanted
from deliver.carriers import UNDECLARED
from deliver.handing_over import LONGEST_REST_SECONDS, SIDE_BY_SIDE
from deliver.telling import TELLING
from deliver.transport import Answer, NoAnswer, NotSent, Transport
from deliver.waits import FIRST_SECONDS
from deliver.wire import CancelOutcome, Provider, Request, Signed, TakesBack
from warehouse.engines.duckdb import DuckDBWarehouse

log = structlog.get_logger(__name__)

BATCH = 1_000
LEAST_REST_SECONDS = 0.1
"""For how long at least messages that find no room are put off."""
_SQL = Path(__file__).parent / "sql"


class Around(NamedTuple):
    """What asking needs to know of the world around it."""

    store: Store
    warehouse: DuckDBWarehouse
    providers: Mapping[str, Provider]
    """Destinations by name, whether they take messages back or not."""
    clock: Callable[[], datetime]
    wall: Callable[[], datetime] | None = None
    """What time it is for providers (naive UTC); None: the same as in the workspace."""
    seconds: float = 20.0
    """How long one request may take, answer included."""
    sleep: Callable[[float], object] = time.sleep
    stopping: Callable[[], bool] = lambda: False


def able(providers: Mapping[str, Provider]) -> list[str]:
    """The destinations that take messages back."""
    return [name for name, one in providers.items() if _taker(one) is not None]


def take_back(around: Around) -> None:
    """Ask for everything that is to be asked for now; a paused destination is asked too.

    What a kill switch or a rollback stopped while a destination had it is asked for as well.
    """
    names, now = able(around.providers), around.clock()
    ask_for_stopped(around.store, names, now=now)
    if not cancellations.has_due(around.store, names, now=now):
        return
    if wanted := _claimed(around, names):
        with Transport(seconds=around.seconds) as transport:
            while wanted:
                for name, theirs in _by_destination(wanted).items():
                    _ask(around, transport, name, theirs)
                wanted = [] if around.stopping() else _claimed(around, names)
    _tell(around)


def has_work(store: Store, providers: Mapping[str, Provider], *, now: datetime) -> bool:
    """Whether ``take_back`` would find anything to do."""
    names = able(providers)
    return cancellations.has_due(store, names, now=now) or has_stopped(store, names, now=now)


def _taker(provider: Provider) -> tuple[Provider, TakesBack] | None:
    """A provider as what it sends by, and as what it takes back by."""
    if not provider.capabilities.cancel:
        return None
    assert isinstance(provider, TakesBack), "it says that it does"
    return provider, provider


def _claimed(around: Around, names: Sequence[str]) -> list[Wanted]:
    return cancellations.claim(around.store, names, now=around.clock(), limit=BATCH)


def _by_destination(wanted: Sequence[Wanted]) -> Mapping[str, list[Wanted]]:
    found: defaultdict[str, list[Wanted]] = defaultdict(list)
    for one in wanted:
        found[one.destination].append(one)
    return found


def _ask(around: Around, transport: Transport, name: str, wanted: Sequence[Wanted]) -> None:
    taker = _taker(around.providers[name])
    assert taker is not None, "only such were claimed"
    by_id = {one.intent_id: one for one in wanted}
    plan = taker[1].plan_cancel([one.handed for one in wanted], now=around.clock())
    cancellations.settle(around.store, plan.refused, by_id, now=around.clock())
    waiting, seconds = list(plan.requests), 0.0
    while waiting and not around.stopping():
        room = _room(around, name, taker[0], waiting)
        seconds = room.seconds
        if not room.requests:
            break
        asked, waiting = waiting[: room.requests], waiting[room.requests :]
        outcomes = [*_answered(around, transport, name, taker, asked)]
        cancellations.settle(around.store, outcomes, by_id, now=around.clock())
        if _hold_back(around, name, asked, outcomes):
            seconds = FIRST_SECONDS
            break
    rest = timedelta(seconds=min(max(seconds, LEAST_REST_SECONDS), LONGEST_REST_SECONDS))
    left = [one for request in waiting for one in request.intent_ids]
    cancellations.put_off(around.store, dict.fromkeys(left, around.clock() + rest))


def _room(around: Around, name: str, provider: Provider, waiting: Sequence[Request]) -> Granted:
    """How many requests may be made now: they count against the same rate as sending."""
    limit = waiting[0].limit
    rate = provider.rates.get(limit, UNDECLARED)
    wanted = len([*takewhile(lambda one: one.limit == limit, waiting[:SIDE_BY_SIDE])])
    return buckets.take_soon(
        around.store, name, limit, rate, wanted, clock=around.clock, sleep=around.sleep
    )


def _answered(
    around: Around,
    transport: Transport,
    name: str,
    taker: tuple[Provider, TakesBack],
    requests: Sequence[Request],
) -> Iterator[CancelOutcome]:
    now = around.wall() if around.wall else around.clock()
    provider, takes_back = taker
    ready = [
        provider.signed(one, at=now) if isinstance(provider, Signed) else one for one in requests
    ]
    for request, answer in zip(ready, transport.send(ready), strict=True):
        told = {one.intent_id: one for one in _read(name, takes_back, request, answer, now)}
        why = "The answer does not say what became of this message."
        for one in request.intent_ids:
            yield told.get(one, CancelOutcome(one, "uncertain", why))


def _read(
    name: str, takes_back: TakesBack, request: Request, answer: Answer, now: datetime
) -> list[CancelOutcome]:
    if isinstance(answer, NotSent | NoAnswer):
        return [CancelOutcome(one, "uncertain", answer.reason) for one in request.intent_ids]
    try:
        return takes_back.classify_cancel(request, answer, now=now)
    except Exception:
        # What our own reading of an answer stumbled over is neither "taken back" nor "too late".
        log.exception("answer_not_understood", destination=name, status=answer.status)
        why = f"The answer ({answer.status}) was not understood."
        return [CancelOutcome(one, "uncertain", why) for one in request.intent_ids]


def _hold_back(
    around: Around, name: str, asked: Sequence[Request], outcomes: Sequence[CancelOutcome]
) -> bool:
    """Leave a destination alone that asks for it; whether nothing more can be asked there."""
    now = around.clock()
    limits = {one: request.limit for request in asked for one in request.intent_ids}
    for one in outcomes:
        if one.seconds is not None:
            with around.store.write() as connection:
                buckets.block(connection, name, limits[one.intent_id], one.seconds, now=now)
    broken = next((one for one in outcomes if one.pauses), None)
    if broken is None:
        return False
    why = broken.reason or "It refuses everything."
    if delivery.pause(around.store, name, why, now=now):
        log.error("destination_paused", destination=name, why=why)
    return True


def _tell(around: Around) -> None:
    """The warehouse learns what reached nobody: after it was told that it left, if it was."""
    with TELLING:
        back = cancellations.untold(around.store)
        if not back:
            return
        with around.warehouse.transaction() as cursor:
            given = {"message_ids": back}
            cursor.execute((_SQL / "taken_back.sql").read_text(encoding="utf-8"), given)
        cancellations.note_told(around.store, back, now=around.clock())
