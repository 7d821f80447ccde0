"""Whose column is which: theirs are matched to ours by name, and nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.errors import Code, PilothouseError, refuse
from warehouse.catalog import nearest, unknown_name
from warehouse.connect.declared import Target

_SEPARATORS = re.compile(r"[\W_]+")


class Matched(NamedTuple):
    """Ours → the place of theirs among the names of the source."""

    places: dict[str, int]
    ignored: tuple[str, ...]
    """Their columns that nothing here stands for."""


def match(names: Sequence[str], target: Target, given: Mapping[str, str]) -> Matched:
    """Match the names of a source to a table's columns; ``given`` maps theirs to ours.

    Refuses names that stand twice, two columns for one of ours, and a missing required one.
    """
    _refuse_twice(names)
    places = {ours: _their_place(theirs, names) for theirs, ours in _known(given, target).items()}
    for column in target.columns:
        free = [place for place in range(len(names)) if place not in places.values()]
        if column not in places and (found := _found(column, names, free, target)) is not None:
            places[column] = found
    _refuse_missing(names, places, target)
    used = set(places.values())
    return Matched(places, tuple(name for at, name in enumerate(names) if at not in used))


def plain(name: str) -> str:
    """A name without case and separators: ``User-ID`` and ``user_id`` are the same."""
    return _SEPARATORS.sub("", name).casefold()


def _refuse_twice(names: Sequence[str]) -> None:
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None:
        raise refuse(
            Code.INVALID_FILE,
            f"Two columns are named '{twice}'.",
            span=twice,
            fix="Give every column of the header a name of its own.",
        )


def _known(given: Mapping[str, str], target: Target) -> Mapping[str, str]:
    for ours in given.values():
        if ours not in target.columns:
            known = list(target.columns)
            raise PilothouseError(unknown_name(Code.UNKNOWN_COLUMN, "column", ours, known))
    twice = [ours for ours in given.values() if list(given.values()).count(ours) > 1]
    if twice:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"Two columns are mapped to {twice[0]}.",
            span=twice[0],
            fix="Map one column to it.",
        )
    return given


def _their_place(theirs: str, names: Sequence[str]) -> int:
    if theirs in names:
        return names.index(theirs)
    alike = [place for place, name in enumerate(names) if plain(name) == plain(theirs)]
    if len(alike) == 1:
        return alike[0]
    near = nearest(theirs, list(names))
    raise refuse(
        Code.UNKNOWN_COLUMN,
        f"The source has no column '{theirs}'.",
        span=theirs,
        fix=f"Did you mean {' or '.join(near)}?" if near else f"It has: {_listed(names)}.",
    )


def _found(column: str, names: Sequence[str], free: Sequence[int], target: Target) -> int | None:
    """The one column that bears the name, or else the one that bears a declared synonym."""
    same = [place for place in free if plain(names[place]) == plain(column)]
    others = {plain(word) for word in target.synonyms[column]} - _own_names(target)
    candidates = same or [place for place in free if plain(names[place]) in others]
    if len(candidates) > 1:
        theirs = " and ".join(f"'{names[place]}'" for place in candidates)
        raise refuse(
            Code.AMBIGUOUS,
            f"{theirs} could each be {column}.",
            span=column,
            fix=f"Say which: --map '{names[candidates[0]]}={column}'.",
        )
    return candidates[0] if candidates else None


def _own_names(target: Target) -> set[str]:
    """A column that bears the very name of one of ours is never another one of ours."""
    return {plain(column) for column in target.columns}


def _refuse_missing(names: Sequence[str], places: Mapping[str, int], target: Target) -> None:
    missing = [column for column in target.required if column not in places]
    missing += [
        " or ".join(part)
        for part in target.key
        if len(part) > 1 and not any(column in places for column in part)
    ]
    if missing:
        raise refuse(
            Code.INVALID_FILE,
            f"Nothing in the source is {', '.join(missing)}, and {target.table} needs that.",
            span=missing[0],
            fix=f"Say which column it is with --map THEIRS={missing[0].split()[0]}. "
            f"The source has: {_listed(names)}.",
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown
