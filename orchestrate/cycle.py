"""One decision cycle: every user, every live rule, one reason for every candidate.

Decisions are committed in the warehouse first; their intents then go to the
outbox of the control store. Running a cycle again decides nothing new: it only
makes sure that the outbox holds what was decided.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime

import duckdb
import numpy as np
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from control import canaries, kill_switches, versions
from control.hashing import canonical
from control.store import Store
from control.tables import outbox
from core.canary import part_of
from core.jumps import PopulationJump
from core.lifecycle import GAVE_BACK
from core.reasons import BY_CODE, REASONS, Reason
from orchestrate import stages
from orchestrate.engine.candidates import Candidate
from orchestrate.engine.decided import Decided
from orchestrate.intents import enqueue
from orchestrate.journeys.offers import Due, due, killed_too, offer
from orchestrate.journeys.relations import with_relations
from orchestrate.jump_requests import hold, withdraw_waiting
from orchestrate.jumps import Held, hold_a_jump
from orchestrate.keeping import keep_chunk, keep_rules
from orchestrate.plan import planned
from orchestrate.turn import own_turn
from warehouse.batch import count
from warehouse.catalog import Catalog
from warehouse.clocks.past import stand_at
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.transactions import undone


class CycleReport(BaseModel):
    """What a cycle decided. All counts are user and candidate pairs after eligibility."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cycle_id: str
    trace_id: str
    decided_at: datetime
    dry_run: bool
    policies: dict[str, int]
    """Policy or rule key → the version that decided."""
    records: int
    """Users of a population × candidates, those who were not eligible included."""
    candidates: int
    selected: int
    held_out: int
    suppressed: int
    lost: int
    by_reason: dict[str, int]
    by_policy: dict[str, dict[str, int]]
    """Policy key → outcome → count."""
    enqueued: int
    """Intents that this run put into the outbox: 0 when they were there already."""
    populations: dict[str, int] = Field(default_factory=dict)
    """Policy or rule key → how many users it looked at."""


def run_cycle(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    as_of: datetime,
    dry_run: bool = False,
    trace_id: str | None = None,
    only_journeys: bool = False,
    now: datetime | None = None,
) -> CycleReport:
    """Decide for everybody at ``as_of`` (naive UTC) with the rules that are live now.

    Messages that journeys have due are candidates too; with ``only_journeys`` nothing else is.
    A dry run decides and writes nothing. The same moment and the same versions
    are the same cycle: its decisions stay as they were made. A population that vanished or
    grew out of all measure since the last cycle raises ``Held`` and asks people, once, at
    ``now``; once they accepted that jump, the cycle decides.
    """
    waiting = due(store, as_of)
    tick = plan_tick(store, catalog, as_of=as_of, trace_id=trace_id)
    tick = with_due(tick, waiting, only_journeys=only_journeys)
    accepted = versions.accepted_jump(store)
    try:
        report = decide_tick(
            warehouse, tick, waiting, dry_run=dry_run, accepted=accepted and accepted.artifact
        )
    except Held as held:
        raise hold(store, held, now=now or as_of) from held
    if dry_run:
        return report
    withdraw_waiting(store, now=now or as_of, since=last_cycle(warehouse))
    enqueued = enqueue(store, warehouse, cycle_id=tick.cycle_id)
    return report.model_copy(update={"enqueued": enqueued})


def plan_tick(
    store: Store, catalog: Catalog, *, as_of: datetime, trace_id: str | None = None
) -> stages.Tick:
    """What a cycle at this moment would decide with."""
    live = canaries.in_force(store)
    identity = [as_of.isoformat(), *(_named(one) for one in live)]
    cycle_id = str(uuid.uuid5(uuid.NAMESPACE_URL, canonical(identity).decode()))
    return stages.Tick(
        cycle_id=cycle_id,
        trace_id=trace_id or cycle_id,
        as_of=as_of,
        policies=planned(live),
        catalog=catalog,
        killed=kill_switches.active(store),
        audiences=versions.audiences(store),
        released=_released(store),
    )


def _named(version: versions.Version) -> list[object]:
    named: list[object] = [version.key, version.version, version.content_hash]
    part = part_of(version.artifact.population)
    return named if part is None else [*named, part.low, part.high]


def with_due(tick: stages.Tick, waiting: Due, *, only_journeys: bool = False) -> stages.Tick:
    """The tick with the messages that journeys have due as further candidates, or as the only
    ones: then it is a cycle of its own, by which messages these are."""
    tick = tick._replace(
        policies=(*(() if only_journeys else tick.policies), *waiting.policies),
        catalog=with_relations(tick.catalog),
        killed=killed_too(tick.killed, waiting),
    )
    if not only_journeys:
        return tick
    named = f"{tick.as_of.isoformat()}/journeys/{waiting.fingerprint}"
    return tick._replace(cycle_id=str(uuid.uuid5(uuid.NAMESPACE_URL, named)))


def decide_tick(
    warehouse: DuckDBWarehouse,
    tick: stages.Tick,
    waiting: Due,
    *,
    dry_run: bool = False,
    accepted: PopulationJump | None = None,
    users: tuple[str, ...] | None = None,
) -> CycleReport:
    """Decide what a tick asks, and keep it unless it is a dry run: all of it, or nothing.

    What was decided before stays as it is. With ``users`` only those are decided on. Raises
    ``Held`` when populations jumped in another way than was accepted.
    """
    if dry_run:
        return _tried(warehouse, tick, waiting)
    with own_turn(warehouse, tick.cycle_id) as cursor:
        found = earlier(cursor, tick.cycle_id)
        if found is not None:
            return found
        stand, tally = _ready(cursor, tick._replace(counts_later=True), waiting)
        keep_rules(cursor, stand)
        for number, one in enumerate(stages.decided(cursor, stand, users)):
            tally.add(one)
            keep_chunk(cursor, stand, number, one)
        report = report_of(tick, tally, dry_run=False)
        if users is None:
            since, before = _last_populations(cursor)
            hold_a_jump(since, before, report.populations, tick.policies, accepted)
        if users is not None:
            # Some users are no population: the next cycle is not held against them.
            report = report.model_copy(update={"populations": {}})
        remember(cursor, report)
    return report


def _tried(warehouse: DuckDBWarehouse, tick: stages.Tick, waiting: Due) -> CycleReport:
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        with undone(cursor):
            stand, tally = _ready(cursor, tick, waiting)
            for one in stages.decided(cursor, stand):
                tally.add(one)
    return report_of(tick, tally, dry_run=True)


def _ready(
    cursor: duckdb.DuckDBPyConnection, tick: stages.Tick, waiting: Due
) -> tuple[stages.Stand, Tally]:
    # Deciding for a moment that is past reads what was known then.
    stand_at(cursor, tick.catalog, tick.as_of)
    offer(cursor, waiting, tick.as_of)
    stand = stages.lay_out(cursor, tick)
    return stand, Tally(stand.candidates)


class Tally:
    """Counts what a cycle decides, chunk after chunk."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._candidates = candidates
        self._counts = np.zeros((len(candidates), len(REASONS)), np.int64)
        self.records = 0
        self.populations: dict[str, int] = {}

    def add(self, one: Decided) -> None:
        """Count one chunk."""
        state = one.chunk.state
        people = {c.population: count(state.true[c.population]) for c in self._candidates}
        self.records += sum(people[c.population] for c in self._candidates)
        # A key with a canary is there in two versions, each for its own users.
        rules = {
            (c.policy.key, c.policy.version): c for c in self._candidates if not c.policy.repeats
        }
        for c in rules.values():
            known = self.populations.get(c.policy.key, 0)
            self.populations[c.policy.key] = known + people[c.population]
        flat = one.rows.numbers.astype(np.int64) * len(REASONS) + one.rows.reasons
        found = np.bincount(flat, minlength=self._counts.size)
        self._counts += found.reshape(self._counts.shape)

    def found(self) -> list[tuple[str, Reason, int]]:
        """Policy key, reason and how many candidates past eligibility had it."""
        return [
            (candidate.policy.key, reason, int(self._counts[candidate.number, number]))
            for candidate in self._candidates
            for number, reason in enumerate(REASONS)
            if self._counts[candidate.number, number]
        ]


def report_of(tick: stages.Tick, tally: Tally, dry_run: bool) -> CycleReport:
    """What a tick came to."""
    totals = dict.fromkeys(("selected", "held_out", "suppressed", "lost"), 0)
    by_reason: dict[str, int] = {}
    by_policy: dict[str, dict[str, int]] = {p.key: dict(totals) for p in tick.policies}
    for policy, reason, counted in tally.found():
        outcome = reason.outcome
        assert outcome is not None
        totals[outcome] += counted
        by_policy[policy][outcome] += counted
        by_reason[reason.code] = by_reason.get(reason.code, 0) + counted
    return CycleReport(
        cycle_id=tick.cycle_id,
        trace_id=tick.trace_id,
        decided_at=tick.as_of,
        dry_run=dry_run,
        policies={policy.key: policy.version for policy in tick.policies},
        records=tally.records,
        candidates=sum(totals.values()),
        by_reason={code: by_reason[code] for code in BY_CODE if code in by_reason},
        by_policy=by_policy,
        enqueued=0,
        populations=tally.populations,
        **totals,
    )


def remember(cursor: duckdb.DuckDBPyConnection, report: CycleReport) -> None:
    """Keep what a cycle came to: it was decided."""
    row = (report.cycle_id, report.trace_id, report.decided_at, report.model_dump_json())
    cursor.execute("INSERT INTO cycles VALUES (?, ?, ?, ?)", row)


def last_cycle(warehouse: DuckDBWarehouse) -> str:
    """The id of the last cycle that decided for whole populations; empty before the first."""
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        return _last_populations(cursor)[0]


def _last_populations(cursor: duckdb.DuckDBPyConnection) -> tuple[str, dict[str, int]]:
    """That cycle's id, and of every rule the population when it was decided on last."""
    told = cursor.execute(stages.sql("populations")).fetchall()
    populations: dict[str, int] = {}
    for _, counted in told:
        populations = json.loads(counted) | populations
    return (told[0][0] if told else ""), populations


def earlier(cursor: duckdb.DuckDBPyConnection, cycle_id: str) -> CycleReport | None:
    """What a cycle came to that was decided before; None when it was not."""
    query = "SELECT report FROM cycles WHERE cycle_id = ?"
    found = cursor.execute(query, (cycle_id,)).fetchone()
    return CycleReport.model_validate(json.loads(found[0])) if found else None


def _released(store: Store) -> frozenset[str]:
    gone = outbox.c.state.in_([state.value for state in GAVE_BACK])
    with store.read() as connection:
        return frozenset(connection.execute(sa.select(outbox.c.decision_id).where(gone)).scalars())
