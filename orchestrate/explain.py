"""Why one user got something or did not, by running the cycle's own stages for that user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import duckdb

from control import versions
from control.store import Store
from core.canary import is_for
from core.conditions import Trait
from core.errors import Code, refuse
from core.reasons import BY_CODE, REASONS
from orchestrate import stages
from orchestrate.clauses import clauses_document, otherwise, unread
from orchestrate.cycle import plan_tick, with_due
from orchestrate.engine.candidates import Candidate as EngineCandidate
from orchestrate.engine.candidates import asked_of
from orchestrate.engine.decided import Decided, reasons_of
from orchestrate.engine.state import State
from orchestrate.evidence import Deciding, kind_of, observe
from orchestrate.faults import at_fault, conditions_of, leaf_document
from orchestrate.flips import Flip, flip
from orchestrate.ground import Ground
from orchestrate.journeys.explaining import Teller
from orchestrate.journeys.offers import offered_to
from orchestrate.outgoing import outgoing
from orchestrate.plan import PlannedEntry, PlannedPolicy
from orchestrate.whom import check_user, latest_moment
from warehouse.catalog import Catalog
from warehouse.clocks.past import OnCursor, Past, as_known, stand_at
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.runner import Engine
from warehouse.transactions import undone
from warehouse.wording import describe

Ready = Callable[[duckdb.DuckDBPyConnection, Past | None], None]
"""Makes a cursor that stands at a tick's moment ready to decide on it."""


class Candidate(NamedTuple):
    """One action that a policy could have sent to the user, and what became of it."""

    entry: PlannedEntry
    reason_code: str
    ghost: bool
    deciding: Deciding | None
    flip: Flip | None
    clauses: list[dict[str, Any]]


def explain(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    user_id: str,
    *,
    policy: str | None = None,
    at: datetime | None = None,
    values: bool = True,
) -> dict[str, Any]:
    """What every live rule, or one, decides for a user at a moment, and why; their journeys, and
    what became of messages that were decided for them. Without ``values`` nothing says what was
    read of the user.

    A message that a journey has due is decided on like any other. Runs are told as they stand,
    however long ago the moment is. Without ``at``: the moment of the latest cycle, or the end of
    the data. A moment that is past is explained by what was known then. Gives the document of
    ``explain --json``; refuses with UNKNOWN_USER and UNKNOWN_KEY.
    """
    moment = at or latest_moment(warehouse)
    tick = plan_tick(store, catalog, as_of=moment)
    told = explain_tick(warehouse, tick, user_id, policy=policy, journeys=store, values=values)
    asked = policy and policy.partition("@")[0]
    return told | {"messages": outgoing(store, warehouse, user_id, policy=asked, until=moment)}


def explain_tick(
    warehouse: DuckDBWarehouse,
    tick: stages.Tick,
    user_id: str,
    *,
    policy: str | None = None,
    ready: Ready | None = None,
    journeys: Store | None = None,
    values: bool = True,
) -> dict[str, Any]:
    """``explain`` for the rules of a tick; ``ready`` makes a cursor ready to decide on it.

    ``journeys``: where runs of journeys are; without it none are told.
    """
    if policy is not None:
        _check_known(policy, [p.key.partition("@")[0] for p in tick.policies], journeys)
    with _decided(warehouse, tick, user_id, ready, journeys) as (cursor, past, told):
        tick = told.stand.tick
        mine = (p for p in tick.policies if is_for(p.population, user_id))
        wanted = [p for p in mine if policy in (None, p.key, p.key.partition("@")[0])]
        tried = [(p, _candidates(p, tick, cursor, told, values=values)) for p in wanted]
    runs = Teller(journeys, warehouse, tick.catalog, tick, user_id).tell(policy) if journeys else []
    document = {
        "user_id": user_id,
        "at": tick.as_of.isoformat(),
        "as_known": past.traits if past else None,
        "decisions": [_document(p, found, tick.catalog) for p, found in tried],
        "journeys": runs,
    }
    return document if values else unread(document)


def _check_known(policy: str, rules: list[str], store: Store | None) -> None:
    known = [*rules, *(one.key for one in (versions.journeys(store) if store else ()))]
    if policy.partition("@")[0] not in known:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"No rule '{policy}' that sends something is live.",
            span=policy,
            fix=f"Live: {', '.join(known) or 'none yet'}.",
        )


def separate(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    user_ids: tuple[str, str],
    *,
    at: datetime | None = None,
) -> dict[str, Any]:
    """What tells two users apart: the conditions that hold for one and not for the other.

    Policies in which both have the same winner are left out; a trait comes first.
    """
    moment = at or latest_moment(warehouse)
    tick = plan_tick(store, catalog, as_of=moment)
    winners: dict[str, dict[str, str | None]] = {}
    for user_id in user_ids:
        told = explain(store, warehouse, catalog, user_id, at=moment)
        winners[user_id] = {one["policy"]: one["winner"] for one in told["decisions"]}
    # Of a key with a canary one version tells enough: its users are drawn by a condition.
    by_key = {p.key: p for p in reversed(tick.policies)}
    won = {key: [winners[user].get(key) for user in user_ids] for key in by_key}
    differing = [p for p in by_key.values() if won[p.key][0] != won[p.key][1]]
    with as_known(warehouse, catalog, moment) as engine:
        policies = [
            {
                "policy": p.key,
                "winners": dict(zip(user_ids, won[p.key], strict=True)),
                "separated_by": _separating(p, tick, engine, user_ids),
            }
            for p in differing
        ]
    return {"users": list(user_ids), "at": moment.isoformat(), "policies": policies}


class Told(NamedTuple):
    """One user's decision, with all it was made from, so that it can be made otherwise."""

    user_id: str
    stand: stages.Stand
    state: State
    decided: Decided

    def candidate(self, policy: PlannedPolicy, action: str) -> EngineCandidate:
        """A candidate of the tick."""
        wanted = policy.key, policy.version, action
        return next(
            one
            for one in self.stand.candidates
            if (one.policy.key, one.policy.version, one.entry.action.key) == wanted
        )

    def outcome(self, candidate: EngineCandidate) -> tuple[str, bool]:
        """Reason code and whether it is a ghost."""
        who, reasons = reasons_of(self.decided, candidate)
        if not who.size:
            return "NOT_IN_POPULATION", False
        rows = self.decided.rows
        return REASONS[reasons[0]].code, bool(rows.ghosts[rows.numbers == candidate.number].any())

    def ground(self, cursor: duckdb.DuckDBPyConnection, *, values: bool) -> Ground:
        """What the decision stands on, with what every condition read."""
        tick = self.stand.tick
        return Ground(
            rules=tick.rules,
            candidates=self.stand.candidates,
            zone_names=self.stand.zones.names,
            state=self.state,
            seen=observe(asked_of(self.stand.candidates), tick, OnCursor(cursor), self.user_id),
            draw=self.stand.reader.lots,
            words=lambda leaf: otherwise(leaf, tick.catalog, values=values),
        )


@contextmanager
def _decided(
    warehouse: DuckDBWarehouse,
    tick: stages.Tick,
    user_id: str,
    ready: Ready | None,
    journeys: Store | None,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Past | None, Told]]:
    """The decision on one user; nothing is kept."""
    with warehouse.cursor() as cursor:
        check_user(cursor, tick.catalog, user_id)
        stages.create_tables(cursor)
        with undone(cursor):
            past = stand_at(cursor, tick.catalog, tick.as_of)
            if past is not None:
                check_user(cursor, tick.catalog, user_id, then=tick.as_of)
            if ready is not None:
                ready(cursor, past)
            if journeys is not None:
                waiting = offered_to(cursor, journeys, tick.cycle_id, user_id, tick.as_of)
                tick = with_due(tick, waiting)
            stand = stages.lay_out(cursor, tick)
            (one,) = stages.decided(cursor, stand, users=(user_id,))
            yield cursor, past, Told(user_id, stand, one.chunk.state, one)


def _candidates(
    policy: PlannedPolicy,
    tick: stages.Tick,
    cursor: duckdb.DuckDBPyConnection,
    told: Told,
    *,
    values: bool,
) -> list[Candidate]:
    seen = observe(conditions_of(policy, tick.catalog), tick, OnCursor(cursor), told.user_id)
    ground = told.ground(cursor, values=values)
    found = []
    for entry in policy.entries:
        decided = told.candidate(policy, entry.action.key)
        code, ghost = told.outcome(decided)
        fault = at_fault(seen, code, entry)
        clauses = clauses_document(seen, entry, tick.catalog)
        turned = flip(ground, decided.number)
        found.append(Candidate(entry, code, ghost, fault, turned, clauses))
    return found


def _document(
    policy: PlannedPolicy, candidates: list[Candidate], catalog: Catalog
) -> dict[str, Any]:
    winners = [one.entry.action.key for one in candidates if one.reason_code == "SELECTED"]
    return {
        "policy": policy.key,
        "version": policy.version,
        "winner": winners[0] if winners else None,
        "candidates": [_line(one, catalog) for one in candidates],
    }


def _line(candidate: Candidate, catalog: Catalog) -> dict[str, Any]:
    reason = BY_CODE[candidate.reason_code]
    flip = candidate.flip
    line: dict[str, Any] = {
        "action": candidate.entry.action.key,
        "tier": candidate.entry.tier,
        "stage": reason.stage,
        "reason_code": reason.code,
        "sentence": reason.sentence,
        "ghost": candidate.ghost,
        **leaf_document(candidate.deciding, catalog),
        "clauses": candidate.clauses,
        "flip": None,
    }
    if flip is not None:
        change = " and ".join(flip.changes)
        told = {"change": change, "changes": [*flip.changes]}
        line["flip"] = told | {"would_become": flip.would_become}
    return line


def _separating(
    policy: PlannedPolicy,
    tick: stages.Tick,
    engine: Engine,
    user_ids: tuple[str, str],
) -> list[dict[str, Any]]:
    seen = [observe(conditions_of(policy, tick.catalog), tick, engine, user) for user in user_ids]
    found: dict[str, tuple[bool, dict[str, Any]]] = {}
    for name in seen[0]:
        for one, other in zip(seen[0][name].leaves(), seen[1][name].leaves(), strict=True):
            if one.truth is not other.truth:
                words = describe(one.condition, tick.catalog)
                values = dict(zip(user_ids, (one.value, other.value), strict=True))
                is_trait = isinstance(kind_of(one), Trait)
                found.setdefault(words, (not is_trait, {"condition": words, "values": values}))
    return [line for _, line in sorted(found.values(), key=lambda pair: pair[0])]
