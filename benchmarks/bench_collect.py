"""How fast events are loaded, beside DuckDB only parsing them, and taken in over HTTP."""

from __future__ import annotations

import base64
import http.client
import json
import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from benchmarks.measured import Measured, Seconds
from collect.load import load, prepare
from collect.plan import load_plan
from collect.rawlog import RawLog
from collect.routes import Collector
from collect.spec import Envelope, lines
from control.sources import DEMO_SOURCE
from warehouse.engines.duckdb import DuckDBWarehouse

EVENTS = 200_000
HISTORY = 2_000_000
AGAIN = 100_000
BATCH = 100
BATCHES = 300
NOON = datetime(2026, 6, 29, 12)
PARSE = """
    SELECT COUNT(message_id), COUNT(properties), COUNT(context), COUNT(user_id), COUNT(timestamp)
    FROM READ_JSON($file, format = 'newline_delimited', columns = {
        message_id: 'VARCHAR', type: 'VARCHAR', name: 'VARCHAR', user_id: 'VARCHAR',
        timestamp: 'VARCHAR', sent_at: 'VARCHAR', properties: 'JSON', context: 'JSON'})
"""


def measure() -> list[Measured]:
    """Load, deduplication and HTTP, in that order."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_loading(Path(folder)), *_over_http(Path(folder))]


def event(number: int) -> dict[str, Any]:
    """About 700 bytes, as a phone's SDK sends them."""
    moment = (NOON - timedelta(seconds=number % 86_400)).isoformat() + "Z"
    return {
        "type": "track",
        "event": ("app_opened", "pricing_viewed", "workout_completed")[number % 3],
        "messageId": f"{number:08x}-5b7a-4f60-9d3e-2f1a6c0b8e4d",
        "userId": f"u{number % 20_000:07d}",
        "anonymousId": f"{number % 20_000:08x}-0000-4000-8000-000000000000",
        "originalTimestamp": moment,
        "sentAt": moment,
        "properties": {"workout_type": "yoga", "duration_seconds": 1_800, "screen": "summary"},
        "context": {
            "app": {"name": "Workout", "version": "5.4.0", "build": "5401"},
            "os": {"name": "iOS", "version": "19.1"},
            "device": {"model": "iPhone17,2", "manufacturer": "Apple", "type": "ios"},
            "library": {"name": "rudder-ios-library", "version": "1.31.0"},
            "screen": {"width": 1179, "height": 2556, "density": 3},
            "locale": "en-GB",
            "timezone": "Europe/London",
            "network": {"carrier": "unknown", "wifi": True},
        },
    }


def _loading(folder: Path) -> list[Measured]:
    log, warehouse = RawLog(folder / "load"), DuckDBWarehouse(folder / "w", must_exist=False)
    prepare(warehouse)
    _send(log, range(EVENTS))
    (segment, *rest) = sorted(log.folder.glob("*.ndjson"))
    files = [str(path) for path in (segment, *rest)]
    parsing = _cpu(lambda: warehouse.fetch(PARSE, {"file": files}))
    loading = _cpu(lambda: load(warehouse, log, load_plan(), [DEMO_SOURCE]))
    warehouse.execute(
        "INSERT INTO raw_events BY NAME SELECT 'old' || i AS message_id, "
        "CAST('0x' || SUBSTR(MD5('old' || i), 1, 15) AS BIGINT) AS message_key "
        f"FROM range({HISTORY}) t(i)"
    )
    _send(log, range(AGAIN))
    again = _cpu(lambda: load(warehouse, log, load_plan(), [DEMO_SOURCE]))
    log.close()
    warehouse.close()
    return [
        Measured(
            "load of events, against parsing them",
            EVENTS / loading.cpu / 1_000,
            "k/CPU-s",
            None,
            cpu=loading.cpu,
            ratio=parsing.cpu / loading.cpu,
            yardstick="rate of DuckDB only parsing the same file",
        ),
        Measured(
            f"load of {AGAIN:,} duplicates, {HISTORY + EVENTS:,} in the warehouse",
            again.wall,
            "s",
            None,
            cpu=again.cpu,
        ),
    ]


def _send(log: RawLog, numbers: range) -> None:
    envelope = Envelope(DEMO_SOURCE.id, NOON)
    for first in range(numbers.start, numbers.stop, 1_000):
        made = lines([event(number) for number in range(first, first + 1_000)], envelope)
        log.append([line.data for line in made]).result()


def _cpu(work: Any) -> Seconds:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu)


def _over_http(folder: Path) -> list[Measured]:
    log = RawLog(folder / "http")
    by_key = {DEMO_SOURCE.write_key: DEMO_SOURCE}
    clock = lambda: datetime.now(UTC).replace(tzinfo=None)  # noqa: E731
    app = Starlette(routes=Collector(log, by_key.get, clock).routes())
    with _served(app) as port, multiprocessing.get_context("spawn").Pool(1) as sender:
        sender.apply(_post, (port, 5))
        started, cpu = time.perf_counter(), time.process_time()
        took = sender.apply(_post, (port, BATCHES))
        wall, used = time.perf_counter() - started, time.process_time() - cpu
    log.close()
    slowest = statistics.quantiles(took, n=100)[98]
    return [
        Measured(
            f"HTTP, batches of {BATCH}, one sender",
            BATCH * BATCHES / wall / 1_000,
            "k events/s",
            None,
            cpu=used,
        ),
        Measured("HTTP, slowest batch of a hundred", slowest * 1_000, "ms", 250),
    ]


@contextmanager
def _served(app: Starlette) -> Iterator[int]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def _post(port: int, batches: int) -> list[float]:
    """Seconds of every batch, sent one after the other over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    shown = base64.b64encode(f"{DEMO_SOURCE.write_key}:".encode()).decode()
    headers = {"Authorization": f"Basic {shown}"}
    body = json.dumps({"batch": [event(number) for number in range(BATCH)]}).encode()
    took = []
    for _ in range(batches):
        started = time.perf_counter()
        connection.request("POST", "/v1/batch", body, headers)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - started)
        if answer.status != 200:
            raise RuntimeError(f"the collector answered {answer.status}")
    return took


if __name__ == "__main__":
    for one in measure():
        print(one)
