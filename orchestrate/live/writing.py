"""Decisions on single users into the warehouse, as a cycle keeps its own: decisions, places under
the caps, intents, and the record they were made from. One cycle holds users of many moments."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb
import numpy as np
import numpy.typing as npt

from core.moments import EPOCH, SECOND, micros
from core.reasons import REASONS
from orchestrate.engine.candidates import Candidate, Rules, asked_of
from orchestrate.engine.inputs import offer_numbers
from orchestrate.engine.staging import CODE, Chunk
from orchestrate.engine.state import Buckets, Places, State
from orchestrate.engine.zones import Zones, zones_of
from orchestrate.keeping import keep_early, keep_rules, keep_state, rules_of_stand
from orchestrate.live.entry import Decision, Edition, Entry
from warehouse.batch.bits import Bits, pack

_SQL = Path(__file__).parent / "sql"
One = TypeVar("One")
EDITIONS = 32
"""Sets of rules whose text is remembered."""
ENTRIES, TRUTHS, REST_SECONDS = 16, 4_000, 0.002
"""How much is done at a time: each takes about two milliseconds; then others have their turn."""


class Batch(NamedTuple):
    """What is written as one cycle: each user once."""

    cycle_id: str
    edition: Edition
    entries: Sequence[Entry]


class _Cycle(NamedTuple):
    """What the record of a cycle names."""

    cycle_id: str
    rules: Rules


class _Stand(NamedTuple):
    """A batch as cycles are kept."""

    tick: _Cycle
    candidates: tuple[Candidate, ...]
    zones: Zones


def decision_id(cycle_id: str, candidate: Candidate, user: str) -> str:
    """The id of a decision, as cycles make it."""
    policy, action = candidate.policy.key, candidate.entry.action.key
    named = f"{cycle_id}/{policy}/{action}/{user}"
    return hashlib.md5(named.encode(), usedforsecurity=False).hexdigest()


def expires(candidate: Candidate, now: int) -> int:
    """When a message decided at a moment is past its time; microseconds."""
    action = candidate.entry.action
    later = now + action.expires_after_seconds * SECOND
    return later if action.offer is None else min(later, micros(action.offer.valid_until))


class Writer:
    """Writes batch after batch; of each edition the rules are written out once. Between slices of
    its work it rests, so that whoever decides meanwhile need not wait."""

    def __init__(self) -> None:
        self._rules: dict[str, str] = {}
        """Edition → the text of its rules, but for the moment and the zones."""

    def write(self, cursor: duckdb.DuckDBPyConnection, batch: Batch) -> bool:
        """Write a batch inside the caller's transaction; False when it is there already."""
        known = "SELECT 1 FROM record_cycles WHERE cycle_id = ?"
        if cursor.execute(known, (batch.cycle_id,)).fetchone():
            return False
        names = sorted({entry.zone for entry in batch.entries})
        moment = EPOCH + timedelta(microseconds=min(entry.now for entry in batch.entries))
        rules = batch.edition.rules._replace(as_of=moment)
        zones = zones_of(rules, names)
        stand = _Stand(_Cycle(batch.cycle_id, rules), batch.edition.candidates, zones)
        keep_rules(cursor, stand, self._text(batch.edition.number, stand))
        _write_decisions(cursor, batch)
        state = _state(batch, names)
        keep_state(cursor, stand, 0, state)
        killed = rules.killed.keys("channel")
        chunk = Chunk(state, killed, offer_numbers(batch.edition.candidates))
        keep_early(cursor, stand, 0, chunk)
        return True

    def _text(self, edition: str, stand: _Stand) -> str:
        if edition not in self._rules:
            rules = rules_of_stand(stand)
            rest = {name: one for name, one in rules.items() if name not in ("as_of", "zones")}
            if len(self._rules) > EDITIONS:
                self._rules.clear()
            self._rules[edition] = json.dumps(rest, sort_keys=True)[1:-1]
        moment, zones = stand.tick.rules.as_of.isoformat(), json.dumps([*stand.zones.names])
        # In the order of their names, as cycles write them.
        return f'{{"as_of": "{moment}", {self._rules[edition]}, "zones": {zones}}}'


def _gently(every: Iterable[One], slice_: int) -> Iterator[One]:
    """Gives one after the other, and rests after each slice."""
    for place, one in enumerate(every, start=1):
        yield one
        if place % slice_ == 0:
            time.sleep(REST_SECONDS)


def _write_decisions(cursor: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    candidates = batch.edition.candidates
    rows = [
        _row(entry, candidates[one.number], one)
        for entry in _gently(batch.entries, ENTRIES)
        for one in entry.decisions
    ]
    if not rows:
        return
    columns = dict(zip(_COLUMNS, map(_column, zip(*rows, strict=True)), strict=True))
    cursor.register("decision_rows", columns)
    for name in ("decisions", "slots", "intents"):
        cursor.execute(_sql(name))
    cursor.unregister("decision_rows")


_COLUMNS = (
    "decision_id", "cycle_id", "trace_id", "user_id", "at", "policy_key", "policy_version",
    "action_key", "channel", "outcome", "reason_code", "ghost", "ready", "expires", "intent_id",
    "offer_terms", "offer_from", "offer_until",
)  # fmt: skip
_MISSING = (None, None, None)


def _row(entry: Entry, candidate: Candidate, one: Decision) -> tuple[Any, ...]:
    action, reason = candidate.entry.action, REASONS[one.reason]
    key, offer = candidate.policy.key, action.offer
    selected = one.reason == CODE["SELECTED"]
    # The occasion is the cycle, the step is 1: one policy, action and user have one intent in it.
    named = f"{key}/{action.key}/{entry.user}/{entry.cycle_id}/1"
    terms = (
        (offer.terms, micros(offer.valid_from), micros(offer.valid_until)) if offer else _MISSING
    )
    return (
        decision_id(entry.cycle_id, candidate, entry.user), entry.cycle_id, entry.trace_id,
        entry.user, entry.now, key, candidate.policy.version, action.key,
        action.channels[max(one.place, 0)], reason.outcome, reason.code, one.ghost, one.ready,
        expires(candidate, entry.now),
        str(uuid.uuid5(uuid.NAMESPACE_URL, named)) if selected else None, *terms,
    )  # fmt: skip


def _column(values: Sequence[Any]) -> npt.NDArray[Any]:
    first = values[0]
    if isinstance(first, bool):
        return np.array(values, np.bool_)
    if isinstance(first, int) and None not in values:
        return np.array(values, np.int64)
    return np.array(values, object)


def _state(batch: Batch, zones: Sequence[str]) -> State:
    """The users of a batch as a chunk of users."""
    entries, candidates = batch.entries, batch.edition.candidates
    true, unknown = _flags(batch)
    past = [entry.history for entry in entries]
    caps, many = len(batch.edition.rules.caps), len(entries)
    return State(
        users=np.array([entry.user for entry in entries], object),
        true=true,
        unknown=unknown,
        scores=_by_name([entry.scores for entry in entries], np.nan, np.float64),
        consent=_by_name([entry.consent for entry in entries], 0, np.uint8),
        address=_by_name([entry.address for entry in entries], False, np.bool_),
        held_out=np.array([entry.held_out for entry in entries], np.bool_),
        zone=np.array([zones.index(entry.zone) for entry in entries], np.int16),
        counts=np.array([one.counts for one in past], np.int32).reshape(many, caps).T.copy(),
        shadow=np.array([one.shadow for one in past], np.int32).reshape(many, caps).T.copy(),
        near=np.array([one.near for one in past], np.bool_),
        near_shadow=np.array([one.near_shadow for one in past], np.bool_),
        standing=np.array([one.standing for one in past], np.int32),
        resting={
            key: _places([key in one.resting for one in past])
            for key in sorted({key for one in past for key in one.resting})
        },
        valid={
            one.number: _places([one.number in earlier.valid for earlier in past])
            for one in candidates
            if any(one.number in earlier.valid for earlier in past)
        },
        paused=_paused(entries),
        held_by=_buckets([entry.held_by for entry in entries]),
        tried_by=_buckets([entry.tried_by for entry in entries]),
    )


def _flags(batch: Batch) -> tuple[dict[str, Bits], dict[str, Bits]]:
    true: dict[str, Bits] = {}
    unknown: dict[str, Bits] = {}
    asked = asked_of(batch.edition.candidates)
    for name in _gently(asked, max(1, TRUTHS // len(batch.entries))):
        told = [batch.edition.truths.truth(name, entry.literals) for entry in batch.entries]
        true[name] = pack(np.array([one is True for one in told], np.bool_))
        if None in told:
            unknown[name] = pack(np.array([one is None for one in told], np.bool_))
    return true, unknown


def _by_name(values: Sequence[Any], missing: Any, kind: Any) -> dict[Any, npt.NDArray[Any]]:
    names = sorted({name for one in values for name in one})
    return {name: np.array([one.get(name, missing) for one in values], kind) for name in names}


def _places(is_in: Sequence[bool]) -> Places:
    return np.flatnonzero(is_in).astype(np.int32)


def _buckets(values: Sequence[Mapping[int, str]]) -> dict[int, tuple[Places, Buckets]]:
    """Candidate → who has the bucket of another id, and which."""
    numbers = sorted({number for one in values for number in one})
    found: dict[int, tuple[Places, Buckets]] = {}
    for number in numbers:
        places = _places([number in one for one in values])
        buckets = [int(values[place][number], 16) for place in places]
        found[number] = places, np.array(buckets, np.uint32)
    return found


def _paused(
    entries: Sequence[Entry],
) -> dict[int, tuple[npt.NDArray[np.int32], npt.NDArray[np.int16]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for place, entry in enumerate(entries):
        for number, where in sorted(entry.history.paused):
            found.setdefault(number, []).append((place, where))
    return {
        number: (
            np.array([place for place, _ in pairs], np.int32),
            np.array([where for _, where in pairs], np.int16),
        )
        for number, pairs in found.items()
    }


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
