"""One run of a sync: compare, tell what differs page by page, remember what was taken.

What a run cannot finish the next one finds again by itself: telling a tool twice the same changes
nothing there.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlglot import exp

from control import delivery
from control.store import Store
from deliver import buckets
from deliver.answers import every
from deliver.carriers import UNDECLARED
from deliver.still import Still, all_stopped
from deliver.sync.profiles import Profiles
from deliver.sync.state import Counts, Told, compare, keep, page
from deliver.transport import Answer, NoAnswer, NotSent, Transport
from deliver.wire import Outcome, Request, Signed
from warehouse.engines.duckdb import DuckDBWarehouse

log = structlog.get_logger(__name__)

PAGE = 2_000
LONGEST_WAIT_SECONDS = 30.0
"""Who asks for more is told the rest by the next run."""


class Target(NamedTuple):
    """Who is told, under which names."""

    sync: str
    destination: str
    profiles: Profiles


class SyncReport(NamedTuple):
    """What one run found and did, in users."""

    sync: str
    destination: str
    counts: Counts
    told: int
    rejected: int
    left: int
    """Not told by this run: the next one does."""
    requests: int
    why: str | None = None
    """Why something is left, as a sentence."""


class _Run(NamedTuple):
    store: Store
    warehouse: DuckDBWarehouse
    transport: Transport
    target: Target
    clock: Callable[[], datetime]
    wall: Callable[[], datetime]
    """The real time, which signatures and providers go by."""
    sleep: Callable[[float], object]


def run_sync(
    store: Store,
    warehouse: DuckDBWarehouse,
    transport: Transport,
    target: Target,
    wanted: exp.Select,
    *,
    clock: Callable[[], datetime],
    wall: Callable[[], datetime],
    sleep: Callable[[float], object] = time.sleep,
) -> SyncReport:
    """Tell a tool what differs from what it was told last.

    ``clock`` is the workspace's time, ``wall`` the real one, by which requests are signed; both
    are naive UTC.
    """
    run = _Run(store, warehouse, transport, target, clock, wall, sleep)
    counts = compare(warehouse, target.sync, wanted)
    said: Counter[str] = Counter()
    why, last, requests = None, "", 0
    while why is None and (changes := page(warehouse, target.sync, last=last, most=PAGE)):
        plan = target.profiles.plan(changes, now=wall())
        _remember(run, plan.refused, said)
        waiting = list(plan.requests)
        while waiting and why is None:
            sent, why = _tell(run, waiting, said)
            requests += sent
            waiting = waiting[sent:]
        last = changes[-1].user_id
    done = said["accepted"] + said["rejected"]
    left = sum(counts) - done
    return SyncReport(
        target.sync,
        target.destination,
        counts,
        said["accepted"],
        said["rejected"],
        left,
        requests,
        why,
    )


def _tell(run: _Run, waiting: Sequence[Request], said: Counter[str]) -> tuple[int, str | None]:
    """Make as many requests as there is room for; how many, and why no more are made."""
    if paused := delivery.paused(run.store).get(run.target.destination):
        return 0, f"{run.target.destination} is paused: {paused.reason}"
    if switch := all_stopped(run.store):
        return 0, f"Everything is stopped by {switch.by}: {switch.reason}"
    limit = waiting[0].limit
    rate = run.target.profiles.rates.get(limit, UNDECLARED)
    granted = buckets.take(
        run.store, run.target.destination, limit, rate, len(waiting), now=run.clock()
    )
    if not granted.requests:
        if granted.seconds > LONGEST_WAIT_SECONDS:
            return 0, f"{run.target.destination} asks for {granted.seconds:,.0f} s of rest."
        run.sleep(granted.seconds)
        return 0, None
    now_sent = [_ready(run, one) for one in waiting[: granted.requests]]
    still = Still(lambda: all_stopped(run.store) is None)
    answers = run.transport.send(now_sent, still=still)
    outcomes = [
        outcome
        for request, answer in zip(now_sent, answers, strict=True)
        for outcome in _became(run, request, answer)
    ]
    _remember(run, outcomes, said)
    return len(now_sent), _why_no_more(run, limit, outcomes)


def _ready(run: _Run, request: Request) -> Request:
    if isinstance(run.target.profiles, Signed):
        return run.target.profiles.signed(request, at=run.wall())
    return request


def _became(run: _Run, request: Request, answer: Answer) -> list[Outcome]:
    if isinstance(answer, NotSent):
        return every(request, "retry_after", answer.reason)
    if isinstance(answer, NoAnswer):
        return every(request, "ambiguous", answer.reason)
    return run.target.profiles.classify(request, answer, now=run.wall())


def _remember(run: _Run, outcomes: Sequence[Outcome], said: Counter[str]) -> None:
    """Only what has an end: the rest differs still, and is told by the next run."""
    told = [
        Told(one.intent_id, one.reason if one.result == "rejected" else None)
        for one in outcomes
        if one.result in ("accepted", "rejected")
    ]
    if told:
        keep(run.warehouse, run.target.sync, told, now=run.clock())
    said.update(one.result for one in outcomes)


def _why_no_more(run: _Run, limit: str, outcomes: Sequence[Outcome]) -> str | None:
    open_ones = [one for one in outcomes if one.result in ("retry_after", "ambiguous")]
    if not open_ones:
        return None
    first = next((one for one in open_ones if one.pauses), open_ones[0])
    why = first.reason or "The destination did not take it."
    if first.pauses:
        delivery.pause(run.store, run.target.destination, why, now=run.clock())
    elif seconds := max((one.seconds or 0.0 for one in open_ones), default=0.0):
        with run.store.write() as connection:
            buckets.block(connection, run.target.destination, limit, seconds, now=run.clock())
    log.warning("sync_stopped", sync=run.target.sync, why=why)
    return why
