"""What a change request changes, place by place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from control.requests import DiffLine
from core.data_changes import DATA_KINDS
from core.jumps import JUMP
from orchestrate.data_diff import models_diff, plan_diff
from orchestrate.template_diff import templates_diff

Flat = dict[str, Any]


def content_diff(
    kind: str, live: dict[str, Any] | None, proposed: dict[str, Any]
) -> tuple[DiffLine, ...]:
    """Compare two contents of a kind: rules place by place, the data layer in its own parts."""
    if kind == "trait_models":
        return models_diff((live or {}).get("models", {}), proposed["models"])
    if kind == "tracking_plan":
        return plan_diff((live or {}).get("plan", {}), proposed["plan"])
    if kind == "channel_routes":
        return plan_diff((live or {}).get("routes", {}), proposed["routes"])
    if kind == "templates":
        return templates_diff((live or {}).get("content", {}), proposed["content"])
    if kind in DATA_KINDS:
        return rule_diff((live or {}).get("content"), proposed["content"])
    # What was accepted of another jump says nothing about this one.
    return rule_diff(None if kind == JUMP else live, proposed)


def rule_diff(live: dict[str, Any] | None, proposed: dict[str, Any]) -> tuple[DiffLine, ...]:
    """Compare two rules as JSON. Places that are empty on both sides are left out.

    List items that have a key (suppressions, entries by their action) are
    compared by that key, so that inserting one does not change all that follow.
    """
    before, after = dict(_flat("", live or {})), dict(_flat("", proposed))
    paths = [*after, *(path for path in before if path not in after)]
    return tuple(_line(path, before, after) for path in paths)


def _line(path: str, before: Flat, after: Flat) -> DiffLine:
    if path not in before:
        change = "added"
    elif path not in after:
        change = "removed"
    else:
        change = "same" if before[path] == after[path] else "changed"
    return DiffLine(path=path, change=change, live=before.get(path), proposed=after.get(path))


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _flat(f"{path}.{key}" if path else key, child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _flat(f"{path}[{_name(child, index)}]", child)
    elif value is not None:
        yield path, value


def _name(item: Any, index: int) -> str:
    if not isinstance(item, dict):
        return str(index)
    action = item.get("action")
    key = item.get("key") or (action.get("key") if isinstance(action, dict) else None)
    # A leaf may have a key of its own (an audience); two of them stay apart by their place.
    return f"{key}" if key and "kind" not in item else str(index)
