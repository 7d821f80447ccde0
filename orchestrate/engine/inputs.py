"""Lay out on a connection what every chunk of users reads: sources by name, a tick's own lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from core.reasons import REASONS
from orchestrate.engine.candidates import Candidate, Tick
from orchestrate.engine.contact import expires_at
from orchestrate.engine.zones import Zones, zones_of
from warehouse.engines.duckdb import DIALECT
from warehouse.people import name_people

_SQL = Path(__file__).parent / "sql"
Row = tuple[Any, ...]


def prepare(
    cursor: duckdb.DuckDBPyConnection, tick: Tick, candidates: Sequence[Candidate]
) -> Zones:
    """Lay a tick out on a cursor; gives its moment in the zones that users live in."""
    cursor.execute(sql("inputs"))
    name_people(cursor, tick.catalog)
    found = cursor.execute("SELECT DISTINCT COALESCE(timezone, '') FROM zones_of_users").fetchall()
    told = zones_of(tick.rules, sorted(zone for (zone,) in found))
    insert(cursor, "zone_places", [(name, place) for place, name in enumerate(told.names)])
    insert(cursor, "released", [(decision,) for decision in tick.released])
    for table, rows in _lists(tick, candidates).items():
        insert(cursor, table, rows)
    cursor.execute(sql("exposures"), {"cycle_id": tick.cycle_id, "until": tick.until})
    cursor.execute(sql("stand_ins"))
    return told


def offer_numbers(candidates: Sequence[Candidate]) -> dict[str, int]:
    """The number of every offer that a tick could make."""
    terms = {o.terms for one in candidates if (o := one.entry.action.offer)}
    return {one: place for place, one in enumerate(sorted(terms))}


def insert(cursor: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Insert rows of our own making."""
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    lists = [exp.Unnest(expressions=[exp.Placeholder()]) for _ in columns]
    query = exp.insert(exp.select(*lists), exp.to_table(table))
    cursor.execute(query.sql(DIALECT), columns)


def sql(name: str) -> str:
    """A statement of the engine."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def _lists(tick: Tick, candidates: Sequence[Candidate]) -> dict[str, list[Row]]:
    known = {**tick.catalog.actions} | {
        one.entry.action.key: one.entry.action for one in candidates
    }
    return {
        "action_classes": [(a.key, a.message_class, a.exclusion_group) for a in known.values()],
        "candidates": [_candidate_row(one, tick) for one in candidates],
        "ways": [row for one in candidates for row in _ways(one)],
        "reasons": [(place, reason.code, reason.outcome) for place, reason in enumerate(REASONS)],
        "pausing": [row for one in candidates for row in _pausing(one)],
        "assignments": [row for one in candidates for row in _assignments(one)],
        "consents_asked": _consents_asked(candidates),
        "offers_asked": [(place, terms) for terms, place in offer_numbers(candidates).items()],
    }


def _candidate_row(one: Candidate, tick: Tick) -> Row:
    action, offer = one.entry.action, one.entry.action.offer
    cooldown = None if one.policy.never_again else one.policy.cooldown_seconds
    return (
        one.number, one.policy.key, one.policy.version, action.key, one.entry.tier,
        action.message_class, action.exclusion_group, action.expires_after_seconds, cooldown,
        one.policy.repeats, expires_at(one, tick.as_of),
        *((offer.terms, offer.valid_from, offer.valid_until) if offer else (None, None, None)),
    )  # fmt: skip


def _ways(one: Candidate) -> Iterator[Row]:
    for place in range(-1, len(one.route.channels)):
        yield one.number, place, one.route.channels[max(place, 0)]


def _pausing(one: Candidate) -> Iterator[Row]:
    for place, (s, o) in enumerate(one.entry.outcomes):
        yield one.number, place, s.scope, o.outcome, o.n, o.window_seconds, o.pause_seconds


def _assignments(one: Candidate) -> Iterator[Row]:
    holdout, experiment = one.policy.holdout, one.entry.experiment
    if holdout is not None:
        yield one.number, True, one.policy.key, None, holdout.salt
    if experiment is not None:
        yield one.number, False, one.policy.key, one.entry.action.key, experiment.salt


def _consents_asked(candidates: Sequence[Candidate]) -> list[Row]:
    asked = {
        pair
        for one in candidates
        for pair in zip(one.route.purposes, one.route.channels, strict=True)
        if pair[0] is not None
    }
    return [(place, *pair) for place, pair in enumerate(sorted(asked))]
