"""What a change of the data layer does, in words: for the console and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from control.requests import DiffLine
from core.data_changes import ChangedPart, DataEffect, Downstream
from orchestrate.data_diff import STEP
from ui.console.view.text import listing, number, share_of

_LEVELS = {"events": "event", "properties": "property", "aliases": "also sent as"}


class Reader(NamedTuple):
    """Something that reads what changes, in the words of a table."""

    name: str
    reads: str
    outcome: str


def outcome_lines(effect: DataEffect) -> Iterator[str]:
    """What changes, one plain sentence each; the first sums it up."""
    yield effect.summary
    if effect.users_changed is not None:
        of_all = ""
        if effect.users_total:
            share = share_of(effect.users_changed, effect.users_total)
            of_all = f" of {number(effect.users_total)} ({share})"
        yield f"A value changes for {number(effect.users_changed)} users{of_all}."
    for table in effect.tables:
        if table.before != table.after:
            yield f"{table.table}: {number(table.before)} → {number(table.after)} rows."
    if not effect.downstream:
        yield (
            "No live rule or journey sends by it."
            if moves_channels(effect)
            else "No live rule, audience or trait reads what changes."
        )


def moves_channels(effect: DataEffect) -> bool:
    """Whether it is about where messages go, and not about data."""
    return {part.kind for part in effect.changed} == {"channel"}


def part_line(part: ChangedPart) -> str:
    """momentum_score is changed: counts saved workouts too."""
    note = f": {part.note}" if part.note else ""
    return f"{part.name} is {part.change}{note}"


def readers(downstream: Iterable[Downstream]) -> Iterator[Reader]:
    """Everything that reads what changes; what breaks comes first."""
    for one in sorted(downstream, key=lambda found: (found.broken is None, found.kind, found.name)):
        yield Reader(f"{one.name} ({one.kind})", listing(one.reads), _outcome(one))


def diff_words(line: DiffLine) -> tuple[str, str, str]:
    """A place of the tracking plan by name, as it is and as it would be."""
    return _place(line.path), _value(line.live), _value(line.proposed)


def _outcome(one: Downstream) -> str:
    if one.broken:
        return one.broken
    if one.before is None or one.after is None:
        return "goes on working"
    if one.before == one.after:
        return f"{number(one.after)} users, as before"
    return f"{number(one.before)} → {number(one.after)} users"


def _place(path: str) -> str:
    """events › checkout › properties › plan is event checkout, property plan."""
    words: list[str] = []
    level = ""
    for step in path.split(STEP):
        if step in _LEVELS and not level:
            level = _LEVELS[step]
        else:
            words.append(f"{level} {step}".strip())
            level = ""
    if level:
        words.append(level)
    return ", ".join(words)


def _value(value: object) -> str:
    match value:
        case None:
            return "not there"
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{key}: {_value(child)}" for key, child in value.items()) or "there"
        case list():
            return ", ".join(_value(child) for child in value) or "empty"
        case _:
            return str(value)
