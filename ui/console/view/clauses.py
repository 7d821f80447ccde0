"""A condition as an editor shows it: groups of rows, each row one clause.

``opened`` takes a condition apart and ``closed`` puts it together again: what nobody touched comes
back exactly as it was, and what no row can show stays as it is, in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from core.conditions import And, Condition, Not, Or
from ui.console.view.clause_shown import is_shown
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.compile.names import undecidable

Mode = Literal["all", "any", "not_all", "none"]
MODES: dict[Mode, str] = {
    "all": "All of these hold",
    "any": "Any of these holds",
    "not_all": "Not all of these hold",
    "none": "None of these holds",
}
DEEPEST = 2
"""Groups inside groups; what is deeper stays as it is, in words."""
_IDS = count(1)


@dataclass
class Row:
    """One clause. ``condition`` is what its widgets last made that could be."""

    condition: Condition
    problem: str | None = None
    """Why what its widgets say now cannot be; None: it is ``condition``."""
    kept: bool = False
    """Shown in words only."""
    id: int = field(default_factory=lambda: next(_IDS))


@dataclass
class Group:
    """Clauses that hold together, or in the place of one another."""

    mode: Mode
    of: list[Row | Group]
    origin: Condition
    """What it was opened from."""
    id: int = field(default_factory=lambda: next(_IDS))


def opened(condition: Condition, catalog: Catalog) -> Group:
    """A condition taken apart; a single clause is a group of one."""
    found = _node(condition, catalog, depth=0)
    return found if isinstance(found, Group) else Group("all", [found], condition)


def closed(group: Group) -> Condition:
    """The condition that a group is now."""
    parts = tuple(closed(one) if isinstance(one, Group) else one.condition for one in group.of)
    if (group.mode, parts) == _taken_apart(group.origin):
        return group.origin
    match group.mode:
        case "all":
            return parts[0] if len(parts) == 1 else And(of=parts)
        case "any":
            # Without clauses it cannot be: ``problems`` says so before anybody asks for it.
            return parts[0] if len(parts) == 1 else Or(of=parts) if parts else group.origin
        case "not_all":
            return Not(of=parts[0] if len(parts) == 1 else And(of=parts))
        case "none":
            return Not(of=parts[0] if len(parts) == 1 else Or(of=parts) if parts else And())


def problems(group: Group, *, is_whole: bool = True) -> Iterator[str]:
    """What keeps a group from being a condition, in sentences."""
    if not group.of and (not is_whole or group.mode != "all"):
        yield "A group without conditions says nothing: add one, or remove the group."
    for one in group.of:
        if isinstance(one, Group):
            yield from problems(one, is_whole=False)
        elif one.problem:
            yield one.problem


def wrong_with(condition: Condition, catalog: Catalog, audiences: Audiences) -> str | None:
    """Why the engine could not decide a clause, in a sentence; None when it can."""
    found = undecidable(condition, catalog, audiences)
    return " ".join(filter(None, (found[0].message, found[0].fix))) if found else None


def removed(group: Group, gone: int) -> None:
    """Without the row or group of this id."""
    group.of = [one for one in group.of if one.id != gone]
    for one in group.of:
        if isinstance(one, Group):
            removed(one, gone)


def _node(condition: Condition, catalog: Catalog, *, depth: int) -> Row | Group:
    mode, parts = _taken_apart(condition)
    if mode is not None and depth <= DEEPEST:
        nodes = [_node(part, catalog, depth=depth + 1) for part in parts]
        return Group(mode, nodes, condition)
    inner = condition.of if isinstance(condition, Not) else condition
    shown = not isinstance(inner, And | Or | Not) and is_shown(inner, catalog)
    return Row(condition, kept=not shown)


def _taken_apart(condition: Condition) -> tuple[Mode | None, tuple[Condition, ...]]:
    match condition:
        case And():
            return "all", condition.of
        case Or():
            return "any", condition.of
        case Not(of=And() as inner):
            return "not_all", inner.of
        case Not(of=Or() as inner):
            return "none", inner.of
        case _:
            return None, ()
