"""What it costs to read out a policy: 1,000,000 users, 10 metrics and their goal, beside one scan.

    python -m benchmarks.bench_lift [--users 1000000] [--events 10]

Both arms of all metrics, by day and platform, come from one query; the yardstick reads the same
columns of the same tables once.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import datetime
from pathlib import Path

from benchmarks.measured import Measured, Seconds, median_seconds
from core.experiments import ReadoutMetric
from core.rules import Holdout
from measure.lift import lift
from warehouse.catalog import Catalog, load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.runner import CheckedRunner

USERS, EVENTS = 1_000_000, 10
MEMORY_MB = 4096
LIMIT_SECONDS = 5.0
MOST_SCANS = 20.0
AS_OF = datetime(2026, 6, 29)
FOLDER = Path(__file__).parent / "sql"
NAMES = (
    "app_opened",
    "workout_started",
    "workout_completed",
    "workout_saved",
    "pricing_viewed",
    "plan_compared",
    "checkout_started",
    "checkout_failed",
    "subscription_started",
    "ticket_opened",
)
SCAN = """
SELECT (SELECT COUNT(*) + SUM(epoch(event_time)) + COUNT(DISTINCT event_name) + SUM(length(user_id))
    FROM fct_events), (SELECT COUNT(*) + SUM(epoch(decided_at)) + SUM(length(user_id))
    + COUNT(DISTINCT outcome) FROM decisions), (SELECT COUNT(DISTINCT device_os)
    + SUM(length(user_id)) FROM dim_users)
"""


def measure() -> list[Measured]:
    """The read-out, as a multiple of one scan of the same columns."""
    read, scanned = _seconds(USERS, EVENTS)
    what, scans = f"lift of {USERS:,} users on 10 metrics", read.cpu / scanned.cpu
    return [
        Measured(what, scans, "x", MOST_SCANS, read.cpu, scans, "one scan of the columns"),
        Measured(what, read.wall, "s", LIMIT_SECONDS, read.cpu),
    ]


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=USERS)
    parser.add_argument("--events", type=int, default=EVENTS, help="of a user")
    arguments = parser.parse_args()
    read, scanned = _seconds(arguments.users, arguments.events)
    print(f"{arguments.users:,} users, {arguments.users * arguments.events:,} events")
    print(f"read-out {read.wall:.2f} s, {read.cpu:.2f} CPU-s")
    print(f"scan     {scanned.wall:.2f} s, {scanned.cpu:.2f} CPU-s")
    print(f"ratio    {read.cpu / scanned.cpu:.1f} of CPU")


def _seconds(users: int, events: int) -> tuple[Seconds, Seconds]:
    catalog = _with_ten_metrics(load_catalog())
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(
            Path(folder) / "w.duckdb", must_exist=False, threads=2, memory_limit_mb=MEMORY_MB
        )
        for statement in (FOLDER / "lift_world.sql").read_text().split(";\n"):
            if statement.strip():
                given = {"users": users, "events": events}
                used = {name: value for name, value in given.items() if f"${name}" in statement}
                warehouse.execute(statement, used)
        holdout = Holdout(share=0.1, salt="nudge")

        def read() -> None:
            runner = CheckedRunner(warehouse, catalog, timeout_seconds=None)
            found = lift(runner, catalog, "nudge", as_of=AS_OF, holdout=holdout)
            assert found.readout.withheld is None, found.verdict
            assert len(found.readout.metrics) == 11

        read_out = median_seconds(read, 1)
        scan = median_seconds(lambda: warehouse.fetch(SCAN), 1)
        warehouse.close()
    return read_out, scan


def _with_ten_metrics(catalog: Catalog) -> Catalog:
    metrics = {
        name: ReadoutMetric.model_validate(
            {"name": name, "kind": "times" if place % 2 else "reached", "of": {"event": name}}
        )
        for place, name in enumerate(NAMES)
    }
    return catalog.model_copy(update={"readout_metrics": metrics})


if __name__ == "__main__":
    main()
