"""A change of trait models: what it would do to users and rules, and sending it for approval."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from control.people import Person
from control.requests import ChangeRequest
from core.data_changes import (
    ChangedPart,
    DataEffect,
    Downstream,
    Sample,
    TableRows,
    TraitModelsChange,
)
from core.errors import Code, refuse
from orchestrate import rulebook
from ui import data_changes, modelling
from ui.trait_readers import TraitReader, broken_by, readers_of_traits
from warehouse.models import build, compare
from warehouse.models.build import Build
from warehouse.models.compare import Differences, Moved
from warehouse.models.model import Model
from warehouse.models.modelset import ModelSet
from warehouse.models.sources import users_query

if TYPE_CHECKING:
    from ui.workspace import Workspace


class Planned(NamedTuple):
    """What a proposed set would do."""

    differences: Differences
    effect: DataEffect
    traits: tuple[Moved, ...]
    cpu_seconds: float
    """What working this out cost."""
    counters_kept: bool
    """Whether kept counters could be read; otherwise building it reads every event once."""


class _Change(NamedTuple):
    """Two sets, what differs, and the build that readers see."""

    live: ModelSet
    proposed: ModelSet
    found: Differences
    shown: Build | None
    """None before the first build: over a team's own tables there are no shipped models."""
    as_of: datetime
    users: int

    @property
    def both(self) -> list[Model]:
        """The traits of both sets whose values may differ."""
        touched = {*self.found.changed, *self.found.rebuilt}
        return [one for one in self.proposed.traits if one.name in touched]

    @property
    def new(self) -> list[Model]:
        """The traits that are added."""
        return [one for one in self.proposed.traits if one.name in self.found.added]


def plan(workspace: Workspace, proposed: ModelSet) -> Planned:
    """What a set of models would change, without changing anything."""
    started = time.process_time()
    live = modelling.live_models(workspace.store, workspace.settings)
    found = compare.differences(live, proposed)
    if found.none:
        effect = DataEffect(summary="Nothing changes.", as_of=workspace.as_of().isoformat())
        return Planned(found, effect, (), time.process_time() - started, counters_kept=True)
    with workspace.warehouse.cursor() as cursor:
        as_of, users, shown = _stands(workspace, cursor, live, proposed)
        change = _Change(live, proposed, found, shown, as_of, users)
        kept = compare.plan_values(
            cursor, proposed, [one.name for one in (*change.both, *change.new)], change.as_of
        )
        moved = (
            *(compare.moved(cursor, model) for model in change.both),
            *(compare.added(cursor, model) for model in change.new),
        )
        effect = _effect(workspace, cursor, change, moved)
    spent = time.process_time() - started
    read = "the counters of events are kept" if kept else "building it reads every event once"
    note = f"Working this out took {spent:.1f} CPU-seconds; {read}."
    effect = effect.model_copy(update={"notes": (*effect.notes, note)})
    return Planned(found, effect, moved, spent, kept)


def propose_models(
    workspace: Workspace, proposed: ModelSet, planned: Planned, *, author: Person, reason: str
) -> ChangeRequest:
    """Send a set of models for approval; refuses one that changes nothing."""
    if planned.differences.none:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "These models are those that are live.",
            fix="Change one of the files first.",
        )
    if shipped := modelling.built_in(workspace):
        rulebook.begin(workspace.store, shipped, now=workspace.now())
    change = TraitModelsChange(name=_name(planned.differences), models=proposed.files)
    return data_changes.propose(workspace, change, planned.effect, author=author, reason=reason)


def _stands(
    workspace: Workspace, cursor: duckdb.DuckDBPyConnection, live: ModelSet, proposed: ModelSet
) -> tuple[datetime, int, Build | None]:
    """The moment and the users that a change is counted for, and the build that readers see."""
    shown = build.live(cursor) if build.managed(cursor) else None
    if shown:
        return shown.as_of, shown.rows, shown
    if live.models:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "The traits of this warehouse were not built from models yet.",
            fix="Build them with 'pilothouse model build'.",
        )
    users = compare.rows(cursor, users_query(proposed.sources).sql("duckdb"))
    return workspace.as_of(), users, None


def _effect(
    workspace: Workspace,
    cursor: duckdb.DuckDBPyConnection,
    change: _Change,
    moved: tuple[Moved, ...],
) -> DataEffect:
    planned = compare.rows(cursor, f"FROM {compare.PLANNED}")
    before = change.shown.rows if change.shown else 0
    return DataEffect(
        summary=_summary(change, moved),
        as_of=change.as_of.isoformat(),
        tables=(TableRows(table=build.VIEW, before=before, after=planned),),
        changed=tuple(_parts(change, moved)),
        users_total=change.users,
        users_changed=compare.users_changed(cursor, [one.name for one in change.both]),
        samples=tuple(
            Sample(subject=user, what=one.trait, before=before, after=after)
            for one in moved
            for user, before, after in one.sample
        ),
        notes=tuple(_notes(workspace, change)),
        # Last: from here on the connection sees the traits as they would be.
        downstream=tuple(_downstream(workspace, cursor, change)),
    )


def _parts(change: _Change, moved: Iterable[Moved]) -> Iterator[ChangedPart]:
    told = {one.trait: _told(one) for one in moved}
    kinds = {
        "added": change.found.added,
        "changed": change.found.changed,
        "rebuilt": change.found.rebuilt,
        "removed": change.found.removed,
    }
    for kind, names in kinds.items():
        for name in names:
            model = change.proposed.by_name.get(name) or change.live.by_name[name]
            note = told.get(name, "a staging model." if model.kind == "staging" else "")
            yield ChangedPart.model_validate(
                {"kind": "trait", "name": name, "change": kind, "note": note}
            )


def _downstream(
    workspace: Workspace, cursor: duckdb.DuckDBPyConnection, change: _Change
) -> Iterator[Downstream]:
    gone = {*change.found.removed}
    touched = gone | {one.name for one in change.both}
    readers = [one for one in readers_of_traits(workspace, change.as_of) if one.traits & touched]
    before = [_users(cursor, one) for one in readers]
    if change.shown:
        compare.stand_in(cursor, [one.name for one in change.live.traits], change.proposed)
    for reader, size in zip(readers, before, strict=True):
        broken = broken_by(reader, change.live, change.proposed)
        yield Downstream(
            kind=reader.kind,
            key=reader.key,
            name=reader.name,
            reads=tuple(sorted(reader.traits & touched)),
            broken=broken,
            before=size,
            after=None if broken else _users(cursor, reader),
        )
    for name in change.found.rebuilt:
        model = change.proposed.by_name[name]
        reads = sorted(model.reads & {*change.found.changed, *change.found.rebuilt})
        yield Downstream(kind="trait", key=name, name=name, reads=tuple(reads))


def _users(cursor: duckdb.DuckDBPyConnection, reader: TraitReader) -> int:
    return compare.rows(cursor, reader.users)


def _notes(workspace: Workspace, change: _Change) -> Iterator[str]:
    for model in change.new:
        if model.name not in workspace.catalog.traits:
            yield f"The catalog does not list {model.name}: rules cannot name it yet."
    for model in change.both:
        known = workspace.catalog.traits.get(model.name)
        unknown = [
            one for one in model.values if known and known.values and one not in known.values
        ]
        if unknown:
            yield f"The catalog does not know {model.name} = {', '.join(unknown)} yet."


def _name(found: Differences) -> str:
    kinds = {"new": found.added, "changed": found.changed, "without": found.removed}
    parts = [f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names]
    return f"Trait models: {'; '.join(parts)}"


def _summary(change: _Change, moved: tuple[Moved, ...]) -> str:
    told = [f"{one.trait}: {_told(one)}" for one in moved if one.changed or one.gained or one.lost]
    gone = [name for name in change.found.removed if change.live.by_name[name].kind == "trait"]
    told += [f"{name} is gone." for name in gone]
    return " ".join(told) or "No value of any user changes."


def _told(one: Moved) -> str:
    parts = [
        f"{count:,} users {what}"
        for count, what in (
            (one.changed, "get another value"),
            (one.gained, "gain one"),
            (one.lost, "lose theirs"),
        )
        if count
    ]
    return f"{', '.join(parts) or 'no value changes'}."
