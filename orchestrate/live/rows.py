"""Decisions on single users as rows of the warehouse: handed over as numbers, and as the names of
what the numbers stand for; the engine makes the rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from core.moments import SECOND, micros
from core.reasons import REASONS
from orchestrate.engine.candidates import Candidate
from orchestrate.engine.staging import CODE
from orchestrate.live.entry import Decision, Entry
from warehouse.handed import handed
from warehouse.statements import run_text

_SQL = Path(__file__).parent / "sql"
Column = npt.NDArray[Any]
Columns = dict[str, Column]


def write_rows(
    cursor: duckdb.DuckDBPyConnection, entries: Sequence[Entry], candidates: Sequence[Candidate]
) -> None:
    """Write what was decided, which places it takes under the caps, and its intents, inside the
    caller's transaction."""
    numbers = _numbers(entries)
    if not numbers["owner"].size:
        return
    tables = {
        "decision_numbers": numbers,
        "decision_users": _users(entries),
        "decision_candidates": _candidates(candidates),
        "decision_ways": _ways(candidates),
        "decision_reasons": _reasons(),
        "decision_intents": _intents(entries, candidates),
    }
    with ExitStack() as lent:
        for name, columns in tables.items():
            lent.enter_context(handed(cursor, name, columns))
        for name in ("rows", "decisions", "slots", "intents"):
            run_text(cursor, _sql(name))


def _numbers(entries: Sequence[Entry]) -> Columns:
    """One row a decision; its owner is the place of the user among the entries."""
    # One after the other: made of a list, they would keep every other thread waiting.
    each = (value for entry in entries for one in entry.decisions for value in one)
    rows = np.fromiter(each, np.int64)
    found = dict(zip(Decision._fields, rows.reshape(-1, len(Decision._fields)).T, strict=True))
    many = [len(entry.decisions) for entry in entries]
    return found | {"owner": np.repeat(np.arange(len(entries)), many)}


def _users(entries: Sequence[Entry]) -> Columns:
    return {
        "owner": np.arange(len(entries)),
        "user_id": _texts(entry.user for entry in entries),
        "cycle_id": _texts(entry.cycle_id for entry in entries),
        "trace_id": _texts(entry.trace_id for entry in entries),
        "at": np.array([entry.now for entry in entries], np.int64),
    }


def _candidates(candidates: Sequence[Candidate]) -> Columns:
    actions = [one.entry.action for one in candidates]
    offers = [one.offer for one in actions]
    return {
        "number": np.array([one.number for one in candidates], np.int64),
        "policy_key": _texts(one.policy.key for one in candidates),
        "policy_version": np.array([one.policy.version for one in candidates], np.int64),
        "action_key": _texts(one.key for one in actions),
        "expires_after": np.array([one.expires_after_seconds * SECOND for one in actions]),
        "offer_terms": _texts(one and one.terms for one in offers),
        "offer_from": _texts(one and micros(one.valid_from) for one in offers),
        "offer_until": _texts(one and micros(one.valid_until) for one in offers),
    }


def _ways(candidates: Sequence[Candidate]) -> Columns:
    rows = [
        (one.number, place, channel)
        for one in candidates
        for place, channel in enumerate(one.entry.action.channels)
    ]
    numbers, places, channels = zip(*rows, strict=True)
    return {
        "number": np.array(numbers, np.int64),
        "place": np.array(places, np.int64),
        "channel": _texts(channels),
    }


@cache
def _reasons() -> Mapping[str, Column]:
    return {
        "reason": np.arange(len(REASONS)),
        "reason_code": _texts(one.code for one in REASONS),
        "outcome": _texts(one.outcome for one in REASONS),
    }


def _intents(entries: Sequence[Entry], candidates: Sequence[Candidate]) -> Columns:
    """The ids of what goes out."""
    rows = [*_selected(entries, candidates)]
    owners, numbers, named = zip(*rows, strict=True) if rows else ((), (), ())
    return {
        "owner": np.array(owners, np.int64),
        "number": np.array(numbers, np.int64),
        "intent_id": _texts(named),
    }


def _selected(
    entries: Sequence[Entry], candidates: Sequence[Candidate]
) -> Iterator[tuple[int, int, str]]:
    for owner, entry in enumerate(entries):
        for one in entry.decisions:
            if one.reason == CODE["SELECTED"]:
                candidate = candidates[one.number]
                key, action = candidate.policy.key, candidate.entry.action.key
                # The occasion is the cycle, the step is 1: one policy, action and user have one
                # intent in it.
                named = f"{key}/{action}/{entry.user}/{entry.cycle_id}/1"
                yield owner, one.number, str(uuid.uuid5(uuid.NAMESPACE_URL, named))


def _texts(values: Iterator[Any] | Sequence[Any]) -> Column:
    return np.array([*values], object)


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
