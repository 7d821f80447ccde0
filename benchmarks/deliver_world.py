"""A workout app whose messages wait to leave, and a provider on this machine that takes them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from control.people import add_demo_people, get
from control.store import Store, open_store
from core.conditions import EventCount, Filter, Related
from core.rules import DecisionPolicy, Entry, StopCondition
from orchestrate import approvals, change_requests, rulebook
from orchestrate.stages import create_tables
from warehouse.catalog import Catalog, load_catalog
from warehouse.demo.generate import AS_OF, generate
from warehouse.engines.duckdb import DuckDBWarehouse

NOW = datetime(AS_OF.year, AS_OF.month, AS_OF.day)
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


def world(folder: Path, messages: int) -> tuple[Store, DuckDBWarehouse, Catalog]:
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
    """Without limits on contact: all of them leave at once, however many somebody gets."""
    free = {"quiet_hours": None, "caps": (), "min_gap_seconds": 0}
    contact = catalog.defaults.contact_policy.model_copy(update=free)
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
def provider() -> Iterator[str]:
    """A process of its own that takes whatever it is sent."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from benchmarks.deliver_world import serve; serve()"],
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

    class Provider(ThreadingHTTPServer):
        request_queue_size = 128  # a busy machine turns nobody away

    server = Provider(("127.0.0.1", 0), Yes)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
