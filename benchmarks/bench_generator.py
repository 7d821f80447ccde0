"""How fast the demo data is made, as a share of what merely computing as many rows costs.

    python -m benchmarks.bench_generator [--users 10000] [--days 120]

Both sides run in the same process on the same engine settings and are measured in
CPU-seconds, so the ratio holds on a slower or busier machine; the seconds do not.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from warehouse.demo.generate import generate

# The same number of rows with the values of an event drawn from two hashes, and nothing written.
COMPUTE = """
    SELECT max(a), max(b), max(moment) FROM (
        SELECT
            hash(n.i, m.i) AS a, hash(n.i, m.i, 'b') AS b,
            TIMESTAMP '2026-01-01' + to_seconds(CAST(n.i * 37 + m.i AS BIGINT)) AS moment
        FROM (SELECT unnest(range($outer)) AS i) n CROSS JOIN (SELECT unnest(range(1000)) AS i) m
    )
"""


def main() -> None:
    """Print events per CPU-second, the compute-only rate and their ratio."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(
            str(Path(folder) / "demo.duckdb"), config={"memory_limit": "1GB", "threads": 2}
        )
        started = time.process_time()
        generate(connection, users=arguments.users, days=arguments.days)
        seconds = time.process_time() - started
        events = _count(connection)
        compute = _compute_seconds(connection, events)
        connection.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"events            {events:>12,}")
    print(
        f"generated         {events / seconds:>12,.0f} events per CPU-second, {seconds:.2f} in all"
    )
    print(f"compute only      {events / compute:>12,.0f} rows per CPU-second, {compute:.3f} in all")
    print(f"ratio             {compute / seconds:>12.3f} of the compute-only rate")
    print(f"peak memory       {peak:>12,.0f} MB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=120)
    return parser.parse_args()


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("SELECT count(*) FROM fct_events").fetchone()
    assert row is not None
    return int(row[0])


def _compute_seconds(connection: duckdb.DuckDBPyConnection, events: int) -> float:
    """The best of three, so that a cold cache does not flatter the generator."""
    times = []
    for _ in range(3):
        started = time.process_time()
        connection.execute(COMPUTE, {"outer": max(events // 1000, 1)}).fetchall()
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()
