"""Who reads an event: rules in force, named audiences, models, funnels and the goals of actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import sqlglot
from sqlglot.tokens import TokenType

import warehouse.models
from control import versions
from core.conditions import Condition
from core.data_changes import TraitModelsChange
from tools.audience import actions_of, required_of
from warehouse.catalog import Catalog
from warehouse.compile.names import required

if TYPE_CHECKING:
    from ui.workspace import Workspace

_MODELS = Path(str(warehouse.models.__file__)).parent
_TRAITS = "traits"


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
        for step in funnel.steps:
            yield step, Reader("funnel", key, key)
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
    catalog = workspace.catalog
    names = {*catalog.events, *(alias for one in catalog.events.values() for alias in one.aliases)}
    names |= {row.sent_name for row in workspace.intake.plan.names()}
    for model, text in _model_texts(workspace).items():
        for event in names & _texts_in(text):
            yield event, Reader("model", model, model)


def _model_texts(workspace: Workspace) -> dict[str, str]:
    """The SQL of every model: the approved traits, or those that are built in."""
    live = versions.current_data(workspace.store, TraitModelsChange)
    built_in = {
        file.stem: file.read_text(encoding="utf-8")
        for file in sorted(_MODELS.rglob("*.sql"))
        if live is None or file.parent.name != _TRAITS
    }
    return built_in | (live.artifact.models if live else {})


def _texts_in(sql: str) -> set[str]:
    """The texts that stand in quotes in a query."""
    tokens = sqlglot.tokenize(sql, read="duckdb")
    return {token.text for token in tokens if token.token_type is TokenType.STRING}
