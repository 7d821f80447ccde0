"""What traits cost: all of them from nothing and a day on, beside only counting events by user."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.measured import Measured
from warehouse.demo.generate import AS_OF, generate
from warehouse.models.build import build, show
from warehouse.models.modelset import load_models
from warehouse.models.states import touched_are_done

USERS, DAYS = 200_000, 60
NOW = datetime(AS_OF.year, AS_OF.month, AS_OF.day)


def measure() -> list[Measured]:
    """A full build and the next day's, as multiples of a bare count by user."""
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(str(Path(folder) / "traits.duckdb"), config={"threads": 2})
        generate(connection, users=USERS, days=DAYS)
        bare = _cpu(lambda: connection.execute(_BARE).fetchall())
        full = _cpu(lambda: _build(connection, NOW - timedelta(days=1), full=True))
        on = _cpu(lambda: _build(connection, NOW, full=False))
        connection.close()
    what = f"traits of {USERS:,} users"
    return [
        Measured(f"{what}, from nothing", full, "CPU-s", None, cpu=full, ratio=full / bare,
                 yardstick="counting events by user"),
        Measured(f"{what}, a day on", on, "CPU-s", None, cpu=on, ratio=full / on,
                 yardstick="from nothing, over it"),
    ]  # fmt: skip


_BARE = "CREATE OR REPLACE TEMP TABLE bare AS SELECT user_id, count(*) FROM fct_events GROUP BY 1"


def _build(connection: duckdb.DuckDBPyConnection, as_of: datetime, *, full: bool) -> None:
    models = load_models()
    connection.execute("BEGIN")
    made = build(connection, models, as_of=as_of, built_at=as_of, full=full)
    show(connection, made.build.number)
    touched_are_done(connection, models)
    connection.execute("COMMIT")


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
