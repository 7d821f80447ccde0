"""The JSON Schema of a reply, in the dialect that strict structured output understands.

Differences from what pydantic writes: every property required, ``anyOf``
instead of ``oneOf``, no lengths of strings (patterns bound them, the only form
that OpenAI's strict mode, vLLM and llama.cpp all keep), constants as enums of
one, no titles, defaults or descriptions, and names as enums from the catalog.
"""

from __future__ import annotations

from typing import Any

from agent.planners.openai.clauses import Wire
from agent.planners.openai.wire import Reply
from warehouse.catalog import Catalog

MOST_NAMES = 120
"""Above this a section's names stay a pattern: strict mode allows 1,000 enum values in all."""

OTHER = "other"
DROPPED = ("title", "default", "description", "discriminator", "names")


def reply_schema(catalog: Catalog) -> dict[str, Any]:
    """The schema of a reply over this catalog."""
    return schema_of(Reply, catalog)


def schema_of(wire: type[Wire], catalog: Catalog) -> dict[str, Any]:
    """The schema of anything that a model may send, over this catalog."""
    names = names_of(catalog)
    schema = _strict(wire.model_json_schema(), names)
    assert isinstance(schema, dict)
    return schema


def names_of(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """The names that each kind of reference may take, by section."""
    users = [name for name, one in catalog.user_columns().items() if one.data_class == "public"]
    to_one = {name: one for name, one in catalog.entities.items() if one.cardinality == "one"}
    fields = {
        f"{entity}.{column}": one.type
        for entity, described in to_one.items()
        for column, one in described.columns.items()
    }
    return {
        "events": tuple(catalog.events),
        "traits": tuple(catalog.traits),
        "columns": (*users, *fields),
        "moments": tuple(name for name, kind in fields.items() if kind == "timestamp"),
        "entities": tuple(n for n, one in catalog.entities.items() if one.cardinality == "many"),
        "audiences": tuple(catalog.audiences),
        "channels": tuple(catalog.channels),
        "actions": (*catalog.actions, OTHER),
        "metrics": tuple(catalog.metrics),
    }


def _strict(node: Any, names: dict[str, tuple[str, ...]]) -> Any:
    if isinstance(node, list):
        return [_strict(child, names) for child in node]
    if not isinstance(node, dict):
        return node
    if 0 < len(names.get(node.get("names", ""), ())) <= MOST_NAMES:
        return {"type": "string", "enum": [*names[node["names"]]]}
    if "const" in node:
        return {"type": "string", "enum": [node["const"]]}
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    return _strict_object(node, names) if "properties" in node else _plain(node, names)


def _strict_object(node: dict[str, Any], names: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    properties = {key: _strict(child, names) for key, child in _kind_first(node["properties"])}
    strict = {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
    if "$defs" in node:
        strict["$defs"] = {key: _strict(child, names) for key, child in node["$defs"].items()}
    return strict


def _kind_first(properties: dict[str, Any]) -> list[tuple[str, Any]]:
    """Models write properties in order: what kind a thing is comes before its parts."""
    return sorted(properties.items(), key=lambda item: item[0] != "kind")


def _plain(node: dict[str, Any], names: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    renamed = {"oneOf": "anyOf"}
    return {
        renamed.get(key, key): _strict(child, names)
        for key, child in node.items()
        if key not in DROPPED
    }
