"""The effect of a changed rule among 20 actions for everybody, beside a scan of the same columns.

``PILOTHOUSE_BENCH_USERS`` sets how many users (100,000 unless told); the limit holds for
1,000,000 on two cores and is taken by the user, so that a smaller run says the same.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.bench_cycle import NOW, USERS, _scan, _tick, _world
from benchmarks.measured import Measured
from core.conditions import Op, Trait, clauses
from orchestrate import stages
from orchestrate.effects.asking import AFTER, Asked, asked_of
from orchestrate.effects.counting import Counts
from orchestrate.effects.measuring import count_all
from orchestrate.effects.sides import Route, Side
from orchestrate.effects.traffic import entering
from orchestrate.plan import PlannedPolicy
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.transactions import undone

ACTIONS = 20
LIMIT = 15.0
"""CPU-seconds for a million users: fewer pass by on two cores."""


def measure() -> list[Measured]:
    """CPU-seconds for a million users, as a multiple of a scan."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = _world(Path(folder), USERS)
        tick, key, asked = _proposal()
        _effect(warehouse, tick, key, asked)
        cpu = _cpu(lambda: _effect(warehouse, tick, key, asked))
        scanned = _cpu(lambda: warehouse.fetch(_scan()))
        warehouse.close()
    what = f"effect diff among {ACTIONS} actions, a million users ({USERS:,} measured)"
    million = cpu * 1_000_000 / USERS
    return [Measured(what, million, "s", LIMIT, cpu, cpu / scanned, "scanning the traits")]


def _proposal() -> tuple[stages.Tick, str, Asked]:
    """The 20 live rules, and the first of them once more for other people."""
    tick = _tick(ACTIONS)
    live = tick.policies[0]
    wider = Trait(name="ltv", op=Op.GE, value=0.3)
    entry = live.entries[0]._replace(eligibility=wider)
    proposed = live._replace(version=0, entries=(entry,))
    tick = tick._replace(policies=(*tick.policies, proposed))
    asked = asked_of(_side(live), _side(proposed), live.holdout, tick.catalog)
    return tick, live.key, asked


def _side(policy: PlannedPolicy) -> Side:
    entry = policy.entries[0]
    return Side((Route(entry.action.key, entry.action.name, clauses(entry.eligibility)),))


def _effect(warehouse: DuckDBWarehouse, tick: stages.Tick, key: str, asked: Asked) -> Counts:
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        with undone(cursor):
            counts = count_all(cursor, tick, key, asked)
            entering(cursor, asked.flags[AFTER], tick.catalog, as_of=NOW, audiences=tick.audiences)
    counts.breakdowns()
    counts.sample.told(tick.catalog)
    return counts


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
