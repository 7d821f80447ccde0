"""A whole decision cycle beside the bare write of its decision rows and a plain scan of the traits.

``PILOTHOUSE_BENCH_USERS`` sets how many users (100,000 unless told): limits are ratios of one run.
With ``PILOTHOUSE_BENCH_MOST_USERS`` (10,000,000, say: minutes, and 4 GB of disk) it is told as well
what so many cost beside a million, in memory and a user.
"""

from __future__ import annotations

import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp

from benchmarks.measured import Measured
from control.kill_switches import Killed
from core.conditions import And, Condition, Not, Op, Or, Related, Trait
from core.rules import Action, ContactPolicy, FrequencyCap, Holdout, QuietHours
from orchestrate import cycle, stages
from orchestrate.journeys.offers import Due
from orchestrate.plan import PlannedEntry, PlannedPolicy
from warehouse.catalog import load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse

USERS = int(os.environ.get("PILOTHOUSE_BENCH_USERS", "100000"))
RULES = 100
NOW = datetime(2026, 3, 2, 12)
DAY = 86_400
MOST_WRITES, MOST_GROWTH = 6.0, 3.0
MOST_USERS = int(os.environ.get("PILOTHOUSE_BENCH_MOST_USERS", "0"))
A_MILLION = 1_000_000
MOST_MB, MOST_MORE_MEMORY, MOST_MORE_A_USER = 2_000.0, 1.25, 1.25
ENGINE_MB = 384
"""What the engine may keep at hand where memory is measured: with more it keeps more of the file,
up to that limit, and says nothing of what a cycle needs."""
TRAITS = ("momentum_score", "upgrade_intent", "support_risk", "churn_risk", "ltv")
_SQL = Path(__file__).parent / "sql"


def measure() -> list[Measured]:
    """CPU-seconds of a cycle of 100 rules, as multiples of its write and of a scan; growth."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = _world(Path(folder), USERS)
        few, _ = _cycle(warehouse, 10)
        most_before = _peak()
        cpu, rows = _cycle(warehouse, RULES)
        write = _write(warehouse)
        many, _ = _cycle(warehouse, 1_000)
        scan = _cpu(lambda: warehouse.fetch(_scan()))
        warehouse.close()
    what = f"cycle of {USERS:,} users and {RULES} rules, {rows:,} decisions"
    return [
        Measured(what, cpu / write, "x", MOST_WRITES, cpu, cpu / write, "writing the decisions"),
        Measured(what, cpu / scan, "x", None, cpu, cpu / scan, "scanning the traits"),
        Measured("1,000 rules instead of 10", many / few, "x", MOST_GROWTH, many, many / few, "10"),
        Measured("memory that the cycle added", _peak() - most_before, "MB", None),
        *(_at_scale(A_MILLION, MOST_USERS) if MOST_USERS else ()),
    ]


class _Cost(NamedTuple):
    """What a cycle took in a process of its own: CPU-seconds, and megabytes at once."""

    cpu: float
    peak: float


def _at_scale(few: int, most: int) -> list[Measured]:
    """Memory and CPU time a user of a cycle of most users, beside one of few."""
    less, more = _alone(few), _alone(most)
    what, beside = f"cycle of {most:,} users and {RULES} rules", f"{few:,} users"
    memory, a_user = more.peak / less.peak, more.cpu / most / (less.cpu / few)
    return [
        Measured(f"memory of a {what}", more.peak, "MB", MOST_MB),
        Measured(f"memory of a {what}", memory, "x", MOST_MORE_MEMORY, None, memory, beside),
        Measured(f"CPU a user, {what}", a_user, "x", MOST_MORE_A_USER, more.cpu, a_user, beside),
    ]


def _alone(users: int) -> _Cost:
    with tempfile.TemporaryDirectory() as folder:
        for work in (_make, _decide):
            # A process of its own each: what making the world took is not the cycle's.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                cost = process.submit(work, Path(folder), users).result()
    return cost


def _make(folder: Path, users: int) -> _Cost:
    _world(folder, users).close()
    return _Cost(time.process_time(), _peak())


def _decide(folder: Path, _: int) -> _Cost:
    warehouse = DuckDBWarehouse(folder / "bench.duckdb", memory_limit_mb=ENGINE_MB)
    cpu, _ = _cycle(warehouse, RULES)
    warehouse.close()
    return _Cost(cpu, _peak())


def _world(folder: Path, users: int) -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(folder / "bench.duckdb", must_exist=False)
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        script = (_SQL / "cycle_world.sql").read_text(encoding="utf-8")
        for statement in script.split(";\n"):
            cursor.execute(statement, {"users": users} if "$users" in statement else None)
    return warehouse


def _cycle(warehouse: DuckDBWarehouse, rules: int) -> tuple[float, int]:
    tick = _tick(rules)
    for table in ("decisions", "slots", "intents", "cycles", "record_users"):
        warehouse.execute(exp.delete(table).sql("duckdb"))
    started = time.process_time()
    report = cycle.decide_tick(warehouse, tick, Due((), (), {}))
    return time.process_time() - started, report.candidates


def _tick(rules: int) -> stages.Tick:
    catalog = load_catalog()
    contact = ContactPolicy(
        key="default",
        caps=(
            FrequencyCap(key="week", n=3, window_seconds=7 * DAY),
            FrequencyCap(key="push_day", n=1, window_seconds=DAY, channel="push"),
        ),
        min_gap_seconds=14_400,
        quiet_hours=QuietHours(start="21:00", end="08:00", fallback_zone="UTC"),
        global_holdout=Holdout(share=0.02, salt="global"),
    )
    defaults = catalog.defaults.model_copy(update={"contact_policy": contact})
    catalog = catalog.model_copy(update={"defaults": defaults})
    draw = random.Random(7)
    return stages.Tick(
        cycle_id=f"bench{rules}",
        trace_id="bench",
        as_of=NOW,
        policies=tuple(_policy(number, rules, draw) for number in range(rules)),
        catalog=catalog,
        killed=Killed(()),
        audiences=lambda _key, _version: None,
    )


def _policy(number: int, rules: int, draw: random.Random) -> PlannedPolicy:
    channels = ("push", "email", "in_app", "sms")
    action = Action(
        key=f"action_{number}",
        name="A",
        channels=(channels[number % 4], channels[(number + 1) % 4]),
        message_class="service" if number % 10 == 0 else "marketing",
    )
    entry = PlannedEntry(1 + number % 5, 1, action, _rule(draw, rules), None, None, (), ())
    return PlannedPolicy(
        key=f"rule_{number:04}",
        version=1,
        is_rule=False,
        population=And(),
        entries=(entry,),
        k=1,
        cooldown_seconds=0,
        holdout=Holdout(share=0.1, salt=f"rule_{number}"),
        max_staleness_seconds={},
    )


def _rule(draw: random.Random, rules: int) -> Condition:
    """Three to five conditions on traits, with an alternative and an exclusion.

    However many rules there are, a user meets about as many of them: what grows is the work of
    telling which, not the rows that say so.
    """
    low = round(draw.uniform(0, 0.99), 4)
    name = draw.choice(TRAITS)
    narrow = And(
        of=(
            Trait(name=name, op=Op.GE, value=low),
            Trait(name=name, op=Op.LT, value=round(low + 4 / rules, 4)),
        )
    )
    either = Or(of=(_leaf(draw), _leaf(draw)))
    ticket = Not(of=Related(entity="ticket")) if draw.random() < 0.3 else Not(of=_leaf(draw))
    return And(of=(narrow, either, ticket))


def _leaf(draw: random.Random) -> Condition:
    op = draw.choice((Op.GE, Op.LT))
    return Trait(name=draw.choice(TRAITS), op=op, value=round(draw.uniform(0.2, 0.8), 2))


def _scan() -> str:
    sums = [exp.Sum(this=exp.column(name)) for name in TRAITS]
    return exp.select(*sums).from_("traits").sql("duckdb")


def _write(warehouse: DuckDBWarehouse) -> float:
    """Write the decisions of the last cycle once more, into a table like theirs."""
    with warehouse.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE rows AS FROM decisions WHERE cycle_id = 'bench100'")
        cursor.execute("CREATE TABLE written AS FROM decisions LIMIT 0")
        return _cpu(lambda: _insert(cursor))


def _insert(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute("BEGIN")
    cursor.execute("INSERT INTO written SELECT * FROM rows")
    cursor.execute("COMMIT")


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _peak() -> float:
    """Megabytes that this process ever held at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
