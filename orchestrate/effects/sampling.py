"""A few people for whom something changes, by id, each with the clause that makes it so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.conditions import Condition
from core.effects import Sampled
from orchestrate.effects.asking import AFTER, BEFORE, Asked
from orchestrate.effects.grants import Labels, Shift
from orchestrate.effects.sides import Route, Side
from orchestrate.effects.twice import Part
from orchestrate.engine.state import Places
from warehouse.batch import Flags, unpack
from warehouse.batch.bits import Bits
from warehouse.catalog import Catalog
from warehouse.wording import describe

FEW = 5
"""People of each kind."""
NAMED = 3
"""Clauses that are named of somebody who meets all of them."""

Met = tuple[tuple[bool, ...], ...]
"""Route → clause → whether it is true for somebody."""


class _Seen(NamedTuple):
    user_id: str
    before: Met
    after: Met


class Sample:
    """The first few people by id, whatever the order in which the warehouse holds them."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._enter: list[_Seen] = []
        self._leave: list[_Seen] = []
        self._change: list[tuple[str, str | None, str | None]] = []

    def add(self, told: Flags, entered: Bits, left: Bits) -> None:
        """Look at one chunk."""
        self._enter = self._with(self._enter, told, entered)
        self._leave = self._with(self._leave, told, left)

    def add_changes(self, part: Part, shift: Shift, labels: Labels) -> None:
        """Look at who of one chunk gets something else."""
        places = np.flatnonzero(shift.differs & shift.had & shift.has)
        found = [
            (
                str(part.told.users[part.who[place]]),
                labels.word(int(shift.replaced[place])),
                labels.word(int(shift.comes[place])),
            )
            for place in _least(part.told.users[part.who], places)
        ]
        self._change = sorted([*self._change, *found], key=lambda one: one[0])[:FEW]

    def told(self, catalog: Catalog) -> tuple[Sampled, ...]:
        """Everybody in the sample, with a sentence."""
        asked = self._asked
        enters = [
            Sampled(user_id=one.user_id, change="enters", why=_why_in(one, asked, catalog))
            for one in self._enter
        ]
        leaves = [
            Sampled(user_id=one.user_id, change="leaves", why=_why_out(one, asked, catalog))
            for one in self._leave
        ]
        changes = [
            Sampled(user_id=user, change="changes", why=_why_else(replaced, comes))
            for user, replaced, comes in self._change
        ]
        return (*enters, *leaves, *changes)

    def _with(self, kept: list[_Seen], told: Flags, bits: Bits) -> list[_Seen]:
        places = np.flatnonzero(unpack(bits, len(told.users)))
        found = [
            _Seen(str(told.users[at]), self._met(told, BEFORE, at), self._met(told, AFTER, at))
            for at in _least(told.users, places)
        ]
        return sorted([*kept, *found], key=lambda one: one.user_id)[:FEW]

    def _met(self, told: Flags, side: str, place: int) -> Met:
        return tuple(
            tuple(bool(told.true[name][place >> 3] >> (place & 7) & 1) for name in route)
            for route in self._asked.clauses(side)
        )


def _least(users: np.typing.NDArray[np.object_], places: np.typing.NDArray[np.intp]) -> Places:
    """The places of the few with the smallest ids."""
    if places.size > FEW:
        places = places[np.argpartition(users[places], FEW)[:FEW]]
    return places.astype(np.int32)


def _why_in(one: _Seen, asked: Asked, catalog: Catalog) -> str:
    route = next(r for r, met in zip(asked.after.routes, one.after, strict=True) if all(met))
    missed = _missed(asked.before, one.before, route.action)
    if missed is not None:
        return f"The live version asks for more: {describe(missed, catalog)}."
    listed = [describe(clause, catalog) for clause in route.clauses[:NAMED]]
    more = len(route.clauses) - len(listed)
    rest = f" and {more} more" if more > 0 else ""
    return f"{route.name}: {'; '.join(listed) or 'everyone'}{rest}."


def _why_out(one: _Seen, asked: Asked, catalog: Catalog) -> str:
    route = next(r for r, met in zip(asked.before.routes, one.before, strict=True) if all(met))
    missed = _missed(asked.after, one.after, route.action)
    if missed is None:
        return f"{route.name} is no longer part of it."
    return f"Does not meet, or it is not known: {describe(missed, catalog)}."


def _missed(side: Side, met: Sequence[tuple[bool, ...]], action: str | None) -> Condition | None:
    """The first clause that somebody does not meet, by the route to the same message."""
    routes: list[tuple[Route, tuple[bool, ...]]] = list(zip(side.routes, met, strict=True))
    same = [one for one in routes if one[0].action == action]
    for route, truths in same:
        for clause, is_met in zip(route.clauses, truths, strict=True):
            if not is_met:
                return clause
    return None


def _why_else(replaced: str | None, comes: str | None) -> str:
    if replaced is None:
        return f"Also gets {_named(comes)}."
    if comes is None:
        return f"No longer gets {_named(replaced)}, and keeps the rest."
    return f"Gets {_named(comes)} instead of {_named(replaced)}."


def _named(label: str | None) -> str:
    """A message by its action, and by its rule where that has another name."""
    rule, _, action = (label or "").partition("/")
    words = action.replace("_", " ")
    return words if rule == action else f"{words} ({rule.replace('_', ' ')})"
