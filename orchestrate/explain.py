"""Why one user got something or did not, by running the cycle's own stages for that user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import duckdb
from sqlglot import exp

from control.store import Store
from core.conditions import Condition, ConsentIs, Or, Trait
from core.errors import Code, refuse
from core.reasons import BY_CODE, REASONS
from orchestrate import stages
from orchestrate.cycle import plan_tick
from orchestrate.engine.candidates import Candidate as EngineCandidate
from orchestrate.engine.candidates import flag
from orchestrate.engine.decided import Decided, decide_state, reasons_of
from orchestrate.engine.state import State
from orchestrate.evidence import Deciding, Seen, deciding, kind_of, observe
from orchestrate.plan import PlannedEntry, PlannedPolicy
from warehouse.batch.bits import everybody, nobody
from warehouse.catalog import Catalog
from warehouse.clocks.past import OnCursor, Past, as_known, stand_at
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.runner import Engine
from warehouse.wording import describe

# Reason code → the condition that gave it, and what that would have to be instead.
ASKED = {
    "NOT_IN_POPULATION": ("population", True),
    "NO_CONSENT": ("consented", True),
    "CONSENT_UNKNOWN": ("consented", True),
    "INELIGIBLE": ("eligible", True),
    "NOT_APPLICABLE": ("applicable", True),
    "SUPPRESSED_STATE": ("suppressed", False),
    "STOPPED": ("stopped", False),
    "INPUT_UNKNOWN": ("suppressed", False),
}


class Candidate(NamedTuple):
    """One action that a policy could have sent to the user, and what became of it."""

    entry: PlannedEntry
    decided: EngineCandidate
    reason_code: str
    ghost: bool
    deciding: Deciding | None
    would_become: str | None


def explain(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    user_id: str,
    *,
    policy: str | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """What every live rule, or one, decides for a user at a moment, and why.

    Without ``at``: the moment of the latest cycle, or the end of the data. A moment
    that is past is explained by what was known then. Gives the document of
    ``explain --json``; refuses with UNKNOWN_USER and UNKNOWN_KEY.
    """
    moment = at or _latest(warehouse)
    tick = plan_tick(store, catalog, as_of=moment)
    wanted = [p for p in tick.policies if policy in (None, p.key)]
    if policy is not None and not wanted:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"No rule '{policy}' that sends something is live.",
            span=policy,
            fix=f"Live: {', '.join(p.key for p in tick.policies) or 'none yet'}.",
        )
    with _decided(warehouse, tick, user_id) as (cursor, past, told):
        found = [(p, _candidates(p, tick, cursor, told)) for p in wanted]
        tried = [(p, [_with_alternative(one, told) for one in those]) for p, those in found]
    return {
        "user_id": user_id,
        "at": moment.isoformat(),
        "as_known": past.traits if past else None,
        "decisions": [_document(p, found, catalog) for p, found in tried],
    }


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
    moment = at or _latest(warehouse)
    tick = plan_tick(store, catalog, as_of=moment)
    winners: dict[str, dict[str, str | None]] = {}
    for user_id in user_ids:
        told = explain(store, warehouse, catalog, user_id, at=moment)
        winners[user_id] = {one["policy"]: one["winner"] for one in told["decisions"]}
    first, second = user_ids
    differing = [p for p in tick.policies if winners[first][p.key] != winners[second][p.key]]
    with as_known(warehouse, catalog, moment) as engine:
        policies = [
            {
                "policy": p.key,
                "winners": {user: winners[user][p.key] for user in user_ids},
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

    def candidate(self, policy: str, action: str) -> EngineCandidate:
        """A candidate of the tick."""
        return next(
            one
            for one in self.stand.candidates
            if (one.policy.key, one.entry.action.key) == (policy, action)
        )

    def outcome(self, candidate: EngineCandidate) -> tuple[str, bool]:
        """Reason code and whether it is a ghost."""
        who, reasons = reasons_of(self.decided, candidate)
        if not who.size:
            return "NOT_IN_POPULATION", False
        rows = self.decided.rows
        return REASONS[reasons[0]].code, bool(rows.ghosts[rows.numbers == candidate.number].any())

    def otherwise(self, state: State, candidates: tuple[EngineCandidate, ...]) -> Told:
        """The decision, had the state or the candidates been these."""
        stand = self.stand._replace(candidates=candidates)
        decided = decide_state(state, stand.tick.rules, candidates, stand.zones, stand.reader.lots)
        return self._replace(stand=stand, state=state, decided=decided)


@contextmanager
def _decided(
    warehouse: DuckDBWarehouse, tick: stages.Tick, user_id: str
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Past | None, Told]]:
    """The decision on one user; nothing is kept."""
    with warehouse.cursor() as cursor:
        _check_user(cursor, tick.catalog, user_id)
        cursor.execute("BEGIN")
        try:
            past = stand_at(cursor, tick.catalog, tick.as_of)
            if past is not None:
                _check_user(cursor, tick.catalog, user_id, then=tick.as_of)
            stand = stages.lay_out(cursor, tick)
            (one,) = stages.decided(cursor, stand, users=(user_id,))
            yield cursor, past, Told(user_id, stand, one.chunk.state, one)
        finally:
            cursor.execute("ROLLBACK")


def _candidates(
    policy: PlannedPolicy, tick: stages.Tick, cursor: duckdb.DuckDBPyConnection, told: Told
) -> list[Candidate]:
    seen = observe(_conditions(policy, tick.catalog), tick, OnCursor(cursor), told.user_id)
    found = []
    for entry in policy.entries:
        decided = told.candidate(policy.key, entry.action.key)
        code, ghost = told.outcome(decided)
        name, wanted = ASKED.get(code, ("", True))
        at_fault = _at_fault(seen, name, entry, wanted)
        found.append(Candidate(entry, decided, code, ghost, at_fault, None))
    return found


def _at_fault(
    seen: dict[str, Seen], name: str, entry: PlannedEntry, wanted: bool
) -> Deciding | None:
    asked = seen.get(name) or seen.get(f"{name}_{entry.position}")
    found = deciding(asked, wanted=wanted) if asked else None
    if found is None and name == "suppressed":  # the unknown one may be a stop condition
        stop = seen.get(f"stopped_{entry.position}")
        found = deciding(stop, wanted=False) if stop else None
    return found


def _conditions(policy: PlannedPolicy, catalog: Catalog) -> dict[str, Condition]:
    asked = {"population": policy.population}
    for entry in policy.entries:
        parts = {
            "eligible": entry.eligibility,
            "applicable": entry.applicability,
            "suppressed": entry.suppressed,
            "stopped": entry.stopped,
        }
        asked |= {f"{name}_{entry.position}": one for name, one in parts.items() if one is not None}
        wanted = [
            ConsentIs(purpose=purpose, channel=name)
            for name in entry.action.channels
            if (purpose := catalog.channels[name].consent_purpose) is not None
        ]
        if wanted and entry.action.message_class == "marketing":
            asked[f"consented_{entry.position}"] = Or(of=tuple(wanted))
    return asked


def _with_alternative(candidate: Candidate, told: Told) -> Candidate:
    """Decide once more with the one leaf turned round, and see what would come of it."""
    if candidate.deciding is None or candidate.reason_code == "NOT_IN_POPULATION":
        return candidate
    if not candidate.deciding.alone:
        return candidate._replace(would_become=candidate.reason_code)
    name, wanted = ASKED[candidate.reason_code]
    number, candidates = candidate.decided.number, list(told.stand.candidates)
    true, unknown = dict(told.state.true), dict(told.state.unknown)
    if name == "consented":
        # Consent is asked of a channel; to have it is not to need it.
        route = candidate.decided.route
        free = route._replace(purposes=(None,) * len(route.channels))
        candidates[number] = candidate.decided._replace(route=free)
    else:
        key = flag(name, candidate.decided)
        true[key] = everybody(1) if wanted else nobody(1)
        unknown.pop(key, None)
    otherwise = told.otherwise(replace(told.state, true=true, unknown=unknown), tuple(candidates))
    return candidate._replace(would_become=otherwise.outcome(candidates[number])[0])


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
    found = candidate.deciding
    line: dict[str, Any] = {
        "action": candidate.entry.action.key,
        "tier": candidate.entry.tier,
        "stage": reason.stage,
        "reason_code": reason.code,
        "sentence": reason.sentence,
        "failed_leaf": None,
        "value_read": None,
        "expected": None,
        "flip": None,
    }
    if found is None:
        return line
    words = describe(found.leaf.condition, catalog)
    expected = words if found.leaf.truth is not True else f"not: {words}"
    change = f"{expected} (read: {_read(found.leaf)})"
    return line | {
        "failed_leaf": words,
        "value_read": found.leaf.value,
        "expected": expected,
        "flip": {"change": change, "would_become": candidate.would_become},
    }


def _read(leaf: Seen) -> str:
    return "nothing" if leaf.value is None else leaf.value


def _separating(
    policy: PlannedPolicy,
    tick: stages.Tick,
    engine: Engine,
    user_ids: tuple[str, str],
) -> list[dict[str, Any]]:
    seen = [observe(_conditions(policy, tick.catalog), tick, engine, user) for user in user_ids]
    found: dict[str, tuple[bool, dict[str, Any]]] = {}
    for name in seen[0]:
        for one, other in zip(seen[0][name].leaves(), seen[1][name].leaves(), strict=True):
            if one.truth is not other.truth:
                words = describe(one.condition, tick.catalog)
                values = dict(zip(user_ids, (one.value, other.value), strict=True))
                is_trait = isinstance(kind_of(one), Trait)
                found.setdefault(words, (not is_trait, {"condition": words, "values": values}))
    return [line for _, line in sorted(found.values(), key=lambda pair: pair[0])]


def _latest(warehouse: DuckDBWarehouse) -> datetime:
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        query = (
            "SELECT COALESCE((SELECT MAX(decided_at) FROM cycles), "
            "(SELECT CAST(value AS TIMESTAMP) FROM meta WHERE key = 'as_of'))"
        )
        ((moment,),) = cursor.execute(query).fetchall()
    assert isinstance(moment, datetime)
    return moment


def _check_user(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    user_id: str,
    then: datetime | None = None,
) -> None:
    layout = catalog.layout.users
    query = (
        exp.select(exp.maybe_parse(layout.canonical, dialect=stages.DIALECT))
        .from_(layout.table)
        .where(exp.column(layout.key).eq(exp.Placeholder(this="user_id")))
    )
    found = cursor.execute(query.sql(stages.DIALECT), {"user_id": user_id}).fetchone()
    if found is None and then is not None:
        raise refuse(
            Code.UNKNOWN_USER,
            f"'{user_id}' had not signed up by {then:%Y-%m-%d %H:%M}.",
            span=user_id,
            fix="Ask about a later moment.",
        )
    if found is None:
        raise refuse(
            Code.UNKNOWN_USER,
            f"There is no user '{user_id}'.",
            span=user_id,
            fix="Take a user id from 'pilothouse rules audience KEY --ids'.",
        )
    if not found[0]:
        raise refuse(
            Code.UNKNOWN_USER,
            f"'{user_id}' was merged into another user.",
            span=user_id,
            fix="Ask about the user it was merged into.",
        )
