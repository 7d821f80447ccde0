"""How fast messages leave: from the outbox to a provider on this machine, claims and records on.

    python -m benchmarks.bench_deliver [--messages 20000] [--enqueue 1000000]

The provider is a process of its own that takes every request; its CPU time counts too. The
yardstick is putting as many messages into the outbox, which writes a row each.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from benchmarks.measured import Measured
from control.people import add_demo_people, get
from control.store import Store, open_store
from core.conditions import EventCount, Filter, Related
from core.rules import DecisionPolicy, Entry, StopCondition
from deliver.delivery import DeliveryReport, Outward, deliver
from deliver.destinations.braze import Braze
from deliver.wire import Rate
from orchestrate import approvals, change_requests, rulebook
from orchestrate.intents import enqueue
from orchestrate.stages import create_tables
from warehouse.catalog import Catalog, load_catalog
from warehouse.demo.generate import AS_OF, generate
from warehouse.engines.duckdb import DuckDBWarehouse

MESSAGES = 20_000
ENQUEUED = 100_000
LEAST_PER_SECOND = 3_000.0
ENQUEUE_SECONDS = 60.0
"""For a million."""
NOW = datetime(AS_OF.year, AS_OF.month, AS_OF.day)
UNLIMITED = Rate(burst=100_000, per_second=100_000.0)
HAS_TICKET = Related(entity="ticket", where=(Filter(column="status", value="open"),))
_INTENTS = """
INSERT INTO intents
WITH u AS (
    SELECT user_id, ROW_NUMBER() OVER (ORDER BY user_id) - 1 AS place
    FROM dim_users WHERE marketing_opt_in AND merged_into IS NULL
), m AS (
    SELECT i, i % many AS place FROM range($messages) r(i), (SELECT COUNT(*) AS many FROM u)
)
SELECT md5('intent ' || m.i), md5('decision ' || m.i), $cycle, 'trace', 'bench', 1, $action,
    u.user_id, 'push', $now, $now, $now + INTERVAL 7 DAY
FROM m JOIN u USING (place)
"""


class Left(NamedTuple):
    """What sending came to."""

    report: DeliveryReport
    wall: float
    cpu: float
    peak_mb: float


def measure() -> list[Measured]:
    """Messages a second, and the seconds of putting a million into the outbox."""
    with tempfile.TemporaryDirectory() as folder:
        left = _sent(Path(folder) / "sent", MESSAGES)
        queued = _enqueued(Path(folder) / "queued", ENQUEUED)
    rate = left.report.delivered / left.wall
    million = queued.wall * 1_000_000 / ENQUEUED
    per_message = left.cpu / left.report.delivered
    return [
        Measured("seconds for 3,000 messages to a provider", LEAST_PER_SECOND / rate, "s", 1.0,
                 cpu=left.cpu, ratio=per_message / (queued.cpu / ENQUEUED),
                 yardstick="putting them into the outbox"),
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
                f"{left.peak_mb:.0f} MB at most; {left.report.by_reason}"
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
    store, warehouse, catalog = _world(folder, messages)
    enqueue(store, warehouse, cycle_id="bench")
    with _provider() as url:
        braze = Braze(url=url, api_key=SecretStr("key"), send="event",
                      rates={"messages": UNLIMITED, "track": UNLIMITED})  # fmt: skip
        outward = Outward(folder / "mailbox", {"braze": braze}, {"push": "braze"})
        started, used = time.perf_counter(), time.process_time()
        report = _deliver(store, warehouse, catalog, outward)
        while report.has_more:
            report = report.then(_deliver(store, warehouse, catalog, outward))
        wall, cpu = time.perf_counter() - started, time.process_time() - used
    assert report.delivered + report.stopped == messages, report
    warehouse.close()
    store.close()
    return Left(report, wall, cpu, _peak_mb())


def _deliver(
    store: Store, warehouse: DuckDBWarehouse, catalog: Catalog, outward: Outward
) -> DeliveryReport:
    return deliver(store, warehouse, catalog, outward, clock=lambda: NOW + timedelta(minutes=1))


def _enqueued(folder: Path, messages: int) -> Queued:
    store, warehouse, _ = _world(folder, messages)
    started, used = time.perf_counter(), time.process_time()
    assert enqueue(store, warehouse, cycle_id="bench") == messages
    queued = Queued(time.perf_counter() - started, time.process_time() - used, _peak_mb())
    warehouse.close()
    store.close()
    return queued


def _world(folder: Path, messages: int) -> tuple[Store, DuckDBWarehouse, Catalog]:
    """A workout app with one rule in force, and messages that it decided on."""
    folder.mkdir()
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb", must_exist=False)
    catalog = _awake(load_catalog())
    store = open_store(f"sqlite:///{folder}/control.db")
    add_demo_people(store)
    policy = _policy(catalog)
    with warehouse.cursor() as cursor:
        generate(cursor, users=min(messages * 4, 100_000), days=30, raw_days=0)
        create_tables(cursor)
        given = {
            "cycle": "bench",
            "now": NOW,
            "messages": messages,
            "action": policy.entries[0].action.key,
        }
        cursor.execute(_INTENTS, given)
    request = change_requests.submit(store, artifact=policy, author="mara@demo", prompt="", now=NOW)
    approvals.decide(store, request.id, person=get(store, "pavel@demo"), verdict="approve", now=NOW)
    rulebook.publish(store, request.id, now=NOW)
    return store, warehouse, catalog


def _awake(catalog: Catalog) -> Catalog:
    """Without quiet hours: all of them leave at once."""
    contact = catalog.defaults.contact_policy.model_copy(update={"quiet_hours": None})
    defaults = catalog.defaults.model_copy(update={"contact_policy": contact})
    return catalog.model_copy(update={"defaults": defaults})


def _policy(catalog: Catalog) -> DecisionPolicy:
    action = catalog.actions["upgrade_nudge"].model_copy(
        update={"channels": ("push",), "message_class": "service"}
    )
    stop = StopCondition(
        key="needs_help", name="Has a ticket", when=HAS_TICKET, actions=(action.key,)
    )
    entry = Entry(tier=1, action=action, eligibility=EventCount(event="app_opened"))
    return DecisionPolicy(key="bench", name="Bench", entries=(entry,), stop_conditions=(stop,))


@contextmanager
def _provider() -> Iterator[str]:
    """A process of its own that takes whatever it is sent."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from benchmarks.bench_deliver import serve; serve()"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def serve() -> None:
    """Answer every request with success, until killed."""

    class Yes(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            body = b'{"message": "success"}'
            self.send_response(201)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: it would cost more than the answer."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Yes)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
