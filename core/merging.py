"""Two changes of one document brought together: what each changed since their common base. Pure.

Documents are JSON. Where both changed the same place, and not to the same value, it is a conflict:
nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

SETS = frozenset({"assumptions", "edge_cases"})
"""Lists of sentences, in which only what is there matters."""
UNORDERED = frozenset({"suppressions", "stop_conditions", "stops"}) | SETS
"""Lists in which the place of an item says nothing."""
_MISSING: Any = object()


class Conflict(NamedTuple):
    """A place that both changed; None where one of them has nothing there."""

    path: str
    live: Any
    proposed: Any


class Merged(NamedTuple):
    """The document that has both changes, where there is no conflict."""

    document: dict[str, Any]
    conflicts: tuple[Conflict, ...]


def merge(base: Mapping[str, Any], live: Mapping[str, Any], proposed: Mapping[str, Any]) -> Merged:
    """What is live, with what was proposed on top of ``base``."""
    conflicts: list[Conflict] = []
    document = _mappings("", base, live, proposed, conflicts)
    return Merged(document, tuple(conflicts))


def _value(path: str, base: Any, live: Any, proposed: Any, conflicts: list[Conflict]) -> Any:
    if _same(proposed, base) or _same(proposed, live):
        return live
    if _same(live, base):
        return proposed
    if all(isinstance(one, Mapping) for one in (base, live, proposed)) and _alike(
        base, live, proposed
    ):
        return _mappings(path, base, live, proposed, conflicts)
    if all(isinstance(one, list) for one in (base, live, proposed)):
        return _lists(path, base, live, proposed, conflicts)
    there = [None if one is _MISSING else one for one in (live, proposed)]
    conflicts.append(Conflict(path, *there))
    return live


def _same(one: Any, other: Any) -> bool:
    """Whether two values are written alike: 1 and true are not."""
    if one is _MISSING or other is _MISSING:
        return one is other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _alike(*documents: Mapping[str, Any]) -> bool:
    """Whether they are of one kind: the places of another kind mean something else."""
    return len({str(one.get("kind")) for one in documents}) == 1


def _mappings(
    path: str,
    base: Mapping[str, Any],
    live: Mapping[str, Any],
    proposed: Mapping[str, Any],
    conflicts: list[Conflict],
) -> dict[str, Any]:
    merged = {}
    for name in dict.fromkeys((*live, *proposed)):
        inside = f"{path}.{name}" if path else name
        was, now, wanted = (one.get(name, _MISSING) for one in (base, live, proposed))
        found = _value(inside, was, now, wanted, conflicts)
        if found is not _MISSING:
            merged[name] = found
    return merged


def _lists(
    path: str, base: list[Any], live: list[Any], proposed: list[Any], conflicts: list[Conflict]
) -> list[Any]:
    place = path.rsplit(".", 1)[-1]
    named = _naming(place, base, live, proposed)
    if named is not None:
        return _by_name(path, named, (base, live, proposed), conflicts)
    if len(base) == len(live) == len(proposed):
        # An item that both changed is not looked into: it may be another one at the same place.
        return [
            _whole(f"{path}[{index}]", *three, conflicts)
            for index, three in enumerate(zip(base, live, proposed, strict=True))
        ]
    return list(_whole(path, base, live, proposed, conflicts))


def _whole(path: str, base: Any, live: Any, proposed: Any, conflicts: list[Conflict]) -> Any:
    if _same(proposed, base) or _same(proposed, live):
        return live
    if not _same(live, base):
        conflicts.append(Conflict(path, live, proposed))
    return proposed


def _by_name(
    path: str,
    named: Callable[[Any], str | None],
    three: tuple[list[Any], list[Any], list[Any]],
    conflicts: list[Conflict],
) -> list[Any]:
    base, live, proposed = ({str(named(item)): item for item in side} for side in three)
    items: dict[str, Any] = {}
    for name in dict.fromkeys((*live, *proposed)):
        was, now, wanted = (side.get(name, _MISSING) for side in (base, live, proposed))
        found = _value(f"{path}[{name}]", was, now, wanted, conflicts)
        if found is not _MISSING:
            items[name] = found
    order = _order(path, [*base], [*live], [*proposed], conflicts)
    return [items[name] for name in order if name in items]


def _order(
    path: str, base: list[str], live: list[str], proposed: list[str], conflicts: list[Conflict]
) -> list[str]:
    """The names in their order: as whoever changed the order has them."""
    if proposed in (base, live):
        return live
    if live == base:
        return proposed
    if path.rsplit(".", 1)[-1] not in UNORDERED:
        conflicts.append(Conflict(f"{path} (their order)", live, proposed))
    return [*live, *(name for name in proposed if name not in live)]


def _naming(place: str, *sides: Sequence[Any]) -> Callable[[Any], str | None] | None:
    """How the items of a list are told apart wherever they stand; None: by their place only."""
    if place in SETS:
        return str
    items = [item for side in sides for item in side]
    if any(_name(item) is None for item in items):
        return None
    unique = all(len({_name(item) for item in side}) == len(side) for side in sides)
    return _name if unique else None


def _name(item: Any) -> str | None:
    if not isinstance(item, Mapping):
        return None
    action = item.get("action")
    inside = action.get("key") if isinstance(action, Mapping) else None
    # A condition may have a key of its own (an audience), and does not bear it as a name.
    key = item.get("key", inside)
    return str(key) if key and item.get("kind") != "in_audience" else None
