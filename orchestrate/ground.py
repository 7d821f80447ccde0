"""What one user's decision stands on, so that a part of it may be otherwise and be decided anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from core.conditions import And, Condition, Not, Or
from core.reasons import REASONS
from orchestrate.engine.candidates import Candidate, Rules
from orchestrate.engine.decided import Decided, decide_state, reasons_of
from orchestrate.engine.lots import Draw
from orchestrate.engine.state import State
from orchestrate.engine.zones import zones_of
from orchestrate.evidence import Seen


@dataclass(frozen=True)
class Ground:
    """All that one user's decision stands on; changed by replacing parts of it."""

    rules: Rules
    candidates: tuple[Candidate, ...]
    zone_names: tuple[str, ...]
    state: State
    seen: dict[str, Seen]
    """Flag → what its condition read."""
    draw: Draw
    words: Callable[[Seen], str]
    """What a leaf would have to be, in words."""
    decided: Decided = field(init=False)

    def __post_init__(self) -> None:
        zones = zones_of(self.rules, self.zone_names)
        told = decide_state(self.state, self.rules, self.candidates, zones, self.draw)
        object.__setattr__(self, "decided", told)

    def reason(self, number: int) -> str:
        """The reason code of a candidate."""
        who, reasons = reasons_of(self.decided, self.candidates[number])
        return REASONS[reasons[0]].code if who.size else "NOT_IN_POPULATION"

    def with_candidate(self, one: Candidate) -> Ground:
        """With one candidate changed."""
        made = [one if other.number == one.number else other for other in self.candidates]
        return replace(self, candidates=tuple(made))

    def turned(self, name: str, wanted: bool) -> tuple[str, Ground] | None:
        """With the fewest facts changed that make a condition hold, or not hold for certain."""
        leaves = smallest(self.seen[name], wanted) if name in self.seen else None
        if not leaves:
            return None
        facts = {_fact(leaf.condition): truth for leaf, truth in leaves}
        seen = {key: _changed(one, facts) for key, one in self.seen.items()}
        state = _with_sets(self.state, seen)
        told = " and ".join(self.words(leaf) for leaf, _ in leaves)
        return told, replace(self, seen=seen, state=state)


Step = tuple[str, Ground]
"""What would be otherwise, in words, and the ground with it."""


def smallest(seen: Seen, wanted: bool) -> list[tuple[Seen, bool]] | None:
    """The fewest leaves, each with the truth it would need, that make a node as wanted."""
    if seen.truth is wanted:
        return []
    match seen.condition:
        case Not():
            return smallest(seen.parts[0], not wanted)
        case And() | Or():
            ways = [smallest(part, wanted) for part in seen.parts]
            if isinstance(seen.condition, And) is wanted:
                found = [way for way in ways if way is not None]
                return [leaf for way in found for leaf in way] if len(found) == len(ways) else None
            return min((way for way in ways if way is not None), key=len, default=None)
        case _:
            return [(seen, wanted)]


def _changed(seen: Seen, facts: dict[str, bool]) -> Seen:
    parts = tuple(_changed(part, facts) for part in seen.parts)
    if parts:
        return seen.with_parts(parts)
    truth = facts.get(_fact(seen.condition))
    return seen if truth is None or isinstance(seen.condition, And) else seen._replace(truth=truth)


def _fact(leaf: Condition) -> str:
    """What a leaf reads and asks, whatever unknown counts as."""
    return leaf.model_dump_json(exclude={"when_unknown"})


def _with_sets(state: State, seen: dict[str, Seen]) -> State:
    true = {name: np.array([one.truth is True], np.uint8) for name, one in seen.items()}
    unknown = {name: np.array([one.truth is None], np.uint8) for name, one in seen.items()}
    return replace(state, true={**state.true, **true}, unknown={**state.unknown, **unknown})
