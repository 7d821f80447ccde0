"""A dry run of 20 actions for everybody, beside the SQL of its first rule's audience and a scan.

``PILOTHOUSE_BENCH_USERS`` sets how many users (100,000 unless told); the limit holds for
1,000,000 on one core and is taken by the user, so that a smaller run says the same.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.bench_cycle import NOW, USERS, _scan, _tick, _world
from benchmarks.measured import Measured
from orchestrate import stages
from orchestrate.rehearsal.counting import Counts, clause_flags
from orchestrate.rehearsal.parts import parts
from warehouse.compile import compile_audience
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.transactions import undone

ACTIONS = 20
LIMIT = 5.0
"""CPU-seconds for a million users."""


def measure() -> list[Measured]:
    """CPU-seconds for a million users, as a multiple of one audience query and of a scan."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = _world(Path(folder), USERS)
        tick = _tick(ACTIONS)
        _dry_run(warehouse, tick)
        cpu = _cpu(lambda: _dry_run(warehouse, tick))
        rule = tick.policies[0].entries[0].eligibility
        query = compile_audience(rule, tick.catalog, as_of=NOW)
        audience = _cpu(lambda: warehouse.fetch(query))
        scanned = _cpu(lambda: warehouse.fetch(_scan()))
        warehouse.close()
    what = f"dry run of {ACTIONS} actions, a million users ({USERS:,} measured)"
    million = cpu * 1_000_000 / USERS
    return [
        Measured(what, million, "s", LIMIT, cpu, cpu / audience, "one audience in SQL"),
        Measured(what, million, "s", LIMIT, cpu, cpu / scanned, "scanning the traits"),
    ]


def _dry_run(warehouse: DuckDBWarehouse, tick: stages.Tick) -> Counts:
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        with undone(cursor):
            stand = stages.lay_out(cursor, tick)
            counts = Counts(stand)
            for part in parts(cursor, stand, clause_flags(stand)):
                counts.add(part)
            counts.actions(tick.catalog, None)
    return counts


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
