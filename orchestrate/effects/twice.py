"""Two worlds decided in one pass: with what is live, and with the proposal in its place.

Flags are told once and the state of users is read once, for the candidates of both worlds
together; each world then decides without the other's version of the rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import duckdb
import numpy as np

from core.conditions import Condition
from orchestrate import stages
from orchestrate.engine.candidates import Candidate, asked_of
from orchestrate.engine.decided import Decided, decide_state
from orchestrate.engine.staging import passed
from orchestrate.engine.state import Places
from warehouse.batch import Flags, flags, unpack
from warehouse.batch.bits import Bits, nobody, pack

PROPOSED = 0
"""The version under which a proposal stands among the live ones."""
CHUNK = 1_000_000
"""Users at a time."""


class Worlds(NamedTuple):
    """Both worlds laid out over one connection."""

    stand: stages.Stand
    before: tuple[Candidate, ...]
    after: tuple[Candidate, ...]
    """The same candidates in both; those of the other world let nobody through."""

    @property
    def own(self) -> tuple[Candidate, ...]:
        """The proposal's candidates."""
        return tuple(one for one in self.stand.candidates if one.policy.version == PROPOSED)


class Part(NamedTuple):
    """One chunk of users in both worlds."""

    told: Flags
    who: Places
    """The places of those who were decided on: whoever passes for a candidate."""
    before: Decided
    after: Decided


def lay_out(cursor: duckdb.DuckDBPyConnection, tick: stages.Tick, key: str) -> Worlds:
    """Both worlds of a tick that holds the proposal as version 0 of its key beside all live."""
    stand = stages.lay_out(cursor, tick)
    proposed = [one.policy.version == PROPOSED for one in stand.candidates]
    replaced = [
        one.policy.key == key and not new
        for one, new in zip(stand.candidates, proposed, strict=True)
    ]
    return Worlds(stand, _without(stand.candidates, proposed), _without(stand.candidates, replaced))


def parts(
    cursor: duckdb.DuckDBPyConnection, worlds: Worlds, extra: Mapping[str, Condition]
) -> Iterator[Part]:
    """Both worlds, decided chunk after chunk; ``extra`` is told beside what the rules ask."""
    stand, tick = worlds.stand, worlds.stand.tick
    asked = asked_of(stand.candidates)
    told = flags(
        cursor,
        {**extra, **asked},
        tick.catalog,
        as_of=tick.as_of,
        audiences=tick.audiences,
        chunk=CHUNK,
    )
    for part in told:
        who = _anybody(part, stand.candidates)
        true, unknown = (
            {name: _of(side[name], who, len(part.users)) for name in asked if name in side}
            for side in (part.true, part.unknown)
        )
        state = stand.reader.read(part.users[who], true, unknown)
        before, after = (
            decide_state(state, tick.rules, one, stand.zones, stand.reader.lots)
            for one in (worlds.before, worlds.after)
        )
        yield Part(part, who, before, after)


def _without(candidates: tuple[Candidate, ...], left_out: list[bool]) -> tuple[Candidate, ...]:
    """The same candidates, in their places; whoever is left out lets nobody through."""
    return tuple(
        one._replace(not_yet=True) if is_out else one
        for one, is_out in zip(candidates, left_out, strict=True)
    )


def _anybody(part: Flags, candidates: tuple[Candidate, ...]) -> Places:
    found = nobody(len(part.users))
    for one in candidates:
        found |= passed(part.true, one, len(part.users))
    return np.flatnonzero(unpack(found, len(part.users))).astype(np.int32)


def _of(bits: Bits, who: Places, users: int) -> Bits:
    return bits if who.size == users else pack(unpack(bits, users)[who])
