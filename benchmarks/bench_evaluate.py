"""What deciding conditions costs: for everybody, beside a query a rule, and for one user."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import duckdb
import numpy as np

from benchmarks.measured import Measured
from core.conditions import (
    And,
    Attribute,
    Calendar,
    Condition,
    EventAge,
    EventCount,
    Not,
    Op,
    Or,
    Rolling,
    Trait,
)
from core.evaluate import Evaluator, UserState
from core.moments import SECOND, micros
from warehouse.batch import flags
from warehouse.batch.columns import Chunk, Column, chunks
from warehouse.batch.flags import evaluate
from warehouse.batch.plan import plan
from warehouse.catalog import Catalog, load_catalog
from warehouse.compile import compile_audience
from warehouse.online import evaluator, states

AS_OF = datetime(2026, 6, 29, 12)
USERS, EVENTS = 200_000, 2_000_000
SAMPLED = 5
"""How many of the hundred queries are run to say what all of them would cost."""
DECISIONS = 20_000
DAY = 86_400
_SCORES = ("momentum_score", "upgrade_intent", "support_risk", "churn_risk", "ltv")
_STATES = ("new", "activated", "committed", "at_risk")
_EVENTS = ("app_opened", "workout_completed", "workout_saved", "pricing_viewed", "plan_compared")


def measure() -> list[Measured]:
    """Rules over traits and events: in one pass, as a query each, and for one user online."""
    catalog = load_catalog()
    connection = duckdb.connect(config={"threads": 2})
    for statement in connection.extract_statements(_TABLES):
        values = {"users": USERS, "events": EVENTS, "as_of": AS_OF}
        used = {name: values[name] for name in statement.named_parameters}
        connection.execute(statement, used)
    measured = [
        _evaluation(connection, catalog),
        _traits(connection, catalog),
        _shared_events(connection, catalog),
        *_online(connection, catalog),
    ]
    connection.close()
    return measured


def _evaluation(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> Measured:
    """Leaves, conditions and all reasons of a thousand rules, the values being there."""
    planned = plan(_rules(1_000, _trait_leaf), catalog, as_of=AS_OF)
    (part,) = chunks(connection.cursor(), planned, USERS)
    million = _times_over(part, 1_000_000 // USERS)
    cpu = _cpu(lambda: evaluate(planned, million), repeats=3)
    two_billion = 2e9 / (million.users.size * 1_000) * cpu
    what = "2 billion rule evaluations, 1,000 rules, all reasons"
    return Measured(what, two_billion, "CPU-s", 1.0, cpu=two_billion)


def _times_over(part: Chunk, times: int) -> Chunk:
    """The same users several times over: as many as an engine's chunk holds."""
    columns = [
        Column(
            np.tile(column.values, times),
            None if column.missing is None else np.tile(column.missing, times),
        )
        for column in part.columns
    ]
    return Chunk(np.tile(part.users, times), tuple(columns))


def _traits(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> Measured:
    """A hundred rules over traits, reading included, beside a query a rule and a plain scan."""
    rules = _rules(100, _trait_leaf)
    ours = _cpu(lambda: _all_flags(connection, rules, catalog), repeats=3)
    scan = _cpu(lambda: connection.execute(_SCAN).fetchall(), repeats=5)
    queries = _a_query_each(connection, rules, catalog)
    what = f"100 rules over traits, {USERS:,} users ({ours / scan:.0f} plain scans)"
    return Measured(
        what,
        ours,
        "CPU-s",
        None,
        cpu=ours,
        ratio=queries / ours,
        yardstick="a query a rule, over it",
    )


def _shared_events(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> Measured:
    """A hundred rules that count events, as tenths of what a query a rule costs."""
    rules = _rules(100, _event_leaf)
    ours = _cpu(lambda: _all_flags(connection, rules, catalog), repeats=1)
    queries = _a_query_each(connection, rules, catalog)
    return Measured(
        f"100 rules over {EVENTS:,} events, ten times over",
        10 * ours,
        "CPU-s",
        queries,
        cpu=ours,
        ratio=queries / ours,
        yardstick="a query a rule, over it",
    )


def _online(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[Measured]:
    """An event comes, the user's state is updated, a hundred rules are decided."""
    asking = evaluator(_rules(100, _any_leaf), catalog)
    users = tuple(f"user {number}" for number in range(500))
    known = states(connection.cursor(), asking, catalog, as_of=AS_OF, users=users)
    wall, cpu = _decide(asking, list(known.values()))
    what = "event, state and 100 rules for one user"
    return [
        Measured(f"{what}, median", _at(wall, 0.5), "us", 50, cpu=_at(cpu, 0.5)),
        # Of CPU time: by the clock, this would measure who else is busy.
        Measured(f"{what}, 99th percentile", _at(cpu, 0.99), "CPU-us", 1_000),
    ]


def _decide(asking: Evaluator, known: list[UserState]) -> tuple[list[int], list[int]]:
    """Nanoseconds of each decision by the clock, and of CPU, each sorted."""
    dice, wall, cpu, now = random.Random(1), [], [], micros(AS_OF)
    for number in range(DECISIONS):
        state, event = known[number % len(known)], dice.choice(_EVENTS)
        now += SECOND
        began, before = time.perf_counter_ns(), time.thread_time_ns()
        asking.record(state, event, now, {})
        asking.trim(state, now)
        asking.decide(state, now + 1)
        cpu.append(time.thread_time_ns() - before)
        wall.append(time.perf_counter_ns() - began)
    return sorted(wall), sorted(cpu)


def _at(sorted_nanoseconds: list[int], share: float) -> float:
    """Microseconds below which a share of them lies."""
    return sorted_nanoseconds[int(len(sorted_nanoseconds) * share)] / 1_000


def _all_flags(
    connection: duckdb.DuckDBPyConnection, rules: dict[str, Condition], catalog: Catalog
) -> None:
    for _ in flags(connection.cursor(), rules, catalog, as_of=AS_OF):
        pass


def _a_query_each(
    connection: duckdb.DuckDBPyConnection, rules: dict[str, Condition], catalog: Catalog
) -> float:
    """CPU-seconds of one audience query a rule, from some of them."""
    some = random.Random(2).sample(sorted(rules), SAMPLED)
    queries = [compile_audience(rules[name], catalog, as_of=AS_OF) for name in some]
    spent = sum(_cpu(partial(_fetched, connection, query), 1) for query in queries)
    return spent / SAMPLED * len(rules)


def _fetched(connection: duckdb.DuckDBPyConnection, query: str) -> object:
    return connection.execute(query).fetchnumpy()


def _cpu(work: Callable[[], object], repeats: int) -> float:
    """The least CPU-seconds of some runs."""
    spent = []
    for _ in range(repeats):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return min(spent)


def _rules(many: int, leaf: Callable[[random.Random], Condition]) -> dict[str, Condition]:
    """Rules of three to five conditions each, with Or and Not."""
    dice = random.Random(many)
    return {f"rule {number}": _rule(dice, leaf) for number in range(many)}


def _rule(dice: random.Random, leaf: Callable[[random.Random], Condition]) -> Condition:
    parts: list[Condition] = [leaf(dice), Or(of=(leaf(dice), leaf(dice)))]
    if dice.random() < 0.5:
        parts.append(leaf(dice))
    if dice.random() < 0.5:
        parts.append(Not(of=leaf(dice)))
    return And(of=tuple(parts))


def _trait_leaf(dice: random.Random) -> Condition:
    if dice.random() < 0.3:
        return Trait(name="activation_state", value=dice.choice(_STATES))
    if dice.random() < 0.2:
        return Attribute(column="country", op=Op.IN, value=("DE", dice.choice(["US", "GB"])))
    name, op = dice.choice(_SCORES), dice.choice([Op.GE, Op.LT])
    return Trait(name=name, op=op, value=dice.randrange(1, 20) / 20)


def _event_leaf(dice: random.Random) -> Condition:
    event, n = dice.choice(_EVENTS), dice.choice([1, 2, 3, 5])
    if dice.random() < 0.1:
        return EventAge(event=event, op=Op.LT, seconds=dice.choice([1, 7]) * DAY)
    window = dice.choice(
        [None, Rolling(seconds=7 * DAY), Rolling(seconds=30 * DAY), Calendar(unit="week")]
    )
    return EventCount(event=event, window=window, op=Op.GE, n=n)


def _any_leaf(dice: random.Random) -> Condition:
    return _trait_leaf(dice) if dice.random() < 0.6 else _event_leaf(dice)


_TABLES = """
CREATE TABLE dim_users AS
SELECT 'user ' || i AS user_id,
       ['DE', 'US', 'GB', 'FR', NULL][CAST(1 + hash(i) % 5 AS BIGINT)] AS country,
       CAST(NULL AS VARCHAR) AS merged_into
FROM range($users) AS r(i);
CREATE TABLE traits AS
SELECT 'user ' || i AS user_id,
       ['new', 'activated', 'committed', 'at_risk', NULL]
           [CAST(1 + hash(i, 1) % 5 AS BIGINT)] AS activation_state,
       nullif(hash(i, 2) % 20, 0) / 20 AS momentum_score,
       nullif(hash(i, 3) % 20, 0) / 20 AS upgrade_intent,
       nullif(hash(i, 4) % 20, 0) / 20 AS support_risk,
       nullif(hash(i, 5) % 20, 0) / 20 AS churn_risk,
       nullif(hash(i, 6) % 20, 0) / 20 AS ltv
FROM range($users) AS r(i);
CREATE TABLE fct_events AS
SELECT 'user ' || (hash(i) % $users) AS user_id,
       ['app_opened', 'workout_completed', 'workout_saved', 'pricing_viewed', 'plan_compared']
           [CAST(1 + hash(i, 1) % 5 AS BIGINT)] AS event_name,
       $as_of - to_seconds(CAST((hash(i, 2) % (60 * 86400)) AS BIGINT)) AS event_time,
       CAST(NULL AS JSON) AS properties
FROM range($events) AS r(i);
"""
_SCAN = """
SELECT max(activation_state), max(momentum_score), max(upgrade_intent), max(support_risk),
       max(churn_risk), max(ltv)
FROM traits
"""
