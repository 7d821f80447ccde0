"""Who reads an event: rules in force, named audiences, models, funnels and the goals of actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlglot import exp

from control import versions
from core.conditions import Condition
from tools.audience import actions_of, required_of
from ui.modelling import live_models
from warehouse.catalog import Catalog
from warehouse.compile import required

if TYPE_CHECKING:
    from ui.workspace import Workspace


class Reader(NamedTuple):
    """Something that would give other results without an event."""

    kind: Literal["rule", "audience", "model", "funnel", "action"]
    key: str
    name: str


def readers_of_events(workspace: Workspace) -> dict[str, list[Reader]]:
    """Every event that something reads, with its readers."""
    found: dict[str, list[Reader]] = {}
    for event, reader in (
        *_rules(workspace),
        *_catalog(workspace.catalog),
        *_models(workspace),
    ):
        named = workspace.catalog.event_named(event) or event
        if reader not in found.setdefault(named, []):
            found[named].append(reader)
    return found


def _rules(workspace: Workspace) -> Iterator[tuple[str, Reader]]:
    audiences = versions.audiences(workspace.store)
    for version in versions.all_current(workspace.store):
        reader = Reader("rule", version.key, version.artifact.name)
        for event in required_of(version.artifact, workspace.catalog, audiences).events:
            yield event, reader
        for action in actions_of(version.artifact):
            if action.goal_event:
                yield action.goal_event, reader


def _catalog(catalog: Catalog) -> Iterator[tuple[str, Reader]]:
    for key, funnel in catalog.funnels.items():
        for event in (*funnel.steps, *(failure.event for failure in funnel.failures.values())):
            yield event, Reader("funnel", key, key)
    for key, audience in catalog.audiences.items():
        yield from _reading([audience.condition], catalog, Reader("audience", key, key))
    for key, action in catalog.actions.items():
        reader = Reader("action", key, action.name)
        if action.goal_event:
            yield action.goal_event, reader
        conditions = [stop.when for stop in catalog.action_stop.get(key, ())]
        if key in catalog.action_eligibility:
            conditions.append(catalog.action_eligibility[key])
        yield from _reading(conditions, catalog, reader)


def _reading(
    conditions: Iterable[Condition], catalog: Catalog, reader: Reader
) -> Iterator[tuple[str, Reader]]:
    for condition in conditions:
        for event in required(condition, catalog).events:
            yield event, reader


def _models(workspace: Workspace) -> Iterator[tuple[str, Reader]]:
    """A model reads an event whose name stands in quotes in its SQL."""
    catalog = workspace.catalog
    names = {*catalog.events, *(alias for one in catalog.events.values() for alias in one.aliases)}
    names |= {row.sent_name for row in workspace.intake.plan.names()}
    for model in live_models(workspace.store, workspace.settings).models:
        texts = {one.name for one in model.tree.find_all(exp.Literal) if one.is_string}
        for event in sorted(names & texts):
            yield event, Reader("model", model.name, model.name)
