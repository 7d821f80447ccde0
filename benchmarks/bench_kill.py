"""From a kill switch to the last request that a provider is sent, under load.

    python -m benchmarks.bench_kill [--kills 200] [--latency 0.05]

A provider on this machine, in a process of its own, answers each request after ``latency``
seconds; 32 are under way side by side. Somebody presses the switch at a random moment, on the
action, the policy, the channel or everything in turn. Measured is the time from the switch's
commit to the last request that begins to arrive, and from the press to the commit: while messages
leave, the switch waits for its turn to write like everybody else.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import sqlalchemy as sa
from pydantic import SecretStr

from benchmarks.deliver_world import NOW, world
from benchmarks.measured import Measured
from control.delivery_tables import dispatches
from control.kill_switches import ANY, Scope
from control.people import get
from control.store import Store
from control.tables import outbox
from core.lifecycle import IntentState
from deliver.delivery import Outward, deliver
from deliver.destinations.webhook import Webhook
from deliver.wire import Rate
from orchestrate.intents import enqueue
from orchestrate.kill_switch import kill, unkill
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

MESSAGES = 3_000
KILLS = 12
LATENCY_SECONDS = 0.05
MOST_SECONDS = 1.0
LATER = NOW + timedelta(minutes=1)
_SECRET = "whsec_" + b64encode(bytes(range(32))).decode()
UNLIMITED = Rate(burst=100_000, per_second=100_000.0)


class Killed(NamedTuple):
    """One press of the switch."""

    to_commit: float
    """Seconds from the press."""
    to_last: float
    """Seconds from the commit to the last request; 0 when none came after it."""
    before: int
    """Requests that had left by then."""
    seconds: float
    """How long messages had been leaving."""


def measure() -> list[Measured]:
    """Seconds from a switch's commit to the last request, and to the commit."""
    found = killed(KILLS, LATENCY_SECONDS)
    last = max(one.to_last for one in found)
    return [
        Measured(f"kill to last submit, {KILLS} kills", last, "s", MOST_SECONDS),
        Measured("press to commit of a kill under load", max(one.to_commit for one in found), "s",
                 MOST_SECONDS),
    ]  # fmt: skip


def killed(kills: int, latency: float) -> list[Killed]:
    """Press the switch so many times while messages leave."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder, provider(latency) as url:
        store, warehouse, catalog = world(Path(folder) / "world", MESSAGES)
        enqueue(store, warehouse, cycle_id="bench")
        (action,) = _actions(store)
        scopes: list[tuple[Scope, str]] = [
            ("action", action), ("policy", "bench"), ("channel", "push"), ("global", ANY)
        ]  # fmt: skip
        found = []
        for number in range(kills):
            _begin_again(store)
            after = chance.uniform(0.2, 0.8)
            found.append(_one(store, warehouse, catalog, url, scopes[number % 4], after))
        warehouse.close()
        store.close()
    return found


def _one(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    url: str,
    switch: tuple[Scope, str],
    after: float,
) -> Killed:
    receiver = Webhook(url=url, secrets=(SecretStr(_SECRET),), allow_private=True,
                       rates={"requests": UNLIMITED})  # fmt: skip
    outward = Outward(Path("unused"), {"theirs": receiver}, {"push": "theirs"})
    sending = threading.Thread(
        target=deliver, args=(store, warehouse, catalog, outward), kwargs={"clock": lambda: LATER}
    )
    scope, key = switch
    ada = get(store, "ada@demo")
    _arrived(url)
    sending.start()
    while not (first := _arrived(url, clear=False)):
        time.sleep(0.01)
    time.sleep(after)
    pressed = time.time()
    kill(store, scope, key, person=ada, reason="A measurement.", now=LATER)
    committed = time.time()
    sending.join()
    times = _arrived(url)
    unkill(store, scope, key, person=ada, now=LATER)
    before = sum(one <= committed for one in times)
    to_last = max(0.0, max(times) - committed)
    return Killed(committed - pressed, to_last, before, committed - first[0])


def _actions(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.execute(sa.select(outbox.c.action_key).distinct()).scalars())


def _begin_again(store: Store) -> None:
    """Everything waits once more, as if nothing had happened."""
    with store.write() as connection:
        connection.execute(dispatches.delete())
        connection.execute(outbox.update().values(state=IntentState.PENDING.value, reason=None))


@contextmanager
def provider(latency: float) -> Iterator[str]:
    """A process that takes whatever it is sent and remembers when each request came."""
    program = f"from benchmarks.bench_kill import serve; serve({latency!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def serve(latency: float) -> None:
    """Answer every request with success after a while, until killed."""
    arrived: list[float] = []

    class Yes(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            arrived.append(time.time())
            self.rfile.read(int(self.headers["content-length"]))
            time.sleep(latency)
            self._say(b'{"message": "success"}')

        def do_GET(self) -> None:
            told = json.dumps(arrived).encode()
            if self.path == "/clear":
                arrived.clear()
            self._say(told)

        def _say(self, body: bytes) -> None:
            self.send_response(201)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: it would cost more than the answer."""

    class Provider(ThreadingHTTPServer):
        request_queue_size = 128

    server = Provider(("127.0.0.1", 0), Yes)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


def _arrived(url: str, *, clear: bool = True) -> list[float]:
    with urlopen(f"{url}/{'clear' if clear else 'look'}") as answer:
        return [float(one) for one in json.load(answer)]


def main() -> None:
    """Print percentiles of both times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--latency", type=float, default=LATENCY_SECONDS)
    arguments = parser.parse_args()
    used = time.process_time()
    found = killed(arguments.kills, arguments.latency)
    used = time.process_time() - used
    rate = sum(one.before for one in found) / sum(one.seconds for one in found)
    for name in ("to_last", "to_commit"):
        values = sorted(getattr(one, name) for one in found)
        cuts = (values[len(values) // 2], values[int(len(values) * 0.99)], values[-1])
        print(f"{name}: median {cuts[0]:.3f} s, p99 {cuts[1]:.3f} s, most {cuts[2]:.3f} s")
    print(f"{len(found)} kills at {rate:,.0f} requests a second; {used:.1f} CPU-s")


if __name__ == "__main__":
    main()
