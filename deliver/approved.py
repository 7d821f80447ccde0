"""Which words of a template were approved: the hash that the approval of a rule is bound to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import JsonValue

from control.hashing import content_hash
from control.store import Store
from control.tables import change_requests, versions
from control.versions import Governed, JourneyVersion, Version
from control.versions import history_of as versions_of
from core.data_changes import TemplatesChange
from core.proposal import actions_of
from core.templates import Template

PREFIX = "template:"


def named_template(key: str) -> str:
    """How the dependencies of an approval call a template."""
    return f"{PREFIX}{key}"


def approved_templates(
    store: Store, rules: Iterable[Version], journeys: Mapping[str, JourneyVersion]
) -> dict[tuple[str, int], dict[str, str]]:
    """Policy and version as intents name them → its templates, each with the hash that was approved
    with it.

    A rollback brings back what was approved with the older version. Words that were approved by
    themselves and are in force take the place of those that a rule was approved with.
    """
    worded: dict[tuple[str, int], tuple[str, str]] = {}
    for rule in rules:
        if any(action.template_key for action in actions_of(rule.artifact)):
            worded[rule.key, rule.version] = (rule.key, rule.content_hash)
    for name, journey in journeys.items():
        if any(message.action.template_key for message in journey.artifact.messages()):
            worded[name, journey.version] = (journey.key, journey.content_hash)
    if not worded:
        return {}
    found = _hashes(store, {key for key, _ in worded.values()})
    anew = _approved_anew(store)
    bound = {name: found.get(content, {}) for name, content in worded.items()}
    return {
        name: {one: anew.get(one, before) for one, before in hashes.items()}
        for name, hashes in bound.items()
    }


def _approved_anew(store: Store) -> dict[str, str]:
    """The templates in force whose words somebody approved by themselves, each with their hash."""
    every = versions_of(store, "templates")
    approved = [one.artifact for one in every if one.change_request_id]
    live = [one.artifact for one in every if one.state == "live"]
    said = {
        (key, content_hash(document)) for change in approved for key, document in _words(change)
    }
    return {
        named_template(key): content_hash(Template.model_validate(document))
        for change in live
        for key, document in _words(change)
        if (key, content_hash(document)) in said
    }


def _words(change: Governed) -> Iterable[tuple[str, JsonValue]]:
    return change.content.items() if isinstance(change, TemplatesChange) else ()


def _hashes(store: Store, keys: Iterable[str]) -> dict[tuple[str, str], dict[str, str]]:
    """(key, content hash) → the templates of its latest approval."""
    query = (
        sa.select(versions.c.key, versions.c.content_hash, change_requests.c.dependencies)
        .join(change_requests, change_requests.c.id == versions.c.change_request_id)
        .where(versions.c.key.in_(sorted(keys)))
        .order_by(versions.c.key, versions.c.version)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    return {(key, content): _templates(dependencies) for key, content, dependencies in rows}


def _templates(dependencies: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(one) for name, one in dependencies.items() if name.startswith(PREFIX)}
