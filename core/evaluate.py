"""Conditions for one user, in microseconds: compiled once, then asked as often as events come.

The values that rules read are looked up one by one, each lookup deciding every
leaf of that value at once; a condition is then a few operations on whole
numbers whose bits say which leaves are true and which are false. This is exact
three-valued logic: a leaf whose bits are both unset is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from core.conditions import AnyLeaf, Condition
from core.event_memory import Memory, Properties
from core.event_reads import EventReadings
from core.kinds import Kinds, Plain
from core.lookups import Literals, Lookups, literal
from core.program import Every, Node, Opposite, Program, Some, program
from core.readings import Followed, Reading, RowsOf, TimeOf, Times

Holds = Callable[[Literals], bool]


class UserState:
    """What is known of one user: plain values by reading, and the memory of events."""

    __slots__ = ("memory", "values")

    def __init__(self, values: list[Plain]) -> None:
        self.values = values
        """One a reading of the evaluator; those about events are worked out from ``memory``."""
        self.memory = Memory()


class LeafSeen(NamedTuple):
    """One leaf for one user."""

    leaf: AnyLeaf
    value: Plain
    """What was read; moments are microseconds since 1970 (UTC)."""
    truth: bool | None
    wanted: bool
    """What would help the condition: false under an odd number of Not."""


class Explanation(NamedTuple):
    """Why a condition holds for a user, or does not."""

    truth: bool | None
    clauses: tuple[bool | None, ...]
    """The top-level conjuncts in order."""
    failing: int | None
    """The first clause that is not true; None when all are."""
    leaves: tuple[LeafSeen, ...]
    """Left to right."""


class Truths:
    """Named conditions as functions of the literals of a program's leaves."""

    def __init__(self, program: Program) -> None:
        self.program = program
        leaves, trees = len(program.leaves), program.trees
        self._true = {name: holds(tree, leaves, wanted=True) for name, tree in trees.items()}
        self._false = {name: holds(tree, leaves, wanted=False) for name, tree in trees.items()}

    def true(self, literals: Literals) -> list[str]:
        """The names of the conditions that hold."""
        return [name for name, is_true in self._true.items() if is_true(literals)]

    def truth(self, name: str, literals: Literals) -> bool | None:
        """Whether a condition holds; None is unknown."""
        if self._true[name](literals):
            return True
        return False if self._false[name](literals) else None


class Evaluator:
    """Named conditions, ready to be asked about one user at a time."""

    def __init__(self, conditions: Mapping[str, Condition], kinds: Kinds) -> None:
        """Every condition is expanded and checked against the catalog of the kinds."""
        self.program = program(conditions)
        self._kinds = kinds
        self._reads = EventReadings(self.program, kinds)
        self._recorder = self._reads.recorder()
        self._lookups = Lookups(self.program, kinds)
        self._of_nobody = [_of_no_event(one) for one in self.program.readings]
        self.truths = Truths(self.program)

    @property
    def stored(self) -> tuple[tuple[int, Reading], ...]:
        """The readings that a state is given as values, with their numbers."""
        numbered = enumerate(self.program.readings)
        return tuple(
            pair for pair in numbered if not isinstance(pair[1], Times | TimeOf | Followed)
        )

    @property
    def events(self) -> frozenset[str]:
        """The canonical names of the events that a state remembers."""
        return self._recorder.events

    @property
    def filtered(self) -> frozenset[str]:
        """Those of them whose properties matter."""
        return self._recorder.filtered

    def state(self, values: Mapping[int, Plain]) -> UserState:
        """A user of whom no event is known yet; readings that are left out are missing."""
        state = UserState(self._of_nobody.copy())
        for number, value in values.items():
            state.values[number] = value
        return state

    def record(self, state: UserState, event: str, at: int, properties: Properties) -> None:
        """Remember an event that happened at a moment (microseconds), however late it is known."""
        self.record_all(state, event, (at,), properties)

    def record_all(
        self, state: UserState, event: str, times: Sequence[int], properties: Properties
    ) -> None:
        """Remember events that differ in nothing but their moments; there is at least one."""
        canonical = self._kinds.events.get(event)
        if canonical is not None:
            self._recorder.record(state.memory, canonical, times, properties)

    def trim(self, state: UserState, now: int) -> None:
        """Drop what no decision at ``now`` or later can read."""
        self._recorder.trim(state.memory, now)

    def literals(self, state: UserState, now: int) -> Literals:
        """The truth of every leaf at a moment (microseconds): what all conditions are asked of."""
        return self._lookups.literals(self.values(state, now), now)

    def together(self, names: Iterable[str]) -> tuple[Literals, Holds | None]:
        """Whether all of some conditions hold: literals that must all be there, and what else
        must hold of them."""
        every = Every(tuple(self.program.trees[name] for name in names))
        mask, parts = _split(_clauses(every), len(self.program.leaves), wanted=True)
        return mask, parts[0] if len(parts) == 1 else _all_of(0, parts) if parts else None

    def decide(self, state: UserState, now: int) -> list[str]:
        """The names of the conditions that hold for a user at a moment (microseconds)."""
        return self.truths.true(self.literals(state, now))

    def values(self, state: UserState, now: int) -> list[Plain]:
        """What every reading gives at a moment.

        Raises ValueError for a moment before one for which memory was trimmed.
        """
        memory = state.memory
        if memory.trimmed_at is not None and now < memory.trimmed_at:
            raise ValueError("what was true before has been forgotten")
        values = state.values.copy()
        self._reads.fill(values, memory, now)
        return values

    def explain(self, name: str, state: UserState, now: int) -> Explanation:
        """Every leaf of a condition, and the first clause that does not hold."""
        values = self.values(state, now)
        literals = self._lookups.literals(values, now)
        tree = self.program.trees[name]
        clauses = tuple(self._truth(part, literals) for part in _clauses(tree))
        failing = next((i for i, truth in enumerate(clauses) if truth is not True), None)
        seen = tuple(
            LeafSeen(
                self.program.leaves[leaf],
                values[self.program.reads[leaf]],
                self._truth(leaf, literals),
                wanted,
            )
            for leaf, wanted in _leaves(tree, True)
        )
        return Explanation(self.truths.truth(name, literals), clauses, failing, seen)

    def _truth(self, node: Node, literals: Literals) -> bool | None:
        leaves = len(self.program.leaves)
        if holds(node, leaves, wanted=True)(literals):
            return True
        return False if holds(node, leaves, wanted=False)(literals) else None


def _of_no_event(read: Reading) -> Plain:
    """What a reading gives for a user of whom nothing is known."""
    match read:
        case Times() | RowsOf():
            return 0
        case Followed():
            return False
        case _:
            return None


def holds(node: Node, leaves: int, *, wanted: bool) -> Holds:
    """Whether a tree is known to be as wanted, as a function of its leaves' literals.

    A tree is false when its opposite is true: wanting false swaps all for any.
    """
    while isinstance(node, Opposite):
        node, wanted = node.of, not wanted
    if isinstance(node, int):
        return _all_of(literal(node, wanted, leaves), ())
    mask, parts = _split(node.of, leaves, wanted=wanted)
    every = isinstance(node, Every) is wanted
    return _all_of(mask, parts) if every else _any_of(mask, parts)


def _split(
    nodes: Iterable[Node], leaves: int, *, wanted: bool
) -> tuple[Literals, tuple[Holds, ...]]:
    """The literals of those that are leaves, and the functions of the others."""
    mask, parts = 0, []
    for node in nodes:
        flat, as_wanted = _plain_leaf(node, wanted)
        if flat is None:
            parts.append(holds(node, leaves, wanted=wanted))
        else:
            mask |= literal(flat, as_wanted, leaves)
    return mask, tuple(parts)


def _plain_leaf(node: Node, wanted: bool) -> tuple[int | None, bool]:
    while isinstance(node, Opposite):
        node, wanted = node.of, not wanted
    return (node if isinstance(node, int) else None), wanted


def _all_of(mask: Literals, parts: tuple[Holds, ...]) -> Holds:
    if not parts:
        return lambda literals: literals & mask == mask

    def every(literals: Literals) -> bool:
        if literals & mask != mask:
            return False
        for part in parts:  # noqa: SIM110 - a generator would cost more than all the rest
            if not part(literals):
                return False
        return True

    return every


def _any_of(mask: Literals, parts: tuple[Holds, ...]) -> Holds:
    if not parts:
        return lambda literals: literals & mask != 0

    def some(literals: Literals) -> bool:
        if literals & mask:
            return True
        for part in parts:  # noqa: SIM110 - a generator would cost more than all the rest
            if part(literals):
                return True
        return False

    return some


def _clauses(node: Node) -> list[Node]:
    if isinstance(node, Every):
        return [clause for part in node.of for clause in _clauses(part)]
    return [node]


def _leaves(node: Node, wanted: bool) -> list[tuple[int, bool]]:
    match node:
        case Every() | Some():
            return [leaf for part in node.of for leaf in _leaves(part, wanted)]
        case Opposite():
            return _leaves(node.of, not wanted)
        case _:
            return [(node, wanted)]
