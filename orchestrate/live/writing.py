"""Decisions on single users into the warehouse, as a cycle keeps its own: decisions, places under
the caps, intents, and the record they were made from. One cycle holds users of many moments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt

from core.moments import EPOCH, SECOND, micros
from orchestrate.engine.candidates import Candidate, Rules, asked_of
from orchestrate.engine.inputs import offer_numbers
from orchestrate.engine.staging import Chunk
from orchestrate.engine.state import Buckets, Places, State
from orchestrate.engine.zones import Zones, zones_of
from orchestrate.keeping import keep_early, keep_rules, keep_state, rules_of_stand
from orchestrate.live.entry import Edition, Entry
from orchestrate.live.flags import flags
from orchestrate.live.rows import write_rows

EDITIONS = 32
"""Sets of rules whose text is remembered."""


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
    """Writes batch after batch; of each edition the rules are written out once."""

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
        write_rows(cursor, batch.entries, batch.edition.candidates)
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


def _state(batch: Batch, zones: Sequence[str]) -> State:
    """The users of a batch as a chunk of users."""
    entries, candidates = batch.entries, batch.edition.candidates
    asked, kept = asked_of(candidates), [entry.literals for entry in entries]
    true, unknown = flags(asked, batch.edition.truths, kept)
    past = [entry.history for entry in entries]
    still_valid = {number for one in past for number in one.valid}
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
            if one.number in still_valid
        },
        paused=_paused(entries),
        held_by=_buckets([entry.held_by for entry in entries]),
        tried_by=_buckets([entry.tried_by for entry in entries]),
    )


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
