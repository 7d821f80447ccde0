"""What a condition read for one user, leaf by leaf, and which leaf decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from core.conditions import And, AnyLeaf, Attribute, Condition, Not, Or, with_defaults
from core.masking import HIDDEN
from orchestrate.engine.candidates import Tick
from warehouse.catalog import Catalog, Column
from warehouse.compile import compile_leaves, expand
from warehouse.compile.names import attribute_column
from warehouse.runner import Engine


class Seen(NamedTuple):
    """A node of a condition with its truth for one user: TRUE, FALSE or None (unknown)."""

    condition: Condition
    truth: bool | None
    parts: tuple[Seen, ...] = ()
    value: str | None = None
    """Leaves only: what was read, as text."""

    def leaves(self) -> Iterator[Seen]:
        """The leaves, left to right."""
        if not self.parts and not isinstance(self.condition, And):
            yield self
        for part in self.parts:
            yield from part.leaves()

    def with_parts(self, parts: tuple[Seen, ...]) -> Seen:
        """The same node over other parts."""
        return self._replace(parts=parts, truth=_truth(self, parts))

    def without(self, leaf: Seen) -> Seen:
        """The same, had this one leaf been the other way round."""
        if self is leaf:
            return self._replace(truth=self.truth is not True)
        parts = tuple(part.without(leaf) for part in self.parts)
        return self.with_parts(parts)


class Deciding(NamedTuple):
    """The leaf that decided, and whether changing it alone would change the whole."""

    leaf: Seen
    alone: bool


def observe(
    conditions: Mapping[str, Condition], tick: Tick, engine: Engine, user_id: str
) -> dict[str, Seen]:
    """Each named condition with what it read for the user, in one query."""
    ready = {
        name: with_defaults(expand(condition, tick.catalog, tick.audiences))
        for name, condition in conditions.items()
    }
    query = compile_leaves(
        And(of=tuple(ready.values())), tick.catalog, as_of=tick.as_of, users=(user_id,)
    )
    if not query.leaves:
        return {name: Seen(condition, True) for name, condition in ready.items()}
    row = engine.fetch(query.sql).dicts()[0]
    read = iter(
        [
            (row[f"t{i}"], _shown(leaf, row[f"v{i}"], tick.catalog))
            for i, leaf in enumerate(query.leaves)
        ]
    )
    return {name: _see(condition, read) for name, condition in ready.items()}


def _shown(leaf: AnyLeaf, value: str | None, catalog: Catalog) -> str | None:
    """What was read, unless it is personal: then only that there was something."""
    if value is None or not isinstance(leaf, Attribute):
        return value
    column = attribute_column(leaf.column, catalog)
    is_public = isinstance(column, Column) and column.data_class == "public"
    return value if is_public else HIDDEN


def deciding(seen: Seen, *, wanted: bool) -> Deciding | None:
    """The first leaf whose change alone would make it as wanted, else the first that stands in
    the way; None when nothing does."""
    guilty = list(_guilty(seen, wanted))
    for leaf in guilty:
        if (seen.without(leaf).truth is True) is wanted:
            return Deciding(leaf, alone=True)
    return Deciding(guilty[0], alone=False) if guilty else None


def _see(condition: Condition, read: Iterator[tuple[bool | None, str | None]]) -> Seen:
    if isinstance(condition, And | Or):
        parts = tuple(_see(part, read) for part in condition.of)
    elif isinstance(condition, Not):
        parts = (_see(condition.of, read),)
    else:
        truth, value = next(read)
        return Seen(condition, truth, value=value)
    unknown = Seen(condition, None, parts)
    return unknown._replace(truth=_truth(unknown, parts))


def _truth(seen: Seen, parts: tuple[Seen, ...]) -> bool | None:
    truths = [part.truth for part in parts]
    match seen.condition:
        case And():
            return _all(truths)
        case Or():
            negated = _all([None if truth is None else not truth for truth in truths])
            return None if negated is None else not negated
        case Not():
            return None if truths[0] is None else not truths[0]
        case _:
            return seen.truth


def _all(truths: list[bool | None]) -> bool | None:
    if False in truths:
        return False
    return None if None in truths else True


def _guilty(seen: Seen, wanted: bool) -> Iterator[Seen]:
    """The leaves that keep a node from being as wanted."""
    if seen.truth is wanted:
        return
    if isinstance(seen.condition, Not):
        yield from _guilty(seen.parts[0], not wanted)
    elif seen.parts:
        for part in seen.parts:
            yield from _guilty(part, wanted)
    elif not isinstance(seen.condition, And):
        yield seen


def kind_of(leaf: Seen) -> AnyLeaf:
    """The leaf's own condition."""
    assert not isinstance(leaf.condition, And | Or | Not)
    return leaf.condition
