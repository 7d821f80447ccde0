"""What traits cost: all of them from nothing and a day on, beside only counting events by user.

    python -m benchmarks.bench_models [--users 10000 100000 1000000] [--days 140]

With 140 days a user has about a hundred events. The traits of the day on are held
against those of a full build at the same moment: they are the same to the bit.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from benchmarks.measured import Measured
from warehouse.demo.generate import AS_OF, generate
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.models.build import build, show
from warehouse.models.modelset import load_models
from warehouse.models.states import touched_are_done

USERS, DAYS = 200_000, 60
MEMORY_MB = 4096
NOW = datetime(AS_OF.year, AS_OF.month, AS_OF.day)


class Costs(NamedTuple):
    """CPU-seconds."""

    events: int
    bare: float
    full: float
    next_day: float


def measure() -> list[Measured]:
    """A full build and the next day's, as multiples of a bare count by user."""
    costs = _costs(USERS, DAYS)
    what = f"traits of {USERS:,} users"
    return [
        Measured(f"{what}, from nothing", costs.full, "CPU-s", None, cpu=costs.full,
                 ratio=costs.full / costs.bare, yardstick="counting events by user"),
        Measured(f"{what}, a day on", costs.next_day, "CPU-s", None, cpu=costs.next_day,
                 ratio=costs.full / costs.next_day, yardstick="from nothing, over it"),
    ]  # fmt: skip


def main() -> None:
    """Print the costs of each size, one line a size."""
    arguments = _arguments()
    print(f"{'users':>11}{'events':>13}{'bare':>8}{'full':>8}{'day on':>8}  CPU-s")
    for users in arguments.users:
        costs = _costs(users, arguments.days)
        print(
            f"{users:>11,}{costs.events:>13,}{costs.bare:>8.2f}{costs.full:>8.2f}"
            f"{costs.next_day:>8.2f}  full is {costs.full / costs.bare:.1f} times bare, "
            f"{costs.full / costs.next_day:.1f} times a day on",
            flush=True,
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--days", type=int, default=140)
    return parser.parse_args()


def _costs(users: int, days: int) -> Costs:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traits.duckdb"
        warehouse = DuckDBWarehouse(path, memory_limit_mb=MEMORY_MB, must_exist=False)
        with warehouse.cursor() as cursor:
            generate(cursor, users=users, days=days, raw_days=0)
            costs = _measured(cursor)
        warehouse.close()
    return costs


def _measured(cursor: duckdb.DuckDBPyConnection) -> Costs:
    bare = _cpu(lambda: cursor.execute(_BARE).fetchall())
    full = _cpu(lambda: _build(cursor, NOW - timedelta(days=1), full=True))
    on = _cpu(lambda: _build(cursor, NOW, full=False))
    traits, events = _one(cursor, _TRAITS), _one(cursor, "SELECT COUNT(*) FROM fct_events")
    _build(cursor, NOW, full=True)
    assert _one(cursor, _TRAITS) == traits, "the traits of a day on are those of a full build"
    return Costs(events, bare, full, on)


_BARE = "CREATE OR REPLACE TEMP TABLE bare AS SELECT user_id, count(*) FROM fct_events GROUP BY 1"
_TRAITS = "SELECT SUM(HASH(t)) FROM traits AS t"


def _one(cursor: duckdb.DuckDBPyConnection, query: str) -> int:
    row = cursor.execute(query).fetchone()
    assert row is not None, "an aggregate always gives a row"
    return int(row[0])


def _build(cursor: duckdb.DuckDBPyConnection, as_of: datetime, *, full: bool) -> None:
    models = load_models()
    cursor.execute("BEGIN")
    made = build(cursor, models, as_of=as_of, built_at=as_of, full=full)
    show(cursor, made.build.number)
    touched_are_done(cursor, models)
    cursor.execute("COMMIT")


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
