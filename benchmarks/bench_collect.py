"""How fast events are loaded, beside DuckDB only parsing them, deduplicated, and taken in.

``python -m benchmarks.bench_collect 2000000`` sends that many events over HTTP instead of the few
of the table, and prints the memory that the collector holds on the way.
"""

from __future__ import annotations

import base64
import http.client
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from starlette.applications import Starlette

from benchmarks.measured import Measured, Seconds
from collect.load import arrived, load, prepare, session, sql
from collect.plan import load_plan
from collect.rawlog import RawLog
from collect.routes import Collector, Limits
from collect.spec import Envelope, lines
from control.sources import DEMO_SOURCE
from warehouse.engines.duckdb import DuckDBWarehouse

EVENTS = 150_000
USERS = 20_000
HISTORY = 10_000_000
AGAIN = 100_000
ROUNDS = 7
LOADS = 5
BATCH = 100
BATCHES = 300
NOON = datetime(2026, 6, 29, 12)
COLUMNS = """{
    seq: 'BIGINT', n: 'BIGINT', of: 'BIGINT', received_at: 'TIMESTAMP', source: 'VARCHAR',
    message_id: 'VARCHAR', message_key: 'BIGINT', body_key: 'BIGINT', type: 'VARCHAR',
    name: 'VARCHAR',
    user_id: 'VARCHAR', anonymous_id: 'VARCHAR', original_timestamp: 'VARCHAR', sent_at: 'VARCHAR',
    os: 'VARCHAR', channel: 'VARCHAR', app_version: 'VARCHAR', request_ip: 'VARCHAR',
    properties: 'JSON', context: 'JSON', traits: 'JSON', rest: 'JSON'}"""
# Every column that the events have, parsed and thrown away.
PARSE = f"""
    SELECT COUNT(COLUMNS(*))
    FROM READ_JSON($file, format = 'newline_delimited', columns = {COLUMNS})
"""
OLD = """
    INSERT INTO raw_events BY NAME
    SELECT id AS message_id, CAST('0x' || SUBSTR(MD5(id), 1, 15) AS BIGINT) AS message_key,
        i AS body_key
    FROM (SELECT i, 'old' || i AS id FROM range($count) t(i))
"""
"""History as the loader leaves it, in the columns that are looked at for duplicates."""


class Round(NamedTuple):
    """CPU-seconds of parsing a file and of loading it, one right after the other."""

    parsing: float
    loading: float


class Sent(NamedTuple):
    """Seconds of every batch, and after each hundredth the memory of the collector (bytes)."""

    took: list[float]
    memory: list[int]


def measure() -> list[Measured]:
    """Load, deduplication and HTTP, in that order."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_loading(Path(folder)), *_history(Path(folder)), *_over_http(Path(folder))]


def event(number: int, chance: random.Random) -> dict[str, Any]:
    """About 900 bytes, as a phone's SDK sends them."""
    user = number // 10 * 7919 % USERS
    moment = NOON - timedelta(seconds=number % 86_400, milliseconds=number % 997)
    at = moment.isoformat(timespec="milliseconds") + "Z"
    return {
        "type": "track",
        "event": ("app_opened", "pricing_viewed", "workout_completed")[number % 3],
        "messageId": str(uuid.UUID(int=chance.getrandbits(128))),
        "userId": f"u{user:07d}",
        "anonymousId": str(uuid.UUID(int=(user + 1) * 2**96 + user)),
        "originalTimestamp": at,
        "sentAt": at,
        "channel": "mobile",
        "integrations": {"All": True},
        "properties": {"workout_type": "yoga", "duration_seconds": number % 7_200},
        "context": _context(user, number // 10),
    }


def _context(user: int, session: int) -> dict[str, Any]:
    """What an SDK says about the phone, the same through a session."""
    return {
        "app": {"name": "Workout", "version": f"5.{user % 5}.0", "build": str(5_300 + user % 99)},
        "os": {"name": ("iOS", "Android")[user % 2], "version": str(15 + user % 5)},
        "device": {"id": f"{user:032x}", "model": f"Phone {user % 40}", "manufacturer": "Acme"},
        "library": {"name": "rudder-ios-library", "version": "1.31.0"},
        "screen": {"width": 1179, "height": 2556, "density": 3},
        "locale": ("en-GB", "de-DE", "fr-FR")[user % 3],
        "timezone": "Europe/London",
        "network": {"carrier": "unknown", "wifi": user % 4 > 0},
        "sessionId": 1_782_000_000 + session,
    }


def _loading(folder: Path) -> list[Measured]:
    """A backlog: everything is new but one event in a hundred, which is sent again."""
    log, chance = RawLog(folder / "load"), random.Random(7)
    made = [event(number, chance) for number in range(EVENTS)]
    _send(log, [*made, *made[::100]])
    rounds = [_loaded(folder / f"w{number}", log) for number in range(LOADS)]
    log.close()
    spent = statistics.median(one.loading for one in rounds)
    return [
        Measured(
            f"load of events, a hundredth of them sent twice, median of {LOADS}",
            EVENTS / spent / 1_000,
            "k/CPU-s",
            None,
            cpu=spent,
            ratio=statistics.median(one.parsing / one.loading for one in rounds),
            yardstick="rate of DuckDB only parsing the same file",
        )
    ]


def _loaded(file: Path, log: RawLog) -> Round:
    """The whole log into a new warehouse, between two looks at how long parsing alone takes."""
    warehouse = DuckDBWarehouse(file, must_exist=False)
    prepare(warehouse)
    files = [str(path) for path in sorted(log.folder.glob("*.ndjson"))]
    before = _cpu(lambda: warehouse.fetch(PARSE, {"file": files}))
    loading = _cpu(lambda: _all_written(warehouse, log))
    after = _cpu(lambda: warehouse.fetch(PARSE, {"file": files}))
    warehouse.close()
    return Round((before.cpu + after.cpu) / 2, loading.cpu)


def _all_written(warehouse: DuckDBWarehouse, log: RawLog) -> None:
    load(warehouse, log, load_plan(), [DEMO_SOURCE])
    warehouse.execute("CHECKPOINT")


def _history(folder: Path) -> list[Measured]:
    """What judging costs, of which looking for duplicates is most: its statements, a few times."""
    chance = random.Random(8)
    log = RawLog(folder / "history")
    warehouse = DuckDBWarehouse(folder / "old", must_exist=False)
    prepare(warehouse)
    warehouse.execute(OLD, {"count": HISTORY})
    warehouse.execute("CHECKPOINT")
    _send(log, [event(number, chance) for number in range(AGAIN)])
    with session(warehouse, load_plan(), [DEMO_SOURCE]) as cursor:
        piece = log.read(None)
        assert piece is not None, "events were sent"
        with arrived(cursor, piece, log.folder):
            cursor.execute(sql("check"))
            looks = [_cpu(lambda: cursor.execute(sql("judge"))) for _ in range(ROUNDS)]
    log.close()
    warehouse.close()
    spent = statistics.median(look.cpu for look in looks)
    looked = f"looking for {AGAIN:,} events among {HISTORY:,}"
    return [Measured(looked, spent, "CPU-s", 0.1, cpu=spent)]


def _send(log: RawLog, events: list[Any]) -> None:
    envelope = Envelope(DEMO_SOURCE.id, NOON)
    for first in range(0, len(events), BATCH):
        made = lines(events[first : first + BATCH], envelope)
        log.append([line.data for line in made]).result()


def _cpu(work: Callable[[], object]) -> Seconds:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu)


def _now() -> datetime:
    """The real clock, in naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def _over_http(folder: Path, batches: int = BATCHES) -> list[Measured]:
    log = RawLog(folder / "http")
    by_key = {DEMO_SOURCE.write_key: DEMO_SOURCE}
    limits = Limits(unloaded=2**40)
    app = Starlette(routes=Collector(log, by_key.get, _now, limits=limits).routes())
    with _served(app) as port, multiprocessing.get_context("spawn").Pool(1) as sender:
        sender.apply(_post, (port, 20, os.getpid()))
        started, cpu = time.perf_counter(), time.process_time()
        sent: Sent = sender.apply(_post, (port, batches, os.getpid()))
        wall, used = time.perf_counter() - started, time.process_time() - cpu
    log.close()
    slowest = statistics.quantiles(sent.took, n=100)[98]
    grown = (sent.memory[-1] - sent.memory[len(sent.memory) // 3]) / 2**20
    return [
        Measured(
            f"HTTP, batches of {BATCH}, one sender",
            BATCH * batches / wall / 1_000,
            "k events/s",
            None,
            cpu=used,
        ),
        Measured("HTTP, slowest batch of a hundred", slowest * 1_000, "ms", 250),
        Measured("HTTP, memory grown over the last two thirds", grown, "MB", 20),
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


def _post(port: int, batches: int, collector: int) -> Sent:
    """Send batches one after the other over one connection, and look at the collector meanwhile."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    shown = base64.b64encode(f"{DEMO_SOURCE.write_key}:".encode()).decode()
    headers = {"Authorization": f"Basic {shown}"}
    chance = random.Random(port)
    body = json.dumps({"batch": [event(number, chance) for number in range(BATCH)]}).encode()
    sent = Sent([], [])
    for number in range(batches):
        started = time.perf_counter()
        connection.request("POST", "/v1/batch", body, headers)
        answer = connection.getresponse()
        answer.read()
        sent.took.append(time.perf_counter() - started)
        if answer.status != 200:
            raise RuntimeError(f"the collector answered {answer.status}")
        if number % 100 == 99:
            sent.memory.append(_resident(collector))
    return sent


def _resident(process: int) -> int:
    """Bytes of memory that a process holds."""
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")


def _many(events: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for one in _over_http(Path(folder), max(events // BATCH, 300)):
            print(one)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _many(int(sys.argv[1]))
    else:
        for one in measure():
            print(one)
