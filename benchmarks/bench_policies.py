"""Guardrail policies over a proposal of 20 actions beside 1,000 live rules, and what they need to
know: what counting for them adds to the pass over everybody that simulates the same policy.

``PILOTHOUSE_BENCH_USERS`` sets how many users are counted (100,000 unless told).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.bench_cycle import NOW, USERS, _tick, _world
from benchmarks.measured import Measured
from core.artifacts import Overlap, Preview, Required
from core.conditions import And, Attribute, EventCount, Filter, Op, Related
from core.policies import findings
from core.proposal import Proposal
from core.rules import Action, DecisionPolicy, Entry, Suppression
from core.sending import ChannelFacts, People
from orchestrate.audience_counts import Counting
from orchestrate.everybody import Reader, look
from orchestrate.input_ages import input_ages
from orchestrate.simulation import simulation
from warehouse.regulations import regulations
from warehouse.runner import CheckedRunner

ACTIONS = 20
LIVE_RULES = 1_000
REPEATS = 9
LIMIT_MS = 50.0
REASONS = ("billing", "bug", "account", "content")
COUNTRIES = ("US", "DE", "GB", "CA", "AU", "FR", "IN", "JP", "MX", "BR")


def measure() -> list[Measured]:
    """CPU-milliseconds of judging and of the ages of tables, and counting beside simulating."""
    proposals = [_proposal(salt) for salt in range(REPEATS)]
    judged = median(_cpu(partial(findings, one)) for one in proposals)
    with tempfile.TemporaryDirectory() as folder:
        warehouse, tick = _world(Path(folder), USERS), _tick(ACTIONS)
        runner, policy = CheckedRunner(warehouse, tick.catalog), _policy(0)
        tables = ("fct_events", "fct_support")
        given = {"as_of": NOW}
        aged = _warm(lambda: input_ages(tables, runner, tick.catalog, times=2.0, **given))
        alone = _passes(runner, lambda: [simulation(policy, tick.catalog, ())])
        both = _passes(
            runner, lambda: [simulation(policy, tick.catalog, ()), Counting(policy, tick.catalog)]
        )
        warehouse.close()
    what = f"policies on {ACTIONS} actions beside {LIVE_RULES:,} live rules, with ages of tables"
    milliseconds = (judged + aged) * 1_000
    counting = f"counting for policies beside simulating, {USERS:,} users"
    more = max(both - alone, 0.0) * 1_000
    return [
        Measured(what, milliseconds, "ms", LIMIT_MS, milliseconds, judged / alone, "simulating"),
        Measured(counting, more, "ms", LIMIT_MS, more, both / alone, "simulating"),
    ]


def _passes(runner: CheckedRunner, readers: Callable[[], list[Reader]]) -> float:
    """CPU-seconds of a pass over everybody with some readers: the least of several."""
    return min(
        _warm(lambda: look(readers(), runner, as_of=NOW, purpose="a benchmark"))
        for _ in range(REPEATS)
    )


def _proposal(salt: int) -> Proposal:
    """A policy that no proof of another one can be used for again."""
    preview = Preview(
        population="all users",
        population_size=1_000_000,
        audience_size=400_000,
        reachable_size=300_000,
        as_of=NOW.isoformat(),
        overlap=tuple(Overlap(key=f"r{n}", users=9, share=0.01) for n in range(LIVE_RULES)),
    )
    catalog = _tick(1).catalog
    return Proposal(
        artifact=_policy(salt),
        required=Required(),
        preview=preview,
        users_total=1_000_000,
        consent_purposes={name: one.consent_purpose for name, one in catalog.channels.items()},
        data_classes={"dim_users.country": "public"},
        reach_limit_share=0.8,
        contact=catalog.defaults.contact_policy,
        channels={"email": ChannelFacts(medium="email"), "push": ChannelFacts(medium="push")},
        people=tuple(People(country=one, users=40_000) for one in COUNTRIES),
        regulations=regulations(),
    )


def _policy(salt: int) -> DecisionPolicy:
    holds = [
        Suppression(
            key=f"hold_{number}",
            name="Hold",
            when=Related(
                entity="ticket",
                where=(
                    _filter("ticket_reason", ("billing", "bug", "account", "content")[number % 4]),
                ),
            ),
            actions=(f"action_{number}",),
        )
        for number in range(ACTIONS)
    ]
    return DecisionPolicy(
        key="big",
        name="Big",
        entries=tuple(_entry(number, salt) for number in range(ACTIONS)),
        suppressions=tuple(holds),
    )


def _entry(number: int, salt: int) -> Entry:
    action = Action(key=f"action_{number}", name=f"Action {number}", channels=("push", "email"))
    done = EventCount(event="workout_completed", op=Op.GE, n=number + 1 + salt)
    looked = EventCount(event="pricing_viewed", op=Op.GE, n=number % 5 + 1)
    calm = Related(entity="ticket", where=(_filter("status", "open"),), op=Op.EQ, n=0)
    where = Attribute(column="country", op=Op.IN, value=COUNTRIES[: number % 9 + 1])
    return Entry(tier=number + 1, action=action, eligibility=And(of=(done, looked, calm, where)))


def _filter(column: str, value: str) -> Filter:
    return Filter(column=column, value=value)


def _warm(work: Callable[[], object]) -> float:
    work()
    return _cpu(work)


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
