"""Deciding for everybody in chunks, reading the state only of those who may get something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import duckdb
import numpy as np

from core.conditions import Condition
from orchestrate.engine.candidates import asked_of
from orchestrate.engine.decided import Decided, decide_state
from orchestrate.engine.staging import passed
from orchestrate.engine.state import Places
from orchestrate.stages import Stand
from warehouse.batch import Flags, flags, unpack
from warehouse.batch.bits import Bits, nobody, pack

CHUNK = 1_000_000
"""Users at a time. Larger than a cycle's, which writes what it decides: each chunk costs one more
pass over messages and consent."""


class Part(NamedTuple):
    """One chunk of users: what is true of all of them, and what those may get who pass."""

    told: Flags
    passed: dict[int, Bits]
    """Candidate → who is in its population and eligible, and to whom it applies."""
    decided: Decided
    """Of the users who pass for any candidate; all others have no row in it."""


def parts(
    cursor: duckdb.DuckDBPyConnection,
    stand: Stand,
    extra: Mapping[str, Condition] | None = None,
    *,
    users: tuple[str, ...] | None = None,
    chunk: int = CHUNK,
) -> Iterator[Part]:
    """Decide for everybody, or for some users; ``extra`` conditions are told beside the rules'."""
    tick = stand.tick
    asked = asked_of(stand.candidates)
    told = flags(
        cursor,
        {**(extra or {}), **asked},
        tick.catalog,
        as_of=tick.as_of,
        audiences=tick.audiences,
        users=users,
        chunk=chunk,
    )
    for part in told:
        let_through = {
            one.number: passed(part.true, one, len(part.users)) for one in stand.candidates
        }
        who = _anybody(let_through, len(part.users))
        true, unknown = (
            {name: _of(side[name], who, len(part.users)) for name in asked if name in side}
            for side in (part.true, part.unknown)
        )
        state = stand.reader.read(part.users[who], true, unknown)
        decided = decide_state(state, tick.rules, stand.candidates, stand.zones, stand.reader.lots)
        yield Part(part, let_through, decided)


def _anybody(passed: Mapping[int, Bits], users: int) -> Places:
    found = nobody(users)
    for bits in passed.values():
        found |= bits
    return np.flatnonzero(unpack(found, users)).astype(np.int32)


def _of(bits: Bits, who: Places, users: int) -> Bits:
    return bits if who.size == users else pack(unpack(bits, users)[who])
