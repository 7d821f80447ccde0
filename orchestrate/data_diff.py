"""What a change of the data layer changes: per trait model a text diff, per event and property."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from control.requests import DiffLine

STEP = " › "
"""Between the parts of a path: a name may hold a dot."""
_CONTAINERS = frozenset({"events", "properties", "aliases"})
"""Absent means the same as empty, so that each thing inside is a difference of its own."""
_NAMES = ("name", "key", "id", "event", "property")


def models_diff(live: Mapping[str, str], proposed: Mapping[str, str]) -> tuple[DiffLine, ...]:
    """One line a model, with a unified diff of its SQL; models that stay as they are come last."""
    names = sorted({*live, *proposed}, key=lambda one: (live.get(one) == proposed.get(one), one))
    return tuple(_model(name, live.get(name), proposed.get(name)) for name in names)


def plan_diff(live: Mapping[str, Any], proposed: Mapping[str, Any]) -> tuple[DiffLine, ...]:
    """One line a difference, at the place where it starts: a new event is one line."""
    return tuple(_differences((), dict(live), dict(proposed)))


def _model(name: str, live: str | None, proposed: str | None) -> DiffLine:
    change = _change(live, proposed)
    patch = None if change == "same" else _patch(live or "", proposed or "")
    return DiffLine(path=name, change=change, patch=patch)


def _patch(live: str, proposed: str) -> str:
    lines = difflib.unified_diff(live.splitlines(), proposed.splitlines(), lineterm="", n=3)
    # The first two lines name files, which there are none of.
    return "\n".join([*lines][2:])


def _differences(path: tuple[str, ...], live: Any, proposed: Any) -> Iterator[DiffLine]:
    before, after = _named(path, live), _named(path, proposed)
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*after, *(key for key in before if key not in after)]:
            yield from _differences((*path, str(key)), before.get(key), after.get(key))
    elif before != after:
        change = _change(live, proposed)
        yield DiffLine(path=STEP.join(path), change=change, live=live, proposed=proposed)


def _named(path: tuple[str, ...], value: Any) -> Any:
    """A list whose items have names, by these names: inserting one does not change the others."""
    if value is None and path and path[-1] in _CONTAINERS:
        return {}
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return value
    names = [next((str(item[key]) for key in _NAMES if key in item), "") for item in value]
    distinct = all(names) and len(set(names)) == len(names)
    return dict(zip(names, value, strict=True)) if distinct else value


def _change(live: Any, proposed: Any) -> str:
    if live == proposed:
        return "same"
    if live is None:
        return "added"
    return "removed" if proposed is None else "changed"
