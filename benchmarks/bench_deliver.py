"""How fast messages leave: from the outbox to a provider on this machine, claims and records on,
and a receipt for each that it took.

    python -m benchmarks.bench_deliver [--messages 60000] [--enqueue 1000000]

The provider is a process of its own that takes every request. The yardstick is putting as many
messages into the outbox, which writes a row each. Sending goes in rounds of 20,000; what the last
tenth of them costs and holds in memory is compared with the ones before.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from pydantic import SecretStr

from benchmarks.deliver_world import NOW, provider, world
from benchmarks.measured import Measured
from control.receipts import Batch, Fact, keep
from control.store import Store
from control.tables import outbox
from core.lifecycle import IntentState
from deliver.delivery import DeliveryReport, Outward, deliver
from deliver.destinations.braze import Braze
from deliver.receipts.applying import apply
from deliver.wire import Rate
from orchestrate.intents import enqueue
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

MESSAGES = 60_000
ENQUEUED = 100_000
LEAST_PER_SECOND = 3_000.0
ENQUEUE_SECONDS = 60.0
"""For a million."""
GROWN_MB = 32.0
"""Of memory, from the middle of the messages to their end."""
SLOWER = 1.5
"""What a message of the last tenth may cost, in messages of the first."""
AT_ONCE = 1_000
"""Receipts in one request."""
UNLIMITED = Rate(burst=100_000, per_second=100_000.0)


class Round(NamedTuple):
    """One run of sending, and what became of its receipts."""

    messages: int
    wall: float
    cpu: float
    resident_mb: float


class Left(NamedTuple):
    """What sending came to."""

    report: DeliveryReport
    rounds: list[Round]

    @property
    def wall(self) -> float:
        """Seconds."""
        return sum(one.wall for one in self.rounds)

    @property
    def cpu(self) -> float:
        """Seconds of this process."""
        return sum(one.cpu for one in self.rounds)

    @property
    def slower(self) -> float:
        """CPU time of a message of the last tenth, in that of one of the first."""
        tenth = max(len(self.rounds) // 10, 1)
        return _per_message(self.rounds[-tenth:]) / _per_message(self.rounds[:tenth])

    @property
    def grown_mb(self) -> float:
        """By how much the last third holds more memory at its peak than the third before."""
        third = len(self.rounds) // 3
        if not third:
            return 0.0
        held = [one.resident_mb for one in self.rounds]
        return max(held[-third:]) - max(held[-2 * third : -third])


def measure() -> list[Measured]:
    """Messages a second, and the seconds of putting a million into the outbox."""
    with tempfile.TemporaryDirectory() as folder:
        left = _sent(Path(folder) / "sent", MESSAGES)
        queued = _enqueued(Path(folder) / "queued", ENQUEUED)
    rate = left.report.delivered / left.wall
    million = queued.wall * 1_000_000 / ENQUEUED
    per_message = left.cpu / left.report.delivered
    return [
        Measured("seconds for 3,000 messages to a provider, with receipts",
                 LEAST_PER_SECOND / rate, "s", 1.0, cpu=left.cpu,
                 ratio=per_message / (queued.cpu / ENQUEUED),
                 yardstick="putting them into the outbox"),
        Measured("a message of the last tenth, in ones of the first", left.slower, "x", SLOWER),
        Measured("memory that sending grows by", left.grown_mb, "MB", GROWN_MB),
        Measured(f"a million messages into the outbox ({ENQUEUED:,} measured)", million, "s",
                 ENQUEUE_SECONDS, cpu=queued.cpu),
    ]  # fmt: skip


def main() -> None:
    """Print what sending and enqueuing came to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--enqueue", type=int, default=ENQUEUED)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.messages:
            left = _sent(Path(folder) / "sent", arguments.messages)
            print(
                f"{left.report.delivered:,} messages in {left.wall:.1f} s "
                f"({left.report.delivered / left.wall:,.0f} a second), {left.cpu:.1f} CPU-s, "
                f"{left.rounds[-1].resident_mb:.0f} MB held at the end, {left.grown_mb:+.0f} MB in "
                f"the last third, a message of the last tenth costs {left.slower:.2f} of the "
                f"first; {left.report.by_reason}"
            )
        if arguments.enqueue:
            queued = _enqueued(Path(folder) / "queued", arguments.enqueue)
            print(
                f"{arguments.enqueue:,} enqueued in {queued.wall:.1f} s, {queued.cpu:.1f} CPU-s, "
                f"{queued.peak_mb:.0f} MB at most"
            )


class Queued(NamedTuple):
    """What enqueuing came to."""

    wall: float
    cpu: float
    peak_mb: float


def _sent(folder: Path, messages: int) -> Left:
    store, warehouse, catalog = world(folder, messages)
    enqueue(store, warehouse, cycle_id="bench")
    with provider() as url:
        braze = Braze(url=url, api_key=SecretStr("key"), send="event",
                      rates={"messages": UNLIMITED, "track": UNLIMITED})  # fmt: skip
        outward = Outward(folder / "mailbox", {"braze": braze}, {"push": "braze"})
        rounds = []
        report, one = _round(store, warehouse, catalog, outward)
        while report.has_more:
            rounds.append(one)
            more, one = _round(store, warehouse, catalog, outward)
            report = report.then(more)
        if one.messages:
            rounds.append(one)
    assert report.delivered + report.stopped == messages, report
    warehouse.close()
    store.close()
    return Left(report, rounds)


def _round(
    store: Store, warehouse: DuckDBWarehouse, catalog: Catalog, outward: Outward
) -> tuple[DeliveryReport, Round]:
    started, used = time.perf_counter(), time.process_time()
    now = NOW + timedelta(minutes=1)
    report = deliver(store, warehouse, catalog, outward, clock=lambda: now)
    _receipts(store, warehouse, catalog, at=now + timedelta(minutes=1))
    wall, cpu = time.perf_counter() - started, time.process_time() - used
    return report, Round(report.delivered + report.stopped, wall, cpu, _resident_mb())


def _receipts(store: Store, warehouse: DuckDBWarehouse, catalog: Catalog, *, at: datetime) -> None:
    """What the provider took it delivers, and tells of it."""
    taken = sa.select(outbox.c.intent_id).where(outbox.c.state == IntentState.ACCEPTED.value)
    with store.read() as connection:
        ids = connection.execute(taken).scalars().all()
    for start in range(0, len(ids), AT_ONCE):
        said = [Fact("delivered", at, one, intent_id=one) for one in ids[start : start + AT_ONCE]]
        keep(store, [Batch("braze", tuple(said))], now=at)
    assert apply(store, warehouse, catalog, now=at, since=at - timedelta(hours=1)).waiting == 0


def _per_message(rounds: Sequence[Round]) -> float:
    return sum(one.cpu for one in rounds) / sum(one.messages for one in rounds)


def _enqueued(folder: Path, messages: int) -> Queued:
    store, warehouse, _ = world(folder, messages)
    started, used = time.perf_counter(), time.process_time()
    assert enqueue(store, warehouse, cycle_id="bench") == messages
    queued = Queued(time.perf_counter() - started, time.process_time() - used, _peak_mb())
    warehouse.close()
    store.close()
    return queued


def _resident_mb() -> float:
    """What the process holds in memory now; at most, where the system does not tell."""
    told = Path("/proc/self/statm")
    if not told.exists():
        return _peak_mb()
    return int(told.read_text().split()[1]) * resource.getpagesize() / 1024**2


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
