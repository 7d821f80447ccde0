"""Who reads a trait: rules in force and named audiences, and how many users each means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from control import versions
from core.conditions import Condition, Trait, leaves
from core.rules import EligibilityRule
from orchestrate.winners import winners_sql
from tools.audience import conditions_of, required_of
from warehouse.compile import compile_audience, required
from warehouse.models.model import Model
from warehouse.models.modelset import ModelSet

if TYPE_CHECKING:
    from control.versions import Version
    from ui.workspace import Workspace
    from warehouse.catalog import Catalog


Audiences = Callable[[str, int | None], Condition | None]
"""What the audience of a published rule, of a version or the current one, means."""


class TraitReader(NamedTuple):
    """A rule or a named audience that reads traits."""

    kind: Literal["rule", "audience"]
    key: str
    name: str
    traits: frozenset[str]
    conditions: tuple[Condition, ...]
    users: str
    """The query of the users whom it means."""
    version: int | None = None


def readers_of_traits(workspace: Workspace, as_of: datetime) -> Iterator[TraitReader]:
    """Every rule in force or paused and every named audience that reads a trait."""
    audiences = versions.audiences(workspace.store)
    for version in versions.all_current(workspace.store):
        read = required_of(version.artifact, workspace.catalog, audiences).traits
        if read:
            yield TraitReader(
                "rule",
                version.key,
                version.artifact.name,
                frozenset(read),
                conditions_of(version.artifact),
                _users_of(version, workspace.catalog, audiences, as_of),
                version.version,
            )
    for key, audience in workspace.catalog.audiences.items():
        read = required(audience.condition, workspace.catalog).traits
        if read:
            query = compile_audience(audience.condition, workspace.catalog, as_of=as_of)
            yield TraitReader("audience", key, key, frozenset(read), (audience.condition,), query)


def broken_by(reader: TraitReader, live: ModelSet, proposed: ModelSet) -> str | None:
    """Why a reader could not be decided any more under other models; None when it can."""
    for condition in reader.conditions:
        for leaf in leaves(condition):
            if isinstance(leaf, Trait) and leaf.name in live.by_name:
                why = _why_broken(leaf, live.by_name[leaf.name], proposed.by_name.get(leaf.name))
                if why:
                    return why
    gone = reader.traits & live.by_name.keys() - proposed.by_name.keys()
    return f"It reads {', '.join(sorted(gone))}, which would be gone." if gone else None


def _why_broken(leaf: Trait, live: Model, proposed: Model | None) -> str | None:
    if proposed is None:
        return f"It reads {leaf.name}, which would be gone."
    if proposed.type != live.type:
        return f"It reads {leaf.name} as a {live.type}, which would be a {proposed.type}."
    asked = leaf.value if isinstance(leaf.value, tuple | list) else (leaf.value,)
    lost = [one for one in asked if one in live.values and one not in proposed.values]
    if lost and proposed.values:
        return f"It asks whether {leaf.name} is {lost[0]}, which would be no value of it."
    return None


def _users_of(version: Version, catalog: Catalog, audiences: Audiences, as_of: datetime) -> str:
    artifact = version.artifact
    if isinstance(artifact, EligibilityRule):
        return compile_audience(
            artifact.condition,
            catalog,
            as_of=as_of,
            population=artifact.population,
            audiences=audiences,
        )
    return winners_sql(
        artifact, catalog, as_of=as_of, population=artifact.population, audiences=audiences
    )
