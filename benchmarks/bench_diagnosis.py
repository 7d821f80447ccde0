"""A whole diagnosis, its next checks included, beside one plain scan of the events.

``PILOTHOUSE_BENCH_EVENTS`` sets how many events (1,000,000 unless told): limits are ratios of one
run.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlglot import exp

from benchmarks.measured import Measured
from measure.compared import Compared, SliceOf
from measure.diagnose import diagnose
from warehouse.catalog import Catalog, load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.runner import CheckedRunner

EVENTS = int(os.environ.get("PILOTHOUSE_BENCH_EVENTS", "1000000"))
AS_OF = datetime(2026, 6, 29)
MOST_SCANS = 30.0
THREADS, MEMORY_MB = 2, 2_000
_SQL = Path(__file__).parent / "sql"
_SCAN = """
SELECT event_name, app_version, COUNT(*), COUNT(DISTINCT user_id), MAX(received_at - event_time)
FROM fct_events GROUP BY event_name, app_version
"""
_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "json": "JSON",
}


def measure() -> list[Measured]:
    """CPU-seconds and seconds of a diagnosis, as multiples of a scan that counts users."""
    catalog = load_catalog()
    with tempfile.TemporaryDirectory() as folder:
        warehouse = _world(Path(folder), catalog)
        warehouse.fetch(_SCAN)
        scan, _ = _spent(lambda: warehouse.fetch(_SCAN))
        cpu, wall = _spent(lambda: _why(warehouse, catalog))
        warehouse.close()
    what = f"a diagnosis of {EVENTS:,} events with its next checks"
    return [
        Measured(what, cpu / scan, "x", MOST_SCANS, cpu, cpu / scan, "a scan that counts users"),
        Measured(what, wall, "s", None, cpu),
    ]


def _why(warehouse: DuckDBWarehouse, catalog: Catalog) -> None:
    compared = Compared(SliceOf("device_os", "ios", "iOS"), SliceOf("device_os", "android", "A"))
    report = diagnose(
        CheckedRunner(warehouse, catalog),
        catalog,
        metric="conversion",
        compared=compared,
        start=AS_OF - timedelta(days=7),
        end=AS_OF,
        as_of=AS_OF,
    )
    if [cause.value for cause in report.causes] != ["5.4.0"]:
        raise AssertionError(f"not the planted cause: {report.verdict}")


def _world(folder: Path, catalog: Catalog) -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(
        folder / "bench.duckdb", must_exist=False, memory_limit_mb=MEMORY_MB, threads=THREADS
    )
    for name, table in catalog.tables.items():
        columns = [
            exp.ColumnDef(this=exp.to_identifier(key), kind=exp.DataType.build(_TYPES[column.type]))
            for key, column in table.columns.items()
        ]
        schema = exp.Schema(this=exp.to_table(name), expressions=columns)
        warehouse.execute(exp.Create(this=schema, kind="TABLE").sql("duckdb"))
    script = (_SQL / "diagnosis_world.sql").read_text(encoding="utf-8")
    for statement in script.split(";\n"):
        if statement.strip():
            warehouse.execute(statement, {"events": EVENTS} if "$events" in statement else None)
    return warehouse


def _spent(work: Callable[[], object]) -> tuple[float, float]:
    """CPU-seconds of all threads, and seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall
